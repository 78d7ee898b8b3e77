//! Other readers of MusicXML, other score followers and hosts for plugins, from PyPI: kept in the [cache] in exact versions, and used for comparison alone.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use crate::process::{run, say, since, which};
use crate::{Error, Result, cache, root};

/// Where the scripts that run them are.
pub fn readers_dir() -> PathBuf {
    root().join("xtask/readers")
}

/// A Python that has partitura, music21 and verovio in the versions of `xtask/readers/requirements.txt`; fetched first
/// where they are missing.
///
/// # Errors
/// A missing Python, or a download that failed.
pub fn readers() -> Result<PathBuf> {
    venv("readers", "partitura, music21 and verovio from PyPI (once; 500 MB on disk)")
}

/// A Python that has parangonar and pymatchmaker in the versions of `xtask/followers/requirements.txt`; fetched first
/// where they are missing.
///
/// # Errors
/// A missing Python, or a download that failed.
pub fn followers() -> Result<PathBuf> {
    venv("followers", "parangonar and pymatchmaker from PyPI (once; 800 MB on disk)")
}

/// A Python that has pedalboard and DawDreamer in the versions of `xtask/hosts/requirements.txt`; fetched first where they
/// are missing.
///
/// # Errors
/// A missing Python, or a download that failed.
pub fn hosts() -> Result<PathBuf> {
    venv("hosts", "pedalboard and DawDreamer from PyPI (once; 200 MB on disk)")
}

/// A Python that has what `xtask/NAME/requirements.txt` lists.
fn venv(name: &str, what: &str) -> Result<PathBuf> {
    let requirements = root().join("xtask").join(name).join("requirements.txt");
    let text = fs::read(&requirements).map_err(Error::io("reading", &requirements))?;
    let key: String = Sha256::digest(&text).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let dir = cache::dir()?.join("tools").join(format!("{name}-{key}"));
    let python = |dir: &PathBuf| {
        if cfg!(windows) { dir.join("Scripts/python.exe") } else { dir.join("bin/python") }
    };
    let complete = dir.join("complete");
    if complete.is_file() {
        return Ok(python(&dir));
    }
    let _lock = cache::lock(name)?;
    if complete.is_file() {
        return Ok(python(&dir));
    }
    let base = ["python3", "python"].iter().find_map(|name| which(name)).ok_or(Error::Missing {
        name: "Python",
        remedy: "install Python 3.11 or later with its venv module (Debian, Ubuntu: apt-get install python3-venv)",
    })?;
    say(format!("fetching {what}"));
    let start = Instant::now();
    // A venv cannot be moved: it is made in place, and marked when it is complete.
    cache::remove_dir(&dir)?;
    run(Command::new(base).args(["-m", "venv"]).arg(&dir))?;
    let mut install = Command::new(python(&dir));
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--requirement",
    ]);
    run(install.arg(&requirements))?;
    fs::write(&complete, "").map_err(Error::io("writing", &complete))?;
    say(format!("they are there, after {}", since(start)));
    Ok(python(&dir))
}

/// The bench set: where `ETUDE_BENCH` says, or `shared/bench/data/dev` beside the clone; `None` if there is none.
pub fn bench_data() -> Option<PathBuf> {
    let beside = root().join("../shared/bench/data/dev");
    let data = std::env::var_os("ETUDE_BENCH").filter(|path| !path.is_empty()).map_or(beside, PathBuf::from);
    data.join("INDEX.tsv").is_file().then_some(data)
}
