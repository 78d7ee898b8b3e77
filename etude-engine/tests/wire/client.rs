//! The player's end alone: when it speaks, what it believes.

use etude_engine::protocol::{
    ClientMessage, EVENTS_PER_FRAME_MAX, ErrorCode, RECORDS_PER_FRAME_MAX, RECORDS_PER_HELLO_MAX,
    REPORT_BYTES_MAX, ServerMessage,
};
use etude_engine::session::client::{
    ACK_TIMEOUT, AT_ONCE_FRAMES, BATCH, IN_FLIGHT_FRAMES_MAX, OUTBOX_EVENTS_MAX, Output, PushError,
    SessionClient,
};
use etude_engine::session::server::{Connection, SessionServer};
use etude_engine::session::{Config, Event, EventKind};
use etude_engine::units::{Micros, Pitch};

use super::music::Take;
use super::{served, server, take};

fn client(take: &Take) -> SessionClient {
    SessionClient::new("test", take.score.clone(), take.config).unwrap()
}

fn outputs(client: &mut SessionClient) -> Vec<Output> {
    std::iter::from_fn(|| client.poll_output()).filter(|output| !matches!(output, Output::Local(_))).collect()
}

/// Carries frames to and fro until both are silent; `meddle` may change what the client gets.
fn talk(
    client: &mut SessionClient,
    server: &mut SessionServer,
    connection: &mut Connection,
    now: Micros,
    meddle: impl Fn(String) -> Option<String>,
) {
    while let Some(frame) = client.poll_frame(now) {
        for answer in served(server, connection, &frame).into_iter().filter_map(&meddle) {
            client.receive(&answer, now);
        }
    }
}

/// A client that has said hello to a session with nothing on disk, and been welcomed.
fn live(take: &Take) -> (SessionClient, SessionServer, Connection) {
    let (mut client, mut server, mut connection) = (client(take), server(take, 0), Connection::default());
    client.connected(Micros(0));
    talk(&mut client, &mut server, &mut connection, Micros(0), Some);
    assert_eq!(outputs(&mut client), [Output::Live { missing: 0 }]);
    (client, server, connection)
}

fn sent(client: &mut SessionClient, now: Micros) -> usize {
    let Some(frame) = client.poll_frame(now) else { return 0 };
    match ClientMessage::from_frame(&frame).unwrap() {
        ClientMessage::Events { events, .. } => events.len(),
        hello => panic!("{hello:?}"),
    }
}

#[test]
fn events_are_gathered_for_a_moment_while_others_are_on_their_way() {
    let take = take(300);
    let (mut client, ..) = live(&take);
    assert_eq!(client.next_timeout(), None);
    for (n, &event) in (1..).zip(&take.events[..AT_ONCE_FRAMES]) {
        client.push(event, Micros(n)).unwrap();
        assert_eq!(client.next_timeout(), Some(Micros(n)));
        assert_eq!(sent(&mut client, Micros(n)), 1, "few are on their way");
    }
    let rest = &take.events[AT_ONCE_FRAMES..];
    client.push(rest[0], Micros(2_000)).unwrap();
    client.push(rest[1], Micros(5_000)).unwrap();
    let due = Micros(2_000 + BATCH.0);
    assert_eq!(client.next_timeout(), Some(due));
    assert_eq!(sent(&mut client, Micros(due.0 - 1)), 0);
    assert_eq!(sent(&mut client, due), 2);
    assert_eq!(client.next_timeout(), Some(Micros(1 + ACK_TIMEOUT.0)));
    for &event in &rest[2..2 + EVENTS_PER_FRAME_MAX] {
        client.push(event, due).unwrap();
    }
    assert_eq!(sent(&mut client, due), EVENTS_PER_FRAME_MAX);
    client.push(Event { at: Micros(0), kind: EventKind::End }, due).unwrap();
    assert_eq!(sent(&mut client, due), 1, "the end does not wait");
    assert_eq!(client.push(take.events[0], due), Err(PushError::Ended));
}

