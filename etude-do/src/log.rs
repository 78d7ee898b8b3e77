//! The log of a session as rows: one row a batch, its events packed, keyed by the number of the first.

use std::ops::Range;

use etude_engine::session::{Event, Seq, packed};

/// A batch of events as it stands on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Number of the first event.
    pub first: u64,
    /// How many there are.
    pub count: u64,
    /// The events.
    pub events: Events,
}

/// The events of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Events {
    /// Packed: a row is written for every frame, and all of them are read when the object wakes.
    Packed(Vec<u8>),
    /// A JSON array, as earlier versions wrote it.
    Json(String),
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
    pub fn new(first: Seq, events: &[Event]) -> Self {
        Self { first: first.0, count: events.len() as u64, events: Events::Packed(packed::pack(events)) }
    }

    fn read(self) -> Result<Vec<Event>, LogError> {
        let Self { first, count, events } = self;
        let events = events.read().map_err(|reason| LogError::Unreadable { first, reason })?;
        if events.len() as u64 != count {
            let reason = format!("it has {} events instead of {count}", events.len());
            return Err(LogError::Unreadable { first, reason });
        }
        Ok(events)
    }
}

impl Events {
    /// The events, or why they cannot be read.
    pub fn read(&self) -> Result<Vec<Event>, String> {
        match self {
            Self::Packed(bytes) => packed::unpack(bytes).map_err(|error| error.to_string()),
            Self::Json(text) => serde_json::from_str(text).map_err(|error| error.to_string()),
        }
    }
}

/// The events of a range of numbers, from rows in order of their first event that hold them all.
pub fn range(rows: impl IntoIterator<Item = Row>, range: &Range<u64>) -> Result<Vec<Event>, LogError> {
    let mut found = Vec::new();
    let mut expected = None;
    for row in rows {
        let (first, end) = (row.first, row.first.saturating_add(row.count));
        if let Some(expected) = expected.filter(|&expected| expected != first) {
            return Err(LogError::Gap { expected, found: first });
        }
        expected = Some(end);
        let events = row.read()?;
        let wanted = |(number, event)| range.contains(&number).then_some(event);
        found.extend((first..).zip(events).filter_map(wanted));
    }
    let missing = range.start + found.len() as u64;
    if missing == range.end { Ok(found) } else { Err(LogError::Gap { expected: missing, found: range.end }) }
}

/// The events of rows in order of their first event.
pub fn events(rows: impl IntoIterator<Item = Row>) -> Result<Vec<Event>, LogError> {
    let mut log = Vec::new();
    for row in rows {
        let expected = log.len() as u64;
        if row.first != expected {
            return Err(LogError::Gap { expected, found: row.first });
        }
        log.extend(row.read()?);
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
        Row::new(Seq(first), events)
    }

    #[test]
    fn what_was_written_is_read() {
        let (one, two) = (batch(i64::MIN), batch(i64::MAX - 3));
        let log = events([row(0, &one), row(3, &two)]).expect("a log");
        assert_eq!(log, [one, two].concat());
    }

    #[test]
    fn a_range_is_cut_out_of_the_rows_that_hold_it() {
        let log: Vec<Event> = [batch(0), batch(10), batch(20)].concat();
        let rows = || log.chunks(3).zip([0, 3, 6]).map(|(events, first)| row(first, events));
        for wanted in [0..9, 0..1, 2..4, 3..6, 8..9] {
            let events = log[wanted.start as usize..wanted.end as usize].to_vec();
            assert_eq!(range(rows(), &wanted), Ok(events), "{wanted:?}");
        }
        assert_eq!(range(rows().skip(1), &(2..4)), Err(LogError::Gap { expected: 3, found: 4 }));
        assert_eq!(range(rows().take(1), &(2..4)), Err(LogError::Gap { expected: 3, found: 4 }));
        assert_eq!(
            range([row(0, &batch(0)), row(4, &batch(0))], &(0..6)),
            Err(LogError::Gap { expected: 3, found: 4 })
        );
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
        let json = |text: &str| Events::Json(text.to_owned());
        for (count, held) in [
            (2, row(0, &batch(0)).events),
            (1, json("[")),
            (1, json("[{}]")),
            (1, Events::Packed(vec![1, 9, 0])),
        ] {
            let log = events([Row { first: 0, count, events: held }]);
            assert!(matches!(log, Err(LogError::Unreadable { first: 0, .. })), "{log:?}");
        }
    }
}
