//! Where connecting again cannot help, the relay says why and stays away.

use std::time::Duration;

use etude_engine::protocol::{CLOSE_REFUSED, CLOSE_SUPERSEDED, ErrorCode};
use etude_engine::session::{Config, Mode};

use super::stage::{Fault, Stage, take};
use super::{Heard, note_ons, on_air, start};
use crate::relay::Refusal;

/// Plays into a session that refuses. Local verdicts must go on, connections must not.
fn refused(stage: &Stage) -> Refusal {
    let (mut relay, mut outputs) = start(stage, on_air(stage));
    let events = take();
    let mut heard = Heard::default();
    relay.push(events[0]).expect("room");
    heard.until(&mut outputs, |heard| heard.refusal().is_some());
    for event in &events[1..] {
        relay.push(*event).expect("room");
    }
    heard.until(&mut outputs, |heard| heard.local.len() >= note_ons(&events));
    let delivered = stage.log().len();
    assert_eq!(relay.close(Duration::MAX), events.len() - heard.acked as usize);
    assert!(delivered <= 1);
    assert_eq!(stage.connections(), 1);
    heard.refusal().expect("a refusal").clone()
}

#[test]
fn by_a_newer_connection() {
    let stage = Stage::new([Fault::Close { after: 0, code: CLOSE_SUPERSEDED }]);
    assert_eq!(refused(&stage), Refusal::Superseded);
}

#[test]
fn by_the_session() {
    let stage = Stage::new([Fault::Close { after: 0, code: CLOSE_REFUSED }]);
    assert_eq!(refused(&stage), Refusal::Session { code: None, message: "told to".to_owned() });
}

#[test]
fn by_the_service_for_a_bad_token() {
    let body = r#"{"error":{"code":"token_expired","message":"the token has expired"}}"#;
    let stage = Stage::new([Fault::Upgrade { status: 401, body }]);
    let Refusal::Upgrade { status: 401, message } = refused(&stage) else { panic!("another refusal") };
    assert_eq!(message, "the token has expired");
}

#[test]
fn by_a_server_of_something_else() {
    assert_eq!(refused(&Stage::new([Fault::NoSubprotocol])), Refusal::Subprotocol);
}

#[test]
fn for_other_settings() {
    let stage = Stage::new([]);
    let address = on_air(&stage);
    let mut clock = stage.clone();
    clock.config = Config { mode: Mode::Clock, ..stage.config };
    let (_relay, mut outputs) = start(&clock, address);
    let mut heard = Heard::default();
    heard.until(&mut outputs, |heard| heard.refusal().is_some());
    let refusal = heard.refusal().expect("a refusal");
    assert!(matches!(refusal, Refusal::Session { code: Some(ErrorCode::ConfigMismatch), .. }), "{refusal:?}");
}
