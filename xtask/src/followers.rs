//! Other score followers, from PyPI: kept in the [cache] in exact versions, and used for comparison alone.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use crate::process::{run, say, since, which};
use crate::{Error, Result, cache, root};

/// The script that times them.
pub fn script() -> PathBuf {
    root().join("xtask/followers/time_followers.py")
}

/// A Python that has parangonar and pymatchmaker in the versions of `xtask/followers/requirements.txt`; fetched first
/// where they are missing.
///
/// # Errors
/// A missing Python, or a download that failed.
pub fn python() -> Result<PathBuf> {
    let requirements = root().join("xtask/followers/requirements.txt");
    let text = fs::read(&requirements).map_err(Error::io("reading", &requirements))?;
    let key: String = Sha256::digest(&text).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let dir = cache::dir()?.join("tools").join(format!("followers-{key}"));
    let python = dir.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let complete = dir.join("complete");
    if complete.is_file() {
        return Ok(python);
    }
    let _lock = cache::lock("followers")?;
    if complete.is_file() {
        return Ok(python);
    }
    let base = ["python3", "python"].iter().find_map(|name| which(name)).ok_or(Error::Missing {
        name: "Python",
        remedy: "install Python 3.11 or later with its venv module (Debian, Ubuntu: apt-get install python3-venv)",
    })?;
    say("fetching parangonar and pymatchmaker from PyPI (once; 700 MB on disk)");
    let start = Instant::now();
    // A venv cannot be moved: it is made in place, and marked when it is complete.
    cache::remove_dir(&dir)?;
    run(Command::new(base).args(["-m", "venv"]).arg(&dir))?;
    let mut install = Command::new(&python);
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
    Ok(python)
}
