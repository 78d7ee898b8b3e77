//! What a player must be able to rely on: the verdicts of small takes that a person can judge by ear.

use std::collections::BTreeMap;
use std::sync::Arc;

use etude_engine::judge::{Grade, Record, Verdict, Way, reason};
use etude_engine::report::Report;
use etude_engine::score::{
    Articulations, Freedom, Hand, Measure, Note, NoteId, NoteIndex, Ornaments, Score, ScoreParts, TempoMap,
};
use etude_engine::session::{Config, Event, EventKind, Mode, Seq, Session};
use etude_engine::units::{Micros, Pitch, Ticks, Velocity};

const TPQ: i64 = 480;

/// A score of (onset in ticks, MIDI pitch), four quarters a measure, at 120 quarters a minute.
fn score(notes: &[(i64, u8)]) -> Arc<Score> {
    let last = notes.iter().map(|&(onset, _)| onset).max().unwrap();
    let measures = (0..=last / (4 * TPQ))
        .map(|i| Measure {
            number: (i + 1).to_string(),
            pass: 1,
            written: i as u32,
            onset: Ticks(i * 4 * TPQ),
            duration: Ticks(4 * TPQ),
        })
        .collect();
    let notes = notes
        .iter()
        .enumerate()
        .map(|(i, &(onset, pitch))| Note {
            id: NoteId { xml_id: format!("n{i}").into(), pass: 1 },
            onset: Ticks(onset),
            duration: Ticks(TPQ),
            pitch: Pitch::new(pitch).unwrap(),
            measure: (onset / (4 * TPQ)) as u32,
            hand: if pitch < 60 { Hand::Left } else { Hand::Right },
            staff: 1,
            voice: 1,
            grace: false,
            ornaments: Ornaments::NONE,
            articulations: Articulations::NONE,
            freedom: Freedom::default(),
        })
        .collect();
    let parts = ScoreParts {
        ticks_per_quarter: TPQ as u32,
        measures,
        notes,
        tempo: TempoMap::default(),
        ..ScoreParts::default()
    };
    Arc::new(Score::new(parts).unwrap())
}

fn note_on(at_ms: i64, pitch: u8) -> Event {
    let kind = EventKind::NoteOn { pitch: Pitch::new(pitch).unwrap(), velocity: Velocity::new(80).unwrap() };
    Event { at: Micros::from_millis(at_ms), kind }
}

struct Take {
    records: Vec<Record>,
    report: Report,
}

impl Take {
    fn of(score: &Arc<Score>, mode: Mode, played: &[(i64, u8)]) -> Self {
        let config = Config { mode, ..Config::default() };
        let mut session = Session::new(Arc::clone(score), config).unwrap();
        let mut records = Vec::new();
        for &(at_ms, pitch) in played {
            session.handle(note_on(at_ms, pitch)).unwrap();
            records.extend(std::iter::from_fn(|| session.poll()));
        }
        let at = Micros::from_millis(played.last().map_or(0, |&(at, _)| at));
        session.handle(Event { at, kind: EventKind::End }).unwrap();
        records.extend(std::iter::from_fn(|| session.poll()));
        assert!(session.handle(note_on(0, 60)).is_err(), "nothing after the end");
        Self { records, report: session.report() }
    }

    /// The last word on each event.
    fn verdicts(&self) -> Vec<Verdict> {
        let mut last = BTreeMap::new();
        for record in &self.records {
            if let Record::Played { event, verdict } = *record {
                last.insert(event.0, verdict);
            }
        }
        last.into_values().collect()
    }

    fn missed(&self) -> Vec<NoteIndex> {
        let mut missed = Vec::new();
        for record in &self.records {
            match *record {
                Record::Missed { note } if !missed.contains(&note) => missed.push(note),
                Record::Skipped { from, to } => missed.retain(|&note| note < from || note >= to),
                Record::Played { verdict: Verdict::Matched { note, .. }, .. } => {
                    missed.retain(|&n| n != note)
                }
                _ => {}
            }
        }
        missed
    }
}

/// (expected, correct, missed, wrong, extra)
fn counts(report: &Report) -> [u32; 5] {
    let total = &report.total;
    [total.expected, total.correct, total.missed, total.wrong, total.extra]
}

/// The greedy rule calls 18 of these wrong: each note takes the place of the one before.
#[test]
fn twenty_equal_notes_with_the_second_left_out_miss_exactly_one() {
    for mode in [Mode::Follow, Mode::Clock] {
        let equal: Vec<_> = (0..20).map(|i| (i * TPQ, 60)).collect();
        let played: Vec<_> = (0..20).filter(|&i| i != 1).map(|i| (1_000 + i * 500, 60)).collect();
        let take = Take::of(&score(&equal), mode, &played);
        assert_eq!(counts(&take.report), [20, 19, 1, 0, 0], "{mode:?}: {:?}", take.verdicts());
        assert_eq!(take.report.total.perfect, 19, "{mode:?}");
        assert_eq!(take.missed(), [NoteIndex(1)], "{mode:?}");
    }
}

