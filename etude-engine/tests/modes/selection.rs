//! One hand, some measures, and what they are worth.

use super::*;

#[test]
fn of_one_hand_only_its_notes_are_expected() {
    let score = two_hands();
    for mode in MODES {
        for (hands, hand, first) in [(Hands::Left, Hand::Left, 0), (Hands::Right, Hand::Right, 1)] {
            let config = Config { mode, hands, ..Config::default() };
            let take = Take::of(&score, config, as_written(&score, (first..32).step_by(2)));
            assert_eq!(take.counts(), [16, 16, 0, 0, 0], "{mode:?} {hands:?}");
            assert_eq!(take.report.total.combined, 1.0, "{mode:?} {hands:?}");
            let reported: Vec<Hand> = take.report.hands.iter().map(|tally| tally.hand).collect();
            assert_eq!(reported, [hand], "{mode:?}");
            let missed = Take::of(&score, config, []);
            assert_eq!(missed.counts(), [16, 0, 16, 0, 0], "{mode:?} {hands:?}");
        }
    }
}

#[test]
fn notes_of_the_other_hand_are_extra() {
    let score = two_hands();
    for mode in MODES {
        let config = Config { mode, hands: Hands::Right, ..Config::default() };
        let take = Take::of(&score, config, as_written(&score, 0..32));
        assert_eq!(take.counts(), [16, 16, 0, 0, 16], "{mode:?}");
    }
}

#[test]
fn of_a_unison_of_both_hands_only_the_note_of_the_hand_that_plays_is_expected() {
    let unison = |i: i64, pitch| [note(i * TPQ, pitch, Hand::Right), note(i * TPQ, pitch, Hand::Left)];
    let score = score((0..8).flat_map(|i| unison(i, 60 + i as u8)).collect());
    let played = as_written(&score, (0..16).step_by(2));
    for (hands, expected) in [(Hands::Both, 16), (Hands::Right, 8), (Hands::Left, 8)] {
        let take = Take::of(&score, Config { hands, ..Config::default() }, played.clone());
        assert_eq!(take.counts(), [expected, expected, 0, 0, 0], "{hands:?}");
        assert!(take.report.hands.iter().all(|tally| tally.tally.expected == 8), "{hands:?}");
        let missed = Take::of(&score, Config { hands, ..Config::default() }, []);
        let told = missed.records.iter().filter(|record| matches!(record, Record::Missed { .. })).count();
        assert_eq!(told as u32, expected, "{hands:?}");
    }
}

#[test]
fn only_the_measures_of_the_range_are_expected() {
    let score = two_hands();
    for mode in MODES {
        let config = Config { mode, range: range(1, 2), ..Config::default() };
        let take = Take::of(&score, config, as_written(&score, 8..24));
        assert_eq!(take.counts(), [16, 16, 0, 0, 0], "{mode:?}");
        assert_eq!(take.report.total.combined, 1.0, "{mode:?}");
        assert_eq!(take.went(), [], "{mode:?}");
        let by_measure: Vec<u32> =
            take.report.measures.iter().map(|measure| measure.tally.expected).collect();
        assert_eq!(by_measure, [0, 8, 8, 0], "{mode:?}");
        // Who plays on plays what is not asked for.
        let take = Take::of(&score, config, as_written(&score, 8..32));
        assert_eq!(take.counts(), [16, 16, 0, 0, 8], "{mode:?}");
    }
}

#[test]
fn a_range_and_a_hand_are_chosen_together() {
    let score = two_hands();
    for mode in MODES {
        let config = Config { mode, hands: Hands::Left, range: range(3, 3), ..Config::default() };
        let take = Take::of(&score, config, as_written(&score, (24..32).step_by(2)));
        assert_eq!(take.counts(), [4, 4, 0, 0, 0], "{mode:?}");
        assert_eq!(take.verdicts()[0], {
            Verdict::Matched { note: NoteIndex(24), offset: Micros(0), grade: Grade::Perfect }
        });
    }
}

