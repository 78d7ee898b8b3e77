//! What comes in: the events of a take, in the order in which they were captured.

use serde::{Deserialize, Serialize};

use crate::units::{Micros, Pitch, Velocity};

/// Number of an event in the log of its session, from 0, without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Seq(pub u64);

/// One thing that happened at the keyboard or in the transport.
///
/// `at_us` is the event's own time on the take's clock (the sample position, in the plugin), never the time of
/// its arrival. Times should not fall; one that does is judged as if it came at the latest time seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Event {
    /// Time on the take's clock, in microseconds.
    #[serde(rename = "at_us")]
    pub at: Micros,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventKind {
    /// A key went down. Velocity 0 is a note-on too.
    NoteOn {
        /// The key.
        pitch: Pitch,
        /// How hard.
        velocity: Velocity,
    },
    /// A key went up. Never judged, so never an "extra".
    NoteOff {
        /// The key.
        pitch: Pitch,
    },
    /// The sustain pedal moved (controller 64).
    Pedal {
        /// 0 is up, 127 is down.
        value: Velocity,
    },
    /// The host's transport started, stopped, jumped or changed tempo. Clock mode takes its time from here.
    Transport {
        /// Whether it rolls.
        playing: bool,
        /// Where it stands on the performed timeline, in millionths of a quarter. May be negative (count-in).
        #[serde(rename = "position_uq")]
        position: i64,
        /// Its tempo: microseconds per quarter.
        micros_per_quarter: u32,
    },
    /// Nothing happened up to now. Lets missed notes be announced while nobody plays.
    Tick,
    /// The take is over. The last event of a log.
    End,
}
