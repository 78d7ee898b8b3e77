//! Each check by itself.

use etude_engine::fair::{Check, Delivered, Earlier, Fingerprint, Kind, Plausibility, examine};
use etude_engine::report::Timing;
use etude_engine::session::{Event, EventKind, Mode};
use etude_engine::units::{Micros, Pitch, Velocity};

use super::forge::{Came, OPENED_MS, quantised, sped_up};

fn on(at_ms: i64, pitch: u8, velocity: u8) -> Event {
    let (pitch, velocity) = (Pitch::new(pitch).unwrap(), Velocity::new(velocity).unwrap());
    Event { at: Micros::from_millis(at_ms), kind: EventKind::NoteOn { pitch, velocity } }
}

fn off(at_ms: i64, pitch: u8) -> Event {
    Event { at: Micros::from_millis(at_ms), kind: EventKind::NoteOff { pitch: Pitch::new(pitch).unwrap() } }
}

/// One hand, as a person plays: a note each 250 ms or so.
fn played(notes: i64, seed: u64) -> Vec<Event> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut log = Vec::new();
    for n in 0..notes {
        let (at, pitch) = (n * 250 + random.i64(-25..25), 60 + (n * 5 % 13) as u8);
        log.push(on(at, pitch, random.u8(40..90)));
        log.push(off(at + 180, pitch));
    }
    log
}

/// The same with notes of many lengths.
fn uneven(notes: i64, seed: u64) -> Vec<Event> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut at = 0;
    let mut note = |n: i64| {
        at += random.i64(90..700);
        on(at, 60 + (n * 5 % 13) as u8, random.u8(40..90))
    };
    (0..notes).map(&mut note).collect()
}

fn weigh(came: &Came) -> Plausibility {
    came.evidence()
        .weigh(Mode::Follow, &Timing { histogram: vec![100], spread_us: 20_000, ..Timing::default() })
}

fn check(came: &Came, kind: Kind) -> Check {
    weigh(came).checks.into_iter().find(|check| check.check == kind).expect("every check is told")
}

fn found(came: &Came) -> Vec<Kind> {
    weigh(came).findings().map(|check| check.check).collect()
}

#[test]
fn a_take_that_was_played_shows_nothing() {
    for seed in 0..20 {
        assert_eq!(found(&Came::live(played(400, seed), seed)), []);
    }
}

#[test]
fn words_are_there_for_every_check_and_ask_to_look_where_something_was_found() {
    let honest = weigh(&Came::live(played(400, 1), 1));
    let forged = weigh(&Came::pasted(quantised(&sped_up(&played(4_000, 1), 3_000), 5_000), 100));
    let empty = weigh(&Came { log: Vec::new(), batches: Vec::new() });
    assert!(forged.findings().count() >= 4, "{forged:?}");
    for check in honest.checks.iter().chain(&forged.checks).chain(&empty.checks) {
        assert!(check.words.ends_with('.'), "{check:?}");
        assert_eq!(check.words.contains("Worth a look"), check.found, "{check:?}");
        assert!(check.value.is_some() || !check.found, "{check:?}");
        for word in ["cheat", "fraud", "forged", "guilty"] {
            assert!(!check.words.contains(word), "{check:?}");
        }
    }
    assert_eq!(empty.findings().count(), 0);
}

#[test]
fn a_clock_that_steps_back_is_found() {
    let mut log = played(200, 2);
    log[100].at.0 -= 240_000;
    assert_eq!(found(&Came::live(log.clone(), 2)), []);
    log[200].at.0 -= 5_000_000;
    let check = check(&Came::live(log, 2), Kind::ClockBack);
    assert!(check.found && check.value.unwrap() > 4_500_000, "{check:?}");
}

#[test]
fn a_take_longer_than_its_session_is_found_however_it_comes() {
    // A minute of playing, ten seconds after the session was opened.
    let came = Came::pasted(played(240, 3), 10_000);
    let check = check(&came, Kind::ClockAhead);
    assert!(check.found && check.value.unwrap() > 48_000_000, "{check:?}");
    assert!(!self::check(&Came::pasted(played(240, 3), 61_000), Kind::ClockAhead).found);
}