#[test]
fn an_answer_calls_for_what_was_gathered() {
    let take = take(20);
    let (mut client, mut server, mut connection) = live(&take);
    let mut frames = Vec::new();
    for &event in &take.events[..AT_ONCE_FRAMES] {
        client.push(event, Micros(0)).unwrap();
        frames.push(client.poll_frame(Micros(0)).expect("few are on their way"));
    }
    client.push(take.events[AT_ONCE_FRAMES], Micros(10)).unwrap();
    assert_eq!(sent(&mut client, Micros(20)), 0);
    for answer in served(&mut server, &mut connection, &frames[0]) {
        client.receive(&answer, Micros(30));
    }
    assert_eq!(sent(&mut client, Micros(30)), 1);
}

#[test]
fn a_session_slow_to_answer_gets_longer_frames() {
    let take = take(300);
    let (mut client, mut server, mut connection) = live(&take);
    let (first, rest) = take.events.split_at(IN_FLIGHT_FRAMES_MAX);
    let mut frames = Vec::new();
    for (n, &event) in (1..).zip(first) {
        client.push(event, Micros(0)).unwrap();
        frames.push(client.poll_frame(Micros(n * BATCH.0)).expect("there is room"));
    }
    let now = Micros(frames.len() as i64 * BATCH.0);
    for &event in &rest[..20] {
        client.push(event, now).unwrap();
    }
    let later = Micros(now.0 + BATCH.0);
    assert_eq!(sent(&mut client, later), 0);
    for answer in served(&mut server, &mut connection, &frames[0]) {
        client.receive(&answer, later);
    }
    assert_eq!(sent(&mut client, later), 20, "what has waited goes together");
    assert_eq!(sent(&mut client, later), 0);

    client.disconnected();
    client.connected(later);
    talk(&mut client, &mut server, &mut Connection::default(), later, Some);
    assert_eq!(server.session().events(), first.len() as u64 + 20);
}

#[test]
fn silence_is_noticed_and_a_new_connection_resumes() {
    let take = take(20);
    let (mut client, mut server, _) = live(&take);
    client.push(take.events[0], Micros(0)).unwrap();
    assert_eq!(sent(&mut client, BATCH), 1);
    let late = Micros(BATCH.0 + ACK_TIMEOUT.0);
    assert_eq!(client.poll_frame(Micros(late.0 - 1)), None);
    assert_eq!(outputs(&mut client), []);
    assert_eq!(client.poll_frame(late), None);
    assert_eq!(outputs(&mut client), [Output::Stalled]);
    assert_eq!(client.next_timeout(), None);
    client.push(take.events[1], late).unwrap();
    assert_eq!(
        client.poll_frame(Micros(late.0 + ACK_TIMEOUT.0)),
        None,
        "nothing leaves without a connection"
    );

    client.connected(late);
    assert!(client.poll_frame(late).is_some());
    let late = Micros(late.0 + ACK_TIMEOUT.0);
    assert_eq!(client.poll_frame(late), None);
    assert_eq!(outputs(&mut client), [Output::Stalled], "no welcome came");

    client.connected(late);
    talk(&mut client, &mut server, &mut Connection::default(), late, Some);
    assert_eq!(server.session().events(), 2);
    assert!(outputs(&mut client).contains(&Output::Live { missing: 2 }));
}

