//! Building the score page, `etude-do/web`: the engine to wasm, then all of it by Vite, and keeping what was built.
//!
//! As with the Worker, a page is known by a key over everything it is made from, and kept in the cache. It is built
//! there too, beside the packages from npm that `package-lock.json` names, so that the clone holds no `node_modules`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::metadata::Metadata;
use crate::process::{cargo, run, say, since, without_build_flags};
use crate::tools::{self, WASM_TARGET};
use crate::worker::{copy_dir, disown_other_clone, entries, forget_oldest, hash_of, sources_in};
use crate::{Error, Result, cache, root};

/// The package with the engine in it.
const ENGINE: &str = "etude-web-engine";
/// What of `etude-do/web` the page is made from.
const SOURCES: [&str; 8] = [
    "index.html",
    "package-lock.json",
    "package.json",
    "public",
    "src",
    "tsconfig.json",
    "types.mjs",
    "vite.config.ts",
];
/// A piece to try the page with, which it serves beside its own files.
const PIECE: &str = "examples/scores/petzold-menuet-in-g.musicxml";
/// Names the page that stands in `etude-do/web/dist`; beside it, for all in that folder is served.
const KEY_FILE: &str = "dist.key";

/// Makes sure that `etude-do/web/dist` is the page of the sources as they are now, and tells where it is.
///
/// # Errors
/// A missing tool, or sources that do not compile.
pub fn build() -> Result<PathBuf> {
    let web = root().join("etude-do/web");
    let dist = web.join("dist");
    let _lock = cache::lock("page")?;
    let key = key(&web)?;
    let key_file = web.join(KEY_FILE);
    if dist.is_dir() && fs::read_to_string(&key_file).is_ok_and(|standing| standing == key) {
        return Ok(dist);
    }
    let kept = cache::dir()?.join("pages").join(&key);
    if !kept.is_dir() {
        let start = Instant::now();
        say("building the score page (some minutes the first time)");
        let workshop = workshop(&web)?;
        let unfinished = kept.with_file_name("unfinished");
        cache::remove_dir(&unfinished)?;
        run(node(&workshop, "vite/bin/vite.js")?
            .arg("build")
            .arg("--emptyOutDir")
            .arg("--outDir")
            .arg(&unfinished))?;
        fs::rename(&unfinished, &kept).map_err(Error::io("completing", &kept))?;
        forget_oldest(&cache::dir()?.join("pages"))?;
        say(format!("the page is built, after {}", since(start)));
    }
    cache::remove_dir(&dist)?;
    copy_dir(&kept, &dist)?;
    fs::write(&key_file, key).map_err(Error::io("writing", &key_file))?;
    Ok(dist)
}

/// Checks the page's types, and that those of the messages are what the schema says.
///
/// # Errors
/// What the compiler finds.
pub fn check() -> Result<()> {
    let web = root().join("etude-do/web");
    let _lock = cache::lock("page")?;
    let workshop = workshop(&web)?;
    run(node(&workshop, "typescript/bin/tsc")?.arg("--noEmit"))?;
    let mut types = Command::new(tools::node()?);
    run(types
        .args(["types.mjs", "--check"])
        .arg(root().join("docs/protocol.schema.json"))
        .current_dir(&workshop))
}

/// The folder of the page's packages from npm, with nothing of the page itself.
///
/// # Errors
/// A missing npm, or a failed download.
pub fn packages() -> Result<PathBuf> {
    let web = root().join("etude-do/web");
    let lock = web.join("package-lock.json");
    let text = fs::read(&lock).map_err(Error::io("reading", &lock))?;
    let dir = cache::dir()?.join("tools/npm").join(format!("page-{}", hash_of([("lock", &*text)])));
    if dir.join("node_modules").is_dir() {
        return Ok(dir);
    }
    let _lock = cache::lock("tools")?;
    if dir.join("node_modules").is_dir() {
        return Ok(dir);
    }
    say("fetching the page's packages from npm (once; 140 MB on disk)");
    let unfinished = dir.with_file_name("page-unfinished");
    cache::remove_dir(&unfinished)?;
    fs::create_dir_all(&unfinished).map_err(Error::io("making", &unfinished))?;
    for file in ["package.json", "package-lock.json"] {
        let from = web.join(file);
        fs::copy(&from, unfinished.join(file)).map_err(Error::io("copying", &from))?;
    }
    let mut install = Command::new(tools::npm()?);
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    run(install.current_dir(&unfinished))?;
    fs::rename(&unfinished, &dir).map_err(Error::io("completing", &dir))?;
    Ok(dir)
}

/// A folder with the packages, the sources and the engine as wasm: where the page is built.
fn workshop(web: &Path) -> Result<PathBuf> {
    let dir = packages()?;
    for name in SOURCES {
        let (from, to) = (web.join(name), dir.join(name));
        if from.is_dir() {
            cache::remove_dir(&to)?;
            copy_dir(&from, &to)?;
        } else {
            fs::copy(&from, &to).map_err(Error::io("copying", &from))?;
        }
    }
    let piece = root().join(PIECE);
    fs::copy(&piece, dir.join("public/menuet.musicxml")).map_err(Error::io("copying", &piece))?;
    engine(&dir.join("wasm"))?;
    Ok(dir)
}

/// The engine as wasm, with what binds it to JavaScript.
fn engine(to: &Path) -> Result<()> {
    let bindgen = tools::wasm_bindgen()?;
    let target = cache::dir()?.join("target/wasm");
    // The Worker is compiled in the same folder: most of the two is the same.
    let _lock = cache::lock("Worker")?;
    disown_other_clone(&target, "release")?;
    let mut compile = cargo();
    compile.args(["build", "--quiet", "--release", "--lib", "--package", ENGINE, "--target", WASM_TARGET]);
    compile.env("CARGO_TARGET_DIR", &target).current_dir(root());
    run(without_build_flags(&mut compile))?;
    let module = target.join(WASM_TARGET).join("release").join(format!("{}.wasm", ENGINE.replace('-', "_")));
    cache::remove_dir(to)?;
    let mut bind = Command::new(bindgen);
    run(bind.args(["--target", "web", "--omit-default-module-path", "--out-dir"]).arg(to).arg(module))
}

fn node(workshop: &Path, script: &str) -> Result<Command> {
    let mut command = Command::new(tools::node()?);
    command.arg(workshop.join("node_modules").join(script)).current_dir(workshop);
    Ok(command)
}

/// Over everything the page is made from.
fn key(web: &Path) -> Result<String> {
    let root = root();
    let mut files = vec![
        root.join("Cargo.toml"),
        root.join("Cargo.lock"),
        root.join(".cargo/config.toml"),
        root.join(PIECE),
    ];
    for package in Metadata::load()?.local_sources_of(ENGINE)? {
        sources_in(&package, &package, &mut files)?;
    }
    for name in SOURCES {
        let path = web.join(name);
        if path.is_dir() { files_in(&path, &mut files)? } else { files.push(path) }
    }
    crate::worker::key_of(&[tools::WASM_BINDGEN], files)
}

fn files_in(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for path in entries(dir)? {
        if path.is_dir() { files_in(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