#[test]
fn a_clock_of_another_speed_is_found() {
    for (permille, expected) in
        [(1_000, false), (1_001, false), (999, false), (1_100, true), (2_000, true), (500, true)]
    {
        let check = check(&Came::at_speed(played(800, 4), permille, 4), Kind::ClockRate);
        assert_eq!(check.found, expected, "{permille}: {check:?}");
        let off = check.value.unwrap() - (permille - 1_000);
        assert!(off.abs() <= 10, "{permille}: {check:?}");
    }
}

#[test]
fn an_outage_is_told_apart_from_a_take_that_came_at_once() {
    let live = || Came::live(played(1_200, 5), 5);
    for (from, to) in [(60_000, 90_000), (0, 40_000), (150_000, 180_000)] {
        assert_eq!(found(&live().with_outage(from, to)), [], "{from} to {to}");
    }
    // Five minutes were played, all of them offline.
    let pasted = Came::pasted(played(1_200, 5), 310_000);
    assert_eq!(found(&pasted), [Kind::Late]);
    assert!(check(&pasted, Kind::Late).words.contains("after they were played"));
}

#[test]
fn what_no_hand_can_do_is_found() {
    let live = |log| Came::live(log, 6);
    let mut dense: Vec<Event> = (0..90).map(|n| on(n * 10, 30 + n as u8, 30 + n as u8)).collect();
    assert_eq!(found(&live(dense.clone())), [Kind::Second]);
    dense.truncate(80);
    assert_eq!(check(&live(dense), Kind::Second).value, Some(80));

    let key = |every_ms: i64| live((0..30).map(|n| on(n * every_ms, 60, 40 + n as u8)).collect());
    assert!(!check(&key(75), Kind::OneKey).found);
    assert!(check(&key(40), Kind::OneKey).found);

    // Three keys, two octaves apart, held for a second, again and again; and the same let go of at once.
    let wide = |held_ms: i64| {
        let stroke =
            |n: i64| [36, 60, 84].map(|pitch| [on(n * 2_000, pitch, 60), off(n * 2_000 + held_ms, pitch)]);
        let mut log: Vec<Event> = (0..4).flat_map(stroke).flatten().collect();
        log.sort_by_key(|event| event.at);
        live(log)
    };
    assert_eq!(check(&wide(1_000), Kind::Reach).value, Some(4));
    assert!(check(&wide(1_000), Kind::Reach).found);
    assert_eq!(check(&wide(100), Kind::Reach).value, Some(0));
    // Two tenths, one in each hand, with all fingers.
    let chord = |keys: &[u8]| {
        let (down, up) = (keys.iter().map(|&key| on(0, key, 60)), keys.iter().map(|&key| off(900, key)));
        check(&live(down.chain(up).collect()), Kind::Reach).value
    };
    assert_eq!(chord(&[36, 40, 43, 48, 52, 72, 76, 79, 84, 88]), Some(0));
    assert_eq!(chord(&[36, 37, 38, 39, 40, 41, 42, 72, 73, 74, 75, 76, 77]), Some(1));
    // A client that never says when a key is let go of.
    assert_eq!(check(&live(vec![on(0, 20, 60), on(1, 60, 60), on(2, 100, 60)]), Kind::Reach).value, None);
}