#[test]
fn a_range_stands_where_it_stands_on_the_hosts_timeline() {
    let score = two_hands();
    let config = Config { mode: Mode::Clock, range: range(2, 3), ..Config::default() };
    let transport = EventKind::Transport { playing: true, position: 7_000_000, micros_per_quarter: 500_000 };
    let start = Event { at: Micros::from_millis(4_500), kind: transport };
    // The transport stands a quarter before the third measure.
    let take = Take::of(&score, config, std::iter::once(start).chain(as_written(&score, 16..32)));
    assert_eq!(take.counts(), [16, 16, 0, 0, 0]);
    assert_eq!(take.report.total.perfect, 16);
    assert_eq!(take.went(), []);
}

#[test]
fn measures_are_found_by_number_and_pass() {
    let mut measures: Vec<Measure> = Vec::new();
    for (number, pass) in [("0", 1), ("1", 1), ("2", 1), ("1", 2), ("2", 2), ("2a", 1)] {
        let onset = Ticks(measures.len() as i64 * MEASURE);
        let written = number.len() as u32;
        measures.push(Measure { number: number.into(), pass, written, onset, duration: Ticks(MEASURE) });
    }
    let notes = vec![note(0, 60, Hand::Right)];
    let parts = ScoreParts { ticks_per_quarter: TPQ as u32, measures, notes, ..ScoreParts::default() };
    let score = Score::new(parts).unwrap();
    assert_eq!(score.find_measure("0", 1), Some(0));
    assert_eq!(score.find_measure("2", 1), Some(2));
    assert_eq!(score.find_measure("1", 2), Some(3));
    assert_eq!(score.find_measure("2a", 1), Some(5));
    assert_eq!(score.find_measure("2a", 2), None);
    assert_eq!(score.find_measure("02", 1), None);
}

#[test]
fn what_leaves_nothing_to_play_is_refused_with_a_reason() {
    let right = score((0..16).map(|i| note(i * TPQ, 60 + i as u8, Hand::Right)).collect());
    let refusal = |config: Config| match Session::new(Arc::clone(&right), config).map(|_| ()).unwrap_err() {
        ConfigError::Selection(error) => (error, error.to_string()),
        other => panic!("{other}"),
    };
    let (error, words) = refusal(Config { range: range(2, 1), ..Config::default() });
    assert_eq!(error, SelectionError::Reversed { from: 2, to: 1 });
    assert!(words.contains("from measure index 2 back to 1"), "{words}");
    let (error, words) = refusal(Config { range: range(2, 4), ..Config::default() });
    assert_eq!(error, SelectionError::Beyond { to: 4, measures: 4 });
    assert!(words.contains("no measure index 4") && words.contains("4 measures"), "{words}");
    let (error, words) = refusal(Config { hands: Hands::Left, ..Config::default() });
    assert_eq!(error, SelectionError::Empty { hands: Hands::Left, range: None });
    assert!(words.contains("the left hand") && words.contains("both hands"), "{words}");
    let gap = score([0, 1, 2, 3, 8, 9].map(|i| note(i * TPQ, 60, Hand::Right)).to_vec());
    let error =
        Session::new(gap, Config { range: range(1, 1), ..Config::default() }).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("measure indices 1 to 1"), "{error}");
}

#[test]
fn credits_and_weights_are_settings_and_change_no_verdict() {
    let score = two_hands();
    let late = as_written(&score, (1..32).step_by(2)).into_iter().enumerate().map(|(i, mut event)| {
        event.at.0 += if i == 0 { 0 } else { 150_000 };
        event
    });
    let late: Vec<Event> = late.collect();
    let judged = |scoring| {
        let config = Config { mode: Mode::Clock, hands: Hands::Right, scoring, ..Config::default() };
        Take::of(&score, config, late.clone())
    };
    let usual = judged(Scoring::default());
    // One note in time, fifteen at the end of the good window.
    assert_eq!(usual.report.total.timing_accuracy, (1.0 + 15.0 * 0.5) / 16.0);
    let strict = judged(Scoring { good_percent: 20, match_percent: 0, note_percent: 0 });
    assert_eq!(strict.report.total.timing_accuracy, (1.0 + 15.0 * 0.2) / 16.0);
    assert_eq!(strict.report.total.combined, strict.report.total.timing_accuracy);
    assert_eq!(strict.report.digest, usual.report.digest);
    for (good_percent, match_percent, note_percent) in [(50, 51, 60), (101, 25, 60), (50, 25, 101)] {
        let scoring = Scoring { good_percent, match_percent, note_percent };
        assert_eq!(Config { scoring, ..Config::default() }.check(), Err(ConfigError::Scoring));
    }
}
