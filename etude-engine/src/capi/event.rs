//! Events
//!
//! What happens at the keyboard and in the transport. Events are numbered from 0 in the order in which
//! they are pushed.
//!
//! ```c
//! etude_event note = {0};
//! note.kind = ETUDE_EVENT_NOTE_ON;
//! note.at_us = now_us;
//! note.pitch = 60;
//! note.velocity = 64;
//! ```

use crate::capi::status::{ETUDE_ERROR_ENDED, ETUDE_ERROR_EVENT, ETUDE_ERROR_LIMIT, Failure, Wording};
use crate::protocol::EVENTS_PER_SESSION_MAX;
use crate::session::{Event, EventKind};
use crate::units::{Micros, Pitch, Velocity};

/// Largest time, in microseconds, and largest place, in millionths of a quarter, either side of 0: 285
/// years.
pub const ETUDE_TIME_MAX: i64 = 9_007_199_254_740_992;

/// One of ETUDE_EVENT_*.
pub type etude_event_kind = i32;

/// A key went down: pitch, velocity. Velocity 0 is a note-on too.
pub const ETUDE_EVENT_NOTE_ON: etude_event_kind = 1;
/// A key went up: pitch. Never judged.
pub const ETUDE_EVENT_NOTE_OFF: etude_event_kind = 2;
/// The sustain pedal moved: pedal.
pub const ETUDE_EVENT_PEDAL: etude_event_kind = 3;
/// The host's transport started, stopped, jumped or changed its tempo: playing, position_uq,
/// micros_per_quarter.
pub const ETUDE_EVENT_TRANSPORT: etude_event_kind = 4;
/// Nothing happened up to now. Lets missed notes be told while nobody plays.
pub const ETUDE_EVENT_TICK: etude_event_kind = 5;
/// The take is over. The last event of a session.
pub const ETUDE_EVENT_END: etude_event_kind = 6;

/// One thing that happened. Set what its kind names and leave the other fields 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct etude_event {
    /// When, on the clock of the take, in microseconds: the event's own time, not that of its arrival.
    /// The clock's zero is the caller's choice. One earlier than the event before counts as
    /// simultaneous with it.
    pub at_us: i64,
    /// What.
    pub kind: etude_event_kind,
    /// The key as a MIDI note number, 0 to 127; 60 is middle C.
    pub pitch: u8,
    /// How hard the key was struck, 0 to 127.
    pub velocity: u8,
    /// The pedal, from 0 up to 127 down.
    pub pedal: u8,
    /// Whether the transport rolls, 0 or 1.
    pub playing: u8,
    /// Where the transport stands in the performed score, in millionths of a quarter.
    pub position_uq: i64,
    /// The tempo of the transport: microseconds to a quarter.
    pub micros_per_quarter: u32,
    /// 0.
    pub reserved: u32,
}

/// Bits that may not be set in `pitch`, `velocity`, `pedal` and `playing`, by kind.
const FORBIDDEN: [[u8; 4]; 7] =
    [[0xFF; 4], [0x80, 0x80, 0, 0], [0x80, 0, 0, 0], [0, 0, 0x80, 0], [0, 0, 0, 0xFE], [0; 4], [0; 4]];

impl etude_event {
    /// The events as a take with so many events can take them: all, its end at most last, or none.
    #[inline(always)]
    pub(super) fn check_all(events: &[Self], taken: u64, ended: bool) -> Result<(), Failure> {
        let all = taken.saturating_add(events.len() as u64);
        let (Some((last, before)), true) = (events.split_last(), all <= EVENTS_PER_SESSION_MAX) else {
            return if events.is_empty() { Ok(()) } else { Err(too_many(all)) };
        };
        let sound = before.iter().all(|event| event.is_sound() && event.kind != ETUDE_EVENT_END);
        if sound && last.is_sound() && !ended { Ok(()) } else { Err(Self::fault(events, taken, ended)) }
    }