const SCALE: [u8; 8] = [60, 62, 64, 65, 67, 69, 71, 72];

fn scale() -> Vec<(i64, u8)> {
    (0..32).map(|i| (i * TPQ / 2, SCALE[i as usize % 8])).collect()
}

fn play(notes: &[(i64, u8)], percent: i64) -> Vec<(i64, u8)> {
    notes.iter().map(|&(onset, pitch)| (1_000 + onset * 500 * 100 / (TPQ * percent), pitch)).collect()
}

#[test]
fn a_perfect_take_is_a_hundred_percent() {
    for mode in [Mode::Follow, Mode::Clock] {
        let take = Take::of(&score(&scale()), mode, &play(&scale(), 100));
        assert_eq!(counts(&take.report), [32, 32, 0, 0, 0], "{mode:?}");
        assert_eq!(take.report.total.combined, 1.0, "{mode:?}");
        assert_eq!(take.report.timing.median_us, 0, "{mode:?}");
    }
}

#[test]
fn following_keeps_to_the_players_tempo() {
    for percent in [40, 70, 150, 220] {
        let take = Take::of(&score(&scale()), Mode::Follow, &play(&scale(), percent));
        assert_eq!(counts(&take.report), [32, 32, 0, 0, 0], "at {percent} %");
        let late: Vec<_> = take.verdicts().into_iter().filter(|v| !is_perfect(v)).collect();
        assert_eq!(late, [], "at {percent} %");
    }
}

fn is_perfect(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Matched { grade: Grade::Perfect, .. })
}

#[test]
fn a_wrong_note_names_the_note_it_stood_for() {
    let mut played = play(&scale(), 100);
    played[10].1 += 1;
    for mode in [Mode::Follow, Mode::Clock] {
        let take = Take::of(&score(&scale()), mode, &played);
        assert_eq!(counts(&take.report), [32, 31, 1, 1, 0], "{mode:?}");
        assert_eq!(take.verdicts()[10], Verdict::Wrong { instead_of: NoteIndex(10) }, "{mode:?}");
        assert_eq!(take.missed(), [NoteIndex(10)], "{mode:?}");
    }
}

#[test]
fn an_extra_note_costs_no_other() {
    let mut played = play(&scale(), 100);
    played.insert(13, (played[12].0 + 120, 40));
    for mode in [Mode::Follow, Mode::Clock] {
        let take = Take::of(&score(&scale()), mode, &played);
        assert_eq!(counts(&take.report), [32, 32, 0, 0, 1], "{mode:?}");
        assert_eq!(take.verdicts()[13], Verdict::Extra, "{mode:?}");
    }
}

#[test]
fn late_is_late_and_early_is_early() {
    let mut played = play(&scale(), 100);
    played[16].0 += 110;
    played[20].0 -= 100;
    let take = Take::of(&score(&scale()), Mode::Clock, &played);
    let grade = |i: usize| match take.verdicts()[i] {
        Verdict::Matched { offset, grade, .. } => (offset.round_to_millis(), grade),
        other => panic!("{other:?}"),
    };
    assert_eq!(grade(16), (110, Grade::Good));
    assert_eq!(grade(20), (-100, Grade::Good));
    played[16].0 += 80;
    let take = Take::of(&score(&scale()), Mode::Clock, &played);
    assert!(matches!(take.verdicts()[16], Verdict::Matched { grade: Grade::Late, .. }));
}

#[test]
fn one_stroke_plays_all_unisons() {
    let unison = score(&[(0, 60), (0, 60), (480, 62), (960, 64)]);
    let take = Take::of(&unison, Mode::Follow, &[(0, 60), (500, 62), (1_000, 64)]);
    assert_eq!(counts(&take.report), [4, 4, 0, 0, 0]);
}

#[test]
fn going_back_is_a_new_attempt_and_not_an_error() {
    let notes: Vec<_> = (0..64).map(|i| (i * TPQ / 2, 48 + (i * 7 % 37) as u8)).collect();
    let mut played: Vec<_> = play(&notes[..40], 100);
    let back = play(&notes[24..], 100);
    let shift = played[39].0 + 700 - back[0].0;
    played.extend(back.iter().map(|&(at, pitch)| (at + shift, pitch)));
    let take = Take::of(&score(&notes), Mode::Follow, &played);
    assert_eq!(counts(&take.report), [64, 64, 0, 0, 0]);
    let jumps: Vec<_> = take.report.attempts[1..].iter().map(|attempt| attempt.to).collect();
    assert_eq!(jumps, [NoteIndex(24)]);
}

