//! What a notation leaves to the player: which realisations of a note count as playing it.
//!
//! Docs/IMPORT.md tells which sign grants what. Everything here is integers and small sets, so that verdicts may
//! depend on it.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::units::{Pitch, Ticks};

/// The freedom of one note. The default is none: the note is struck once, at its onset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Freedom {
    /// It may be left out: grace notes and cue notes.
    pub optional: bool,
    /// What kind of grace note it is; absent on ordinary notes.
    pub grace: Option<Grace>,
    /// The chord it stands in is rolled, or must not be.
    pub roll: Option<Roll>,
    /// It is ornamented: more keys may sound in its place.
    pub ornament: Option<Box<Ornament>>,
}

/// A grace note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Grace {
    /// How it relates to its main note.
    pub kind: GraceKind,
    /// Its place among the grace notes that its voice has here, from 1. Notes of one grace chord share it. They
    /// are played in this order.
    pub place: u16,
}

/// The kinds of grace note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum GraceKind {
    /// With a slash (acciaccatura): short, before the beat or with it.
    Slashed,
    /// Without a slash (appoggiatura): may take time from the note it precedes.
    Unslashed,
    /// It closes the note before it (a Nachschlag). Its onset is where that note ends.
    After,
}

/// A chord that is to be rolled, or struck together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Roll {
    /// Which way.
    pub direction: RollDirection,
    /// Notes of the same group are rolled as one. Groups are numbered from 0 in order of onset, each time through
    /// a repeat anew.
    pub group: u32,
}

/// How a chord is rolled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RollDirection {
    /// A plain wavy line: from the lowest note by custom, but no arrow says so.
    Either,
    /// An arrow upwards.
    Up,
    /// An arrow downwards.
    Down,
    /// A bracket: struck together (non arpeggiato).
    Together,
}

/// An ornament, as the keys that may sound while it lasts.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ornament {
    /// The sign. Of several on one note, the one that comes first in [`Sign`].
    pub sign: Sign,
    /// Keys that may sound, the written one among them.
    pub keys: KeySet,
    /// From the note's onset to here they may sound.
    pub until: Ticks,
}

/// Ornament signs, the most eventful first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sign {
    /// Trill or shake: the note and its upper neighbour, over and over.
    Trill,
    /// The note and another one, or two chords, over and over.
    DoubleTremolo,
    /// The note over and over.
    Tremolo,
    /// All keys from this note to the one where the line ends.
    Glissando,
    /// Upper neighbour, note, lower neighbour, note.
    Turn,
    /// Lower neighbour, note, upper neighbour, note.
    InvertedTurn,
    /// A turn late in the note.
    DelayedTurn,
    /// An inverted turn late in the note.
    DelayedInvertedTurn,
    /// The note, its lower neighbour, the note: the sign with the stroke.
    Mordent,
    /// The note, its upper neighbour, the note: the sign without a stroke (Pralltriller, short trill).
    InvertedMordent,
    /// Two notes from below, sliding into the note.
    Schleifer,
    /// Haydn's sign: a turn or a mordent.
    Haydn,
    /// A sign that the format has no name for.
    Other,
}

/// A set of keys.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeySet(u128);

impl KeySet {
    /// No key.
    pub const EMPTY: Self = Self(0);

    /// A set of one key.
    pub const fn of(key: Pitch) -> Self {
        Self(1 << key.number())
    }

    /// Two keys and all between them.
    #[must_use]
    pub fn span(a: Pitch, b: Pitch) -> Self {
        let (low, high) = (a.number().min(b.number()), a.number().max(b.number()));
        (low..=high).filter_map(Pitch::new).fold(Self::EMPTY, Self::and)
    }

    /// The set with one key more.
    #[must_use]
    pub const fn and(self, key: Pitch) -> Self {
        Self(self.0 | 1 << key.number())
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a key is in it.
    pub const fn has(self, key: Pitch) -> bool {
        self.0 >> key.number() & 1 != 0
    }

    /// Whether no key is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The keys, from the lowest.
    pub fn keys(self) -> impl Iterator<Item = Pitch> {
        (0..128).filter_map(Pitch::new).filter(move |key| self.has(*key))
    }
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.keys().map(Pitch::number)).finish()
    }
}

impl Ornament {
    /// In a written note: until the end of the tied chain it begins.
    pub const AS_LONG_AS_TIED: Ticks = Ticks(i64::MAX);

    /// Both ornaments at once: the keys of either, as long as the longer.
    pub fn join(&mut self, other: &Self) {
        self.sign = self.sign.min(other.sign);
        self.keys = self.keys.with(other.keys);
        self.until = self.until.max(other.until);
    }
}

impl Freedom {
    /// Adds its bytes to a score's digest. Every field begins with whether it is there, so no two freedoms give
    /// the same bytes.
    pub(super) fn hash(&self, hash: &mut Sha256) {
        let Self { optional, grace, roll, ornament } = self;
        hash.update([u8::from(*optional), u8::from(grace.is_some())]);
        if let Some(grace) = grace {
            hash.update([grace.kind as u8]);
            hash.update(grace.place.to_le_bytes());
        }
        hash.update([u8::from(roll.is_some())]);
        if let Some(roll) = roll {
            hash.update([roll.direction as u8]);
            hash.update(roll.group.to_le_bytes());
        }
        hash.update([u8::from(ornament.is_some())]);
        if let Some(ornament) = ornament {
            hash.update([ornament.sign as u8]);
            hash.update(ornament.keys.0.to_le_bytes());
            hash.update(ornament.until.0.to_le_bytes());
        }
    }
}
