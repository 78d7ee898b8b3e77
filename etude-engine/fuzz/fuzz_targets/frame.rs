//! Whatever comes in a frame, neither end panics, and what a server refuses changes nothing.
//!
//! The first byte picks the end; the rest is frames, one a line.

#![no_main]

use std::sync::{Arc, LazyLock};

use etude_engine::protocol::EVENTS_PER_FRAME_MAX;
use etude_engine::score::{Articulations, Freedom, Hand, Measure, NoteId, Ornaments, Score, Note, ScoreParts, TempoMap};
use etude_engine::session::Config;
use etude_engine::session::client::SessionClient;
use etude_engine::session::server::{Connection, Received, SessionServer};
use etude_engine::units::{Micros, Pitch, Ticks};
use libfuzzer_sys::fuzz_target;

static SCORE: LazyLock<Arc<Score>> = LazyLock::new(|| {
    let notes = (0..8).map(|i| Note {
        id: NoteId { xml_id: format!("n{i}").into(), pass: 1 },
        onset: Ticks(i),
        duration: Ticks(1),
        pitch: Pitch::new(60 + i as u8).expect("below 128"),
        measure: 0,
        hand: Hand::Right,
        staff: 1,
        voice: 1,
        grace: false,
        ornaments: Ornaments::NONE,
        articulations: Articulations::NONE,
        freedom: Freedom::default(),
    });
    let measure = Measure { number: "1".into(), pass: 1, written: 0, onset: Ticks(0), duration: Ticks(8) };
    let parts = ScoreParts {
        ticks_per_quarter: 2,
        measures: vec![measure],
        notes: notes.collect(),
        tempo: TempoMap::default(),
        ..ScoreParts::default()
    };
    Arc::new(Score::new(parts).expect("a score of eight notes"))
});

fuzz_target!(|data: &[u8]| {
    let Some((end, frames)) = data.split_first() else { return };
    let Ok(frames) = std::str::from_utf8(frames) else { return };
    if end % 2 == 0 {
        server(frames, end & 2 != 0);
    } else {
        client(frames);
    }
});

fn server(frames: &str, greeted: bool) {
    let config = Config::default();
    let mut server = SessionServer::rebuild("fuzz", SCORE.clone(), config, []).expect("default settings");
    let mut connection = Connection { greeted, ..Connection::default() };
    for frame in frames.lines() {
        let before = server.session().events();
        if let Received::Append(append) = server.receive(&mut connection, frame) {
            assert!(connection.greeted);
            assert_eq!(append.first().0, before);
            let events = append.events().len();
            assert!((1..=EVENTS_PER_FRAME_MAX).contains(&events));
            server.commit(append);
            assert_eq!(server.session().events(), before + events as u64);
        }
    }
}

fn client(frames: &str) {
    let mut client = SessionClient::new("fuzz", SCORE.clone(), Config::default()).expect("default settings");
    for (at, frame) in frames.lines().enumerate() {
        let now = Micros(at as i64);
        client.connected(now);
        while client.poll_frame(now).is_some() {}
        client.receive(frame, now);
        while client.poll_frame(now).is_some() {}
        while client.poll_output().is_some() {}
    }
}
