//! Whatever comes in a frame: no panic, nothing changed by what is refused, and an honest take works afterwards.

use etude_engine::protocol::ServerMessage;
use etude_engine::session::client::SessionClient;
use etude_engine::session::server::{Connection, Received};
use etude_engine::units::Micros;
use proptest::collection::vec;
use proptest::prelude::*;

use super::{events, hello, served, server, take};

/// A number where a message has one: the ends of every range, and what is out of it.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<u8>().prop_map(|n| n.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<u64>().prop_map(|n| n.to_string()),
        prop_oneof![Just("null"), Just("-0"), Just("1e999"), Just("0.5"), Just("\"7\""), Just("[]")]
            .prop_map(str::to_owned),
        Just("9223372036854775807").prop_map(str::to_owned),
        Just("-9223372036854775808").prop_map(str::to_owned),
    ]
}

fn event() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        number().prop_map(|n| format!(r#""type":"note_on","pitch":60,"velocity":{n}"#)),
        number().prop_map(|n| format!(r#""type":"note_off","pitch":{n}"#)),
        (number(), number()).prop_map(|(position, tempo)| {
            format!(
                r#""type":"transport","playing":true,"position_uq":{position},"micros_per_quarter":{tempo}"#
            )
        }),
        Just(r#""type":"note_on","pitch":60,"velocity":1"#.to_owned()),
        Just(r#""type":"tick""#.to_owned()),
        Just(r#""type":"end""#.to_owned()),
    ];
    (number(), kind).prop_map(|(at, kind)| format!(r#"{{"at_us":{at},{kind}}}"#))
}

fn client_frame() -> impl Strategy<Value = String> {
    prop_oneof![
        (number(), number()).prop_map(|(records, attempt)| format!(
            r#"{{"type":"hello","protocol":1,"attempt":{attempt},"client":"x","engine":"","records":{records}}}"#
        )),
        (0u8..12, vec(event(), 0..6))
            .prop_map(|(first, events)| format!(
                r#"{{"type":"events","first":{first},"events":[{}]}}"#,
                events.join(",")
            )),
        (number(), vec(event(), 0..3)).prop_map(|(first, events)| format!(
            r#"{{"type":"events","first":{first},"events":[{}]}}"#,
            events.join(",")
        )),
        ".{0,80}",
    ]
}

fn server_frame() -> impl Strategy<Value = String> {
    let record = prop_oneof![
        number().prop_map(|n| format!(r#"{{"type":"missed","note":{n}}}"#)),
        number().prop_map(|n| format!(r#"{{"type":"final","through":{n}}}"#)),
        Just(r#"{"type":"played","event":0,"verdict":{"is":"extra"}}"#.to_owned()),
    ];
    prop_oneof![
        (number(), number(), vec(record, 0..4)).prop_map(|(ack, first, records)| format!(
            r#"{{"type":"verdicts","ack":{ack},"first":{first},"records":[{}],"digest":"0123456789abcdef"}}"#,
            records.join(",")
        )),
        (0u8..6, 0u8..6).prop_map(|(ack, first)| format!(
            r#"{{"type":"verdicts","ack":{ack},"first":{first},"records":[{{"type":"missed","note":0}}]}}"#
        )),
        number().prop_map(|n| format!(r#"{{"type":"error","code":"gap","message":"","recoverable":{n}}}"#)),
        ".{0,80}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_session_survives_any_frames(frames in vec(client_frame(), 1..12), greeted: bool) {
        let take = take(8);
        let mut server = server(&take, 4);
        let mut connection = Connection { greeted, told: 0 };
        for frame in frames {
            let (before, digest) = (server.session().events(), server.session().digest());
            match server.receive(&mut connection, &frame) {
                Received::Append(append) => {
                    let events = append.events().len() as u64;
                    prop_assert!(connection.greeted && events > 0 && append.first().0 == before);
                    server.commit(append);
                    prop_assert_eq!(server.session().events(), before + events);
                }
                Received::Refuse { frame, .. } => {
                    let refusal = ServerMessage::from_frame(&frame).unwrap();
                    let refused = matches!(refusal, ServerMessage::Error { .. });
                    prop_assert!(refused);
                    prop_assert_eq!((server.session().events(), server.session().digest()), (before, digest));
                }
                Received::Reply(_) => prop_assert_eq!(server.session().digest(), digest),
            }
        }
    }

    #[test]
    fn a_spoilt_frame_harms_nobody(at in any::<prop::sample::Index>(), with in any::<u8>(), count in 0usize..9) {
        let take = take(8);
        let server = server(&take, 4);
        for frame in [hello(0).to_frame(), events(4, &take.events[4..8])] {
            let mut bytes = frame.into_bytes();
            let at = at.index(bytes.len());
            let end = bytes.len().min(at + count);
            bytes.splice(at..end, [with]);
            let spoilt = String::from_utf8_lossy(&bytes);
            if let Received::Append(append) = server.receive(&mut Connection { greeted: true, told: 0 }, &spoilt) {
                prop_assert_eq!(append.first().0, 4);
            }
            prop_assert_eq!(server.session().events(), 4);
        }
    }

    #[test]
    fn a_client_survives_any_session(frames in vec(server_frame(), 1..12), live: bool) {
        let take = take(8);
        let mut server = server(&take, 0);
        let mut client = SessionClient::new("test", take.score.clone(), take.config).unwrap();
        client.push(take.events[0], Micros(0)).unwrap();
        client.connected(Micros(0));
        let hello = client.poll_frame(Micros(0)).unwrap();
        if live {
            for frame in served(&mut server, &mut Connection::default(), &hello) {
                client.receive(&frame, Micros(0));
            }
            while client.poll_frame(Micros(0)).is_some() {}
        }
        for frame in frames {
            client.receive(&frame, Micros(0));
            while client.poll_output().is_some() {}
            while client.poll_frame(Micros(0)).is_some() {}
            prop_assert!(client.waiting() <= 1);
        }
    }
}
