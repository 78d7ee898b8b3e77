//! What a player may choose: a hand, some measures, what notes are timed against; and what the report tells. Small takes
//! that a person can judge.

use std::collections::BTreeMap;
use std::sync::Arc;

use etude_engine::judge::{Grade, Record, Verdict};
use etude_engine::report::{Report, Tally};
use etude_engine::score::freedom::{KeySet, Ornament, Roll, RollDirection, Sign};
use etude_engine::score::{
    Articulations, Freedom, Hand, Hands, Measure, MeasureRange, Note, NoteId, NoteIndex, Ornaments, Score,
    ScoreParts, SelectionError, TempoMap,
};
use etude_engine::session::{Config, ConfigError, Event, EventKind, Mode, Scoring, Session};
use etude_engine::units::{Micros, Pitch, Ticks, Velocity};

mod looping;
mod place;
mod report;
mod selection;
mod transport;
mod waiting;

const TPQ: i64 = 480;
const MEASURE: i64 = 4 * TPQ;

/// A note of four quarters a measure, at 120 quarters a minute: its onset in ticks, the key, and the hand.
fn note(onset: i64, pitch: u8, hand: Hand) -> Note {
    Note {
        id: NoteId { xml_id: "".into(), pass: 1 },
        onset: Ticks(onset),
        duration: Ticks(TPQ),
        pitch: Pitch::new(pitch).unwrap(),
        measure: (onset / MEASURE) as u32,
        hand,
        staff: if hand == Hand::Right { 1 } else { 2 },
        voice: 1,
        grace: false,
        ornaments: Ornaments::NONE,
        articulations: Articulations::NONE,
        freedom: Freedom::default(),
    }
}

/// A score of these notes, which must stand in the order of the score.
fn score(notes: Vec<Note>) -> Arc<Score> {
    let last = notes.iter().map(|note| note.measure).max().unwrap();
    let measures = (0..=last).map(|i| Measure {
        number: (i + 1).to_string(),
        pass: 1,
        written: i,
        onset: Ticks(i64::from(i) * MEASURE),
        duration: Ticks(MEASURE),
    });
    let named = notes.into_iter().enumerate().map(|(i, mut note)| {
        note.id.xml_id = format!("n{i:03}").into();
        note
    });
    let parts = ScoreParts {
        ticks_per_quarter: TPQ as u32,
        measures: measures.collect(),
        notes: named.collect(),
        tempo: TempoMap::default(),
        ..ScoreParts::default()
    };
    let score = Score::new(parts).unwrap();
    assert!(score.notes().iter().is_sorted_by_key(|note| note.id), "notes in the order of the score");
    Arc::new(score)
}

/// Four measures of quarters, the left hand an octave and a fifth below the right.
fn two_hands() -> Arc<Score> {
    let right = [60, 62, 64, 65, 67, 69, 71, 72, 74, 72, 71, 69, 67, 65, 64, 62];
    let both = right
        .iter()
        .zip(0..)
        .flat_map(|(&pitch, i)| [note(i * TPQ, pitch - 19, Hand::Left), note(i * TPQ, pitch, Hand::Right)]);
    score(both.collect())
}

fn note_on(at_ms: i64, pitch: u8) -> Event {
    let kind = EventKind::NoteOn { pitch: Pitch::new(pitch).unwrap(), velocity: Velocity::new(80).unwrap() };
    Event { at: Micros::from_millis(at_ms), kind }
}

fn end(at_ms: i64) -> Event {
    Event { at: Micros::from_millis(at_ms), kind: EventKind::End }
}

/// These notes of the score, each at its time.
fn as_written(score: &Score, notes: impl IntoIterator<Item = usize>) -> Vec<Event> {
    let notes = notes.into_iter().map(|index| score.note(NoteIndex(index as u32)));
    notes.map(|note| note_on(1_000 + note.onset.0 * 500 / TPQ, note.pitch.number())).collect()
}

struct Take {
    records: Vec<Record>,
    report: Report,
}

impl Take {
    /// Judges the events and an end after the last.
    fn of(score: &Arc<Score>, config: Config, events: impl IntoIterator<Item = Event>) -> Self {
        let mut session = Session::new(Arc::clone(score), config).unwrap();
        let (mut records, mut last) = (Vec::new(), 0);
        for event in events {
            last = event.at.0 / 1_000;
            session.handle(event).unwrap();
            records.extend(std::iter::from_fn(|| session.poll()));
        }
        session.handle(end(last)).unwrap();
        records.extend(std::iter::from_fn(|| session.poll()));
        Self { records, report: session.report() }
    }

    /// The last word on each note-on.
    fn verdicts(&self) -> Vec<Verdict> {
        let mut last = BTreeMap::new();
        for record in &self.records {
            if let Record::Played { event, verdict } = *record {
                last.insert(event.0, verdict);
            }
        }
        last.into_values().collect()
    }

    /// Where the attempts after the first began.
    fn went(&self) -> Vec<NoteIndex> {
        self.report.attempts[1..].iter().map(|attempt| attempt.to).collect()
    }

    /// (expected, correct, missed, wrong, extra)
    fn counts(&self) -> [u32; 5] {
        let total = &self.report.total;
        [total.expected, total.correct, total.missed, total.wrong, total.extra]
    }
}

const MODES: [Mode; 3] = [Mode::Follow, Mode::Clock, Mode::Wait];

fn range(from: u32, to: u32) -> Option<MeasureRange> {
    Some(MeasureRange { from, to })
}

/// The notes matched and their offsets in milliseconds.
fn matched(take: &Take) -> Vec<(u32, i64)> {
    let matched = take.verdicts().into_iter().filter_map(|verdict| match verdict {
        Verdict::Matched { note, offset, .. } => Some((note.0, offset.round_to_millis())),
        _ => None,
    });
    matched.collect()
}
