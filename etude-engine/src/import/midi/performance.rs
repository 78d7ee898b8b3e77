//! A Standard MIDI File as a take.

use midly::{Fps, Timing};

use super::tracks::{File, Kind};
use crate::import::{ImportError, Limits, PERFORMANCE_MICROS_MAX};
use crate::score::tempo::MICROS_PER_QUARTER_DEFAULT;
use crate::session::{Event, EventKind};
use crate::units::{Micros, Pitch, Velocity};

/// Reads a take.
pub(in crate::import) fn performance(bytes: &[u8], limits: &Limits) -> Result<Vec<Event>, ImportError> {
    let file = File::read(bytes, limits)?;
    let mut clock = Clock::new(file.timing);
    let mut events = Vec::with_capacity(file.events.len() + 1);
    for event in &file.events {
        let at = clock.advance(event.tick)?;
        let kind = match event.kind {
            Kind::Tempo(micros_per_quarter) => {
                clock.set_tempo(micros_per_quarter);
                continue;
            }
            Kind::NoteOn { key, velocity, .. } => {
                let (Some(pitch), Some(velocity)) = (Pitch::new(key), Velocity::new(velocity)) else {
                    continue;
                };
                EventKind::NoteOn { pitch, velocity }
            }
            Kind::NoteOff { key, .. } => {
                let Some(pitch) = Pitch::new(key) else { continue };
                EventKind::NoteOff { pitch }
            }
            Kind::Pedal { value } => {
                let Some(value) = Velocity::new(value) else { continue };
                EventKind::Pedal { value }
            }
            Kind::Program { .. } | Kind::Time { .. } => continue,
        };
        events.push(Event { at, kind });
    }
    if !events.iter().any(|event| matches!(event.kind, EventKind::NoteOn { .. })) {
        return Err(ImportError::NoNotes);
    }
    let end = events.last().map_or(Micros(0), |event| event.at);
    events.push(Event { at: end, kind: EventKind::End });
    Ok(events)
}

/// Ticks to microseconds. Exact sums are divided once an event, so nothing drifts.
struct Clock {
    tick: i64,
    /// Microseconds times [`Clock::per`].
    sum: i128,
    /// What a tick adds to the sum.
    tick_adds: i128,
    per: i128,
    /// With SMPTE timing a tick is a fixed part of a second and tempo means nothing.
    follows_tempo: bool,
}

impl Clock {
    fn new(timing: Timing) -> Self {
        let (tick_adds, per, follows_tempo) = match timing {
            Timing::Metrical(ticks) => {
                (i128::from(MICROS_PER_QUARTER_DEFAULT), i128::from(ticks.as_int()), true)
            }
            Timing::Timecode(Fps::Fps29, parts) => (1_001_000_000, 30_000 * i128::from(parts), false),
            Timing::Timecode(fps, parts) => (1_000_000, i128::from(fps.as_int()) * i128::from(parts), false),
        };
        Self { tick: 0, sum: 0, tick_adds, per, follows_tempo }
    }

    fn advance(&mut self, tick: i64) -> Result<Micros, ImportError> {
        self.sum += i128::from(tick - self.tick) * self.tick_adds;
        self.tick = tick;
        match i64::try_from(self.sum / self.per) {
            Ok(micros) if micros <= PERFORMANCE_MICROS_MAX => Ok(Micros(micros)),
            _ => Err(ImportError::TooLong),
        }
    }

    fn set_tempo(&mut self, micros_per_quarter: u32) {
        if self.follows_tempo {
            self.tick_adds = i128::from(micros_per_quarter);
        }
    }
}
