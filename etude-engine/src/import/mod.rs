//! Files to music: MusicXML, compressed MusicXML and Standard MIDI Files.

mod error;
mod hands;
mod midi;
mod musicxml;
mod mxl;
mod options;
mod parts;
mod summary;
mod text;
mod warnings;

pub use error::ImportError;
pub use hands::{HandSource, HandsTold};
pub use options::{Limits, Options};
pub use parts::{PartChoice, PartFound, PartKey};
pub use summary::{HandNotes, Stretch, Summary, TempoPlace};

use serde::{Deserialize, Serialize};

use crate::score::order::OrderWarning;
use crate::score::written::WrittenScore;
use crate::score::{Score, Unfolded};
use crate::session::Event;

/// Longest performance: a day, in microseconds.
pub const PERFORMANCE_MICROS_MAX: i64 = 24 * 3_600 * 1_000_000;

/// A score, and what could not be taken from the file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What is to be played.
    pub score: Score,
    /// What was left out or guessed, in order of appearance.
    pub warnings: Vec<Warning>,
    /// How it is known which hand plays what.
    pub hands: HandsTold,
    /// The parts of a MusicXML file in its order; none of a MIDI file.
    pub parts: Vec<PartFound>,
}

/// A file as it was read, before its repeats are played.
struct Read {
    written: WrittenScore,
    warnings: Vec<Warning>,
    hands: HandsTold,
    parts: Vec<PartFound>,
}

/// Something in a file that was left out or guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Printed number of the measure, where there is one.
    pub measure: Option<String>,
    /// What, and what was done instead.
    pub reason: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.measure {
            Some(measure) => write!(f, "measure {measure}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// Reads a score from the bytes of a file, whatever its format, and plays its repeats.
///
/// Which part of several is taken, and which hand plays which staff: see [`written_score`].
///
/// # Errors
/// If the file is damaged, of another kind, larger than a limit, or holds no notes.
pub fn score(bytes: &[u8]) -> Result<Imported, ImportError> {
    score_with(bytes, &Options::default())
}

/// Reads a score as [`score`] does, by the given options.
///
/// # Errors
/// As for [`score`].
pub fn score_with(bytes: &[u8], options: &Options) -> Result<Imported, ImportError> {
    let Read { written, mut warnings, hands, parts } = read(bytes, options)?;
    let Unfolded { score, warnings: of_order } = written.unfold()?;
    let of_order = of_order.into_iter();
    warnings.extend(of_order.map(|OrderWarning { measure, reason }| Warning { measure, reason }));
    Ok(Imported { score, warnings, hands, parts })
}

/// Reads a score from the bytes of a file as it is written, repeats not yet played.
///
/// *Part*: by [`Options::parts`]. The rule for the pianist's, of several with notes: the first keyboard (by name, sound
/// or MIDI program) of two or more staves, with the one-staff parts of the same name; else the first one called a
/// keyboard, and the next called the same instrument; else the first of two or more staves; else two that a brace
/// joins, or that are called by hands; else the first two with a keyboard's program; else, if just two have notes,
/// those two; else the first. A warning names the rest. Of a MIDI file all tracks with a keyboard's program or none
/// are taken, or all if there is no such.
///
/// *Hand*: of two staves or two parts the upper is the right hand's and the lower the left's; on the middle staff of
/// three, the right hand plays from middle C upward. One staff, and a MIDI file that does not tell its hands, are divided
/// by how hands move. See [`HandSource`].
///
/// # Errors
/// As for [`score`].
pub fn written_score(bytes: &[u8], options: &Options) -> Result<(WrittenScore, Vec<Warning>), ImportError> {
    let Read { written, warnings, .. } = read(bytes, options)?;
    Ok((written, warnings))
}

/// The MusicXML text in the bytes of a file, unpacked and in UTF-8, for those who engrave it; `None` of a MIDI file. It is
/// not checked beyond that.
///
/// # Errors
/// If the file is damaged, of another kind, or larger than a limit.
pub fn music_xml(bytes: &[u8], limits: &Limits) -> Result<Option<String>, ImportError> {
    let text = |bytes: &[u8]| Ok(Some(text::decode(bytes)?.0.into_owned()));
    match Format::of(bytes, limits)? {
        Format::Midi => Ok(None),
        Format::Zip => text(&mxl::root_file(bytes, limits)?),
        Format::Text => text(bytes),
    }
}

fn read(bytes: &[u8], options: &Options) -> Result<Read, ImportError> {
    match Format::of(bytes, &options.limits)? {
        Format::Midi => midi::score(bytes, options),
        Format::Zip => read_xml(&mxl::root_file(bytes, &options.limits)?, options),
        Format::Text => read_xml(bytes, options),
    }
}

fn read_xml(bytes: &[u8], options: &Options) -> Result<Read, ImportError> {
    let (text, told) = text::decode(bytes)?;
    let mut read = musicxml::score(&text, options)?;
    if let Some(told) = told {
        read.warnings.insert(0, Warning { measure: None, reason: told.to_owned() });
    }
    Ok(read)
}

/// Reads a performance from the bytes of a Standard MIDI File: all its tracks and channels as one take, in
/// the file's own tempo, an [`EventKind::End`](crate::session::EventKind::End) at the time of the last event.
///
/// Notes, and controller 64 as the pedal, are taken; the rest is not.
///
/// # Errors
/// If the file is damaged, of another kind, larger than a default of [`Limits`], or holds no notes.
pub fn performance(bytes: &[u8]) -> Result<Vec<Event>, ImportError> {
    let limits = Limits::default();
    match Format::of(bytes, &limits)? {
        Format::Midi => midi::performance(bytes, &limits),
        Format::Zip | Format::Text => Err(ImportError::NotMidi),
    }
}

enum Format {
    Midi,
    Zip,
    Text,
}

impl Format {
    fn of(bytes: &[u8], limits: &Limits) -> Result<Self, ImportError> {
        if bytes.len() > limits.file_bytes {
            return Err(ImportError::FileTooLarge { bytes: bytes.len(), limit: limits.file_bytes });
        }
        if bytes.starts_with(b"MThd") || (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"RMID")) {
            return Ok(Self::Midi);
        }
        if bytes.starts_with(b"PK\x03\x04") {
            return Ok(Self::Zip);
        }
        if text::looks_like_xml(bytes) { Ok(Self::Text) } else { Err(ImportError::UnknownFormat) }
    }
}
