//! Files to music: MusicXML, compressed MusicXML and Standard MIDI Files.

use crate::score::Score;
use crate::session::Event;

/// A score, and what could not be taken from the file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What is to be played.
    pub score: Score,
    /// What was left out or guessed, in order of appearance.
    pub warnings: Vec<Warning>,
}

/// Something in a file that was left out or guessed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Printed number of the measure, where there is one.
    pub measure: Option<String>,
    /// What, and what was done instead.
    pub reason: String,
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Neither XML, nor zip, nor a Standard MIDI File.
    #[error("this is neither MusicXML, nor compressed MusicXML (.mxl), nor a Standard MIDI File")]
    UnknownFormat,
}

/// Reads a score from the bytes of a file, whatever its format.
pub fn score(bytes: &[u8]) -> Result<Imported, ImportError> {
    let _ = bytes;
    Err(ImportError::UnknownFormat)
}

/// Reads a performance from the bytes of a Standard MIDI File: all its tracks and channels as one take, an
/// [`EventKind::End`](crate::session::EventKind::End) at the end.
pub fn performance(bytes: &[u8]) -> Result<Vec<Event>, ImportError> {
    let _ = bytes;
    Err(ImportError::UnknownFormat)
}