#[test]
fn what_was_jumped_over_is_skipped_and_not_missed() {
    let notes: Vec<_> = (0..96).map(|i| (i * TPQ / 2, 48 + ((i * 7 + i / 37 * 5) % 37) as u8)).collect();
    let mut played = play(&notes[..24], 100);
    let on = play(&notes[64..], 100);
    let shift = played[23].0 + 300 - on[0].0;
    played.extend(on.iter().map(|&(at, pitch)| (at + shift, pitch)));
    let take = Take::of(&score(&notes), Mode::Follow, &played);
    assert_eq!(take.report.total.skipped, 40);
    let told = take.records.iter().filter(|record| matches!(record, Record::Skipped { .. })).count();
    assert_eq!(told, 1, "a stretch is told as one");
    assert_eq!(counts(&take.report), [56, 56, 0, 0, 0]);
}

#[test]
fn a_hesitation_is_told_once_and_costs_no_note() {
    for pause_ms in [1_200, 1_500, 4_000, 60_000] {
        let mut played = play(&scale(), 100);
        played[9..].iter_mut().for_each(|(at, _)| *at += pause_ms);
        let take = Take::of(&score(&scale()), Mode::Follow, &played);
        let near = |pause: Micros| (pause.0 - pause_ms * 1_000).abs() < 50_000;
        let told = |r: &&Record| matches!(**r, Record::Hesitation { event: Seq(9), pause } if near(pause));
        assert_eq!(take.records.iter().filter(told).count(), 1, "{pause_ms} ms");
        let said = |r: &&Record| matches!(r, Record::Played { event: Seq(9), .. });
        assert_eq!(take.records.iter().filter(said).count(), 1, "right at once, after {pause_ms} ms");
        assert_eq!(counts(&take.report), [32, 32, 0, 0, 0]);
    }
}

#[test]
fn stopping_in_the_middle_misses_the_rest() {
    let played = play(&scale()[..16], 100);
    let take = Take::of(&score(&scale()), Mode::Follow, &played);
    assert_eq!(counts(&take.report), [32, 16, 16, 0, 0]);
}

#[test]
fn an_empty_take_misses_everything() {
    let take = Take::of(&score(&scale()), Mode::Follow, &[]);
    assert_eq!(counts(&take.report), [32, 0, 32, 0, 0]);
    assert_eq!(take.report.total.combined, 0.0);
}

#[test]
fn note_offs_and_pedals_are_never_extra() {
    let score = score(&scale());
    let mut session = Session::new(score, Config::default()).unwrap();
    let pitch = Pitch::new(30).unwrap();
    for kind in [EventKind::NoteOff { pitch }, EventKind::Pedal { value: Velocity::new(127).unwrap() }] {
        session.handle(Event { at: Micros(0), kind }).unwrap();
    }
    assert_eq!(session.poll(), None);
    assert_eq!(session.report().total.extra, 0);
}

#[test]
fn a_clock_follows_the_hosts_transport_through_a_loop() {
    let notes = scale();
    let mut session = Session::new(score(&notes), Config { mode: Mode::Clock, ..Config::default() }).unwrap();
    let transport = |at_ms, position| Event {
        at: Micros::from_millis(at_ms),
        kind: EventKind::Transport { playing: true, position, micros_per_quarter: 400_000 },
    };
    let quarter_ms = 400;
    // The first two measures, then back to the second, twice.
    session.handle(transport(0, 0)).unwrap();
    for (i, &(onset, pitch)) in notes[..16].iter().enumerate() {
        assert_eq!(onset, i as i64 * TPQ / 2);
        session.handle(note_on(i as i64 * quarter_ms / 2, pitch)).unwrap();
    }
    for lap in 1..3i64 {
        let start = 4 * quarter_ms * (lap + 1);
        session.handle(transport(start, 4_000_000)).unwrap();
        for i in 0..8i64 {
            session.handle(note_on(start + i * quarter_ms / 2, notes[8 + i as usize].1)).unwrap();
        }
    }
    session.handle(Event { at: Micros(0), kind: EventKind::End }).unwrap();
    let report = session.report();
    assert_eq!(report.attempts.len(), 3);
    assert_eq!([report.total.correct, report.total.extra, report.total.wrong], [16, 0, 0]);
    assert_eq!(report.total.perfect, 16);
}

#[test]
fn in_clock_mode_what_is_too_far_off_matches_nothing() {
    let mut played = play(&scale(), 100);
    played[31].0 += 320;
    let take = Take::of(&score(&scale()), Mode::Clock, &played);
    assert_eq!(counts(&take.report), [32, 31, 1, 0, 1]);
}

