//! The score as it is written: measures in the order of the page, with their repeat signs still in them.
//!
//! An importer fills a [`WrittenScore`]; [`WrittenScore::unfold`] plays its repeats and joins its ties into a
//! [`Score`]. Ties are kept as written here, because which notes follow each other is known only once the
//! repeats are played.

use super::freedom::Freedom;
use super::marks::{Articulations, MarkKind};
use super::order::{self, UnfoldError};
use super::{Hand, Ornaments, Score};
use crate::units::{Pitch, Ticks};

/// A piece of music in written order.
#[derive(Clone, Debug, Default)]
pub struct WrittenScore {
    /// Title of the work, if known.
    pub title: Option<String>,
    /// Composer, if known.
    pub composer: Option<String>,
    /// Ticks in a quarter note.
    pub ticks_per_quarter: u32,
    /// Whether the first measure is a pickup: it then ends at tick 0, where other scores begin.
    pub pickup: bool,
    /// Measures in written order.
    pub measures: Vec<WrittenMeasure>,
}

/// One measure as written.
#[derive(Clone, Debug, Default)]
pub struct WrittenMeasure {
    /// The number printed in the score.
    pub number: String,
    /// How long it really lasts, which for a pickup is less than the time signature says.
    pub duration: Ticks,
    /// A repeated passage begins here.
    pub repeat_start: bool,
    /// A repeated passage ends here; how often it is played in all.
    pub repeat_end: Option<u16>,
    /// Times through for which the volta bracket over this measure counts; empty outside brackets.
    pub volta: Vec<u16>,
    /// Signs of the large form.
    pub jumps: Jumps,
    /// Notes in any order.
    pub notes: Vec<WrittenNote>,
    /// Tempo marks in any order.
    pub tempo: Vec<WrittenTempo>,
    /// Marks of expression in any order.
    pub marks: Vec<WrittenMark>,
}

/// Segno, coda and their kin. Targets hold at the beginning of their measure, jumps at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jumps {
    /// The sign to which "dal segno" goes.
    pub segno: bool,
    /// The sign to which "to coda" goes.
    pub coda: bool,
    /// "To coda": leave for the coda here, after a jump back.
    pub to_coda: bool,
    /// "Fine": end here, after a jump back.
    pub fine: bool,
    /// "D.C.": from here back to the beginning.
    pub da_capo: bool,
    /// "D.S.": from here back to the segno.
    pub dal_segno: bool,
}

/// One note as written; the parts of a tied chain are notes of their own.
#[derive(Clone, Debug)]
pub struct WrittenNote {
    /// Its id, unique in the score.
    pub id: Box<str>,
    /// Onset, counted from the beginning of its measure.
    pub offset: Ticks,
    /// Notated length; 0 for a grace note.
    pub duration: Ticks,
    /// The sounding key.
    pub pitch: Pitch,
    /// Which hand plays it.
    pub hand: Hand,
    /// Staff within its part, from 1.
    pub staff: u8,
    /// Voice as numbered in the file, 0 where there is none.
    pub voice: u16,
    /// Whether it is a grace note.
    pub grace: bool,
    /// Ornament signs on it.
    pub ornaments: Ornaments,
    /// How it is to be touched.
    pub articulations: Articulations,
    /// What is left to the player. The end of an ornament is counted from the beginning of the measure, and a
    /// roll's group joins notes of one onset.
    pub freedom: Freedom,
    /// A tie leads on to a later note of this pitch.
    pub tie_start: bool,
    /// A tie comes in from an earlier note of this pitch.
    pub tie_stop: bool,
}

/// A tempo mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenTempo {
    /// Where it takes effect, counted from the beginning of its measure.
    pub offset: Ticks,
    /// Length of a quarter, in microseconds.
    pub micros_per_quarter: u32,
}

/// A mark of expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenMark {
    /// What it says.
    pub kind: MarkKind,
    /// Where it takes effect, counted from the beginning of its measure.
    pub offset: Ticks,
    /// Staff it stands on, from 1.
    pub staff: u8,
}

impl WrittenScore {
    /// The score with its repeats played and its ties joined.
    pub fn unfold(&self) -> Result<Score, UnfoldError> {
        order::unfold(self)
    }
}
