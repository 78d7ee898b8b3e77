//! After the last note comes the first.

use super::*;

/// Three laps of the second measure of the right hand, the second lap with a note left out.
fn laps(score: &Score, lap_ms: i64) -> Vec<Event> {
    let lap = |n: i64| {
        as_written(score, (9..16).step_by(2))
            .into_iter()
            .map(move |event| Event { at: Micros(event.at.0 + n * lap_ms * 1_000), ..event })
    };
    let mut events: Vec<Event> = lap(0).chain(lap(1)).chain(lap(2)).collect();
    events.remove(6);
    events
}

#[test]
fn a_loop_begins_again_in_every_mode() {
    let score = two_hands();
    for mode in MODES {
        let config =
            Config { mode, hands: Hands::Right, range: range(1, 1), looping: true, ..Config::default() };
        // In wait mode nothing is left out: it would wait.
        let mut events = laps(&score, 2_000);
        if mode == Mode::Wait {
            events.insert(6, note_on(4_900, 71));
        }
        let take = Take::of(&score, config, events.clone());
        let at: Vec<u64> = take.records.iter().filter_map(jump).collect();
        let third = if mode == Mode::Wait { 8 } else { 7 };
        assert_eq!(at, [4, third], "{mode:?}: the second lap and the third");
        assert_eq!(take.went(), [NoteIndex(9); 2], "{mode:?}");
        // The last lap was whole.
        assert_eq!(take.counts(), [4, 4, 0, 0, 0], "{mode:?}");
        assert_eq!(take.report.total.perfect, 4, "{mode:?}");
        assert_eq!(matched(&take).len(), events.len(), "{mode:?}");
    }
}

fn jump(record: &Record) -> Option<u64> {
    match record {
        Record::Jump { event, .. } => Some(event.0),
        _ => None,
    }
}

#[test]
fn without_looping_the_same_take_ends_after_one_lap() {
    let score = two_hands();
    let config = Config { mode: Mode::Clock, hands: Hands::Right, range: range(1, 1), ..Config::default() };
    let take = Take::of(&score, config, laps(&score, 2_000));
    assert_eq!(take.counts(), [4, 4, 0, 0, 7]);
    assert_eq!(take.went(), []);
}

#[test]
fn a_looping_metronome_keeps_its_time_over_the_laps_and_parts_them_by_who_is_nearer() {
    let score = two_hands();
    let config = Config {
        mode: Mode::Clock,
        hands: Hands::Right,
        range: range(1, 1),
        looping: true,
        tempo_percent: 70,
        ..Config::default()
    };
    let mut session = Session::new(Arc::clone(&score), config).unwrap();
    // Quarters of 714.29 ms; lap by lap, the last note 110 ms late and the first 110 ms early.
    for beat in 0..400 {
        let off = match beat % 4 {
            3 => 110_000,
            0 if beat > 0 => -110_000,
            _ => 0,
        };
        let pitch = [67, 69, 71, 72][beat as usize % 4];
        let at = Micros(beat * 5_000_000 / 7 + off);
        session.handle(Event { at, ..note_on(0, pitch) }).unwrap();
    }
    session.handle(end(400 * 715)).unwrap();
    let report = session.report();
    assert_eq!(report.attempts.len() as u32 - 1 + report.attempts_in_last, 100);
    let total = report.total;
    assert_eq!([total.correct, total.extra, total.perfect, total.good], [4, 0, 2, 2]);
    let records: Vec<Record> = std::iter::from_fn(|| session.poll()).collect();
    let offsets = records.iter().filter_map(|record| match record {
        Record::Played { verdict: Verdict::Matched { offset, .. }, .. } => Some(offset.0),
        _ => None,
    });
    let worst = offsets.map(|offset| (offset.abs() - 110_000).abs().min(offset.abs())).max();
    assert!(worst <= Some(1), "{worst:?} µs off after a hundred laps");
}

#[test]
fn laps_that_nobody_plays_in_change_nothing() {
    let score = two_hands();
    let config = Config { mode: Mode::Clock, range: range(1, 1), looping: true, ..Config::default() };
    let mut events = as_written(&score, 8..16);
    events.extend(
        (0..100).map(|s| Event { at: Micros::from_millis(6_000 + s * 1_000), kind: EventKind::Tick }),
    );
    let take = Take::of(&score, config, events.clone());
    assert_eq!(take.counts(), [8, 8, 0, 0, 0]);
    assert_eq!(take.went(), []);
    // Fifty laps later, in time with the clock.
    events.extend(
        as_written(&score, 8..16)
            .into_iter()
            .map(|event| Event { at: Micros(event.at.0 + 51 * 2_000_000), ..event }),
    );
    let take = Take::of(&score, config, events);
    assert_eq!(take.counts(), [8, 8, 0, 0, 0]);
    assert_eq!(take.report.total.perfect, 8);
    assert_eq!(take.went().len(), 1);
}

#[test]
fn following_in_a_loop_hears_a_lap_broken_off_and_an_early_start() {
    let score = two_hands();
    let config = Config { hands: Hands::Right, range: range(0, 2), looping: true, ..Config::default() };
    // The last two notes are left out, and the next lap comes at once, slower.
    let lap = as_written(&score, (1..24).step_by(2));
    let again = lap.iter().map(|event| Event { at: Micros(event.at.0 * 5 / 4 + 4_000_000), ..*event });
    let take = Take::of(&score, config, lap[..10].iter().copied().chain(again));
    assert_eq!(take.counts(), [12, 12, 0, 0, 0]);
    assert_eq!(take.went(), [NoteIndex(1)]);
}
