//! Compilers, and the library that programs are linked with.

use std::env;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

pub const WARNINGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"];
pub const C_STANDARDS: [&str; 3] = ["c99", "c11", "c17"];
pub const CXX_STANDARDS: [&str; 4] = ["c++11", "c++14", "c++17", "c++20"];
/// What Rust's standard library needs on Linux, and nothing elsewhere that a C compiler does not know.
const LIBRARIES: [&str; 3] = ["-lpthread", "-ldl", "-lm"];
pub const SCORE: &str = "examples/scores/petzold-menuet-in-g.musicxml";
/// The same piece as a person might play it.
pub const PERFORMANCE: &str = "examples/scores/petzold-menuet-in-g.mid";

pub struct Library {
    pub fixed: PathBuf,
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub shared: PathBuf,
}

/// The library, built on the first call, into a folder of its own: it has other features than the tests. Its debug
/// information describes every type, for abidiff.
pub fn library() -> &'static Library {
    static BUILT: OnceLock<Library> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("capi");
        let arguments = "rustc --quiet --package etude-engine --features capi --crate-type staticlib,cdylib";
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(arguments.split(' ')).arg("--target-dir").arg(&target).current_dir(root());
        succeed(cargo.env("CARGO_PROFILE_DEV_DEBUG", "2"));
        let (prefix, suffix) = (env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
        Library {
            fixed: target.join("debug/libetude_engine.a"),
            shared: target.join(format!("debug/{prefix}etude_engine{suffix}")),
        }
    })
}

/// A library whose every access to memory ThreadSanitizer watches.
#[cfg(target_os = "linux")]
pub struct Watched {
    library: PathBuf,
    /// What watches. That of gcc knows an older compiler's calls.
    runtime: PathBuf,
}

/// The static library built for ThreadSanitizer, with Rust's standard library in it; `None`, and a word, without a
/// nightly toolchain that has the source of that.
#[cfg(target_os = "linux")]
pub fn watched_library() -> Option<Watched> {
    let nightly = |program: &str| {
        let mut command = Command::new("rustup");
        command.args(["run", "nightly", program]);
        // Those of the cargo that runs the tests.
        for name in ["CARGO", "RUSTC", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
            command.env_remove(name);
        }
        command
    };
    let ask = |what| {
        let output = nightly("rustc").args(["--print", what]).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let rustlib = ask("sysroot").map(|sysroot| Path::new(&sysroot).join("lib/rustlib"));
    let host = ask("host-tuple").unwrap_or_default();
    let Some(rustlib) = rustlib.filter(|rustlib| rustlib.join("src/rust/library").is_dir()) else {
        skip("ThreadSanitizer is not run: rustup toolchain install nightly --component rust-src");
        return None;
    };
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tsan");
    let arguments = "rustc --quiet --package etude-engine --features capi --crate-type staticlib -Zbuild-std";
    let mut cargo = nightly("cargo");
    cargo
        .args(arguments.split(' '))
        .args(["--target", &host, "--target-dir"])
        .arg(&target)
        .current_dir(root());
    succeed(cargo.env("RUSTFLAGS", "-Zsanitizer=thread"));
    Some(Watched {
        library: target.join(&host).join("debug/libetude_engine.a"),
        runtime: rustlib.join(host).join("lib/librustc-nightly_rt.tsan.a"),
    })
}

/// A compiler for C and its fellow for C++.
pub struct Compiler {
    pub name: String,
    c: PathBuf,
    cxx: PathBuf,
}

/// Those of `$CC` and `$CXX` if they are set, else gcc and clang, or whatever `cc` is; a word about those that are not
/// there.
pub fn compilers() -> Vec<Compiler> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let mut pairs = vec![("gcc".into(), "g++".into()), ("clang".into(), "clang++".into())];
    if let (Some(c), Some(cxx)) = (set("CC"), set("CXX")) {
        pairs = vec![(c, cxx)];
    } else if !cfg!(target_os = "linux") {
        pairs = vec![("cc".into(), "c++".into())];
    }
    let mut found = Vec::new();
    for (c, cxx) in pairs {
        if runs(&c) && runs(&cxx) {
            found.push(Compiler { name: c.display().to_string(), c: c.into(), cxx: cxx.into() });
        } else {
            skip(&format!("{} and {} are not both there", c.display(), cxx.display()));
        }
    }
    found
}

/// Whether the program can be started.
pub fn runs(program: impl AsRef<OsStr>) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// A word that no test harness swallows.
pub fn skip(why: &str) {
    writeln!(std::io::stderr(), "\n*** SKIPPED, part of the C ABI is untested: {why} ***\n").expect("stderr");
}

impl Compiler {
    /// The compiler of a standard's language, with the warnings and the header's folder.
    pub fn flags(&self, standard: &str) -> Command {
        let (program, language) = match standard.starts_with("c++") {
            true => (&self.cxx, "c++"),
            false => (&self.c, "c"),
        };
        let mut command = Command::new(program);
        command.arg(format!("-std={standard}")).args(WARNINGS).arg("-I").arg(root().join("include"));
        command.args(["-x", language]);
        command
    }

    /// Compiles and links a program against the static library.
    pub fn link(&self, name: &str, standard: &str, more: &[&str], sources: &[PathBuf]) -> PathBuf {
        let program = temporary(format!("{name}_{}", self.name.replace('/', "_")));
        let mut command = self.flags(standard);
        command.arg("-g").args(more).args(sources).args(["-x", "none"]);
        succeed(command.arg(&library().fixed).args(LIBRARIES).arg("-o").arg(&program));
        program
    }
}

#[cfg(target_os = "linux")]
impl Compiler {
    /// Compiles a program and links it with a library, both to be watched by ThreadSanitizer.
    pub fn link_watched(&self, name: &str, source: &Path, watched: &Watched) -> PathBuf {
        let program = temporary(format!("{name}_watched"));
        let object = program.with_extension("o");
        let mut compile = self.flags("gnu11");
        succeed(compile.args(["-g", "-fsanitize=thread", "-c"]).arg(source).arg("-o").arg(&object));
        let mut link = Command::new(&self.c);
        link.arg(object).arg(&watched.library).arg("-Wl,--whole-archive").arg(&watched.runtime);
        succeed(link.arg("-Wl,--no-whole-archive").args(LIBRARIES).arg("-o").arg(&program));
        program
    }
}

/// Runs it; its output, or a failure that tells all.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    output
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

pub fn temporary(name: impl AsRef<OsStr>) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("capi_{}", name.as_ref().display()))
}
