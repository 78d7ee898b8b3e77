//! What may change in score and take together, and leaves the verdicts as they were.

use std::collections::BTreeMap;
use std::sync::Arc;

use etude_engine::judge::{Grade, Record, Verdict};
use etude_engine::score::{Note, Score, ScoreParts};
use etude_engine::session::{Config, Event, EventKind, Mode};
use etude_engine::units::{Micros, Pitch};
use proptest::prelude::*;
use proptest::sample::Index;

use super::cases;
use super::take::{Take, take};

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn transposing_score_and_take_changes_nothing(take in take(), by in any::<Index>()) {
        let other = transpose(&take, by);
        prop_assert_eq!(other.judged().records, take.judged().records);
    }

    #[test]
    fn what_the_clock_shows_at_the_beginning_does_not_matter(take in take(), by in -1_000_000_000_000..1_000_000_000_000i64) {
        // Beyond these times all are the same to the engine.
        let bound = 1 << 52;
        if take.events.iter().all(|event| (-bound..bound).contains(&event.at.0)) {
            let later = |event: &Event| Event { at: Micros(event.at.0 + by), ..*event };
            let other = Take { events: take.events.iter().map(later).collect(), ..take.clone() };
            prop_assert_eq!(other.judged().records, take.judged().records);
        }
    }

    #[test]
    fn the_players_tempo_is_the_measure(take in take(), percent in 50..200i64) {
        let config = Config { mode: Mode::Follow, ..take.config };
        let mut take = Take { config, ..take }.perfect();
        for event in &mut take.events {
            event.at = Micros(event.at.0 * 100 / percent);
        }
        let judged = take.judged();
        let mut verdicts = BTreeMap::new();
        for record in &judged.records {
            if let Record::Played { event, verdict } = *record {
                verdicts.insert(event, verdict);
            }
        }
        for verdict in verdicts.values() {
            let perfect = matches!(verdict, Verdict::Matched { grade: Grade::Perfect, .. });
            prop_assert!(perfect || take.config.windows.perfect < Micros::from_millis(2), "{:?}", judged.records);
        }
        prop_assert_eq!(judged.report.total.missed, 0, "{:?}", judged.records);
    }
}

/// Score and take in another key, as far up or down as the keyboard goes.
fn transpose(take: &Take, by: Index) -> Take {
    let struck = take.events.iter().filter_map(|event| match event.kind {
        EventKind::NoteOn { pitch, .. } => Some(pitch),
        _ => None,
    });
    let written = take.score.notes().iter().map(|note| note.pitch);
    let pitches: Vec<Pitch> = struck.chain(written).collect();
    let lowest = i16::from(pitches.iter().min().expect("a score has notes").number());
    let highest = i16::from(pitches.iter().max().expect("a score has notes").number());
    let by = by.index((128 + lowest - highest) as usize) as i16 - lowest;
    let higher = |pitch: Pitch| Pitch::new((i16::from(pitch.number()) + by) as u8).expect("on the keyboard");
    let score = &take.score;
    let notes = score.notes().iter().map(|note| Note { pitch: higher(note.pitch), ..note.into() }).collect();
    let parts = ScoreParts {
        ticks_per_quarter: score.ticks_per_quarter(),
        measures: score.measures().to_vec(),
        notes,
        edges: score.edges().to_vec(),
        tempo: score.tempo().clone(),
        ..ScoreParts::default()
    };
    let events = take.events.iter().map(|event| match event.kind {
        EventKind::NoteOn { pitch, velocity } => {
            Event { kind: EventKind::NoteOn { pitch: higher(pitch), velocity }, ..*event }
        }
        _ => *event,
    });
    Take {
        score: Arc::new(Score::new(parts).expect("a score")),
        config: take.config,
        events: events.collect(),
    }
}
