use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use sha2::{Digest, Sha256};
use xtask::metadata::Metadata;
use xtask::process::{cargo, run, say, stdout_of};
use xtask::{Error, Result, cache, root};

/// Pack libetude for C and C++: target/dist/etude-VERSION-TARGET.tar.gz
///
/// The shared and the static library in release mode, the headers and the licences, with the archive's SHA-256 in
/// target/dist/SHA256SUMS. The shared library's name carries the minor version while Etude is at 0.x.
#[derive(Debug, clap::Args)]
pub(crate) struct Dist {}

const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Dist {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let target = host()?;
        let library = SharedLibrary::of(&target)?;
        let built = build(&library)?;

        let dist = root().join("target/dist");
        let name = format!("etude-{VERSION}-{target}");
        let tree = dist.join(&name);
        cache::remove_dir(&tree)?;
        make_dir(&tree.join("lib"))?;
        copy(&built.join(library.built_as), &tree.join("lib").join(&library.file))?;
        link(&library.file, &tree.join("lib").join(library.linked_as))?;
        copy(&built.join("libetude_engine.a"), &tree.join("lib/libetude.a"))?;
        xtask::worker::copy_dir(&root().join("include"), &tree.join("include"))?;
        for file in ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"] {
            copy(&root().join(file), &tree.join(file))?;
        }

        let archive = dist.join(format!("{name}.tar.gz"));
        pack(&dist, &name, &archive)?;
        let sums = dist.join("SHA256SUMS");
        fs::write(&sums, format!("{}  {name}.tar.gz\n", sha256(&archive)?))
            .map_err(Error::io("writing", &sums))?;
        say(format!("{} and its sum in {}", archive.display(), sums.display()));
        Ok(ExitCode::SUCCESS)
    }
}

/// What a shared library is called, which is each system's own affair.
struct SharedLibrary {
    built_as: &'static str,
    /// With the version: what programs ask for at run time.
    file: String,
    /// Without: what the linker looks for.
    linked_as: &'static str,
    link_argument: String,
}

impl SharedLibrary {
    fn of(target: &str) -> Result<Self> {
        let mut version = VERSION.split('.');
        let (major, minor) = (version.next().unwrap_or_default(), version.next().unwrap_or_default());
        if target.contains("linux") {
            let file = format!("libetude.so.{major}.{minor}");
            let link_argument = format!("-Wl,-soname,{file}");
            Ok(Self { built_as: "libetude_engine.so", linked_as: "libetude.so", file, link_argument })
        } else if target.contains("apple") {
            let file = format!("libetude.{major}.{minor}.dylib");
            let link_argument = format!("-Wl,-install_name,@rpath/{file}");
            Ok(Self { built_as: "libetude_engine.dylib", linked_as: "libetude.dylib", file, link_argument })
        } else {
            Err(Error::Other(format!("libetude is packed on Linux and macOS, not on {target}")))
        }
    }
}

/// Builds both libraries; the folder they are in.
fn build(library: &SharedLibrary) -> Result<std::path::PathBuf> {
    let mut rustc = cargo();
    rustc
        .args(["rustc", "--package", "etude-engine", "--lib", "--release", "--features", "capi"])
        .args([
            "--crate-type",
            "cdylib,staticlib",
            "--",
            "-C",
            &format!("link-arg={}", library.link_argument),
        ])
        .current_dir(root());
    run(&mut rustc)?;
    Ok(Metadata::load()?.target_directory().join("release"))
}

/// The same files at the same commit give the same archive.
fn pack(dist: &Path, name: &str, archive: &Path) -> Result<()> {
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
    run(tar.arg("-czf").arg(archive).arg("-C").arg(dist).arg(name))
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

#[cfg(unix)]
fn link(original: &str, link: &Path) -> Result<()> {
    std::os::unix::fs::symlink(original, link).map_err(Error::io("linking", link))
}

#[cfg(not(unix))]
fn link(_: &str, link: &Path) -> Result<()> {
    Err(Error::Other(format!("no symbolic link {} on this system", link.display())))
}
