//! Where the cursor stands.

use etude_engine::session::Place;

use super::*;

/// Millionths of a quarter.
const QUARTER: i64 = 1_000_000;

fn session(score: &Arc<Score>, config: Config, events: impl IntoIterator<Item = Event>) -> Session {
    let mut session = Session::new(Arc::clone(score), config).unwrap();
    for event in events {
        session.handle(event).unwrap();
        while session.poll().is_some() {}
    }
    session
}

fn at(session: &Session, ms: i64) -> Place {
    session.place(Micros::from_millis(ms))
}

fn expected(session: &Session, ms: i64) -> Vec<u32> {
    session.expected(Micros::from_millis(ms)).map(|note| note.0).collect()
}

/// Eight quarters of one hand, the first four repeated.
fn with_a_repeat() -> Arc<Score> {
    let pitches = [60, 62, 64, 65, 60, 62, 64, 65, 67, 69, 71, 72];
    let notes = pitches.iter().zip(0..).map(|(&pitch, i)| {
        let mut note = note(i * TPQ, pitch, Hand::Right);
        note.id.xml_id = format!("n{i:03}").into();
        note.id.pass = if note.measure == 1 { 2 } else { 1 };
        note
    });
    let measures = [(1, 1), (1, 2), (2, 1)].into_iter().zip(0..).map(|((number, pass), i)| Measure {
        number: number.to_string(),
        pass,
        written: number - 1,
        onset: Ticks(i * MEASURE),
        duration: Ticks(MEASURE),
    });
    let parts = ScoreParts {
        ticks_per_quarter: TPQ as u32,
        measures: measures.collect(),
        notes: notes.collect(),
        ..ScoreParts::default()
    };
    Arc::new(Score::new(parts).unwrap())
}

#[test]
fn before_the_first_note_it_stands_there() {
    let score = two_hands();
    for mode in MODES {
        let session = session(&score, Config { mode, range: range(1, 2), ..Config::default() }, []);
        for ms in [-5_000, 0, 5_000] {
            let place = Place {
                position: 4 * QUARTER,
                ticks: Ticks(MEASURE),
                measure: 1,
                pass: 1,
                behind: None,
                ahead: Some(NoteIndex(8)),
                micros_per_quarter: None,
                moving: false,
            };
            assert_eq!(at(&session, ms), place, "{mode:?}");
            assert_eq!(expected(&session, ms), [8, 9], "{mode:?}");
        }
    }
}

#[test]
fn it_glides_at_the_players_tempo_and_waits_before_the_next_note() {
    let score = with_a_repeat();
    // Half as fast as written: a second a quarter.
    let played = (0..4).map(|i| note_on(i * 1_000, [60, 62, 64, 65][i as usize]));
    let session = session(&score, Config::default(), played);
    for (ms, position, moving) in [
        (3_000, 3_000, true),
        (3_250, 3_250, true),
        (3_999, 3_999, true),
        (4_000, 4_000, false),
        (9_000, 4_000, false),
    ] {
        let place = at(&session, ms);
        assert_eq!((place.position / 1_000, place.moving), (position, moving), "at {ms} ms");
        assert_eq!(place.micros_per_quarter, Some(1_000_000));
        assert_eq!((place.behind, place.ahead), (Some(NoteIndex(3)), Some(NoteIndex(4))));
        // Where it waits it is in the next measure, which is the same one once more.
        let measure = if moving { (0, 1) } else { (1, 2) };
        assert_eq!((place.measure, place.pass), measure, "at {ms} ms");
        assert_eq!(place.ticks.0, position * TPQ / 1_000, "at {ms} ms");
        assert_eq!(expected(&session, ms), [4]);
    }
    // A time before the latest event is that of the event.
    assert_eq!(at(&session, 0), at(&session, 3_000));
}

#[test]
fn what_is_left_of_a_chord_is_expected_until_half_way_to_the_next() {
    let score = two_hands();
    let mut events = as_written(&score, 0..4);
    events.push(note_on(2_000, 64));
    let session = session(&score, Config::default(), events);
    assert_eq!(expected(&session, 2_000), [4]);
    assert_eq!(expected(&session, 2_249), [4]);
    assert_eq!(expected(&session, 2_251), [6, 7]);
    assert_eq!(expected(&session, 9_000), [6, 7]);
}

#[test]
fn after_the_last_note_it_goes_on_to_the_end() {
    let score = two_hands();
    for mode in [Mode::Follow, Mode::Clock] {
        let config = Config { mode, ..Config::default() };
        let mut session = session(&score, config, as_written(&score, 0..32));
        let place = at(&session, 8_750);
        assert_eq!((place.position, place.moving), (15_500_000, true), "{mode:?}");
        assert_eq!((place.behind, place.ahead), (Some(NoteIndex(30)), None), "{mode:?}");
        let last = at(&session, 20_000);
        assert_eq!((last.position, last.moving, last.measure), (16 * QUARTER, false, 3), "{mode:?}");
        assert_eq!(expected(&session, 20_000), [0; 0], "{mode:?}");
        // After the end of the take it stays where it was.
        session.handle(end(8_750)).unwrap();
        assert_eq!(at(&session, 20_000).position, 15 * QUARTER, "{mode:?}");
        assert!(!at(&session, 20_000).moving, "{mode:?}");
        assert_eq!(expected(&session, 8_600), [0; 0], "{mode:?}");
    }
}

