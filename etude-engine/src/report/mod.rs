//! The report of a take: counted from final verdicts alone.

mod count;

use serde::{Deserialize, Serialize};

use crate::score::{Hand, NoteIndex, ScoreDigest};
use crate::session::{Config, VerdictDigest};
pub(crate) use count::count;

/// The result of a take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// Version of the engine that judged.
    pub engine: String,
    /// The score it was judged against.
    pub score: ScoreDigest,
    /// The settings it was judged by.
    pub config: Config,
    /// Events in the log, the end included.
    pub events: u64,
    /// Digest over the whole verdict stream.
    pub digest: VerdictDigest,
    /// The whole take.
    pub total: Tally,
    /// By hand; a hand with no notes to play is left out.
    pub hands: Vec<HandTally>,
    /// All measures of the score, in performed order. One outside of the range counts nothing.
    pub measures: Vec<MeasureTally>,
    /// Timing of the matched notes.
    pub timing: Timing,
    /// Where the player went back or forward, in order.
    pub jumps: Vec<Jump>,
}

/// Counts and scores of a set of notes. See docs/SCORING.md.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tally {
    /// Score notes that were to be played: `correct + missed`.
    pub expected: u32,
    /// Score notes played.
    pub correct: u32,
    /// Score notes not played.
    pub missed: u32,
    /// Score notes jumped over. Not expected.
    pub skipped: u32,
    /// Played notes that took the place of another.
    pub wrong: u32,
    /// Played notes with no place in the score.
    pub extra: u32,
    /// Played notes that realise an ornament.
    pub ornaments: u32,
    /// Played notes that struck a note again.
    pub repeats: u32,
    /// Score notes played within the perfect window.
    pub perfect: u32,
    /// Score notes played within the good window.
    pub good: u32,
    /// Score notes played before it.
    pub early: u32,
    /// Score notes played after it.
    pub late: u32,
    /// `correct / expected`, 0 to 1; 1 where nothing was expected.
    pub note_accuracy: f64,
    /// Mean timing credit over expected notes, 0 to 1; 1 where nothing was expected.
    pub timing_accuracy: f64,
    /// Note and timing accuracy, weighed by the settings: `0.6 note_accuracy + 0.4 timing_accuracy` by default.
    pub combined: f64,
}

/// A [`Tally`] of one hand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HandTally {
    /// The hand.
    pub hand: Hand,
    /// Its notes.
    pub tally: Tally,
}

/// A [`Tally`] of one measure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MeasureTally {
    /// The printed number.
    pub number: String,
    /// Which time through, from 1.
    pub pass: u16,
    /// Its notes.
    pub tally: Tally,
    /// The player's tempo in quarters a minute, where at least two onsets were played.
    pub quarters_per_minute: Option<f64>,
}

/// Timing of the matched notes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Timing {
    /// Median of played minus expected time, in microseconds.
    pub median_us: i64,
    /// Median of its absolute value, in microseconds.
    pub median_abs_us: i64,
    /// Counts in bins of 25 ms from -300 ms to +300 ms; the first and last bin also hold what lies beyond.
    pub histogram: Vec<u32>,
}

/// The player went elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Jump {
    /// First score note of the place left.
    pub from: NoteIndex,
    /// First score note of the place entered.
    pub to: NoteIndex,
}
