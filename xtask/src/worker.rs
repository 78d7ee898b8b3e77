//! Building `etude-do` to wasm, and keeping what was built.
//!
//! A Worker is known by a key over everything it is made from: the sources of `etude-do` and of the workspace's
//! packages in it, the lock file, the compiler and the tools. A Worker with the same key is taken from the cache, also
//! by another clone; else only what changed is compiled, in a target folder that all clones share.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::metadata::Metadata;
use crate::process::{cargo, run, say, since, stdout_of};
use crate::tools::{self, WasmTools};
use crate::{Error, Result, cache, root};

/// How much time the build may take for a smaller and faster Worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Optimise {
    /// What the compiler gives: for the demo and the tests.
    Compiler,
    /// `wasm-opt` on top: for what is deployed.
    Deploy,
}

/// A built Worker, complete in `etude-do/build`.
#[derive(Debug, Clone)]
pub struct Worker {
    /// `etude-do/build`: `index.js` and `index_bg.wasm`.
    pub dir: PathBuf,
    /// workerd's configuration, which names the files of `dir`.
    pub config: PathBuf,
}

/// Largest wasm that is deployed, packed by gzip, in bytes, for every isolate that starts downloads it. Cloudflare takes
/// 3 MB.
pub const WASM_GZIPPED_MAX: u64 = 500_000;

/// The profile in Cargo.toml that it is compiled by.
const PROFILE: &str = "worker";
const WASM: &str = "index_bg.wasm";

/// What workerd has and the compiler uses by default, and exceptions, which wasm-bindgen uses. All that binaryen knows would be
/// too much.
const WASM_FEATURES: [&str; 7] = [
    "mutable-globals",
    "sign-ext",
    "nontrapping-float-to-int",
    "bulk-memory",
    "multivalue",
    "reference-types",
    "exception-handling",
];

/// How many finished Workers the cache keeps; each is about a megabyte.
const KEPT_WORKERS: usize = 16;

/// Names the Worker that stands in `etude-do/build`.
const KEY_FILE: &str = "key";

/// Makes sure that `etude-do/build` is the Worker of the sources as they are now.
///
/// # Errors
/// A missing tool, or sources that do not compile.
pub fn build(optimise: Optimise) -> Result<Worker> {
    let package = root().join("etude-do");
    let worker = Worker { dir: package.join("build"), config: package.join("workerd.capnp") };
    let metadata = Metadata::load()?;
    let _lock = cache::lock("Worker")?;
    let sources = metadata.local_sources_of("etude-do")?;
    let key = key(&sources, optimise)?;
    if fs::read_to_string(worker.dir.join(KEY_FILE)).is_ok_and(|standing| standing == key) {
        return Ok(worker);
    }
    let kept = cache::dir()?.join("workers").join(&key);
    if !kept.is_dir() {
        compile(&package, &kept, optimise)?;
        forget_oldest(&cache::dir()?.join("workers"))?;
    }
    install(&kept, &worker.dir, &key)?;
    Ok(worker)
}

fn compile(package: &Path, kept: &Path, optimise: Optimise) -> Result<()> {
    let tools = WasmTools::ensure()?;
    let target = cache::dir()?.join("target/wasm");
    let time = if target.is_dir() { "a minute or less" } else { "2 to 4 minutes the first time" };
    say(format!("building etude-do to wasm ({time})"));
    let start = Instant::now();
    disown_other_clone(&target, PROFILE)?;
    let unfinished = kept.with_file_name("unfinished");
    cache::remove_dir(&unfinished)?;
    let mut build = tools.worker_build();
    // worker-build's own `wasm-opt` neither looks for size nor drops the names.
    build.args(["--profile", PROFILE, "--no-opt"]);
    build.arg("--out-dir").arg(&unfinished).current_dir(package).env("CARGO_TARGET_DIR", &target);
    run(&mut build)?;
    if optimise == Optimise::Deploy {
        shrink(&tools, &unfinished.join(WASM))?;
    }
    fs::rename(&unfinished, kept).map_err(Error::io("completing", kept))?;
    say(format!("the Worker is built, after {}", since(start)));
    Ok(())
}

/// Makes the wasm small: optimised for size, without names and notes of the compiler.
fn shrink(tools: &WasmTools, wasm: &Path) -> Result<()> {
    let small = wasm.with_extension("small");
    let mut optimise = tools.wasm_opt();
    optimise.args(["-Oz", "--strip-debug", "--strip-producers", "--strip-target-features"]);
    optimise.args(WASM_FEATURES.map(|feature| format!("--enable-{feature}")));
    run(optimise.arg(wasm).arg("-o").arg(&small))?;
    fs::rename(&small, wasm).map_err(Error::io("completing", wasm))
}