#[test]
fn in_a_loop_the_first_note_comes_after_the_last() {
    let score = two_hands();
    for mode in MODES {
        let config =
            Config { mode, hands: Hands::Right, range: range(1, 1), looping: true, ..Config::default() };
        let session = session(&score, config, as_written(&score, (9..16).step_by(2)));
        // Half a quarter after the last note, which came at 1,000 + 7 * 500 ms.
        assert_eq!(expected(&session, 4_750), [9], "{mode:?}");
        if mode != Mode::Wait {
            let place = at(&session, 4_750);
            assert_eq!((place.position, place.ahead), (7_500_000, Some(NoteIndex(9))), "{mode:?}");
        }
    }
}

#[test]
fn a_metronome_does_not_wait_and_goes_round() {
    let score = two_hands();
    let config = Config {
        mode: Mode::Clock,
        hands: Hands::Right,
        range: range(1, 1),
        looping: true,
        tempo_percent: 50,
        ..Config::default()
    };
    // 67 69 71 72, a second each.
    let session = session(&score, config, [note_on(0, 67)]);
    for (ms, position, next) in [
        (0, 4_000, 11),
        (900, 4_900, 11),
        (1_200, 5_200, 11),
        (1_400, 5_400, 13),
        (3_900, 7_900, 9),
        (4_500, 4_500, 11),
    ] {
        let place = at(&session, ms);
        assert_eq!((place.position / 1_000, place.moving), (position, true), "at {ms} ms");
        assert_eq!(place.micros_per_quarter, Some(1_000_000));
        assert_eq!(expected(&session, ms), [next], "at {ms} ms");
    }
    // In a lap that nobody has played in, its first note is expected until its window is over.
    assert_eq!(expected(&session, 4_200), [9]);
}

#[test]
fn a_first_note_before_its_lap_is_not_expected_again() {
    let score = two_hands();
    let config = Config {
        mode: Mode::Clock,
        hands: Hands::Right,
        range: range(1, 1),
        looping: true,
        ..Config::default()
    };
    let mut events = as_written(&score, (9..16).step_by(2));
    // The lap is two seconds.
    events.push(note_on(4_900, 67));
    let session = session(&score, config, events);
    assert_eq!(expected(&session, 4_900), [11]);
    assert_eq!(at(&session, 4_900).position, 7_800_000);
    assert_eq!(at(&session, 5_100).position, 4_200_000);
}

#[test]
fn a_transport_is_where_it_is_and_stands_where_it_was_put() {
    let score = two_hands();
    let transport = |ms, playing, position| Event {
        at: Micros::from_millis(ms),
        kind: EventKind::Transport { playing, position, micros_per_quarter: 250_000 },
    };
    let clock = Config { mode: Mode::Clock, ..Config::default() };
    let rolling = session(&score, clock, [transport(0, true, -2 * QUARTER)]);
    let place = at(&rolling, 250);
    // Never outside the score.
    assert_eq!((place.position, place.moving, place.behind), (0, true, Some(NoteIndex(0))));
    let place = at(&rolling, 1_000);
    assert_eq!((place.position, place.micros_per_quarter), (2 * QUARTER, Some(250_000)));
    assert_eq!(expected(&rolling, 1_200), [6, 7]);
    let place = at(&rolling, 60_000);
    assert_eq!((place.position, place.moving, place.ahead), (16 * QUARTER, false, None));

    let stopped = session(&score, clock, [transport(0, true, 0), transport(500, false, 9_500_000)]);
    let place = at(&stopped, 9_000);
    assert_eq!((place.position, place.moving, place.micros_per_quarter), (9_500_000, false, None));
    assert_eq!((place.behind, place.ahead), (Some(NoteIndex(18)), Some(NoteIndex(20))));
    assert_eq!(expected(&stopped, 9_000), [20, 21]);
}

#[test]
fn waiting_stands_at_the_notes_waited_for() {
    let score = two_hands();
    let config = Config { mode: Mode::Wait, ..Config::default() };
    let mut events = as_written(&score, 0..2);
    let chord = session(&score, config, events.clone());
    assert_eq!(expected(&chord, 0), [2, 3]);
    events.push(note_on(9_000, 62));
    let half = session(&score, config, events);
    let place = at(&half, 60_000);
    assert_eq!((place.position, place.moving, place.micros_per_quarter), (QUARTER, false, None));
    assert_eq!((place.behind, place.ahead), (Some(NoteIndex(2)), Some(NoteIndex(2))));
    assert_eq!(expected(&half, 60_000), [2]);
}
