//! Why a file could not be read.

use crate::score::{ScoreError, UnfoldError};

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// A part was asked for that the file does not have.
    #[error("there is no part {part}; the file has {have}")]
    NoSuchPart {
        /// How it was called.
        part: String,
        /// What the first of the file's parts are called.
        have: String,
    },
    /// Neither XML, nor zip, nor a Standard MIDI File.
    #[error("this is neither MusicXML, nor compressed MusicXML (.mxl), nor a Standard MIDI File")]
    UnknownFormat,
    /// A performance must be a Standard MIDI File.
    #[error("a performance must be a Standard MIDI File (.mid)")]
    NotMidi,
    /// More bytes than [`Limits::file_bytes`](super::Limits::file_bytes).
    #[error("the file has {bytes} bytes; the limit is {limit}")]
    FileTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A compressed file inflates to more than [`Limits::inflated_bytes`](super::Limits::inflated_bytes).
    #[error("{entry} in the compressed file is larger than {limit} bytes when inflated")]
    InflatedTooLarge {
        /// Name of the file inside.
        entry: String,
        /// The limit.
        limit: usize,
    },
    /// A compressed file is damaged or lacks its score.
    #[error("the compressed MusicXML file cannot be opened: {reason}")]
    Zip {
        /// What is wrong.
        reason: String,
    },
    /// The text is not in the encoding it declares, or in one that is not read.
    #[error("line {line}: {reason}")]
    Encoding {
        /// Line of the offending byte, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// Not well-formed XML.
    #[error("line {line}, column {column}: not well-formed XML: {reason}")]
    Xml {
        /// Line, from 1.
        line: u32,
        /// Column, from 1.
        column: u32,
        /// What is wrong.
        reason: String,
    },
    /// More elements or attributes than [`Limits::xml_nodes`](super::Limits::xml_nodes).
    #[error("the XML document has more than {limit} elements, attributes or texts")]
    XmlTooLarge {
        /// The limit.
        limit: u32,
    },
    /// XML that would take its parser far more time than a score does.
    #[error("line {line}: {reason}")]
    XmlRefused {
        /// Line, from 1.
        line: u32,
        /// What is wrong.
        reason: &'static str,
    },
    /// Entities that could expand to more than [`Limits::inflated_bytes`](super::Limits::inflated_bytes).
    #[error("the XML document's own entities could expand to more than {limit} bytes")]
    EntityExpansion {
        /// The limit.
        limit: usize,
    },
    /// Well-formed XML that is not a MusicXML score.
    #[error("line {line}: the root element is <{root}>, not <score-partwise> or <score-timewise>")]
    NotMusicXml {
        /// Name of the root element.
        root: String,
        /// Its line, from 1.
        line: u32,
    },
    /// A value that makes everything after it meaningless.
    #[error("line {line}, measure {measure}: <{field}> is {value:?}, which {reason}")]
    Field {
        /// Line, from 1.
        line: u32,
        /// Printed number of the measure.
        measure: String,
        /// Name of the element.
        field: &'static str,
        /// What it says.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// More notes than [`Limits::notes`](super::Limits::notes).
    #[error("measure {measure}: the file has more than {limit} notes")]
    TooManyNotes {
        /// Printed number of the measure where the limit was passed.
        measure: String,
        /// The limit.
        limit: usize,
    },
    /// More parts than [`Limits::parts`](super::Limits::parts).
    #[error("the file has {parts} parts or more; the limit is {limit}")]
    TooManyParts {
        /// How many were counted.
        parts: usize,
        /// The limit.
        limit: usize,
    },
    /// More measures than [`Limits::measures`](super::Limits::measures).
    #[error("the file has more than {limit} measures")]
    TooManyMeasures {
        /// The limit.
        limit: usize,
    },
    /// A damaged or unsupported Standard MIDI File.
    #[error("{}: {reason}", track.map_or_else(|| "MIDI file".to_owned(), |track| format!("MIDI track {track}")))]
    Midi {
        /// Number of the track, from 1.
        track: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// More events than [`Limits::midi_events`](super::Limits::midi_events).
    #[error("MIDI track {track}: the file has more than {limit} events")]
    TooManyEvents {
        /// Number of the track where the limit was passed, from 1.
        track: usize,
        /// The limit.
        limit: usize,
    },
    /// A performance of more than a day.
    #[error("the performance is longer than a day")]
    TooLong,
    /// There is nothing to play.
    #[error("there are no notes in the file")]
    NoNotes,
    /// The music was read but makes no score.
    #[error(transparent)]
    Unfold(UnfoldError),
}

impl From<UnfoldError> for ImportError {
    fn from(error: UnfoldError) -> Self {
        match error {
            UnfoldError::Score(ScoreError::NoNotes) => Self::NoNotes,
            error => Self::Unfold(error),
        }
    }
}