/// Bytes of a Worker's wasm in this folder as they are downloaded, by gzip's best.
///
/// # Errors
/// When the file cannot be read.
pub fn gzipped_size(dir: &Path) -> Result<u64> {
    let path = dir.join(WASM);
    let wasm = fs::read(&path).map_err(Error::io("reading", &path))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let packed = gzip.write_all(&wasm).and_then(|()| gzip.finish()).map_err(Error::io("packing", &path))?;
    Ok(packed.len() as u64)
}

/// Cargo takes the same package in two clones for one and goes by file times, so it would hand one clone's code to
/// the other. When another clone was last to compile by a profile in the shared target folder, the workspace's own packages are
/// built anew by it.
pub(crate) fn disown_other_clone(target: &Path, profile: &str) -> Result<()> {
    let owner_file = target.join(format!("clone-{profile}"));
    let owner = root().display().to_string();
    if fs::read_to_string(&owner_file).is_ok_and(|last| last == owner) {
        return Ok(());
    }
    fs::create_dir_all(target).map_err(Error::io("making", target))?;
    let mut clean = cargo();
    clean.args([
        "clean",
        "--quiet",
        "--workspace",
        "--profile",
        profile,
        "--target",
        "wasm32-unknown-unknown",
        "--target-dir",
    ]);
    run(clean.arg(target).current_dir(root()))?;
    fs::write(&owner_file, owner).map_err(Error::io("writing", &owner_file))
}

fn install(kept: &Path, dir: &Path, key: &str) -> Result<()> {
    cache::remove_dir(dir)?;
    copy_dir(kept, dir)?;
    // Last: a folder without it is not complete.
    let key_file = dir.join(KEY_FILE);
    fs::write(&key_file, key).map_err(Error::io("writing", &key_file))
}

/// Takes out of a copy of `etude-do/build` what only the build itself looks at.
///
/// # Errors
/// When the file cannot be removed.
pub fn forget_key(copy: &Path) -> Result<()> {
    let path = copy.join(KEY_FILE);
    fs::remove_file(&path).map_err(Error::io("removing", &path))
}

pub(crate) fn forget_oldest(workers: &Path) -> Result<()> {
    let mut by_age: Vec<_> = entries(workers)?
        .into_iter()
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    by_age.sort();
    let surplus = by_age.len().saturating_sub(KEPT_WORKERS);
    by_age.iter().take(surplus).try_for_each(|(_, path)| cache::remove_dir(path))
}

/// Over everything the Worker is made from.
fn key(sources: &[PathBuf], optimise: Optimise) -> Result<String> {
    let root = root();
    let mut files = vec![root.join("Cargo.toml"), root.join("Cargo.lock"), root.join(".cargo/config.toml")];
    for dir in sources {
        sources_in(dir, dir, &mut files)?;
    }
    let optimise = format!("{optimise:?}");
    key_of(&[tools::WORKER_BUILD, tools::WASM_BINDGEN, tools::ESBUILD, tools::BINARYEN, &optimise], files)
}

/// Over the compiler, the versions of tools, and files.
pub(crate) fn key_of(tools: &[&str], mut files: Vec<PathBuf>) -> Result<String> {
    let root = root();
    let rustc =
        stdout_of(Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("-vV"))?;
    let mut parts = vec![("rustc".to_owned(), rustc.into_bytes())];
    parts.extend(tools.iter().map(|version| ("tool".to_owned(), version.as_bytes().to_vec())));
    files.sort();
    for file in files {
        let name = file.strip_prefix(&root).unwrap_or(&file).to_string_lossy().into_owned();
        parts.push((name, fs::read(&file).map_err(Error::io("reading", &file))?));
    }
    Ok(hash_of(parts.iter().map(|(name, bytes)| (&**name, &**bytes))))
}

/// A name for named contents.
pub(crate) fn hash_of<'a>(parts: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hash = Sha256::new();
    for (name, bytes) in parts {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// All files of a package that can end up in its library.
pub(crate) fn sources_in(package: &Path, dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    const NOT_THE_LIBRARY: [&str; 10] = [
        "build",
        "proof",
        "web",
        "tests",
        "benches",
        "examples",
        "fuzz",
        "target",
        "node_modules",
        "workerd.capnp",
    ];
    for path in entries(dir)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.') || (dir == package && NOT_THE_LIBRARY.contains(&name.as_str())) {
            continue;
        }
        if path.is_dir() {
            sources_in(package, &path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

pub(crate) fn entries(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).map_err(Error::io("reading", dir))?;
    let paths: std::result::Result<_, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    paths.map_err(Error::io("reading", dir))
}

/// Copies a folder and all in it; `to` may be there already.
///
/// # Errors
/// When something cannot be read or written.
pub fn copy_dir(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::io("making", to))?;
    for path in entries(from)? {
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_dir(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(Error::io("copying", &path))?;
        }
    }
    Ok(())
}
