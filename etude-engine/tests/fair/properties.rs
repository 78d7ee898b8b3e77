//! What holds of every log, however broken.

use etude_engine::fair::{Batch, Delivered, Fingerprint, examine};
use etude_engine::report::Timing;
use etude_engine::session::{Event, EventKind, Mode};
use etude_engine::units::{Micros, Pitch, Velocity};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::forge::Came;

fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Default::default()
    }
}

fn event() -> impl Strategy<Value = Event> {
    let at = prop_oneof![any::<i64>(), -1_000_000..60_000_000_i64];
    (at, 0..4_u8, 0..128_u8, 0..128_u8).prop_map(|(at, kind, pitch, velocity)| {
        let (pitch, velocity) = (Pitch::new(pitch).unwrap(), Velocity::new(velocity).unwrap());
        let kind = match kind {
            0 | 1 => EventKind::NoteOn { pitch, velocity },
            2 => EventKind::NoteOff { pitch },
            _ => EventKind::Pedal { value: velocity },
        };
        Event { at: Micros(at), kind }
    })
}

fn batch() -> impl Strategy<Value = Batch> {
    (prop_oneof![0..300_u64, any::<u64>()], any::<u64>())
        .prop_map(|(events, arrived_ms)| Batch { events, arrived_ms })
}

/// Notes of a sane take: rising times, keys and velocities.
fn notes() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec((1..400_000_i64, 21..108_u8, 1..127_u8), 0..300).prop_map(|notes| {
        let mut at = 0;
        let note = |(step, pitch, velocity): (i64, u8, u8)| {
            at += step;
            let (pitch, velocity) = (Pitch::new(pitch).unwrap(), Velocity::new(velocity).unwrap());
            Event { at: Micros(at), kind: EventKind::NoteOn { pitch, velocity } }
        };
        notes.into_iter().map(note).collect()
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_log_and_no_arrival_breaks_it(
        log in proptest::collection::vec(event(), 0..300),
        batches in proptest::collection::vec(batch(), 0..10),
        opened_ms in any::<u64>(),
        spread_us in any::<i64>(),
    ) {
        let whole = vec![Batch { events: log.len() as u64, arrived_ms: opened_ms }];
        for batches in [&batches, &whole] {
            let delivered = Delivered { log: &log, batches, opened_ms };
            let evidence = examine(&delivered);
            prop_assert_eq!(&evidence, &examine(&delivered));
            let timing = Timing { spread_us, histogram: vec![100], ..Timing::default() };
            let weighed = evidence.weigh(Mode::Follow, &timing);
            for check in &weighed.checks {
                prop_assert_eq!(check.words.contains("Worth a look"), check.found);
            }
            let text = serde_json::to_string(&weighed).unwrap();
            prop_assert_eq!(serde_json::from_str::<etude_engine::fair::Plausibility>(&text).unwrap(), weighed);
        }
        Fingerprint::of(&log);
    }

    #[test]
    fn nothing_hangs_on_when_the_clocks_began(log in notes(), shift in -1_000_000_000_000..1_000_000_000_000_i64, seed in any::<u64>()) {
        let came = Came::live(log.clone(), seed);
        let moved: Vec<Event> =
            log.iter().map(|event| Event { at: Micros(event.at.0 + shift), kind: event.kind }).collect();
        let moved = Came { log: moved, batches: came.batches.clone() };
        prop_assert_eq!(came.evidence(), moved.evidence());
        prop_assert_eq!(Fingerprint::of(&came.log), Fingerprint::of(&moved.log));
    }

    #[test]
    fn how_it_was_cut_into_batches_changes_nothing_of_what_the_hands_did(log in notes(), seed in any::<u64>()) {
        let (live, pasted) = (Came::live(log.clone(), seed), Came::pasted(log, 1_000_000));
        let hands = |came: &Came| {
            let weighed = came.evidence().weigh(Mode::Follow, &Timing::default());
            weighed.checks.into_iter().skip(4).collect::<Vec<_>>()
        };
        prop_assert_eq!(hands(&live), hands(&pasted));
    }
}
