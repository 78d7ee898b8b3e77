//! The units of the engine: microseconds, score ticks, pitches, velocities.
//!
//! Everything is an integer, so that the same log gives the same verdicts on every target.

use serde::{Deserialize, Serialize};

/// A moment or a length of real time, in microseconds.
///
/// The zero of a take's clock is its sender's choice (the plugin uses the sample position); only
/// differences mean anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// Milliseconds as microseconds.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms * 1_000)
    }

    /// Whole milliseconds, rounded half away from zero.
    pub const fn round_to_millis(self) -> i64 {
        self.0.saturating_add(if self.0 < 0 { -500 } else { 500 }) / 1_000
    }
}

/// A moment or a length on the score's performed timeline.
///
/// [`Score::ticks_per_quarter`](crate::score::Score::ticks_per_quarter) ticks make a quarter note; a score picks
/// its own resolution so that every onset is exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticks(pub i64);

/// A key of the keyboard as a MIDI note number, 0 to 127; 60 is middle C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("maximum" = 127)))]
#[serde(try_from = "u8", into = "u8")]
pub struct Pitch(u8);

impl Pitch {
    /// The pitch with this MIDI number, or `None` above 127.
    pub const fn new(number: u8) -> Option<Self> {
        if number < 128 { Some(Self(number)) } else { None }
    }

    /// The pitch whose MIDI number stands in the lower seven bits.
    pub const fn of_seven_bits(number: u8) -> Self {
        Self(number & 0x7f)
    }

    /// The MIDI note number.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// How hard a key was struck, 0 to 127. Zero is a real, inaudibly soft note-on (CLAP allows it).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(extend("maximum" = 127)))]
#[serde(try_from = "u8", into = "u8")]
pub struct Velocity(u8);

impl Velocity {
    /// The velocity with this MIDI value, or `None` above 127.
    pub const fn new(value: u8) -> Option<Self> {
        if value < 128 { Some(Self(value)) } else { None }
    }

    /// The MIDI value.
    pub const fn value(self) -> u8 {
        self.0
    }
}

/// A number that should have been seven bits wide was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not between 0 and 127")]
pub struct NotSevenBit(pub u8);

impl TryFrom<u8> for Pitch {
    type Error = NotSevenBit;
    fn try_from(number: u8) -> Result<Self, NotSevenBit> {
        Self::new(number).ok_or(NotSevenBit(number))
    }
}

impl From<Pitch> for u8 {
    fn from(pitch: Pitch) -> u8 {
        pitch.0
    }
}

impl TryFrom<u8> for Velocity {
    type Error = NotSevenBit;
    fn try_from(value: u8) -> Result<Self, NotSevenBit> {
        Self::new(value).ok_or(NotSevenBit(value))
    }
}

impl From<Velocity> for u8 {
    fn from(velocity: Velocity) -> u8 {
        velocity.0
    }
}
