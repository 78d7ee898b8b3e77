//! How a take was played: timing, tempo, chords, hands, dynamics, articulation, pedal.
//!
//! What there is not enough data for is absent (`null`), never a guess.

use serde::{Deserialize, Serialize};

use crate::score::Hand;

/// Timing of the matched notes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Timing {
    /// Median of played minus expected time, in microseconds: the bias. 0 without notes.
    pub median_us: i64,
    /// Median of its absolute value, in microseconds.
    pub median_abs_us: i64,
    /// Median distance from the median, in microseconds: the spread, free of any bias.
    pub spread_us: i64,
    /// What the bias is taken to be owed to the way from the key to the engine and the ear, in microseconds. Only in clock
    /// mode, for in follow mode the player's own time is the measure; `null` below 50 matched notes.
    pub latency_us: Option<i64>,
    /// Counts in bins of 25 ms from -300 ms to +300 ms; the first and last bin also hold what lies beyond.
    pub histogram: Vec<u32>,
}

/// How a take was played.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Profile {
    /// Tempo; `null` with fewer than four measures that have one.
    pub tempo: Option<Tempo>,
    /// How evenly chords were struck; `null` below ten.
    pub chords: Option<Chords>,
    /// How far the left hand was behind the right where both begin together; `null` below ten such places.
    pub asynchrony: Option<Chords>,
    /// By hand; a hand without a matched note is left out.
    pub hands: Vec<HandProfile>,
    /// The sustain pedal; `null` if it never moved.
    pub pedal: Option<Pedal>,
}

/// Tempo over the measures; each measure's own is in its tally.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tempo {
    /// Median of the player's tempo, in percent of the score's.
    pub percent: f64,
    /// Median distance of a measure's percentage from that, in percent of it: 0 is a metronome.
    pub spread_percent: f64,
}

/// Distances in time between strokes that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Chords {
    /// Places it was measured at.
    pub count: u32,
    /// The median, in microseconds, to within 2.5 ms.
    pub median_us: i64,
    /// A tenth is below this.
    pub low_us: i64,
    /// A tenth is above this.
    pub high_us: i64,
}

/// How a hand played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HandProfile {
    /// The hand.
    pub hand: Hand,
    /// `null` below ten notes, and where all keys have the same velocity: then the keyboard tells none.
    pub dynamics: Option<Dynamics>,
    /// How long keys were held.
    pub articulation: Articulation,
}

/// Velocities, 0 to 127, to within 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Dynamics {
    /// The median.
    pub median: u8,
    /// A tenth of the notes is softer.
    pub low: u8,
    /// A tenth of the notes is louder.
    pub high: u8,
}

/// How long keys were held, by what sign the notes have. `null` where fewer than ten are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Articulation {
    /// Notes with neither of the signs below.
    pub plain: Option<Held>,
    /// Staccato, staccatissimo and portato.
    pub staccato: Option<Held>,
    /// Tenuto.
    pub tenuto: Option<Held>,
}

/// How long keys were held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Held {
    /// Notes it is known of.
    pub count: u32,
    /// Median, in percent of the written length at the player's tempo, to within 2; 252 and more are told as 253.
    pub percent: u32,
}

/// The sustain pedal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pedal {
    /// Times it went down.
    pub presses: u32,
    /// Share of the take in which it was down, 0 to 1.
    pub down: f64,
}
