//! What comes in: the events of a take, in the order in which they were captured.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::protocol::from_object;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields))]
pub struct Event {
    /// Time on the take's clock, in microseconds.
    #[serde(rename = "at_us")]
    pub at: Micros,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
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

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    NoteOn,
    NoteOff,
    Pedal,
    Transport,
    Tick,
    End,
}

/// All fields of all events. Serde's own tagged and flattened types read an event into a tree first and lose the place
/// of an error on the way; this reads it in one go, whatever the order of its fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    at_us: Micros,
    #[serde(rename = "type")]
    kind: Kind,
    pitch: Option<Pitch>,
    velocity: Option<Velocity>,
    value: Option<Velocity>,
    playing: Option<bool>,
    position_uq: Option<i64>,
    micros_per_quarter: Option<u32>,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields: Fields = from_object(deserializer)?;
        let missing = D::Error::missing_field;
        let kind = match fields.kind {
            Kind::NoteOn => EventKind::NoteOn {
                pitch: fields.pitch.take().ok_or_else(|| missing("pitch"))?,
                velocity: fields.velocity.take().ok_or_else(|| missing("velocity"))?,
            },
            Kind::NoteOff => {
                EventKind::NoteOff { pitch: fields.pitch.take().ok_or_else(|| missing("pitch"))? }
            }
            Kind::Pedal => EventKind::Pedal { value: fields.value.take().ok_or_else(|| missing("value"))? },
            Kind::Transport => EventKind::Transport {
                playing: fields.playing.take().ok_or_else(|| missing("playing"))?,
                position: fields.position_uq.take().ok_or_else(|| missing("position_uq"))?,
                micros_per_quarter: fields
                    .micros_per_quarter
                    .take()
                    .ok_or_else(|| missing("micros_per_quarter"))?,
            },
            Kind::Tick => EventKind::Tick,
            Kind::End => EventKind::End,
        };
        match fields.stray() {
            None => Ok(Self { at: fields.at_us, kind }),
            Some(field) => Err(D::Error::custom(format!("`{field}` has no place in this type of event"))),
        }
    }
}

impl Fields {
    /// The first field that the event's type did not take.
    fn stray(&self) -> Option<&'static str> {
        [
            ("pitch", self.pitch.is_some()),
            ("velocity", self.velocity.is_some()),
            ("value", self.value.is_some()),
            ("playing", self.playing.is_some()),
            ("position_uq", self.position_uq.is_some()),
            ("micros_per_quarter", self.micros_per_quarter.is_some()),
        ]
        .into_iter()
        .find_map(|(field, left)| left.then_some(field))
    }
}
