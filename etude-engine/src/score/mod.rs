//! The score: what is to be played, in the order it is to be played.
//!
//! A [`Score`] is immutable and already unfolded: repeats are written out, each note known by its MusicXML id
//! and the pass it stands in. [`written`] holds the music as notated; [`WrittenScore::unfold`](written::WrittenScore::unfold)
//! turns it into this. Nothing here knows about players.

mod digest;
mod edge;
pub mod freedom;
pub mod marks;
mod notes;
pub mod order;
mod packed;
mod passage;
mod selection;
pub mod sign;
pub mod tempo;
mod ties;
pub mod times;
mod unfold;
pub mod written;

use serde::{Deserialize, Serialize};

use crate::sorted::sort;
use crate::units::{Pitch, Ticks};
pub use digest::{NotADigest, ScoreDigest};
pub use edge::{Edge, EdgeKind};
pub use freedom::Freedom;
use freedom::GraceKind;
pub use marks::{Articulations, Mark};
pub use notes::Notes;
use notes::within;
pub use packed::NotAScore;
pub use selection::{Hands, MeasureRange, Selection, SelectionError};
pub use tempo::{TempoChange, TempoMap};
pub use unfold::{UnfoldError, Unfolded};

/// Most notes a score may have, repeats unfolded.
pub const NOTES_MAX: usize = 200_000;
/// Most measures a score may have, repeats unfolded.
pub const MEASURES_MAX: usize = 20_000;
/// Last onset a score may have, in ticks: far below where products with microseconds could overflow.
pub const TICKS_MAX: i64 = 1 << 40;
/// Finest resolution of a score, in ticks per quarter.
pub const TICKS_PER_QUARTER_MAX: u32 = 1 << 22;
/// Longest name of a note, in bytes of UTF-8.
pub const NAME_BYTES_MAX: usize = 255;

/// A piece of music in performed order.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    title: Option<String>,
    composer: Option<String>,
    ticks_per_quarter: u32,
    measures: Box<[Measure]>,
    notes: Notes,
    edges: Vec<Edge>,
    tempo: TempoMap,
    marks: Vec<Mark>,
    digest: ScoreDigest,
}

/// What a [`Score`] is made of. [`Score::new`] checks it.
#[derive(Clone, Debug, Default)]
pub struct ScoreParts {
    /// Title of the work, if known.
    pub title: Option<String>,
    /// Composer, if known.
    pub composer: Option<String>,
    /// Ticks in a quarter note, 1 to [`TICKS_PER_QUARTER_MAX`].
    pub ticks_per_quarter: u32,
    /// Measures in performed order, onsets not falling.
    pub measures: Vec<Measure>,
    /// Notes in any order.
    pub notes: Vec<Note>,
    /// Written alternatives to the performed order, in any order.
    pub edges: Vec<Edge>,
    /// Tempo over the performed timeline.
    pub tempo: TempoMap,
    /// Marks of expression in any order.
    pub marks: Vec<Mark>,
}

/// One measure of the performed order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Measure {
    /// The number printed in the score ("12", "12a", "X1").
    pub number: String,
    /// Which time through this written measure, from 1.
    pub pass: u16,
    /// Index of the written measure: equal for all its passes.
    pub written: u32,
    /// Where it begins.
    pub onset: Ticks,
    /// How long it lasts.
    pub duration: Ticks,
}

/// One note to be played, for [`Score::new`]. A tied chain is one note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its name, unique in the score.
    pub id: NoteId<Box<str>>,
    /// When it is to be struck.
    pub onset: Ticks,
    /// Notated length; 0 for a grace note.
    pub duration: Ticks,
    /// The key to be struck.
    pub pitch: Pitch,
    /// Index into [`Score::measures`].
    pub measure: u32,
    /// Which hand plays it.
    pub hand: Hand,
    /// Staff within its part, from 1.
    pub staff: u8,
    /// Voice as numbered in the file, 0 where there is none.
    pub voice: u16,
    /// A grace note: it sounds at or before its onset and takes no time of the measure.
    pub grace: bool,
    /// Ornament signs on this note.
    pub ornaments: Ornaments,
    /// How it is to be touched.
    pub articulations: Articulations,
    /// What the notation leaves to the player.
    pub freedom: Freedom,
}

/// One note of a [`Score`], which has what it borrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreNote<'s> {
    /// Its name, unique in the score.
    pub id: NoteId<&'s str>,
    /// When it is to be struck.
    pub onset: Ticks,
    /// Notated length; 0 for a grace note.
    pub duration: Ticks,
    /// The key to be struck.
    pub pitch: Pitch,
    /// Index into [`Score::measures`].
    pub measure: u32,
    /// Which hand plays it.
    pub hand: Hand,
    /// Staff within its part, from 1.
    pub staff: u8,
    /// Voice as numbered in the file, 0 where there is none.
    pub voice: u16,
    /// A grace note: it sounds at or before its onset and takes no time of the measure.
    pub grace: bool,
    /// Ornament signs on this note.
    pub ornaments: Ornaments,
    /// How it is to be touched.
    pub articulations: Articulations,
    /// What the notation leaves to the player.
    pub freedom: &'s Freedom,
}

