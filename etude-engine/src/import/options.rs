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

impl From<Limits> for Options {
    fn from(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }
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

impl Limits {
    /// Limits that keep an import within so much memory at any moment, the file itself not counted. With 64 MiB they
    /// still take a MusicXML file of 4 MB, 9,700 notes and 227,000 `<`, the largest of the bench.
    ///
    /// They reckon with 136 bytes for an XML node with its attribute, 1,000 for a note and what is made of it, 1,500 for a
    /// measure and 40 for a MIDI event; `tests/import_memory.rs` holds that against files made to be greedy.
    pub fn within(memory_bytes: usize) -> Self {
        let full = Self::default();
        let share = |percent: usize, each_bytes: usize| memory_bytes / 100 * percent / each_bytes;
        Self {
            file_bytes: share(20, 1).min(full.file_bytes),
            inflated_bytes: share(20, 1).min(full.inflated_bytes),
            xml_nodes: u32::try_from(share(50, 136)).unwrap_or(u32::MAX).min(full.xml_nodes),
            notes: share(30, 1_000).min(full.notes),
            measures: share(30, 1_500).min(full.measures),
            midi_events: share(40, 40).min(full.midi_events),
            ..full
        }
    }
}
