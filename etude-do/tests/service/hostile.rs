//! What a player sends cannot hurt the session, nor any other.

use etude_engine::protocol::{
    CLOSE_REFUSED, CLOSE_RESUME, CLOSE_SUPERSEDED, EVENTS_PER_FRAME_MAX, ErrorCode, FRAME_BYTES_MAX,
};
use etude_engine::session::Config;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::music::{report_of, scale, straight_fold, take};
use crate::player::{End, Known, Socket};
use crate::service::Service;

#[tokio::test]
async fn hostile_frames_end_their_connection_and_nothing_else() {
    let service = Service::start();
    let (piece, events) = (scale(6), take(6));
    let (_, session) = straight_fold(&piece, &Config::default(), &events);
    let bystander = service.open(&piece, &Config::default());
    let mut beside = Known::default();
    let (mut beside_socket, _) = Socket::resume(&service, &bystander, &mut beside).await;
    beside_socket.play_through(&mut beside, 0, &events[..10]).await;

    let opened = service.open(&piece, &Config::default());
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
    socket.play_through(&mut known, 0, &events[..10]).await;

    let text = |json: serde_json::Value| Message::text(json.to_string());
    let tick = json!({ "at_us": 0, "type": "tick" });
    let hello = |change: &str, to: serde_json::Value| {
        let mut hello = json!({ "type": "hello", "protocol": 1, "client": "t", "engine": "0", "records": 0 });
        hello[change] = to;
        Message::text(hello.to_string())
    };
    use ErrorCode::{Gap, Malformed, Protocol, ScoreMismatch, TooLarge};
    let frames = [
        (Message::text(""), Malformed),
        (Message::text("{"), Malformed),
        (Message::text("null"), Malformed),
        (Message::text("\u{0}\u{feff}\u{10ffff}"), Malformed),
        (Message::text("[".repeat(FRAME_BYTES_MAX)), Malformed),
        (Message::text("{\"a\":".repeat(10_000)), Malformed),
        (Message::binary(vec![0, 159, 146, 150]), Malformed),
        (Message::binary(vec![0; 1 << 20]), Malformed),
        (Message::text(" ".repeat(FRAME_BYTES_MAX + 1)), TooLarge),
        // Few characters, many bytes.
        (Message::text("\u{10ffff}".repeat(FRAME_BYTES_MAX / 4 + 1)), TooLarge),
        (Message::text("x".repeat(8 << 20)), TooLarge),
        (text(json!({ "type": "verdicts" })), Malformed),
        (text(json!({ "type": "events", "first": -1, "events": [] })), Malformed),
        (
            text(json!({ "type": "events", "first": 10, "events": [{ "at_us": 1.5, "type": "tick" }] })),
            Malformed,
        ),
        (
            Message::text(
                r#"{"type":"events","first":10,"events":[{"at_us":99999999999999999999,"type":"tick"}]}"#,
            ),
            Malformed,
        ),
        (
            text(
                json!({ "type": "events", "first": 10, "events": [{ "at_us": 0, "type": "note_off", "pitch": 128 }] }),
            ),
            Malformed,
        ),
        (text(json!({ "type": "events", "first": 11, "events": [tick] })), Gap),
        (text(json!({ "type": "events", "first": u64::MAX, "events": [tick] })), Gap),
        (
            text(json!({ "type": "events", "first": 10, "events": vec![&tick; EVENTS_PER_FRAME_MAX + 1] })),
            TooLarge,
        ),
        (hello("protocol", json!(2)), Protocol),
        (hello("records", json!(u64::MAX)), Gap),
        (hello("score", json!("0".repeat(64))), ScoreMismatch),
        (hello("client", json!("x".repeat(10_000))), Malformed),
    ];
    for (frame, code) in frames {
        let start = format!("{:.80}", format!("{frame:?}"));
        socket.send(frame).await;
        let End { error, close } = socket.until_end(&mut known).await;
        let (told, recoverable) = error.unwrap_or_else(|| panic!("{start} was not refused"));
        assert_eq!(told, code, "{start}");
        assert_eq!(close, Some(if recoverable { CLOSE_RESUME } else { CLOSE_REFUSED }), "{start}");
        let high_water;
        (socket, high_water) = Socket::resume(&service, &opened, &mut known).await;
        assert_eq!(high_water, 10, "{start}");
    }

    // Times from nowhere are judged, not refused; they change nothing for the other session.
    let wild = [i64::MIN, i64::MAX, 0]
        .map(|at| json!({ "at_us": at, "type": "note_on", "pitch": 0, "velocity": 0 }));
    socket.send(text(json!({ "type": "events", "first": 10, "events": wild }))).await;
    while known.acked < 13 {
        let message = socket.hear().await;
        known.take(message);
    }

    beside_socket.play_through(&mut beside, 10, &events[10..]).await;
    beside_socket.report(&mut beside).await;
    assert_eq!(beside.report, Some(report_of(&session)));
    service.assert_calm();
}