impl From<ScoreNote<'_>> for Note {
    fn from(note: ScoreNote<'_>) -> Self {
        let ScoreNote { id, onset, duration, pitch, measure, hand, staff, voice, grace, .. } = note;
        let ScoreNote { ornaments, articulations, freedom, .. } = note;
        let (id, freedom) = (NoteId { xml_id: id.xml_id.into(), pass: id.pass }, freedom.clone());
        Self {
            id,
            onset,
            duration,
            pitch,
            measure,
            hand,
            staff,
            voice,
            grace,
            ornaments,
            articulations,
            freedom,
        }
    }
}

/// A note's name: the id of its `<note>` in the MusicXML and the pass, written `n12-1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NoteId<Text> {
    /// The `id` attribute, or one made from its place in the file; at most [`NAME_BYTES_MAX`] long.
    pub xml_id: Text,
    /// Which time through, from 1.
    pub pass: u16,
}

impl<Text: std::fmt::Display> std::fmt::Display for NoteId<Text> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.xml_id, self.pass)
    }
}

/// A hand of the player.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Hand {
    /// The upper staff of a piano part.
    Right,
    /// The lower staff of a piano part.
    Left,
}

/// Ornament signs of a note, as a small set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ornaments(u8);

impl Ornaments {
    /// No sign.
    pub const NONE: Self = Self(0);
    /// Trill: alternates with the note above.
    pub const TRILL: Self = Self(1);
    /// Turn or inverted turn.
    pub const TURN: Self = Self(2);
    /// Mordent or inverted mordent.
    pub const MORDENT: Self = Self(4);
    /// Tremolo: repeats the note, or alternates with another.
    pub const TREMOLO: Self = Self(8);
    /// Arpeggiated: the chord is rolled.
    pub const ARPEGGIO: Self = Self(16);
    /// Glissando starts here.
    pub const GLISSANDO: Self = Self(32);

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the two sets have a sign in common.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is no sign.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Index of a note in [`Score::notes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct NoteIndex(pub u32);

impl NoteIndex {
    /// As an index into a slice.
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

/// Why [`Score::new`] refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScoreError {
    /// There is nothing to play.
    #[error("the score has no notes")]
    NoNotes,
    /// More than [`NOTES_MAX`] notes.
    #[error("the score has {0} notes with its repeats played; the limit is {NOTES_MAX}")]
    TooManyNotes(usize),
    /// More than [`MEASURES_MAX`] measures.
    #[error("the score has {0} measures with its repeats played; the limit is {MEASURES_MAX}")]
    TooManyMeasures(usize),
    /// Resolution zero or finer than [`TICKS_PER_QUARTER_MAX`].
    #[error("{0} ticks per quarter are outside 1 to {TICKS_PER_QUARTER_MAX}")]
    Resolution(u32),
    /// A note or measure lies outside ±[`TICKS_MAX`], or lasts a negative time.
    #[error("measure {measure}: a time of {ticks} ticks is out of range")]
    TimeOutOfRange {
        /// Printed number of the measure.
        measure: String,
        /// The offending value.
        ticks: i64,
    },
    /// A note names a measure that does not exist.
    #[error("note {note} stands in measure index {measure}, which does not exist")]
    NoSuchMeasure {
        /// Name of the note.
        note: String,
        /// The index it gave.
        measure: u32,
    },
    /// An edge leaves or reaches a measure that does not exist.
    #[error("an edge from measure index {from} to {to:?} leads outside of the score")]
    EdgeOutOfRange {
        /// The measure it leaves.
        from: u32,
        /// The measure it reaches.
        to: Option<u32>,
    },
    /// A name has more than [`NAME_BYTES_MAX`] bytes.
    #[error("the name of a note is longer than {NAME_BYTES_MAX} bytes: {0}")]
    NameTooLong(String),
    /// Two notes have the same name.
    #[error("two notes are called {0}")]
    DuplicateNote(String),
}

/// What makes a stroke: equal for notes that one stroke plays. Grace notes come first, in the order of playing, those of
/// an earlier measure before those of a later.
type Struck = (Ticks, bool, Option<(u32, bool, u16)>, Pitch);

fn struck(onset: Ticks, measure: u32, grace: bool, pitch: Pitch, freedom: &Freedom) -> Struck {
    let place = freedom.grace.filter(|_| grace);
    let place = place.map(|grace| (measure, grace.kind != GraceKind::After, grace.place));
    (onset, !grace, place, pitch)
}

impl Note {
    fn struck(&self) -> Struck {
        struck(self.onset, self.measure, self.grace, self.pitch, &self.freedom)
    }
}

impl ScoreNote<'_> {
    fn struck(&self) -> Struck {
        struck(self.onset, self.measure, self.grace, self.pitch, self.freedom)
    }
}

impl Score {
    /// Checks the parts and puts the notes in order: by onset; grace notes first, those that close the measure
    /// before ahead of the others, in the order of playing; then by pitch, staff and name.
    pub fn new(parts: ScoreParts) -> Result<Self, ScoreError> {
        let ScoreParts { title, composer, ticks_per_quarter, measures, notes, edges, tempo, marks } = parts;
        if notes.len() > NOTES_MAX {
            return Err(ScoreError::TooManyNotes(notes.len()));
        }
        if measures.len() > MEASURES_MAX {
            return Err(ScoreError::TooManyMeasures(measures.len()));
        }
        for note in &notes {
            let measure = measures.get(note.measure as usize).ok_or_else(|| ScoreError::NoSuchMeasure {
                note: note.id.to_string(),
                measure: note.measure,
            })?;
            in_range(note.onset, note.duration, &measure.number)?;
            if note.id.xml_id.len() > NAME_BYTES_MAX {
                return Err(ScoreError::NameTooLong(note.id.to_string()));
            }
        }
        let (notes, measures) = (Notes::of(&notes), measures.into());
        Self {
            title,
            composer,
            ticks_per_quarter,
            measures,
            notes,
            edges,
            tempo,
            marks,
            digest: ScoreDigest::NONE,
        }
        .checked()
    }

    /// With all in order but the notes, which are so already, and a digest; unless something cannot be.
    fn checked(mut self) -> Result<Self, ScoreError> {
        if self.notes.is_empty() {
            return Err(ScoreError::NoNotes);
        }
        if self.ticks_per_quarter == 0 || self.ticks_per_quarter > TICKS_PER_QUARTER_MAX {
            return Err(ScoreError::Resolution(self.ticks_per_quarter));
        }
        for measure in &self.measures {
            in_range(measure.onset, measure.duration, &measure.number)?;
        }
        self.edges.sort_unstable();
        self.edges.dedup();
        let last = self.measures.len() as u32;
        if let Some(edge) =
            self.edges.iter().find(|edge| edge.from >= last || edge.to.is_some_and(|to| to >= last))
        {
            return Err(ScoreError::EdgeOutOfRange { from: edge.from, to: edge.to });
        }
        let place = |mark: &Mark| (mark.at, mark.measure, mark.staff, mark.kind);
        sort(&mut self.marks, &|one, other| place(one).cmp(&place(other)));
        if let Some(name) = self.notes.twice() {
            return Err(ScoreError::DuplicateNote(name.to_string()));
        }
        self.digest =
            ScoreDigest::of(self.ticks_per_quarter, &self.measures, &self.notes, &self.edges, &self.tempo);
        Ok(self)
    }

    /// Title of the work, if known.
    pub fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }

    /// Composer, if known.
    pub fn composer(&self) -> Option<&str> {
        self.composer.as_deref()
    }

    /// Ticks in a quarter note.
    pub fn ticks_per_quarter(&self) -> u32 {
        self.ticks_per_quarter
    }

    /// Measures in performed order.
    pub fn measures(&self) -> &[Measure] {
        &self.measures
    }

    /// Notes in performed order. Never empty.
    pub fn notes(&self) -> &Notes {
        &self.notes
    }

    /// One note.
    ///
    /// # Panics
    /// If the index is not of this score.
    pub fn note(&self, index: NoteIndex) -> ScoreNote<'_> {
        self.notes.note(index.get())
    }

    /// The measure a note stands in.
    pub fn measure_of(&self, index: NoteIndex) -> &Measure {
        &self.measures[self.note(index).measure as usize]
    }

    /// What the notation leaves to the player of a note.
    pub fn freedom(&self, index: NoteIndex) -> &Freedom {
        self.note(index).freedom
    }

    /// The note that stands for this one and all in unison with it: one stroke of the key plays them all. It is
    /// the first of them, and itself where there is no other. A grace note and its main note are no unison,
    /// nor are two grace notes that follow each other.
    pub fn unison(&self, index: NoteIndex) -> NoteIndex {
        let struck = self.note(index).struck();
        self.notes.partition_point(|note| note.struck() < struck)
    }

    /// Whether one stroke plays both notes.
    pub fn is_unison(&self, one: NoteIndex, other: NoteIndex) -> bool {
        self.note(one).struck() == self.note(other).struck()
    }

    /// The measure with this printed number, the `pass`th time through (from 1): its index in performed order. Where
    /// several measures are printed with one number, the first of them.
    pub fn find_measure(&self, number: &str, pass: u16) -> Option<u32> {
        let found = self.measures.iter().position(|measure| measure.pass == pass && measure.number == number);
        found.map(|index| index as u32)
    }

    /// Marks of expression in order of place.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Written alternatives to the performed order, by the measure they leave: repeats that may be skipped or added,
    /// jumps that may be left out. A few a score.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Tempo over the performed timeline.
    pub fn tempo(&self) -> &TempoMap {
        &self.tempo
    }

    /// Digest over all that a verdict can depend on.
    pub fn digest(&self) -> ScoreDigest {
        self.digest
    }
}

fn in_range(onset: Ticks, duration: Ticks, measure: &str) -> Result<(), ScoreError> {
    if within(onset, duration) {
        return Ok(());
    }
    let ticks = if within(onset, Ticks(0)) { duration.0 } else { onset.0 };
    Err(ScoreError::TimeOutOfRange { measure: measure.to_owned(), ticks })
}
