//! What holds of every take of every score, however it is played: checked over random ones.
//!
//! The scores are small and full of what makes following hard: few pitches, unisons, grace notes, ornaments, changes of
//! tempo. The takes go from clean playing to garbage with a broken clock. They are the same at every run,
//! unless `PROPTEST_CASES` asks for so many others.

mod fold;
mod invariance;
mod settings;
mod take;

use std::collections::{BTreeMap, BTreeSet};

use etude_engine::judge::{Record, Verdict, reason};
use etude_engine::report::{Report, Tally};
use etude_engine::session::{Event, EventKind, Seq, Take as KeptTake};
use etude_engine::units::Micros;
use fold::{Fold, State};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::RngSeed;
use take::{Judged, take};

fn cases() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    match std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()) {
        Some(cases) => ProptestConfig { cases, ..config },
        None => ProptestConfig { cases: 150, rng_seed: RngSeed::Fixed(1), ..config },
    }
}

#[test]
fn the_seeds_of_the_fuzzer_are_takes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/take");
    let mut events = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let take = KeptTake::from_bytes(&std::fs::read(&path).unwrap());
        events += take.unwrap_or_else(|error| panic!("{}: {error}", path.display())).events.len();
    }
    assert!(events > 0);
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn each_note_on_is_answered_at_once_and_nothing_else_is(take in take()) {
        let mut session = take.session();
        for event in &take.events {
            let seq = session.handle(*event).unwrap();
            let now: Vec<Record> = std::iter::from_fn(|| session.poll()).collect();
            let answered = now.iter().any(|record| is_played(record, seq));
            prop_assert_eq!(answered, is_note_on(event), "{:?} of {:?}", seq, event);
            for record in now {
                if let Record::Played { event, .. } = record {
                    prop_assert!(is_note_on(&take.events[event.0 as usize]), "{:?}", record);
                }
            }
        }
        prop_assert!(session.handle(take.events[0]).is_err());
    }

    #[test]
    fn what_is_final_stays(take in take()) {
        let mut settled = Seq(0);
        let mut verdicts = BTreeMap::new();
        for record in &take.judged().records {
            match *record {
                Record::Played { event, verdict } => {
                    let before = verdicts.insert(event, verdict);
                    // The same word may be told again.
                    let stays = event >= settled || before == Some(verdict);
                    prop_assert!(stays, "{:?} after a final of {:?}", record, settled);
                }
                Record::Jump { event, .. } | Record::Stay { event } | Record::Hesitation { event, .. } => {
                    prop_assert!(event >= settled, "{:?} after a final of {:?}", record, settled);
                }
                Record::Final { through } => {
                    prop_assert!(through >= settled, "{:?} after a final of {:?}", record, settled);
                    settled = through;
                }
                Record::Missed { .. } | Record::Skipped { .. } => {}
            }
        }
        prop_assert_eq!(settled.0, take.events.len() as u64);
    }

    #[test]
    fn no_note_is_matched_twice_in_an_attempt(take in take()) {
        let fold = Fold::of(&take, &take.judged().records);
        let mut matched = BTreeSet::new();
        for (event, verdict) in &fold.verdicts {
            // The attempt is known by the jump that began it; a seek of the transport is one too.
            let begun = fold.jumps.range(..=event).next_back().map(|(event, _)| *event);
            if let Verdict::Matched { note, .. } = *verdict {
                prop_assert!(matched.insert((begun, fold.key(note))), "{:?} again at {:?}", note, event);
            }
        }
    }

    #[test]
    fn the_stream_alone_tells_the_report(take in take()) {
        let Judged { records, report } = take.judged();
        let fold = Fold::of(&take, &records);
        prop_assert_eq!(fold.count(State::Pending), 0);
        let counts = (fold.count(State::Played), fold.count(State::Missed), fold.count(State::Skipped));
        let total = &report.total;
        prop_assert_eq!(counts, (total.correct, total.missed, total.skipped), "played, missed, skipped");
        let strays = |is: fn(&Verdict) -> bool| fold.verdicts.values().filter(|verdict| is(verdict)).count() as u32;
        prop_assert_eq!(strays(|verdict| matches!(verdict, Verdict::Wrong { .. })), total.wrong);
        prop_assert_eq!(strays(|verdict| matches!(verdict, Verdict::Extra)), total.extra);
        prop_assert_eq!(strays(|verdict| matches!(verdict, Verdict::Ornament { .. })), total.ornaments);
        prop_assert_eq!(strays(|verdict| matches!(verdict, Verdict::Repeat { .. })), total.repeats);
        // Of very many attempts the last are told as one.
        let entered: Vec<_> = report.attempts[1..].iter().map(|attempt| attempt.to).collect();
        let jumps: Vec<_> = fold.jumps.values().copied().collect();
        prop_assert_eq!(&jumps[..entered.len()], &entered);
        prop_assert_eq!(jumps.len() as u32 + 1, report.attempts.len() as u32 - 1 + report.attempts_in_last);
    }

    #[test]
    fn a_report_adds_up(take in take()) {
        let Judged { report, .. } = take.judged();
        let all = std::iter::once(&report.total)
            .chain(report.hands.iter().map(|hand| &hand.tally))
            .chain(report.measures.iter().map(|measure| &measure.tally));
        for tally in all {
            prop_assert_eq!(tally.expected, tally.correct + tally.missed);
            prop_assert_eq!(tally.correct, tally.perfect + tally.good + tally.early + tally.late);
            for accuracy in [tally.note_accuracy, tally.timing_accuracy, tally.combined] {
                prop_assert!((0.0..=1.0).contains(&accuracy), "{:?}", tally);
            }
        }
        let notes = |tally: &Tally| [tally.correct, tally.missed, tally.skipped];
        let strays = |tally: &Tally| [tally.wrong, tally.extra, tally.ornaments, tally.repeats];
        for (index, measure) in report.measures.iter().enumerate() {
            let inside = take.config.range.is_none_or(|range| range.has(index as u32));
            prop_assert!(inside || (notes(&measure.tally), strays(&measure.tally)) == ([0; 3], [0; 4]));
        }
        let hands: Vec<_> = report.hands.iter().map(|hand| hand.tally).collect();
        let measures: Vec<_> = report.measures.iter().map(|measure| measure.tally).collect();
        prop_assert_eq!(notes(&report.total).iter().sum::<u32>() as usize, take.expected().count());
        prop_assert_eq!(sum(&hands, notes), notes(&report.total));
        prop_assert_eq!(sum(&measures, notes), notes(&report.total));
        prop_assert_eq!(sum(&measures, strays), strays(&report.total));
        prop_assert_eq!(report.timing.histogram.iter().sum::<u32>() > 0, report.total.correct > 0);
    }

    #[test]
    fn every_note_played_is_counted_once(take in take()) {
        let Judged { records, report } = take.judged();
        let fold = Fold::of(&take, &records);
        let note_ons = take.events.iter().filter(|event| is_note_on(event)).count();
        prop_assert_eq!(fold.verdicts.len(), note_ons);
        // A note played in an earlier attempt counts once in the report, but each of its strokes was matched.
        let matched = fold.verdicts.values().filter(|verdict| matches!(verdict, Verdict::Matched { .. })).count();
        let Tally { wrong, extra, ornaments, repeats, .. } = report.total;
        prop_assert_eq!(matched as u32 + wrong + extra + ornaments + repeats, note_ons as u32);
        for verdict in fold.verdicts.values() {
            if let Verdict::Matched { note, .. } | Verdict::Wrong { instead_of: note } | Verdict::Ornament { of: note }
                | Verdict::Repeat { of: note } = *verdict
            {
                prop_assert!(fold.expected[note.get()], "{:?} names a note that is not to be played", verdict);
            }
        }
    }

    #[test]
    fn playing_what_is_written_scores_a_hundred_percent(take in take()) {
        let take = take.perfect();
        let Judged { records, report } = take.judged();
        let Tally { expected, correct, note_accuracy, timing_accuracy, combined, .. } = report.total;
        prop_assert_eq!([expected, correct], [take.expected().count() as u32; 2], "{:?}", records);
        prop_assert_eq!([note_accuracy, timing_accuracy, combined], [1.0; 3], "{:?}", records);
        prop_assert_eq!(report.attempts.len(), 1);
    }

    #[test]
    fn a_replay_says_the_same_whenever_it_is_polled(take in take(), late in any::<u64>()) {
        let Judged { records, report } = take.judged();
        let mut again = take.session();
        let mut said = Vec::new();
        for (i, event) in take.events.iter().enumerate() {
            again.handle(*event).unwrap();
            if late >> (i % 64) & 1 == 0 {
                said.extend(again.poll());
            }
            // Looking changes nothing.
            if i % 50 == 0 {
                again.report();
            }
        }
        said.extend(std::iter::from_fn(|| again.poll()));
        prop_assert_eq!(&said, &records);
        prop_assert_eq!(again.report(), report);
    }

    #[test]
    fn asking_for_the_place_changes_nothing_and_the_place_is_in_the_score(take in take(), later in 0..3_000_000_i64) {
        let judged = take.judged();
        let mut session = take.session();
        let mut records = Vec::new();
        let measures = take.score.measures();
        let last = measures.last().unwrap();
        let end = (last.onset.0 + last.duration.0) * 1_000_000 / i64::from(take.score.ticks_per_quarter());
        let mut latest = i64::MIN;
        for event in &take.events {
            session.handle(*event).unwrap();
            latest = latest.max(event.at.0);
            let mut before = None;
            for now in [i64::MIN, latest, latest.saturating_add(later), latest.saturating_add(4 * later), i64::MAX] {
                let place = session.place(Micros(now));
                prop_assert!((0..=end).contains(&place.position), "{:?}", place);
                let measure = &measures[place.measure as usize];
                prop_assert!(measure.onset <= place.ticks && measure.pass == place.pass, "{:?}", place);
                // Only a loop goes back by itself.
                let forward = before.is_none_or(|before| before <= place.position);
                prop_assert!(forward || take.config.looping, "{:?} < {:?}", place, before);
                before = Some(place.position);
                for note in place.behind.into_iter().chain(place.ahead).chain(session.expected(Micros(now))) {
                    prop_assert!(take.config.selection().has(&take.score.note(note)), "{:?}", note);
                }
                let strokes: Vec<_> = session.expected(Micros(now)).map(|note| take.score.unison(note)).collect();
                prop_assert!(strokes.is_sorted_by(|one, next| one < next), "{:?}", strokes);
            }
            records.extend(std::iter::from_fn(|| session.poll()));
        }
        prop_assert_eq!(&records, &judged.records);
        prop_assert_eq!(session.report(), judged.report);
    }

    #[test]
    fn a_take_kept_anywhere_and_taken_up_again_is_the_whole(take in take(), place in any::<Index>()) {
        let judged = take.judged();
        let (before, rest) = take.events.split_at(place.index(take.events.len() + 1));
        let mut broken_off = take.session();
        for event in before {
            broken_off.handle(*event).unwrap();
        }
        let kept = KeptTake::of(&broken_off, before.to_vec());
        let bytes = kept.to_bytes();
        prop_assert_eq!(KeptTake::from_bytes(&bytes), Ok(kept.clone()));
        let mut again = kept.replay(take.score.clone()).unwrap();
        prop_assert_eq!(again.digest(), broken_off.digest());
        prop_assert_eq!((again.events(), again.report()), (broken_off.events(), broken_off.report()));
        for event in rest {
            again.handle(*event).unwrap();
        }
        let records: Vec<Record> = std::iter::from_fn(|| again.poll()).collect();
        prop_assert_eq!(&records, &judged.records);
        prop_assert_eq!(again.report(), judged.report);
    }

    #[test]
    fn a_damaged_take_is_told_to_be_one(take in take(), byte in any::<Index>(), bit in 0..8_u8, cut in any::<Index>()) {
        let bytes = KeptTake::of(&take.session(), take.events.clone()).to_bytes();
        let mut changed = bytes.clone();
        changed[byte.index(bytes.len())] ^= 1 << bit;
        prop_assert!(KeptTake::from_bytes(&changed).is_err());
        prop_assert!(KeptTake::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
        prop_assert!(KeptTake::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
    }

    #[test]
    fn records_and_reports_travel_unchanged_and_can_be_told(take in take()) {
        let Judged { records, report } = take.judged();
        for record in &records {
            let json = serde_json::to_string(record).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Record>(&json).unwrap(), record, "{}", json);
            prop_assert!(!reason(&take.score, record, None).is_empty());
        }
        let json = serde_json::to_string(&report).unwrap();
        prop_assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}

fn is_played(record: &Record, seq: Seq) -> bool {
    matches!(*record, Record::Played { event, .. } if event == seq)
}

fn is_note_on(event: &Event) -> bool {
    matches!(event.kind, EventKind::NoteOn { .. })
}

fn sum<const N: usize>(tallies: &[Tally], of: impl Fn(&Tally) -> [u32; N]) -> [u32; N] {
    let mut sums = [0; N];
    for tally in tallies {
        for (sum, part) in sums.iter_mut().zip(of(tally)) {
            *sum += part;
        }
    }
    sums
}