#[test]
fn regularity_that_no_hand_has_is_found() {
    let even = Came::live(quantised(&played(400, 7), 125_000), 7);
    assert_eq!(found(&even), [Kind::Evenness]);
    let snapped = Came::live(quantised(&uneven(800, 7), 40_000), 7);
    assert_eq!(found(&snapped), [Kind::Grid]);
    // As a host does that hands over its events a block of 512 samples at a time.
    assert_eq!(found(&Came::live(quantised(&uneven(800, 7), 10_667), 7)), []);
    // A keyboard without touch is no finding, unless a machine kept the time.
    let mut log = played(400, 7);
    let untouched = |log: &mut Vec<Event>| {
        for event in log {
            if let EventKind::NoteOn { velocity, .. } = &mut event.kind {
                *velocity = Velocity::new(100).unwrap();
            }
        }
    };
    untouched(&mut log);
    let came = Came::live(log, 7);
    assert_eq!((found(&came), check(&came, Kind::Velocity).value), (vec![], Some(1_000)));
    let mut log = quantised(&played(400, 7), 125_000);
    untouched(&mut log);
    assert_eq!(found(&Came::live(log, 7)), [Kind::Evenness, Kind::Velocity]);

    let exact = |mode| {
        let timing = Timing { histogram: vec![100], spread_us: 900, ..Timing::default() };
        let weighed = Came::live(played(400, 7), 7).evidence().weigh(mode, &timing);
        weighed.findings().map(|check| check.check).collect::<Vec<_>>()
    };
    assert_eq!(exact(Mode::Clock), [Kind::TimingSpread]);
    assert_eq!(exact(Mode::Wait), []);
}

#[test]
fn an_earlier_take_is_known_again_and_no_other() {
    let first = played(400, 8);
    let shared = |log: &[Event]| Fingerprint::of(log).shared_permille(&Fingerprint::of(&first));
    assert_eq!(shared(&first), 1_000);
    let later: Vec<Event> =
        first.iter().map(|event| Event { at: Micros(event.at.0 + 12_345_678), kind: event.kind }).collect();
    assert_eq!(shared(&later), 1_000, "it does not matter when it began");
    assert!(shared(&sped_up(&first, 80)) > 200, "the velocities are still the same");
    assert!(shared(&first[..first.len() / 2]) > 300, "half of it");
    let mut pasted = played(400, 9);
    pasted.splice(200..400, first[200..400].iter().copied());
    assert!(shared(&pasted) > 50, "a quarter of it: {}", shared(&pasted));
    for seed in 100..200 {
        assert_eq!(shared(&played(400, seed)), 0);
    }
    assert_eq!(shared(&[]), 0);

    let mut evidence = Came::live(first, 8).evidence();
    evidence.compare(Earlier { compared: 3, shared_permille: 1_000, sessions: vec!["x".into()] });
    let weighed = evidence.weigh(Mode::Follow, &Timing::default());
    assert_eq!((weighed.compared, &*weighed.same_as), (Some(3), &["x".to_owned()][..]));
    assert_eq!(weighed.findings().map(|check| check.check).collect::<Vec<_>>(), [Kind::Replay]);
}

#[test]
fn a_fingerprint_is_read_as_it_is_written() {
    let fingerprint = Fingerprint::of(&played(400, 10));
    let text = String::from(fingerprint.clone());
    assert_eq!(text.len(), 64 * 16);
    assert_eq!(Fingerprint::try_from(text.clone()), Ok(fingerprint));
    assert_eq!(Fingerprint::try_from(String::new()), Ok(Fingerprint::default()));
    let swapped = format!("{}{}", &text[16..32], &text[..16]);
    for wrong in [&text[1..], &text.to_uppercase(), &swapped, &format!("{text}{text}"), "é", &"+".repeat(16)]
    {
        assert!(Fingerprint::try_from(wrong.to_owned()).is_err(), "{wrong}");
    }
}

#[test]
fn where_it_is_not_known_when_it_came_nothing_is_said_of_that() {
    let log = played(400, 11);
    for batches in [vec![], Came::live(log.clone(), 11).batches[..9].to_vec()] {
        let evidence = examine(&Delivered { log: &log, batches: &batches, opened_ms: OPENED_MS });
        let weighed = evidence.weigh(Mode::Follow, &Timing::default());
        for check in &weighed.checks {
            if [Kind::ClockAhead, Kind::ClockRate, Kind::Late].contains(&check.check) {
                assert_eq!((check.value, check.found), (None, false));
            }
        }
    }
}
