//! Which of a file's parts is to be played.

use serde::{Deserialize, Serialize};

/// Which parts of a MusicXML file are to be played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PartChoice {
    /// The pianist's, by the rule told at [`written_score`](super::written_score).
    #[default]
    Piano,
    /// All parts with notes.
    All,
    /// These. Two of one staff each are the right and the left hand's, in the order of the file.
    These(Vec<PartKey>),
}

/// What a part is called by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartKey {
    /// The `id` of its `<score-part>` and `<part>`.
    Id(String),
    /// Its `<part-name>`, whatever the case of the letters. Names all parts that are called so.
    Name(String),
    /// Its place in [`Imported::parts`](super::Imported::parts), from 0.
    Index(usize),
}

/// A part of a MusicXML file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFound {
    /// The `id` of its `<part>`; empty if it has none.
    pub id: String,
    /// Its `<part-name>`, if the part list has one. The first 120 characters.
    pub name: Option<String>,
    /// Staves on which it has notes, or which it declares.
    pub staves: u8,
    /// Notes as written: heads with a pitch, each part of a tied chain, those of repeats once.
    pub notes: u32,
    /// How many of them stand on another staff than the first note of their voice since the last `<backup>`. They count as
    /// the hand's of the staff they stand on, which may be only where they are easier to read.
    pub crossing: u32,
    /// Whether its name, its sound or its MIDI program is a keyboard's.
    pub keyboard: bool,
    /// Whether it is taken.
    pub chosen: bool,
}

impl PartKey {
    /// Whether the part at this place is called so.
    pub(super) fn is(&self, index: usize, part: &PartFound) -> bool {
        match self {
            Self::Id(id) => *id == part.id,
            Self::Name(name) => {
                part.name.as_ref().is_some_and(|other| other.to_lowercase() == name.trim().to_lowercase())
            }
            Self::Index(place) => *place == index,
        }
    }
}

impl std::fmt::Display for PartKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => write!(f, "with the id {id:?}"),
            Self::Name(name) => write!(f, "called {name:?}"),
            Self::Index(index) => write!(f, "number {index}"),
        }
    }
}
