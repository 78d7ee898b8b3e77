//! Reading what the user named, with errors that name it back.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use etude_engine::import;
use etude_engine::score::Score;
use etude_engine::session::{Event, Mode};

use super::{BOLD, DIM};

/// Largest file that is opened. No score or take comes near it.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Most warnings printed.
const WARNINGS_MAX: usize = 12;

/// One line for the user.
pub(crate) type Failure = String;

/// What notes are timed against, as the user names it.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum ModeName {
    /// The player's own tempo.
    Follow,
    /// A metronome at the score's tempo.
    Clock,
    /// Nothing: the score waits for the player.
    Wait,
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Follow => Self::Follow,
            ModeName::Clock => Self::Clock,
            ModeName::Wait => Self::Wait,
        }
    }
}

/// Reads a whole file.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| format!("{}: {error}", path.display());
    let file = fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("{}: larger than {} MiB", path.display(), FILE_BYTES_MAX >> 20));
    }
    Ok(bytes)
}

/// Reads a score and prints its warnings on standard error.
pub(crate) fn score(path: &Path, bytes: &[u8]) -> Result<Arc<Score>, Failure> {
    let imported = import::score(bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    for warning in imported.warnings.iter().take(WARNINGS_MAX) {
        let place = warning.measure.as_ref().map_or(String::new(), |number| format!(", measure {number}"));
        anstream::eprintln!("{BOLD}warning:{BOLD:#} {}{place}: {}", path.display(), warning.reason);
    }
    if let Some(more @ 1..) = imported.warnings.len().checked_sub(WARNINGS_MAX) {
        anstream::eprintln!("{DIM}and {more} more warnings{DIM:#}");
    }
    Ok(Arc::new(imported.score))
}

/// What to call a piece whose score does not say.
pub(crate) fn name(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Reads a performance.
pub(crate) fn performance(path: &Path) -> Result<Vec<Event>, Failure> {
    import::performance(&bytes(path)?).map_err(|error| format!("{}: {error}", path.display()))
}