#[test]
fn ticks_announce_missed_notes_while_nobody_plays() {
    let mut session =
        Session::new(score(&scale()), Config { mode: Mode::Clock, ..Config::default() }).unwrap();
    session.handle(note_on(0, 60)).unwrap();
    while session.poll().is_some() {}
    session.handle(Event { at: Micros::from_millis(700), kind: EventKind::Tick }).unwrap();
    assert_eq!(session.poll(), Some(Record::Missed { note: NoteIndex(1) }));
    assert_eq!(session.poll(), None);
}

#[test]
fn a_note_left_out_is_missed_as_the_player_goes_on_and_not_at_the_end() {
    for mode in [Mode::Follow, Mode::Clock] {
        let config = Config { mode, ..Config::default() };
        let mut session = Session::new(score(&scale()), config).unwrap();
        let mut after = None;
        for (index, (at, pitch)) in play(&scale(), 100).into_iter().enumerate().filter(|&(i, _)| i != 4) {
            session.handle(note_on(at, pitch)).unwrap();
            while let Some(record) = session.poll() {
                if let Record::Missed { note } = record {
                    assert_eq!((note, after.replace(index)), (NoteIndex(4), None), "{mode:?}");
                }
            }
        }
        assert!(after.is_some_and(|after| after <= 11), "{mode:?}: {after:?}");
    }
}

#[test]
fn every_kind_of_record_is_told_in_words() {
    let score = score(&[(0, 60), (TPQ, 66), (2 * TPQ, 64), (4 * TPQ, 65), (8 * TPQ, 67), (12 * TPQ, 69)]);
    let at = |offset_ms| Micros::from_millis(offset_ms);
    let (event, note) = (Seq(1), NoteIndex(1));
    let played = |verdict| Record::Played { event, verdict };
    let matched = |offset_ms, grade| played(Verdict::Matched { note, offset: at(offset_ms), grade });
    let jump = |way| Record::Jump { event, from: NoteIndex(3), to: NoteIndex(4), way };
    let told = [
        (matched(0, Grade::Perfect), "F♯4 in measure 1: on time"),
        (matched(-12, Grade::Perfect), "F♯4 in measure 1: on time (-12 ms)"),
        (matched(98, Grade::Good), "F♯4 in measure 1: 98 ms late"),
        (matched(-180, Grade::Early), "F♯4 in measure 1: 180 ms early"),
        (played(Verdict::Wrong { instead_of: note }), "F4 for F♯4 in measure 1"),
        (played(Verdict::Extra), "F4 is not in the score here"),
        (played(Verdict::Ornament { of: note }), "F4 belongs to the ornament on F♯4 in measure 1"),
        (played(Verdict::Repeat { of: note }), "F♯4 in measure 1 was struck again"),
        (Record::Missed { note }, "F♯4 in measure 1 was not played"),
        (Record::Skipped { from: note, to: NoteIndex(3) }, "notes of measure 1 were skipped"),
        (Record::Skipped { from: note, to: NoteIndex(5) }, "measures 1 to 3 were skipped"),
        (jump(Way::Restart), "began again"),
        (jump(Way::Back), "went back from measure 2 to measure 3"),
        (jump(Way::Skip), "went on from measure 2 to measure 3"),
        (jump(Way::RepeatTaken), "repeated from measure 3"),
        (jump(Way::RepeatSkipped), "did not repeat, and went on to measure 3"),
        (jump(Way::JumpSkipped), "did not jump after measure 2, and went on to measure 3"),
        (jump(Way::JumpEarly), "jumped from measure 2 to measure 3 already"),
        (jump(Way::Seek), "the host went from measure 2 to measure 3"),
        (Record::Hesitation { event, pause: at(1_460) }, "paused for 1.5 s"),
        (Record::Stay { event }, "did not go elsewhere after all"),
        (Record::Final { through: Seq(7) }, "verdicts before event 7 are final"),
    ];
    for (record, words) in told {
        assert_eq!(reason(&score, &record, Pitch::new(65)), words);
    }
}

/// The stream alone must tell what became of each note, also after a jump that was withdrawn.
#[test]
fn the_stream_folds_to_the_report_in_confusing_music() {
    // The same two measures eight times over, with a few wrong notes: places are easily taken for another.
    let notes: Vec<_> = (0..128).map(|i| (i * TPQ / 2, SCALE[(i * 5 % 16) as usize / 2])).collect();
    let mut played = play(&notes, 100);
    for i in [21, 22, 23, 50, 51, 77, 78, 79, 80, 101] {
        played[i].1 = SCALE[(i * 3) % 8];
    }
    played.drain(60..66);
    let take = Take::of(&score(&notes), Mode::Follow, &played);
    assert_eq!(take.missed().len() as u32, take.report.total.missed);
}
