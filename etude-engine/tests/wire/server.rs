//! The session's end alone: what it refuses, and what it sends to whom.

use etude_engine::protocol::{
    CLOSE_REFUSED, CLOSE_RESUME, ClientMessage, EVENTS_PER_FRAME_MAX, ErrorCode, FRAME_BYTES_MAX, PROTOCOL,
    RECORDS_PER_FRAME_MAX, RECORDS_PER_HELLO_MAX, ServerMessage,
};
use etude_engine::session::server::{Connection, RebuildError, Received, SessionServer};
use etude_engine::session::{Event, EventKind};
use etude_engine::units::Micros;

use super::{events, hello, replies, server, take};

const GREETED: Connection = Connection { greeted: true, told: 0 };

/// Refuses the frame, says so in a message that holds `place`, and is otherwise as before.
fn refuses(server: &SessionServer, connection: Connection, frame: &str, code: ErrorCode, place: &str) {
    let (events, digest) = (server.session().events(), server.session().digest());
    let mut after = connection;
    let received = server.receive(&mut after, frame);
    let Received::Refuse { frame, close } = received else { panic!("taken: {received:?}") };
    let ServerMessage::Error { code: given, message, recoverable } =
        ServerMessage::from_frame(&frame).unwrap()
    else {
        panic!("not an error: {frame}")
    };
    assert_eq!(given, code, "{message}");
    assert!(message.contains(place), "`{message}` does not name `{place}`");
    assert!(message.len() < 1_000, "an answer of {} bytes", message.len());
    assert_eq!(close, if recoverable { CLOSE_RESUME } else { CLOSE_REFUSED });
    assert_eq!(after, connection);
    assert_eq!((server.session().events(), server.session().digest()), (events, digest));
}