    /// One of the events that [`Self::check_all`] has passed. The masks change nothing of such, and spare a second check.
    /// `None` only of others.
    #[inline(always)]
    pub(super) fn checked(&self) -> Option<Event> {
        let kind = match self.kind {
            ETUDE_EVENT_NOTE_ON => EventKind::NoteOn {
                pitch: Pitch::new(self.pitch & 127)?,
                velocity: Velocity::new(self.velocity & 127)?,
            },
            ETUDE_EVENT_NOTE_OFF => EventKind::NoteOff { pitch: Pitch::new(self.pitch & 127)? },
            ETUDE_EVENT_PEDAL => EventKind::Pedal { value: Velocity::new(self.pedal & 127)? },
            ETUDE_EVENT_TRANSPORT => EventKind::Transport {
                playing: self.playing != 0,
                position: self.position_uq,
                micros_per_quarter: self.micros_per_quarter,
            },
            ETUDE_EVENT_TICK => EventKind::Tick,
            ETUDE_EVENT_END => EventKind::End,
            _ => return None,
        };
        Some(Event { at: Micros(self.at_us), kind })
    }

    /// Whether nothing is wrong with it: what [`Self::parse`] looks at field by field, in a few instructions.
    #[inline(always)]
    fn is_sound(&self) -> bool {
        let within = |value: i64| {
            value.wrapping_add(ETUDE_TIME_MAX).cast_unsigned() <= 2 * ETUDE_TIME_MAX.unsigned_abs()
        };
        let bytes = u32::from_ne_bytes([self.pitch, self.velocity, self.pedal, self.playing]);
        let named =
            usize::try_from(self.kind).ok().filter(|&kind| kind > 0).and_then(|kind| FORBIDDEN.get(kind));
        named.is_some_and(|&forbidden| bytes & u32::from_ne_bytes(forbidden) == 0)
            && within(self.at_us)
            && within(self.position_uq)
            && self.reserved == 0
    }

    /// What is wrong with events of which one is.
    #[cold]
    #[inline(never)]
    fn fault(events: &[Self], taken: u64, mut ended: bool) -> Failure {
        for (number, event) in (taken..).zip(events) {
            match event.parse() {
                Err(fault) => return fault.of(number),
                Ok(_) if ended => return EventFault::AfterEnd.of(number),
                Ok(event) => ended = event.kind == EventKind::End,
            }
        }
        Failure::new(ETUDE_ERROR_EVENT, "an event is not valid")
    }

    /// The event, or the first thing that is wrong with it.
    fn parse(&self) -> Result<Event, EventFault> {
        let pitch = || Pitch::new(self.pitch).ok_or(EventFault::SevenBit("pitch", self.pitch));
        let seven_bit = |field, value| Velocity::new(value).ok_or(EventFault::SevenBit(field, value));
        let kind = match self.kind {
            ETUDE_EVENT_NOTE_ON => {
                EventKind::NoteOn { pitch: pitch()?, velocity: seven_bit("velocity", self.velocity)? }
            }
            ETUDE_EVENT_NOTE_OFF => EventKind::NoteOff { pitch: pitch()? },
            ETUDE_EVENT_PEDAL => EventKind::Pedal { value: seven_bit("pedal", self.pedal)? },
            ETUDE_EVENT_TRANSPORT => EventKind::Transport {
                playing: match self.playing {
                    0 => false,
                    1 => true,
                    other => return Err(EventFault::Playing(other)),
                },
                position: self.position_uq,
                micros_per_quarter: self.micros_per_quarter,
            },
            ETUDE_EVENT_TICK => EventKind::Tick,
            ETUDE_EVENT_END => EventKind::End,
            other => return Err(EventFault::Kind(other)),
        };
        for (field, value) in [("at_us", self.at_us), ("position_uq", self.position_uq)] {
            if value.unsigned_abs() > ETUDE_TIME_MAX.unsigned_abs() {
                return Err(EventFault::Beyond(field, value));
            }
        }
        if self.reserved != 0 {
            return Err(EventFault::Reserved);
        }
        Ok(Event { at: Micros(self.at_us), kind })
    }
}

