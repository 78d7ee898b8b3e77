//! Whether there is room for what is built.

use std::path::Path;

use crate::cache;
use crate::process::say;
use crate::{Result, root};

/// All that `.ci/run` writes where nothing was before: 5.4 GB into `target` and 1.4 GB into the cache folder were seen, and
/// cargo keeps 1.3 GB of packages.
const FROM_NOTHING: u64 = 8_000_000_000;
/// With less than this a build may have failed for want of room; a linker's last words seldom say so.
const NO_ROOM: u64 = 1_000_000_000;

/// Says so where there is less room than a build from nothing takes. One that is built already takes less.
///
/// # Errors
/// When there is no folder for the cache.
pub fn warn_of_little_room() -> Result<()> {
    let folders = [root(), cache::dir()?];
    if let Some((folder, free)) = scarcest(&folders).filter(|(_, free)| *free < FROM_NOTHING) {
        say(format!(
            "only {} are free on the disk of {}: a run from nothing takes {}",
            gigabytes(free),
            folder.display(),
            gigabytes(FROM_NOTHING)
        ));
    }
    Ok(())
}

/// After a failure: why, if it is that.
pub fn say_if_full() {
    let folders = [root(), std::env::temp_dir()];
    if let Some((folder, free)) = scarcest(&folders).filter(|(_, free)| *free < NO_ROOM) {
        say(format!("the disk of {} is all but full: {} are free", folder.display(), gigabytes(free)));
    }
}

fn scarcest<P: AsRef<Path>>(folders: &[P]) -> Option<(&Path, u64)> {
    let room = |folder: &Path| fs4::available_space(folder).ok();
    let known = folders.iter().map(AsRef::as_ref).filter_map(|folder| Some((folder, room(folder)?)));
    known.min_by_key(|(_, free)| *free)
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}