#[test]
fn a_malformed_frame_is_told_its_place() {
    let server = server(&take(5), 0);
    let event = |event: &str| {
        format!(r#"{{"type":"events","first":0,"events":[{{"at_us":0,"type":"tick"}},{event}]}}"#)
    };
    for (frame, place) in [
        (String::new(), "frame: EOF"),
        ("[]".to_owned(), "invalid type: sequence, expected an object"),
        ("null".to_owned(), "frame: invalid type: null, expected an object"),
        ("{".to_owned(), "EOF"),
        (r#"{"type":"hello"} x"#.to_owned(), "missing field `protocol`"),
        (format!("{} x", hello(0).to_frame()), "trailing characters"),
        (r#"{"type":"goodbye"}"#.to_owned(), "type: unknown variant `goodbye`"),
        (r#"{"first":0,"events":[]}"#.to_owned(), "missing field `type`"),
        (r#"{"type":"events","first":-1,"events":[]}"#.to_owned(), "first: "),
        (r#"{"type":"events","first":0}"#.to_owned(), "missing field `events`"),
        (r#"{"type":"events","first":0,"events":[],"score":"00"}"#.to_owned(), "score: a score digest is 64"),
        (
            r#"{"type":"events","first":0,"events":[],"records":1}"#.to_owned(),
            "`records` has no place in `events`",
        ),
        (r#"{"type":"events","first":0,"events":[],"color":1}"#.to_owned(), "unknown field `color`"),
        (
            event(r#"{"at_us":0,"type":"note_on","pitch":128,"velocity":1}"#),
            "events[1].pitch: 128 is not between",
        ),
        (
            event(r#"{"at_us":0,"type":"note_on","pitch":300,"velocity":1}"#),
            "events[1].pitch: invalid value: integer `300`",
        ),
        (
            event(r#"{"at_us":0,"type":"note_on","pitch":60,"velocity":-1}"#),
            "events[1].velocity: invalid value",
        ),
        (event(r#"{"at_us":0,"type":"note_on","pitch":60}"#), "events[1]: missing field `velocity`"),
        (
            event(r#"{"at_us":0,"type":"note_off","pitch":60,"velocity":1}"#),
            "events[1]: `velocity` has no place",
        ),
        (
            event(r#"{"at_us":0,"type":"clap"}"#),
            "events[1].type: unknown variant `clap`, expected one of `note_on`",
        ),
        (event(r#"{"at_us":0.5,"type":"tick"}"#), "events[1].at_us: invalid type: floating point `0.5`"),
        (event(r#"{"at_us":9223372036854775808,"type":"tick"}"#), "events[1].at_us: "),
        (event(r#"{"at_us":0,"type":"tick","at_us":1}"#), "duplicate field `at_us`"),
        (event(r#"{"type":"tick"}"#), "events[1]: missing field `at_us`"),
        (event(r#"{"at_us":0,"type":"tick","x":0}"#), "unknown field `x`"),
        (
            event(r#"[0,"tick",null,null,null,null,null,null]"#),
            "events[1]: invalid type: sequence, expected an object",
        ),
        (format!(r#"{{"type":"{}"}}"#, "é".repeat(20_000)), "unknown variant `éé"),
        (format!(r#"{{"{}":0}}"#, "é".repeat(20_000)), "unknown field `éé"),
        ("[".repeat(FRAME_BYTES_MAX), "expected an object"),
        (format!(r#"{{"type":"events","first":{}"#, "[".repeat(60_000)), "first: "),
    ] {
        refuses(&server, GREETED, &frame, ErrorCode::Malformed, place);
    }
}

#[test]
fn names_in_a_hello_are_short() {
    let server = server(&take(5), 0);
    let frame = hello(0).to_frame().replace("\"test\"", &format!("\"{}\"", "x".repeat(129)));
    refuses(&server, Connection::default(), &frame, ErrorCode::Malformed, "`client` has 129 bytes");
}

#[test]
fn a_hello_of_another_protocol_is_understood_as_far_as_needed() {
    let server = server(&take(5), 0);
    let fresh = Connection::default();
    let strange = r#"{"type":"hello","protocol":2,"colour":"blue"}"#;
    refuses(&server, fresh, strange, ErrorCode::Protocol, "protocol 2; this session speaks 1");
    let plain = hello(0).to_frame().replace("\"protocol\":1", "\"protocol\":0");
    refuses(&server, fresh, &plain, ErrorCode::Protocol, "protocol 0");
    let colour = r#"{"type":"hello","protocol":1,"colour":"blue"}"#;
    refuses(&server, fresh, colour, ErrorCode::Malformed, "unknown field `colour`");
}

#[test]
fn another_score_is_refused_and_none_is_welcome() {
    let server = server(&take(5), 0);
    let ours = server.session().score().digest().to_string();
    let theirs = "0".repeat(64);
    let with = |digest: &str| hello(0).to_frame().replacen('{', &format!(r#"{{"score":"{digest}","#), 1);
    refuses(&server, Connection::default(), &with(&theirs), ErrorCode::ScoreMismatch, &ours);
    for frame in [with(&ours), hello(0).to_frame()] {
        let mut connection = Connection::default();
        assert_eq!(replies(server.receive(&mut connection, &frame)).len(), 2);
        assert!(connection.greeted);
    }
}

#[test]
fn events_wait_for_hello() {
    let take = take(5);
    let server = server(&take, 0);
    let frame = events(0, &take.events[..1]);
    refuses(&server, Connection::default(), &frame, ErrorCode::HelloExpected, "before hello");
}

#[test]
fn what_is_too_large_is_refused_unread() {
    let server = server(&take(5), 0);
    let blanks = " ".repeat(FRAME_BYTES_MAX + 1);
    refuses(&server, GREETED, &blanks, ErrorCode::TooLarge, "65537 bytes");
    let tick = Event { at: Micros(0), kind: EventKind::Tick };
    let crowd = events(0, &[tick; EVENTS_PER_FRAME_MAX + 1]);
    refuses(&server, GREETED, &crowd, ErrorCode::TooLarge, "257 events");
    assert!(matches!(
        server.receive(&mut { GREETED }, &events(0, &[tick; EVENTS_PER_FRAME_MAX])),
        Received::Append(_)
    ));
}

#[test]
fn gaps_and_claims_of_what_does_not_exist_are_refused() {
    let take = take(20);
    let server = server(&take, 10);
    refuses(
        &server,
        GREETED,
        &events(11, &take.events[11..13]),
        ErrorCode::Gap,
        "begins with event 11; event 10 is next",
    );
    refuses(&server, GREETED, &events(usize::MAX, &take.events[..2]), ErrorCode::Gap, "event 10 is next");
    let made = server.records().len() as u64;
    refuses(
        &server,
        Connection::default(),
        &hello(made + 1).to_frame(),
        ErrorCode::Gap,
        &format!("made {made}"),
    );
    refuses(&server, Connection::default(), &hello(u64::MAX).to_frame(), ErrorCode::Gap, "records");
}

#[test]
fn known_events_are_dropped_and_acknowledged() {
    let take = take(20);
    let mut server = server(&take, 10);
    let made = server.records().len() as u64;
    for known in [&take.events[3..10], &take.events[3..3], &take.events[9..10]] {
        let answer = replies(server.receive(&mut { GREETED }, &events(3, known)));
        let [ServerMessage::Verdicts { ack: 10, first, records, digest: Some(_) }] = &answer[..] else {
            panic!("{answer:?}")
        };
        assert_eq!((*first, records.len()), (made, 0));
    }
    let Received::Append(append) = server.receive(&mut { GREETED }, &events(3, &take.events[3..14])) else {
        panic!("not taken")
    };
    assert_eq!(append.first().0, 10);
    assert_eq!(append.events(), &take.events[10..14]);
    server.commit(append);
    assert_eq!(server.session().events(), 14);
}

#[test]
fn two_appends_of_the_same_events_are_judged_once() {
    let take = take(20);
    let mut server = server(&take, 10);
    let append = || match server.receive(&mut { GREETED }, &events(10, &take.events[10..14])) {
        Received::Append(append) => append,
        other => panic!("{other:?}"),
    };
    let (one, two) = (append(), append());
    server.commit(one);
    server.commit(two);
    assert_eq!(server.session().events(), 14);
    assert_eq!(server.session().digest(), super::server(&take, 14).session().digest());
}

#[test]
fn nothing_follows_the_end() {
    let take = take(5);
    let last = take.events.len();
    let tick = Event { at: Micros(0), kind: EventKind::Tick };
    let end = Event { at: Micros(0), kind: EventKind::End };
    let open = server(&take, 2);
    refuses(&open, GREETED, &events(2, &[tick, end, tick]), ErrorCode::Ended, "events[2]");
    refuses(&open, GREETED, &events(1, &[take.events[1], end, end]), ErrorCode::Ended, "events[2]");
    let ended = server(&take, last);
    refuses(
        &ended,
        GREETED,
        &events(last, &[tick]),
        ErrorCode::Ended,
        &format!("event {last} came after the end"),
    );
    refuses(&ended, GREETED, &events(last - 1, &[end, end]), ErrorCode::Ended, "after the end");
    let log = take.events.iter().copied().chain([tick]);
    let rebuilt = SessionServer::rebuild("lesson", take.score.clone(), take.config, log);
    assert_eq!(rebuilt.err(), Some(RebuildError::AfterEnd(last as u64)));
}

#[test]
fn a_full_disk_is_told_and_changes_nothing() {
    let take = take(20);
    let mut server = server(&take, 10);
    let frame = events(10, &take.events[10..14]);
    let Received::Append(append) = server.receive(&mut { GREETED }, &frame) else { panic!("not taken") };
    let ServerMessage::Error { code, message, recoverable } = server.storage_failed(append, "over quota")
    else {
        panic!("not an error")
    };
    assert_eq!((code, recoverable), (ErrorCode::Storage, true));
    assert_eq!(message, "events 10 to 13 could not be put on disk: over quota");
    assert_eq!(server.session().events(), 10);
    let Received::Append(again) = server.receive(&mut { GREETED }, &frame) else { panic!("not taken") };
    server.commit(again);
    assert_eq!(server.session().digest(), super::server(&take, 14).session().digest());
}

#[test]
fn a_long_stream_is_sent_in_bounded_portions_and_the_report_with_the_last() {
    let take = take(9_000);
    let server = server(&take, take.events.len());
    assert!(server.records().len() > 2 * RECORDS_PER_HELLO_MAX, "{} records", server.records().len());
    let mut connection = Connection::default();
    let (mut have, mut hellos) = (Vec::new(), 0);
    loop {
        hellos += 1;
        let before = have.len();
        let mut answer = replies(server.receive(&mut connection, &hello(have.len() as u64).to_frame()));
        let ServerMessage::Welcome { high_water, records: until, .. } = answer.remove(0) else {
            panic!("no welcome")
        };
        assert_eq!(high_water, take.events.len() as u64);
        let mut last = None;
        for message in answer {
            match message {
                ServerMessage::Verdicts { first, records, digest, .. } => {
                    assert_eq!(first, have.len() as u64);
                    assert!(records.len() <= RECORDS_PER_FRAME_MAX);
                    have.extend(records);
                    last = digest;
                }
                ServerMessage::Report { report } => {
                    assert_eq!((last, Some(*report)), (Some(server.session().digest()), server.report()))
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(until, have.len() as u64);
        assert!(have.len() - before <= RECORDS_PER_HELLO_MAX);
        if last.is_some() {
            break;
        }
    }
    assert_eq!(have, server.records());
    assert_eq!(hellos, have.len().div_ceil(RECORDS_PER_HELLO_MAX));
}

#[test]
fn a_connection_is_not_told_the_same_records_twice() {
    let take = take(20);
    let server = server(&take, take.events.len());
    let mut connection = Connection::default();
    let told = server.records().len() as u64;
    replies(server.receive(&mut connection, &hello(0).to_frame()));
    let Received::Refuse { close, .. } = server.receive(&mut connection, &hello(told - 1).to_frame()) else {
        panic!("told twice")
    };
    assert_eq!(close, CLOSE_RESUME);
    replies(server.receive(&mut connection, &hello(told).to_frame()));
    replies(server.receive(&mut Connection::default(), &hello(0).to_frame()));
}

#[test]
fn records_of_another_engine_are_sent_anew() {
    let take = take(20);
    let server = server(&take, 10);
    let ClientMessage::Hello { client, engine, .. } = hello(0) else { unreachable!() };
    let stale = ClientMessage::Hello {
        protocol: PROTOCOL,
        attempt: 9,
        client,
        engine,
        score: None,
        records: 1_000_000,
        judged_by: Some("0.0.1".to_owned()),
        heard: 0,
    };
    let answer = replies(server.receive(&mut Connection::default(), &stale.to_frame()));
    assert!(matches!(answer[0], ServerMessage::Welcome { attempt: 9, .. }));
    assert!(matches!(answer[1], ServerMessage::Verdicts { first: 0, .. }));
}
