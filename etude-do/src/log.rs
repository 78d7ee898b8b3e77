//! The log of a session as rows: one row a batch, its events as JSON, keyed by the number of the first.

use etude_engine::session::{Event, Seq};

/// A batch of events as it stands on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Number of the first event.
    pub first: u64,
    /// How many there are.
    pub count: u64,
    /// The events: a JSON array.
    pub events: String,
}

/// Why rows do not make a log. The disk was changed by something other than this service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// A row begins elsewhere than the one before it ends.
    #[error("the log has a batch at event {found} where {expected} should follow")]
    Gap {
        /// Where it should begin.
        expected: u64,
        /// Where it begins.
        found: u64,
    },
    /// A row does not hold what it says.
    #[error("the batch at event {first} of the log cannot be read: {reason}")]
    Unreadable {
        /// Number of its first event.
        first: u64,
        /// What is wrong with it.
        reason: String,
    },
}

impl Row {
    /// The row of a batch.
    pub fn new(first: Seq, events: &[Event]) -> Result<Self, serde_json::Error> {
        Ok(Self { first: first.0, count: events.len() as u64, events: serde_json::to_string(events)? })
    }
}

/// The events of rows in order of their first event.
pub fn events(rows: impl IntoIterator<Item = Row>) -> Result<Vec<Event>, LogError> {
    let mut log = Vec::new();
    for Row { first, count, events } in rows {
        let expected = log.len() as u64;
        if first != expected {
            return Err(LogError::Gap { expected, found: first });
        }
        let events: Vec<Event> = serde_json::from_str(&events)
            .map_err(|error| LogError::Unreadable { first, reason: error.to_string() })?;
        if events.len() as u64 != count {
            let reason = format!("it has {} events instead of {count}", events.len());
            return Err(LogError::Unreadable { first, reason });
        }
        log.extend(events);
    }
    Ok(log)
}

#[cfg(test)]
mod tests {
    use etude_engine::session::EventKind;
    use etude_engine::units::{Micros, Pitch, Velocity};

    use super::*;

    fn batch(from: i64) -> Vec<Event> {
        let pitch = Pitch::new(60).expect("a key");
        let velocity = Velocity::new(0).expect("a velocity");
        let kinds = [EventKind::NoteOn { pitch, velocity }, EventKind::NoteOff { pitch }, EventKind::Tick];
        kinds.into_iter().zip(from..).map(|(kind, at)| Event { at: Micros(at), kind }).collect()
    }

    fn row(first: u64, events: &[Event]) -> Row {
        Row::new(Seq(first), events).expect("events are JSON")
    }

    #[test]
    fn what_was_written_is_read() {
        let (one, two) = (batch(i64::MIN), batch(i64::MAX - 3));
        let log = events([row(0, &one), row(3, &two)]).expect("a log");
        assert_eq!(log, [one, two].concat());
    }

    #[test]
    fn a_gap_or_an_overlap_is_found() {
        for found in [2, 4] {
            let log = events([row(0, &batch(0)), row(found, &batch(0))]);
            assert_eq!(log, Err(LogError::Gap { expected: 3, found }));
        }
    }

    #[test]
    fn a_row_that_does_not_hold_what_it_says_is_found() {
        for (count, text) in [(2, row(0, &batch(0)).events), (1, "[".into()), (1, "[{}]".into())] {
            let log = events([Row { first: 0, count, events: text }]);
            assert!(matches!(log, Err(LogError::Unreadable { first: 0, .. })), "{log:?}");
        }
    }
}
