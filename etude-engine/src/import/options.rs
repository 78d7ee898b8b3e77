//! What may be chosen about an import, and how much of a machine it may take.

use super::PartChoice;
use crate::score::{MEASURES_MAX, NOTES_MAX};

/// How a score is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How large a file may be, in every respect.
    pub limits: Limits,
    /// Which parts of a MusicXML file are to be played. Of a MIDI file it chooses nothing.
    pub parts: PartChoice,
}

/// How much is read before a file is refused. The defaults are far above any piano music known to us, and
/// bound time and memory; lower ones bound them more tightly.
///
/// A score with its repeats played has limits besides, which are fixed: [`NOTES_MAX`] notes and
/// [`MEASURES_MAX`] measures. Higher limits than these do not help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the file, in bytes. Default: 32 MiB.
    pub file_bytes: usize,
    /// Size of the MusicXML document in a compressed file once inflated, and of what a document's own entities
    /// may grow to, in bytes. Default: 64 MiB.
    pub inflated_bytes: usize,
    /// Files in a compressed file. Default: 4096; a score comes with a few images at most.
    pub archive_entries: usize,
    /// Elements, attributes and pieces of text of an XML document, each, and the signs `<` and `=` in its text.
    /// Default: 8 million; some 26 make a note.
    pub xml_nodes: u32,
    /// Parts of a MusicXML file. Default: 256, more than any orchestra.
    pub parts: usize,
    /// Measures as written. Default: [`MEASURES_MAX`].
    pub measures: usize,
    /// Notes as written, of the parts that are taken. Default: [`NOTES_MAX`].
    pub notes: usize,
    /// Events of a Standard MIDI File, of every kind. Default: a million.
    pub midi_events: usize,
    /// Warnings that are kept; a last one tells how many more there were. Default: 100.
    pub warnings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 32 << 20,
            inflated_bytes: 64 << 20,
            archive_entries: 4096,
            xml_nodes: 8_000_000,
            parts: 256,
            measures: MEASURES_MAX,
            notes: NOTES_MAX,
            midi_events: 1_000_000,
            warnings: 100,
        }
    }
}
