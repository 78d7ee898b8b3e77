//! The report of a take: counted from final verdicts alone.

mod account;
mod count;
mod histogram;
mod profile;
mod tally;

use serde::{Deserialize, Serialize};

pub(crate) use account::{Account, Heard};
pub(crate) use count::count;
pub use profile::{Articulation, Chords, Dynamics, HandProfile, Held, Pedal, Profile, Tempo, Timing};
pub(crate) use tally::credit;

use crate::fair::Plausibility;
use crate::judge::Way;
use crate::score::{Hand, NoteIndex, ScoreDigest};
use crate::session::{Config, VerdictDigest};

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
    /// By attempt, in order. The first began with the take, each other with going elsewhere. An attempt expects the notes
    /// from where it began up to where it ended, so that their sum is more than the total where notes were played again.
    pub attempts: Vec<Attempt>,
    /// Attempts that the last of `attempts` stands for: more than 1 in takes of more than 64.
    pub attempts_in_last: u32,
    /// Timing of the matched notes.
    pub timing: Timing,
    /// How it was played.
    pub profile: Profile,
    /// Whether it can have been played as it says: evidence, from a session that knows when the events arrived. Left out
    /// where nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plausibility: Option<Plausibility>,
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
    /// Mean velocity of the notes matched, 0 to 127; `null` if none was.
    pub velocity: Option<f64>,
}

/// A [`Tally`] of one attempt: from where the player began, or went to, up to where the player left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// How it came about; `null` of the first.
    pub way: Option<Way>,
    /// First score note of the place left; of the first attempt, of the score.
    pub from: NoteIndex,
    /// First score note of the place entered.
    pub to: NoteIndex,
    /// The furthest score note matched; `null` if none was.
    pub reached: Option<NoteIndex>,
    /// Its notes.
    pub tally: Tally,
}
