use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use sha2::{Digest, Sha256};
use xtask::process::{run, say, stdout_of, which};
use xtask::{Error, Result, cache, root, tools};

/// Pack libetude for C and C++: target/dist/etude-VERSION-TARGET.tar.gz
///
/// By cargo-c: the shared and the static library in release mode, the headers, etude.pc. Added to that: a CMake config
/// package, the C and C++ examples with a score and a take, docs/ABI.md and the licences. Wherever the archive is
/// unpacked, pkg-config and CMake find all of it. Its SHA-256 is in target/dist/SHA256SUMS.
#[derive(Debug, clap::Args)]
pub(crate) struct Dist {
    /// Only make the folder, not the archive
    #[arg(long)]
    folder: bool,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What is beside the library for a person, by its path in the clone.
const FOR_PEOPLE: [&str; 7] = [
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "CHANGELOG.md",
    "docs/ABI.md",
    "examples/c",
    "examples/cpp",
    "examples/scores",
];

impl Dist {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let tree = build()?;
        if !self.folder {
            let archive = pack(&tree)?;
            say(format!("{} and its sum in SHA256SUMS beside it", archive.display()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Builds the library and puts together the folder that the archive holds; its path.
pub(crate) fn build() -> Result<PathBuf> {
    let tree = root().join("target/dist").join(format!("etude-{VERSION}-{}", host()?));
    cache::remove_dir(&tree)?;
    let mut install = Command::new(tools::cargo_c()?);
    install
        .args(["capi", "install", "--locked", "--package", "etude-engine"])
        .args(["--prefix", "/", "--libdir", "lib", "--includedir", "include", "--bindir", "bin", "--destdir"])
        .arg(&tree)
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .current_dir(root());
    run(&mut install)?;
    strip_static(&tree.join("lib/libetude.a"))?;
    let native = relocate(&tree.join("lib/pkgconfig/etude.pc"))?;
    configure_cmake(&tree.join("lib/cmake/etude"), &native)?;
    for path in FOR_PEOPLE {
        let (from, to) = (root().join(path), tree.join("share/etude").join(path));
        make_dir(to.parent().unwrap_or(&tree))?;
        if from.is_dir() { xtask::worker::copy_dir(&from, &to)? } else { copy(&from, &to)? }
    }
    Ok(tree)
}

/// Takes the debug information of Rust's standard library out of the archive: nobody here can step through it.
fn strip_static(library: &Path) -> Result<()> {
    match which("strip").filter(|_| cfg!(target_os = "linux")) {
        Some(strip) => run(Command::new(strip).arg("--strip-debug").arg(library)),
        None => Ok(()),
    }
}

/// Makes etude.pc find what it describes from its own place; the libraries that the static one needs.
fn relocate(path: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(path).map_err(Error::io("reading", path))?;
    let lines = text.lines().map(|line| match line.split_once('=') {
        Some(("prefix", _)) => "prefix=${pcfiledir}/../..",
        Some(("includedir", _)) => "includedir=${prefix}/include",
        Some(("libdir", _)) => "libdir=${exec_prefix}/lib",
        _ => line,
    });
    let moved: Vec<&str> = lines.collect();
    fs::write(path, format!("{}\n", moved.join("\n"))).map_err(Error::io("writing", path))?;
    let private = moved.iter().find_map(|line| line.strip_prefix("Libs.private:"));
    let private = private.ok_or_else(|| Error::Other(format!("{}: no Libs.private", path.display())))?;
    Ok(private.split_whitespace().map(str::to_owned).collect())
}

fn configure_cmake(dir: &Path, native: &[String]) -> Result<()> {
    let mut numbers = VERSION.split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let values = [
        ("@VERSION@", VERSION.to_owned()),
        ("@MAJOR@", major.to_owned()),
        ("@MINOR@", minor.to_owned()),
        ("@SOVERSION@", format!("{major}.{minor}")),
        ("@NATIVE_LIBRARIES@", native.join(";")),
    ];
    make_dir(dir)?;
    for name in ["etude-config.cmake", "etude-config-version.cmake"] {
        let (from, to) = (root().join("etude-engine/cmake").join(name), dir.join(name));
        let template = fs::read_to_string(&from).map_err(Error::io("reading", &from))?;
        let text = values.iter().fold(template, |text, (key, value)| text.replace(key, value));
        fs::write(&to, text).map_err(Error::io("writing", &to))?;
    }
    Ok(())
}

/// Packs the folder, and writes the sum of the archive; the archive's path. The same files at the same commit give the
/// same archive.
pub(crate) fn pack(tree: &Path) -> Result<PathBuf> {
    let dist = root().join("target/dist");
    let name = tree.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let archive = dist.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    if cfg!(target_os = "linux") {
        let time = stdout_of(Command::new("git").args(["log", "-1", "--format=%ct"]).current_dir(root()))?;
        tar.args([
            "--sort=name",
            "--owner=0",
            "--group=0",
            "--numeric-owner",
            &format!("--mtime=@{}", time.trim()),
        ]);
    }
    run(tar.arg("-czf").arg(&archive).arg("-C").arg(&dist).arg(&name))?;
    let sums = dist.join("SHA256SUMS");
    fs::write(&sums, format!("{}  {name}.tar.gz\n", sha256(&archive)?))
        .map_err(Error::io("writing", &sums))?;
    Ok(archive)
}

fn host() -> Result<String> {
    let about = stdout_of(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Error::Other("rustc -vV names no host".into()))
}

fn sha256(path: &Path) -> Result<String> {
    let bytes = fs::read(path).map_err(Error::io("reading", path))?;
    Ok(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn make_dir(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(Error::io("making", dir))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(|_| ()).map_err(Error::io("copying", from))
}
