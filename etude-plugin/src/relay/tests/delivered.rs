//! Whatever happens to the connection, everything arrives exactly once.

use std::time::Duration;

use super::stage::{Fault, Stage, take};
use super::{FOREVER, Heard, note_ons, on_air, start};
use crate::relay::{PushError, State};

/// Plays the take in batches, each pushed when the one before is on disk, and checks that both ends have the same.
fn perform(faults: Vec<Fault>, batch: usize) -> (Stage, Heard) {
    let stage = Stage::new(faults.clone());
    let (mut relay, mut outputs) = start(&stage, on_air(&stage));
    let events = take();
    let mut heard = Heard::default();
    let mut pushed = 0;
    for batch in events.chunks(batch) {
        for event in batch {
            assert_eq!(relay.push(*event).expect("room").0, pushed);
            pushed += 1;
        }
        heard.until(&mut outputs, |heard| heard.acked == pushed);
    }
    heard.until(&mut outputs, Heard::has_ended);
    assert_eq!(relay.push(events[0]), Err(PushError::Ended));
    assert_eq!(relay.close(FOREVER), 0);
    assert_eq!(outputs.next_blocking(), None);

    assert_eq!(stage.log(), events, "{faults:?}");
    assert_eq!(heard.official, stage.records(), "{faults:?}");
    assert_eq!(heard.local, heard.official, "{faults:?}");
    assert_eq!(heard.report.as_deref(), stage.report().as_ref(), "{faults:?}");
    assert_eq!(heard.round_trips, note_ons(&events), "{faults:?}");
    (stage, heard)
}

#[test]
fn over_a_good_connection() {
    let (stage, heard) = perform(vec![], 10);
    assert!(
        matches!(heard.states[..], [State::Connecting, State::Live { .. }, State::Ended]),
        "{:?}",
        heard.states
    );
    assert_eq!(heard.mismatches, 0);
    assert_eq!(stage.connections(), 1);
    let report = heard.report.expect("a report");
    assert_eq!((report.total.missed + report.total.wrong > 0, report.total.expected), (true, 40));
}

#[test]
fn over_every_kind_of_bad_connection() {
    let faults = vec![
        Fault::NoUpgrade,
        Fault::Upgrade { status: 503, body: "come back" },
        Fault::Upgrade { status: 429, body: "" },
        Fault::NoWelcome,
        Fault::BeforeAppend(0),
        Fault::BeforeAck(0),
        Fault::MidAck(1),
        Fault::AckTwice(0),
        Fault::Storage(1),
        Fault::Close { after: 0, code: 1001 },
        Fault::Close { after: 1, code: 1012 },
        Fault::Nonsense(0),
        Fault::Binary(0),
    ];
    let connections = faults.len() as u32 + 1;
    let (stage, heard) = perform(faults, 4);
    assert_eq!(stage.connections(), connections);
    assert_eq!(heard.mismatches, 0);
}

#[test]
fn when_the_connection_breaks_on_every_frame() {
    for fault in [Fault::BeforeAck(0), Fault::MidAck(0), Fault::AckTwice(0), Fault::Nonsense(0)] {
        let (stage, _) = perform(vec![fault.clone(); 20], 4);
        assert_eq!(stage.connections(), 21, "{fault:?}");
    }
}

#[test]
fn when_the_connection_breaks_by_chance() {
    for seed in 0..40 {
        let mut chance = fastrand::Rng::with_seed(seed);
        let faults = (0..chance.usize(1..16)).map(|_| {
            let batch = chance.u32(0..3);
            match chance.u32(0..10) {
                0 => Fault::None,
                1 => Fault::NoUpgrade,
                2 => Fault::NoWelcome,
                3 => Fault::BeforeAppend(batch),
                4 => Fault::BeforeAck(batch),
                5 => Fault::MidAck(batch),
                6 => Fault::AckTwice(batch),
                7 => Fault::Storage(batch),
                8 => Fault::Close { after: batch, code: 1012 },
                _ => Fault::Nonsense(batch),
            }
        });
        let faults = faults.collect();
        perform(faults, chance.usize(1..30));
    }
}

#[test]
fn when_all_was_played_before_there_was_a_session() {
    let stage = Stage::new([Fault::Upgrade { status: 500, body: "" }, Fault::BeforeAck(0)]);
    let (mut relay, mut outputs) = start(&stage, on_air(&stage));
    let events = take();
    for event in &events {
        relay.push(*event).expect("room");
    }
    // Closing delivers first.
    assert_eq!(relay.close(FOREVER), 0);
    let mut heard = Heard::default();
    heard.until(&mut outputs, Heard::has_ended);
    assert_eq!(stage.log(), events);
    assert_eq!(heard.official, stage.records());
    assert_eq!(heard.report.as_deref(), stage.report().as_ref());
}

#[test]
fn a_session_that_judges_otherwise_is_noticed() {
    let (_, heard) = perform(vec![Fault::WrongDigest], 100);
    assert_eq!(heard.mismatches, 1);
}

#[test]
fn without_a_service_notes_are_judged_and_counted() {
    // A port on which nobody listens.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let stage = Stage::new([]);
    let (mut relay, mut outputs) = start(&stage, address);
    let events = take();
    for event in &events {
        relay.push(*event).expect("room");
    }
    assert_eq!(relay.undelivered(), events.len());
    let mut heard = Heard::default();
    let resumed =
        |heard: &Heard| heard.states.iter().filter(|state| matches!(state, State::Resuming { .. })).count();
    heard.until(&mut outputs, |heard| resumed(heard) >= 3);
    assert!(heard.local.len() >= note_ons(&events));
    assert_eq!(relay.close(Duration::from_millis(1)), events.len());
}

#[test]
fn a_dropped_relay_ends_its_outputs() {
    let stage = Stage::new([]);
    let (relay, mut outputs) = start(&stage, on_air(&stage));
    drop(relay);
    let mut heard = Heard::default();
    while let Some(output) = outputs.next_blocking() {
        heard.hear(output);
    }
    assert!(heard.official.is_empty());
}

#[test]
fn outputs_that_nobody_takes_do_no_harm() {
    let stage = Stage::new([]);
    let (mut relay, outputs) = start(&stage, on_air(&stage));
    drop(outputs);
    let events = take();
    for event in &events {
        relay.push(*event).expect("room");
    }
    assert_eq!(relay.close(FOREVER), 0);
    assert_eq!(stage.log(), events);
}
