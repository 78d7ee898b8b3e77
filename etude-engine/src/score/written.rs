//! The score as it is written: measures in the order of the page, with their repeat signs still in them.
//!
//! An importer fills a [`WrittenScore`]; [`WrittenScore::unfold`] plays its repeats and joins its ties into a
//! [`Score`](super::Score). Ties are kept as written here, because which notes follow each other is known only once the
//! repeats are played.

use super::freedom::Freedom;
use super::marks::{Articulations, MarkKind};
use super::sign::Sign;
use super::times::Times;
use super::unfold::{self, UnfoldError, Unfolded};
use super::{Hand, Ornaments};
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
    /// A repeated passage ends here.
    pub repeat_end: Option<RepeatEnd>,
    /// Times through for which the volta bracket over this measure counts; none outside brackets.
    pub volta: Times,
    /// A bracket begins here, even if it has the numbers of the one before.
    pub volta_start: bool,
    /// Signs of the large form.
    pub signs: Vec<Sign>,
    /// Notes in any order.
    pub notes: Vec<WrittenNote>,
    /// Tempo marks in any order.
    pub tempo: Vec<WrittenTempo>,
    /// Marks of expression in any order.
    pub marks: Vec<WrittenMark>,
}

/// A sign to repeat a passage, at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RepeatEnd {
    /// How often the passage is played in all, if the sign says so; twice if not, or as its voltas want it. Moved into
    /// 2 to [`TIMES_MAX`](super::times::TIMES_MAX).
    pub times: Option<u16>,
    /// Whether it is repeated after a D.C. or D.S. too.
    pub after_jump: bool,
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
    /// Times through the repeated passage at which it is played; any if it is always.
    pub times: Times,
}

/// A tempo mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenTempo {
    /// Where it takes effect, counted from the beginning of its measure.
    pub offset: Ticks,
    /// Length of a quarter, in microseconds.
    pub micros_per_quarter: u32,
    /// Times through the repeated passage at which it holds; any if it always does.
    pub times: Times,
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
    ///
    /// # Errors
    /// If more is to be played than a [`Score`](super::Score) may hold, or nothing.
    pub fn unfold(&self) -> Result<Unfolded, UnfoldError> {
        unfold::unfold(self)
    }
}
