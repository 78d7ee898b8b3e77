//! docs/PROTOCOL.md says what is so.

use std::collections::BTreeSet;

use etude_engine::judge::{Grade, Record, Verdict, Way};
use etude_engine::protocol::{
    CLOSE_REFUSED, CLOSE_RESUME, CLOSE_SUPERSEDED, ClientMessage, EVENTS_PER_FRAME_MAX,
    EVENTS_PER_SESSION_MAX, ErrorCode, FRAME_BYTES_MAX, NAME_BYTES_MAX, RECORDS_PER_FRAME_MAX,
    RECORDS_PER_HELLO_MAX, RECORDS_PER_SESSION_MAX, REPORT_BYTES_MAX, SUBPROTOCOL, ServerMessage,
    VIEWER_EVENTS_MAX, VIEWER_RECORDS_MAX,
};
use etude_engine::score::NoteIndex;
use etude_engine::session::{Event, EventKind, Seq};
use etude_engine::units::{Micros, Pitch, Velocity};
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../docs/PROTOCOL.md");

/// Each JSON block: who says it, and the text.
fn examples() -> Vec<(&'static str, &'static str)> {
    let blocks = DOCUMENT.split("```json").skip(1);
    blocks
        .map(|block| {
            let (speaker, rest) = block.split_once('\n').unwrap();
            (speaker.trim(), rest.split_once("```").unwrap().0)
        })
        .collect()
}

fn example(kind: &str) -> &'static str {
    let wanted = format!("\"type\": \"{kind}\"");
    let found = examples()
        .into_iter()
        .find(|(_, text)| text.trim_start_matches(['{', '\n', ' ']).starts_with(&wanted));
    found.unwrap_or_else(|| panic!("no example of {kind}")).1
}

#[test]
fn every_example_is_the_message_it_claims_to_be_to_the_letter() {
    let mut kinds = BTreeSet::new();
    for (speaker, text) in examples() {
        let written: Value = serde_json::from_str(text).unwrap();
        let again = match speaker {
            "client" => {
                ClientMessage::from_frame(text).unwrap_or_else(|e| panic!("{e} in {text}")).to_frame()
            }
            "server" => {
                ServerMessage::from_frame(text).unwrap_or_else(|e| panic!("{e} in {text}")).to_frame()
            }
            _ => continue,
        };
        let again: Value = serde_json::from_str(&again).unwrap();
        assert_eq!(again, written);
        kinds.insert((speaker, written["type"].as_str().unwrap().to_owned()));
    }
    let kinds: Vec<String> = kinds.iter().map(|(speaker, kind)| format!("{speaker} {kind}")).collect();
    let all = [
        "client events",
        "client hello",
        "server error",
        "server heard",
        "server presence",
        "server report",
        "server verdicts",
        "server welcome",
    ];
    assert_eq!(kinds, all);
}

#[test]
fn the_examples_mean_what_the_text_says() {
    let key = |number| Pitch::new(number).unwrap();
    let value = |number| Velocity::new(number).unwrap();
    let at = |ms, kind| Event { at: Micros::from_millis(ms), kind };
    let events = vec![
        at(1_000, EventKind::NoteOn { pitch: key(60), velocity: value(80) }),
        at(1_480, EventKind::NoteOff { pitch: key(60) }),
        at(1_500, EventKind::Pedal { value: value(127) }),
        at(1_500, EventKind::Transport { playing: true, position: -4_000_000, micros_per_quarter: 500_000 }),
        at(2_000, EventKind::Tick),
        at(2_500, EventKind::End),
    ];
    let message = ClientMessage::from_frame(example("events")).unwrap();
    assert_eq!(message, ClientMessage::Events { first: Seq(0), events });

    let note = NoteIndex;
    let played = |event, verdict| Record::Played { event: Seq(event), verdict };
    let offset = Micros(-12_000);
    let expected = vec![
        played(0, Verdict::Matched { note: note(0), offset, grade: Grade::Perfect }),
        played(1, Verdict::Wrong { instead_of: note(1) }),
        played(2, Verdict::Extra),
        played(3, Verdict::Ornament { of: note(2) }),
        played(4, Verdict::Repeat { of: note(2) }),
        Record::Missed { note: note(3) },
        Record::Skipped { from: note(4), to: note(9) },
        Record::Jump { event: Seq(5), from: note(4), to: note(9), way: Way::Skip },
        Record::Stay { event: Seq(5) },
        Record::Hesitation { event: Seq(5), pause: Micros(1_400_000) },
        Record::Final { through: Seq(4) },
    ];
    let ServerMessage::Verdicts { ack: 6, first: 0, records, digest: Some(digest) } =
        ServerMessage::from_frame(example("verdicts")).unwrap()
    else {
        panic!("not those verdicts")
    };
    assert_eq!(records, expected);
    assert_eq!(digest.to_string(), "cbf29ce484222325");

    let error = ServerMessage::from_frame(example("error")).unwrap();
    assert!(matches!(error, ServerMessage::Error { code: ErrorCode::Malformed, recoverable: true, .. }));
}