/// What is wrong with an event.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum EventFault {
    #[error("kind is {0}, which is not one of ETUDE_EVENT_*")]
    Kind(etude_event_kind),
    #[error("{0} is {1}; it must be 0 to 127")]
    SevenBit(&'static str, u8),
    #[error("playing is {0}; it must be 0 or 1")]
    Playing(u8),
    #[error("{0} is {1}, which is beyond ETUDE_TIME_MAX")]
    Beyond(&'static str, i64),
    #[error("reserved is not 0")]
    Reserved,
    #[error("it comes after the end")]
    AfterEnd,
}

impl EventFault {
    /// The failure of a call with this event.
    fn of(self, number: u64) -> Failure {
        let status = match self {
            Self::AfterEnd => ETUDE_ERROR_ENDED,
            _ => ETUDE_ERROR_EVENT,
        };
        Failure::new(status, Wording::Event(number, self))
    }
}

#[cold]
fn too_many(all: u64) -> Failure {
    let detail = Wording::Count(all, "events would pass the limit of ETUDE_SESSION_EVENTS_MAX");
    Failure::new(ETUDE_ERROR_LIMIT, detail)
}

impl From<&Event> for etude_event {
    fn from(event: &Event) -> Self {
        let blank = etude_event { at_us: event.at.0, ..etude_event::default() };
        match event.kind {
            EventKind::NoteOn { pitch, velocity } => etude_event {
                kind: ETUDE_EVENT_NOTE_ON,
                pitch: pitch.number(),
                velocity: velocity.value(),
                ..blank
            },
            EventKind::NoteOff { pitch } => {
                etude_event { kind: ETUDE_EVENT_NOTE_OFF, pitch: pitch.number(), ..blank }
            }
            EventKind::Pedal { value } => {
                etude_event { kind: ETUDE_EVENT_PEDAL, pedal: value.value(), ..blank }
            }
            EventKind::Transport { playing, position, micros_per_quarter } => etude_event {
                kind: ETUDE_EVENT_TRANSPORT,
                playing: u8::from(playing),
                position_uq: position,
                micros_per_quarter,
                ..blank
            },
            EventKind::Tick => etude_event { kind: ETUDE_EVENT_TICK, ..blank },
            EventKind::End => etude_event { kind: ETUDE_EVENT_END, ..blank },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_event_survives_the_way_to_c_and_back() {
        let (pitch, velocity) = (Pitch::new(127).unwrap(), Velocity::new(1).unwrap());
        let transport =
            EventKind::Transport { playing: true, position: -ETUDE_TIME_MAX, micros_per_quarter: u32::MAX };
        let kinds = [
            EventKind::NoteOn { pitch, velocity },
            EventKind::NoteOff { pitch },
            EventKind::Pedal { value: velocity },
            transport,
            EventKind::Tick,
            EventKind::End,
        ];
        for kind in kinds {
            let event = Event { at: Micros(-7), kind };
            assert_eq!(etude_event::from(&event).parse().unwrap(), event);
            assert_eq!(etude_event::from(&event).checked().unwrap(), event);
        }
    }

    proptest! {
        /// The quick look and the thorough one agree on every event, valid or not.
        #[test]
        fn what_is_taken_is_what_nothing_is_wrong_with(
            kind in prop_oneof![9 => 0..8, 1 => any::<i32>()],
            bytes in array::uniform4(prop_oneof![0..3_u8, 126..130_u8, any::<u8>()]),
            times in array::uniform2(prop_oneof![
                4 => -9..9_i64,
                1 => ETUDE_TIME_MAX - 2..ETUDE_TIME_MAX + 3,
                1 => -ETUDE_TIME_MAX - 2..3 - ETUDE_TIME_MAX,
                1 => any::<i64>(),
            ]),
            reserved in prop_oneof![9 => Just(0), 1 => any::<u32>()],
        ) {
            let [pitch, velocity, pedal, playing] = bytes;
            let [at_us, position_uq] = times;
            let event = etude_event {
                at_us, kind, pitch, velocity, pedal, playing, position_uq, micros_per_quarter: 1, reserved,
            };
            let sound = etude_event::check_all(&[event], 0, false).is_ok();
            prop_assert_eq!(sound.then(|| event.checked().unwrap()), event.parse().ok());
        }
    }
}