#[test]
fn a_lost_report_is_asked_for_again() {
    let take = take(5);
    let (mut client, mut server, mut connection) = live(&take);
    for &event in &take.events {
        client.push(event, Micros(0)).unwrap();
    }
    talk(&mut client, &mut server, &mut connection, BATCH, |frame| {
        (!frame.starts_with(r#"{"type":"report""#)).then_some(frame)
    });
    assert_eq!(client.waiting(), 0);
    assert!(!outputs(&mut client).iter().any(|output| matches!(output, Output::Report(_))));
    let late = client.next_timeout().expect("the report is owed");
    assert_eq!(client.poll_frame(late), None);
    assert_eq!(outputs(&mut client), [Output::Stalled]);
    client.connected(late);
    talk(&mut client, &mut server, &mut Connection::default(), late, Some);
    let report = Output::Report(Box::new(server.report().unwrap()));
    assert_eq!(outputs(&mut client), [Output::Live { missing: 0 }, report]);
    assert_eq!(client.next_timeout(), None);
    client.connected(late);
    talk(&mut client, &mut server, &mut Connection::default(), late, Some);
    assert_eq!(outputs(&mut client), [Output::Live { missing: 0 }], "told once");
}

#[test]
fn another_engine_in_the_session_judges_the_take_anew() {
    let take = take(6_000);
    let (mut client, mut server, mut connection) = (client(&take), server(&take, 0), Connection::default());
    let older = |frame: String| {
        let welcome = frame.starts_with(r#"{"type":"welcome""#);
        let engine = format!(r#""engine":"{}""#, etude_engine::session::ENGINE);
        Some(if welcome { frame.replace(&engine, r#""engine":"0.0.1""#) } else { frame })
    };
    client.connected(Micros(0));
    talk(&mut client, &mut server, &mut connection, Micros(0), older);
    for &event in &take.events {
        client.push(event, Micros(0)).unwrap();
    }
    talk(&mut client, &mut server, &mut connection, BATCH, older);
    let first = outputs(&mut client);
    assert!(matches!(first.last(), Some(Output::Report(_))));

    client.connected(BATCH);
    talk(&mut client, &mut server, &mut Connection::default(), BATCH, Some);
    let second = outputs(&mut client);
    assert_eq!(second.first(), Some(&Output::Rejudged));
    let official = |outputs: &[Output]| -> Vec<_> {
        outputs
            .iter()
            .filter_map(|output| if let Output::Official(r) = output { Some(*r) } else { None })
            .collect()
    };
    assert!(server.records().len() > RECORDS_PER_HELLO_MAX, "more than one hello is needed");
    assert_eq!(official(&second), server.records());
    assert!(matches!(&second[second.len() - 2..], [Output::Live { missing: 0 }, Output::Report(_)]));
}

#[test]
fn words_of_an_earlier_connection_are_not_the_answer_to_hello() {
    let take = take(20);
    let (mut client, mut server) = (client(&take), server(&take, 0));
    client.connected(Micros(0));
    let hello = client.poll_frame(Micros(0)).unwrap();
    let early = served(&mut server, &mut Connection::default(), &hello);
    early.iter().for_each(|frame| client.receive(frame, Micros(0)));
    client.push(take.events[0], Micros(0)).unwrap();
    talk(&mut client, &mut server, &mut Connection { greeted: true, told: 0 }, BATCH, Some);
    client.push(take.events[1], BATCH).unwrap();
    let lost = r#"{"type":"verdicts","ack":2,"first":99,"records":[]}"#;

    client.connected(BATCH);
    outputs(&mut client);
    let hello = client.poll_frame(BATCH).unwrap();
    for frame in early.iter().map(String::as_str).chain([lost]) {
        client.receive(frame, BATCH);
    }
    assert_eq!(outputs(&mut client), []);
    assert_eq!(client.poll_frame(BATCH), None);
    for frame in served(&mut server, &mut Connection::default(), &hello) {
        client.receive(&frame, BATCH);
    }
    assert_eq!(outputs(&mut client), [Output::Live { missing: 1 }]);
}

#[test]
fn a_differing_digest_is_told_once() {
    let take = take(20);
    let (mut client, mut server, mut connection) = live(&take);
    let other = "0123456789abcdef";
    for &event in &take.events[..10] {
        client.push(event, Micros(0)).unwrap();
        talk(&mut client, &mut server, &mut connection, BATCH, |frame| {
            let ServerMessage::Verdicts { digest: Some(digest), .. } =
                ServerMessage::from_frame(&frame).unwrap()
            else {
                panic!("{frame}")
            };
            Some(frame.replace(&digest.to_string(), other))
        });
    }
    let told: Vec<Output> = outputs(&mut client)
        .into_iter()
        .filter(|output| matches!(output, Output::DigestMismatch { .. }))
        .collect();
    let [Output::DigestMismatch { events: 1, local, official }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(local, &super::server(&take, 1).session().digest());
    assert_eq!(official.to_string(), other);
}

/// What the client makes of this answer to its hello: a client that played three events, one of them acked.
fn answered(take: &Take, meddle: impl Fn(String) -> String) -> Output {
    let (mut client, mut server, mut connection) = live(take);
    client.push(take.events[0], Micros(0)).unwrap();
    talk(&mut client, &mut server, &mut connection, BATCH, Some);
    client.push(take.events[1], BATCH).unwrap();
    client.push(take.events[2], BATCH).unwrap();
    client.connected(BATCH);
    outputs(&mut client);
    let hello = client.poll_frame(BATCH).unwrap();
    for frame in served(&mut server, &mut Connection::default(), &hello) {
        client.receive(&meddle(frame), BATCH);
    }
    let first = outputs(&mut client).into_iter().next().expect("something happened");
    if matches!(first, Output::Refused { .. }) {
        assert_eq!(client.poll_frame(Micros(i64::MAX)), None, "nothing leaves after a refusal");
        assert_eq!(client.next_timeout(), None);
    }
    first
}

#[test]
fn what_cannot_be_is_refused() {
    let take = take(20);
    assert_eq!(answered(&take, |frame| frame), Output::Live { missing: 2 });
    let big = " ".repeat(REPORT_BYTES_MAX + 1);
    let crowd = format!(
        r#"{{"type":"verdicts","ack":1,"first":0,"records":[{}]}}"#,
        vec![r#"{"type":"missed","note":0}"#; RECORDS_PER_FRAME_MAX + 1].join(",")
    );
    type Meddle<'a> = &'a dyn Fn(String) -> String;
    let cases: [(Meddle<'_>, ErrorCode, bool); 10] = [
        (&|f| f.replace(r#""high_water":1"#, r#""high_water":4"#), ErrorCode::Gap, false),
        (&|f| f.replace(r#""high_water":1"#, r#""high_water":0"#), ErrorCode::Gap, false),
        (&|f| f.replace(r#""ack":1"#, r#""ack":4"#), ErrorCode::Gap, false),
        (&|f| f.replace(r#""first":"#, r#""first":1"#), ErrorCode::Gap, true),
        (&|f| f.replace(r#""tempo_percent":100"#, r#""tempo_percent":99"#), ErrorCode::ConfigMismatch, false),
        (&|f| f.replace(r#""protocol":1"#, r#""protocol":2"#), ErrorCode::Protocol, false),
        (&|f| f.replace(&take.score.digest().to_string(), &"0".repeat(64)), ErrorCode::ScoreMismatch, false),
        (&|f| f.replace("welcome", "hello"), ErrorCode::Malformed, true),
        (&|_| big.clone(), ErrorCode::TooLarge, false),
        (&|f| if f.contains("welcome") { f } else { crowd.clone() }, ErrorCode::TooLarge, false),
    ];
    for (i, (meddle, expected, helped)) in cases.into_iter().enumerate() {
        let output = answered(&take, meddle);
        let Output::Refused { code, recoverable, message } = output else { panic!("case {i}: {output:?}") };
        assert_eq!((code, recoverable), (expected, helped), "case {i}: {message}");
    }
}

#[test]
fn a_refusal_by_the_session_is_passed_on() {
    let take = take(20);
    let (mut client, ..) = live(&take);
    client.receive(
        r#"{"type":"error","code":"superseded","message":"elsewhere","recoverable":false}"#,
        Micros(0),
    );
    let refused =
        Output::Refused { code: ErrorCode::Superseded, message: "elsewhere".to_owned(), recoverable: false };
    assert_eq!(outputs(&mut client), [refused]);
}

#[test]
fn a_full_outbox_says_so_and_still_takes_the_end() {
    let take = take(5);
    let mut client = client(&take);
    let off = Event { at: Micros(0), kind: EventKind::NoteOff { pitch: Pitch::new(60).unwrap() } };
    for _ in 0..OUTBOX_EVENTS_MAX {
        client.push(off, Micros(0)).unwrap();
    }
    assert_eq!(client.push(off, Micros(0)), Err(PushError::Full));
    assert_eq!(client.local().events(), OUTBOX_EVENTS_MAX as u64);
    client.push(Event { at: Micros(0), kind: EventKind::End }, Micros(0)).unwrap();
    assert_eq!(client.waiting(), OUTBOX_EVENTS_MAX + 1);
}

#[test]
fn a_long_name_is_cut_where_a_letter_ends() {
    let take = take(5);
    let mut client = SessionClient::new(&"é".repeat(100), take.score.clone(), Config::default()).unwrap();
    client.connected(Micros(0));
    let hello = client.poll_frame(Micros(0)).unwrap();
    let Ok(ClientMessage::Hello { client, .. }) = ClientMessage::from_frame(&hello) else {
        panic!("{hello}")
    };
    assert_eq!(client, "é".repeat(64));
}