#[test]
fn the_error_in_the_document_is_the_one_that_comes() {
    let event = r#"{"at_us":0,"type":"tick"}"#;
    let bad = r#"{"at_us":1,"type":"note_on","pitch":200,"velocity":80}"#;
    let frame = format!(r#"{{"type":"events","first":0,"events":[{event},{event},{event},{bad}]}}"#);
    let came = ClientMessage::from_frame(&frame).unwrap_err().to_string();
    let ServerMessage::Error { message, .. } = ServerMessage::from_frame(example("error")).unwrap() else {
        panic!("not an error")
    };
    assert_eq!(message, came);
}

#[test]
fn the_error_table_names_each_code_and_whether_it_can_be_helped() {
    use ErrorCode::*;
    let all = [
        Malformed,
        TooLarge,
        Protocol,
        ScoreMismatch,
        ConfigMismatch,
        HelloExpected,
        Gap,
        Ended,
        Storage,
        NoSession,
        Superseded,
        ReadOnly,
        TooFast,
    ];
    for code in all {
        let name = serde_json::to_string(&code).unwrap();
        let helped = if code.is_recoverable() { "yes" } else { "no" };
        let row = format!("| `{}` | {helped} |", name.trim_matches('"'));
        assert!(DOCUMENT.contains(&row), "no row {row}");
    }
}

#[test]
fn the_limits_in_the_document_are_those_in_force() {
    assert_eq!(VIEWER_RECORDS_MAX, VIEWER_EVENTS_MAX);
    for line in [
        format!("subprotocol `{SUBPROTOCOL}`"),
        format!("| {CLOSE_SUPERSEDED} | A newer"),
        format!("| {CLOSE_REFUSED} | Refused; the error before it says why. | Stay"),
        format!("| {CLOSE_RESUME} | Refused; the error before it says why. | Resume"),
        format!("| Frame to the session | {FRAME_BYTES_MAX} bytes"),
        format!(
            "| Frame from the session | {FRAME_BYTES_MAX} bytes; a report up to {REPORT_BYTES_MAX} bytes"
        ),
        format!("| Events in a frame | {EVENTS_PER_FRAME_MAX} |"),
        format!("| Events in a session, the end included | {EVENTS_PER_SESSION_MAX} |"),
        format!("| Records in a frame | {RECORDS_PER_FRAME_MAX} |"),
        format!("| Records in answer to one hello | {RECORDS_PER_HELLO_MAX} |"),
        format!("| Records and events sent to a viewer for one hello | {VIEWER_RECORDS_MAX} each |"),
        format!("| Records in a session, before it takes only the end | {RECORDS_PER_SESSION_MAX} |"),
        format!("| {NAME_BYTES_MAX} bytes each |"),
    ] {
        assert!(DOCUMENT.contains(&line), "the document lacks: {line}");
    }
}

/// So a full batch never passes the limit on frames, and neither end need count bytes.
#[test]
fn the_largest_batches_fit_into_a_frame() {
    let kind = EventKind::Transport { playing: false, position: i64::MIN, micros_per_quarter: u32::MAX };
    let events = vec![Event { at: Micros(i64::MIN), kind }; EVENTS_PER_FRAME_MAX];
    let batch = ClientMessage::Events { first: Seq(u64::MAX), events };
    assert!(batch.to_frame().len() <= FRAME_BYTES_MAX);

    let offset = Micros(i64::MIN);
    let verdict = Verdict::Matched { note: NoteIndex(u32::MAX), offset, grade: Grade::Perfect };
    let records = vec![Record::Played { event: Seq(u64::MAX), verdict }; RECORDS_PER_FRAME_MAX];
    let digest = Some("0123456789abcdef".to_owned().try_into().unwrap());
    let verdicts = ServerMessage::Verdicts { ack: u64::MAX, first: u64::MAX, records, digest };
    assert!(verdicts.to_frame().len() <= FRAME_BYTES_MAX);
}