#[tokio::test]
async fn events_before_hello_and_after_the_end_are_refused() {
    let service = Service::start();
    let (piece, events) = (scale(2), take(2));
    let opened = service.open(&piece, &Config::default());
    let mut known = Known::default();
    let mut socket = Socket::connect(&service, &opened).await;
    socket.play(0, &events).await;
    let end = socket.until_end(&mut known).await;
    assert_eq!(end, End { error: Some((ErrorCode::HelloExpected, true)), close: Some(CLOSE_RESUME) });

    let (mut socket, high_water) = Socket::resume(&service, &opened, &mut known).await;
    assert_eq!(high_water, 0);
    socket.play_through(&mut known, 0, &events).await;
    socket.report(&mut known).await;
    socket.play(events.len() as u64, &events[..1]).await;
    let end = socket.until_end(&mut known).await;
    assert_eq!(end, End { error: Some((ErrorCode::Ended, false)), close: Some(CLOSE_REFUSED) });
    assert_eq!(service.report(&opened.session), known.report.expect("it came"));
}

#[tokio::test]
async fn the_newer_connection_of_a_player_takes_over() {
    let service = Service::start();
    let (piece, events) = (scale(6), take(6));
    let (records, session) = straight_fold(&piece, &Config::default(), &events);
    let opened = service.open(&piece, &Config::default());
    let mut known = Known::default();
    let (mut older, _) = Socket::resume(&service, &opened, &mut known).await;
    older.play_through(&mut known, 0, &events[..12]).await;

    let (mut newer, high_water) = Socket::resume(&service, &opened, &mut known).await;
    assert_eq!(high_water, 12);
    // The older one does not know yet, and goes on playing something else.
    older.play(12, &events[..5]).await;
    let mut overheard = Known::default();
    let end = older.until_end(&mut overheard).await;
    assert_eq!(end, End { error: Some((ErrorCode::Superseded, false)), close: Some(CLOSE_SUPERSEDED) });
    assert!(overheard.records.is_empty());

    newer.play_through(&mut known, 12, &events[12..]).await;
    newer.report(&mut known).await;
    assert_eq!(known.records, records);
    assert_eq!(known.report, Some(report_of(&session)));
    service.assert_calm();
}

#[tokio::test]
async fn what_is_sent_twice_is_counted_once() {
    let service = Service::start();
    let (piece, events) = (scale(6), take(6));
    let (records, _) = straight_fold(&piece, &Config::default(), &events);
    let opened = service.open(&piece, &Config::default());
    let mut known = Known::default();
    let (mut socket, _) = Socket::resume(&service, &opened, &mut known).await;
    for first in (0..events.len()).step_by(4) {
        let next = (first + 4).min(events.len());
        socket.play(first as u64, &events[first..next]).await;
        // The same again, and with all that came before it.
        socket.play(first as u64, &events[first..next]).await;
        socket.play(0, &events[..next]).await;
    }
    socket.report(&mut known).await;
    assert_eq!(known.records, records);
}
