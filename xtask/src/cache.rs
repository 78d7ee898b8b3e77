//! The folder outside the clone where tools and build products are kept: `$ETUDE_CACHE`, or `etude` in the user's
//! cache folder. Everything in it can be deleted at any time and is made again when it is needed.

use std::env;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::process::say;
use crate::{Error, Result};

/// The cache folder, made when it is not there.
///
/// # Errors
/// When no home folder is known or the folder cannot be made.
pub fn dir() -> Result<PathBuf> {
    let dir = locate()?;
    fs::create_dir_all(&dir).map_err(Error::io("making the cache folder", &dir))?;
    Ok(dir)
}

/// Held while something in the cache is being changed; released when dropped, also by a killed process.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Waits until no other process works on the part of the cache called `name`.
///
/// # Errors
/// When the lock file cannot be made or locked.
pub fn lock(name: &str) -> Result<Lock> {
    let path = dir()?.join(format!("{name}.lock"));
    let file = File::create(&path).map_err(Error::io("making", &path))?;
    match file.try_lock() {
        Ok(()) => return Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => {
            say(format!("another run is busy with the {name}: waiting for it ({})", path.display()));
        }
        Err(TryLockError::Error(source)) => return Err(Error::io("locking", &path)(source)),
    }
    file.lock().map_err(Error::io("locking", &path))?;
    Ok(Lock { _file: file })
}

/// Removes a folder and all in it; it may be absent.
///
/// # Errors
/// When something in it cannot be removed.
pub fn remove_dir(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io("removing", dir)(source))
        }
        _ => Ok(()),
    }
}

fn locate() -> Result<PathBuf> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(dir) = set("ETUDE_CACHE") {
        return std::path::absolute(&dir).map_err(Error::io("resolving ETUDE_CACHE", &dir));
    }
    set("XDG_CACHE_HOME")
        .filter(|dir| dir.is_absolute())
        .or_else(|| env::home_dir().map(|home| home.join(".cache")))
        .map(|dir| dir.join("etude"))
        .ok_or(Error::Missing {
            name: "a cache folder",
            remedy: "set ETUDE_CACHE to one that can be written to",
        })
}
