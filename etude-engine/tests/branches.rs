//! A player may skip a repeat, or take it once more: the page allows it, and the verdicts say so.

use std::collections::BTreeMap;
use std::sync::Arc;

use etude_engine::import;
use etude_engine::judge::{Record, Verdict, Way};
use etude_engine::report::Report;
use etude_engine::score::Score;
use etude_engine::session::{Config, Event, EventKind, Session};
use etude_engine::units::{Micros, Pitch, Velocity};

/// Measures of four quarters each: two that are repeated, and two more.
const REPEATED: [[&str; 4]; 4] =
    [["C4", "D4", "E4", "F4"], ["G4", "A4", "B4", "C5"], ["E5", "D5", "B4", "G4"], ["A4", "F4", "D4", "C4"]];

fn score(repeat_from: usize, repeat_to: usize) -> Arc<Score> {
    let note = |name: &str| {
        let (step, octave) = name.split_at(1);
        format!(
            "<note><pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>1</duration></note>"
        )
    };
    let measures: String = REPEATED
        .iter()
        .enumerate()
        .map(|(i, names)| {
            let attributes = if i == 0 { "<attributes><divisions>1</divisions></attributes>" } else { "" };
            let bar = |is: bool, location: &str, direction: &str| match is {
                true => format!("<barline location='{location}'><repeat direction='{direction}'/></barline>"),
                false => String::new(),
            };
            let notes: String = names.iter().map(|name| note(name)).collect();
            let (left, right) =
                (bar(i == repeat_from, "left", "forward"), bar(i == repeat_to, "right", "backward"));
            format!("<measure number='{}'>{attributes}{left}{notes}{right}</measure>", i + 1)
        })
        .collect();
    let piece = format!(
        "<score-partwise><part-list><score-part id='P1'><part-name>Piano</part-name></score-part></part-list>
         <part id='P1'>{measures}</part></score-partwise>"
    );
    Arc::new(import::score(piece.as_bytes()).expect("a score").score)
}

/// What was said of a take of these measures in steady quarters: the ways gone that were not taken back, the last
/// verdicts, the report.
fn play(score: &Arc<Score>, measures: &[usize]) -> (Vec<Way>, Vec<Verdict>, Report) {
    let mut session = Session::new(Arc::clone(score), Config::default()).expect("settings in range");
    let (mut ways, mut verdicts) = (BTreeMap::new(), BTreeMap::new());
    let mut at = 1_000;
    let mut events: Vec<Event> = Vec::new();
    for name in measures.iter().flat_map(|&measure| REPEATED[measure]) {
        let (step, octave) = name.split_at(1);
        let step = [9, 11, 0, 2, 4, 5, 7][usize::from(step.as_bytes()[0] - b'A')];
        let pitch = Pitch::new(12 * (octave.parse::<u8>().expect("a digit") + 1) + step).expect("a key");
        let kind = EventKind::NoteOn { pitch, velocity: Velocity::new(80).expect("seven bits") };
        events.push(Event { at: Micros::from_millis(at), kind });
        at += 500;
    }
    events.push(Event { at: Micros::from_millis(at), kind: EventKind::End });
    for event in events {
        session.handle(event).expect("the end comes last");
        while let Some(record) = session.poll() {
            match record {
                Record::Jump { event, way, .. } => drop(ways.insert(event, way)),
                Record::Stay { event } => drop(ways.remove(&event)),
                Record::Played { event, verdict } => drop(verdicts.insert(event, verdict)),
                _ => {}
            }
        }
    }
    (ways.into_values().collect(), verdicts.into_values().collect(), session.report())
}

#[test]
fn as_written_is_no_jump() {
    let (ways, _, report) = play(&score(0, 1), &[0, 1, 0, 1, 2, 3]);
    assert_eq!(ways, []);
    assert_eq!((report.total.correct, report.total.missed), (24, 0));
}

#[test]
fn a_repeat_may_be_skipped_in_full_flow() {
    let (ways, verdicts, report) = play(&score(0, 1), &[0, 1, 2, 3]);
    assert_eq!(ways, [Way::RepeatSkipped]);
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Matched { .. })), "{verdicts:?}");
    let total = report.total;
    assert_eq!((total.correct, total.missed, total.skipped, total.extra), (16, 0, 8, 0));
}

#[test]
fn a_repeat_may_be_taken_once_more() {
    let (ways, verdicts, report) = play(&score(1, 2), &[0, 1, 2, 1, 2, 1, 2, 3]);
    assert_eq!(ways, [Way::RepeatTaken]);
    assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Matched { .. })), "{verdicts:?}");
    assert_eq!((report.total.correct, report.total.missed), (24, 0));
    assert_eq!(report.attempts.len(), 2);
}

#[test]
fn to_begin_again_is_a_restart() {
    let (ways, _, report) = play(&score(1, 2), &[0, 1, 0, 1, 2, 1, 2, 3]);
    assert_eq!(ways, [Way::Restart]);
    assert_eq!((report.total.correct, report.total.missed), (24, 0));
}
