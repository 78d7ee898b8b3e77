//! Events as bytes: 4 or 5 each.
//!
//! The bytes: the number of events, then each. Numbers are LEB128, zigzag where they may be negative; the time of an event
//! is told by its distance from the one before, that of the first from 0.

use crate::protocol::EVENTS_PER_SESSION_MAX;
use crate::session::{Event, EventKind};
use crate::units::{Micros, Pitch, Velocity};

const NOTE_ON: u8 = 1;
const NOTE_OFF: u8 = 2;
const PEDAL: u8 = 3;
const STOPPED: u8 = 4;
const PLAYING: u8 = 5;
const TICK: u8 = 6;
const END: u8 = 7;

/// Longest text before the events.
const TEXT_BYTES_MAX: u64 = 4_096;

/// The events as bytes. The same events always give the same.
pub fn pack(events: &[Event]) -> Vec<u8> {
    let mut out = Vec::with_capacity(8 * events.len() + 4);
    put_events(&mut out, events);
    out
}

/// Reads what [`pack`] has written. Nothing of the bytes is taken on trust.
///
/// # Errors
/// If they are cut off, go on, or say what cannot be.
pub fn unpack(bytes: &[u8]) -> Result<Vec<Event>, Unpacked> {
    let mut input = Input(bytes);
    let events = input.events()?;
    if input.0.is_empty() { Ok(events) } else { Err(Unpacked::Damaged) }
}

/// Why bytes are no events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpacked {
    /// They end too early or go on too long.
    #[error("the events are damaged")]
    Damaged,
    /// More events than a session takes.
    #[error("there are {0} events; the limit is {EVENTS_PER_SESSION_MAX}")]
    TooLong(u64),
    /// Something is said that cannot be: by the event of this number, from 0.
    #[error("event {0} cannot be")]
    Event(u64),
}

pub(super) fn put_events(out: &mut Vec<u8>, events: &[Event]) {
    put(out, events.len() as u64);
    let mut before = 0_i64;
    for event in events {
        put_event(out, event, event.at.0.wrapping_sub(before));
        before = event.at.0;
    }
}

/// What is left to be read.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Result<u8, Unpacked> {
        self.0.split_off_first().copied().ok_or(Unpacked::Damaged)
    }

    fn number(&mut self) -> Result<u64, Unpacked> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7F);
            // Of the tenth byte there is room for one bit.
            if (part << shift) >> shift != part {
                return Err(Unpacked::Damaged);
            }
            number |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unpacked::Damaged)
    }

    fn signed(&mut self) -> Result<i64, Unpacked> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Unpacked> {
        let length = self.number()?;
        if length > TEXT_BYTES_MAX {
            return Err(Unpacked::Damaged);
        }
        let bytes = self.0.split_off(..length as usize).ok_or(Unpacked::Damaged)?;
        str::from_utf8(bytes).map_err(|_| Unpacked::Damaged)
    }

    /// Events, as [`put_events`] has written them.
    pub(super) fn events(&mut self) -> Result<Vec<Event>, Unpacked> {
        let count = self.number()?;
        if count > EVENTS_PER_SESSION_MAX {
            return Err(Unpacked::TooLong(count));
        }
        // No event is shorter than two bytes, so a lie about their number takes no memory.
        let mut events = Vec::with_capacity((count as usize).min(self.0.len() / 2));
        let mut before = 0_i64;
        for number in 0..count {
            let event = self.event(before)?.ok_or(Unpacked::Event(number))?;
            if event.kind == EventKind::End && number + 1 < count {
                return Err(Unpacked::Event(number + 1));
            }
            before = event.at.0;
            events.push(event);
        }
        Ok(events)
    }

    /// The next event, after one at `before`; `None` if it is none.
    fn event(&mut self, before: i64) -> Result<Option<Event>, Unpacked> {
        let kind = self.byte()?;
        let at = Micros(before.wrapping_add(self.signed()?));
        let kind = match kind {
            NOTE_ON => {
                let (Some(pitch), Some(velocity)) = (Pitch::new(self.byte()?), Velocity::new(self.byte()?))
                else {
                    return Ok(None);
                };
                EventKind::NoteOn { pitch, velocity }
            }
            NOTE_OFF => match Pitch::new(self.byte()?) {
                Some(pitch) => EventKind::NoteOff { pitch },
                None => return Ok(None),
            },
            PEDAL => match Velocity::new(self.byte()?) {
                Some(value) => EventKind::Pedal { value },
                None => return Ok(None),
            },
            PLAYING | STOPPED => {
                let position = self.signed()?;
                let Ok(micros_per_quarter) = u32::try_from(self.number()?) else { return Ok(None) };
                EventKind::Transport { playing: kind == PLAYING, position, micros_per_quarter }
            }
            TICK => EventKind::Tick,
            END => EventKind::End,
            _ => return Ok(None),
        };
        Ok(Some(Event { at, kind }))
    }
}

pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)) as u64);
}

fn put_event(out: &mut Vec<u8>, event: &Event, after: i64) {
    let kind = match event.kind {
        EventKind::NoteOn { .. } => NOTE_ON,
        EventKind::NoteOff { .. } => NOTE_OFF,
        EventKind::Pedal { .. } => PEDAL,
        EventKind::Transport { playing: false, .. } => STOPPED,
        EventKind::Transport { playing: true, .. } => PLAYING,
        EventKind::Tick => TICK,
        EventKind::End => END,
    };
    out.push(kind);
    put_signed(out, after);
    match event.kind {
        EventKind::NoteOn { pitch, velocity } => out.extend([pitch.number(), velocity.value()]),
        EventKind::NoteOff { pitch } => out.push(pitch.number()),
        EventKind::Pedal { value } => out.push(value.value()),
        EventKind::Transport { position, micros_per_quarter, .. } => {
            put_signed(out, position);
            put(out, micros_per_quarter.into());
        }
        EventKind::Tick | EventKind::End => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind() -> impl Strategy<Value = EventKind> {
        let pitch = || (0..128_u8).prop_map(|number| Pitch::new(number).unwrap());
        let value = || (0..128_u8).prop_map(|value| Velocity::new(value).unwrap());
        prop_oneof![
            (pitch(), value()).prop_map(|(pitch, velocity)| EventKind::NoteOn { pitch, velocity }),
            pitch().prop_map(|pitch| EventKind::NoteOff { pitch }),
            value().prop_map(|value| EventKind::Pedal { value }),
            any::<(bool, i64, u32)>().prop_map(|(playing, position, micros_per_quarter)| {
                EventKind::Transport { playing, position, micros_per_quarter }
            }),
            Just(EventKind::Tick),
        ]
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            events in prop::collection::vec((any::<i64>(), kind()), 0..20), ends in any::<bool>()
        ) {
            let mut events: Vec<Event> =
                events.into_iter().map(|(at, kind)| Event { at: Micros(at), kind }).collect();
            if ends {
                events.push(Event { at: Micros(0), kind: EventKind::End });
            }
            let bytes = pack(&events);
            prop_assert_eq!(unpack(&bytes), Ok(events));
            for end in 0..bytes.len() {
                prop_assert!(unpack(&bytes[..end]).is_err());
            }
            prop_assert_eq!(unpack(&[bytes, vec![0]].concat()), Err(Unpacked::Damaged));
        }

        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(events) = unpack(&bytes) {
                prop_assert_eq!(unpack(&pack(&events)), Ok(events));
            }
        }
    }

    #[test]
    fn a_lie_about_their_number_takes_no_memory() {
        let mut bytes = Vec::new();
        put(&mut bytes, EVENTS_PER_SESSION_MAX + 1);
        assert_eq!(unpack(&bytes), Err(Unpacked::TooLong(EVENTS_PER_SESSION_MAX + 1)));
        bytes.clear();
        put(&mut bytes, EVENTS_PER_SESSION_MAX);
        assert_eq!(unpack(&bytes), Err(Unpacked::Damaged));
    }
}
