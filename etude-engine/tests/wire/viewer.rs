//! What viewers are shown: all of it, in order, and no more at a time than they asked for.

use etude_engine::judge::{Record, Verdict};
use etude_engine::protocol::{
    CLOSE_REFUSED, ErrorCode, FRAME_BYTES_MAX, Role, ServerMessage, VIEWER_EVENTS_MAX, VIEWER_RECORDS_MAX,
};
use etude_engine::report::Report;
use etude_engine::session::server::{Connection, Received, SessionServer};
use etude_engine::session::viewer::{Shown, Viewing, heard};
use etude_engine::session::{ENGINE, Event, VerdictDigest};

use super::{ClientMessage, PROTOCOL, Take, events, server, take};

/// A viewer, and what it has.
#[derive(Default)]
struct Viewer {
    viewing: Viewing,
    records: Vec<Record>,
    events: Vec<Event>,
    high_water: u64,
    digest: Option<VerdictDigest>,
    report: Option<Report>,
    /// Since its last hello.
    frames: usize,
}

impl Viewer {
    fn hello(&self) -> String {
        let hello = ClientMessage::Hello {
            protocol: PROTOCOL,
            attempt: 1,
            client: "viewer".to_owned(),
            engine: String::new(),
            score: None,
            records: self.records.len() as u64,
            judged_by: Some(ENGINE.to_owned()),
            heard: self.events.len() as u64,
        };
        hello.to_frame()
    }

    /// Says hello and takes in the answer.
    fn ask(&mut self, server: &SessionServer, log: &[Event]) {
        let (hello, before) = (self.hello(), (self.records.len(), self.events.len()));
        let Shown::Reply { welcome, events, verdicts } = server.show(&mut self.viewing, &hello) else {
            panic!("refused")
        };
        let ServerMessage::Welcome { role, high_water, position, .. } =
            ServerMessage::from_frame(&welcome).unwrap()
        else {
            panic!("no welcome: {welcome}")
        };
        let last = server.records().iter().rev().find_map(|record| match record {
            Record::Played { verdict: Verdict::Matched { note, .. }, .. } => Some(*note),
            _ => None,
        });
        assert_eq!((role, position), (Role::Viewer, last));
        self.high_water = high_water;
        self.frames = 0;
        self.hear(heard(events.start, &log[events.start as usize..events.end as usize]));
        self.hear(verdicts);
        assert!(self.records.len() - before.0 <= VIEWER_RECORDS_MAX);
        assert!(self.events.len() - before.1 <= VIEWER_EVENTS_MAX);
    }

    fn hear(&mut self, frames: impl IntoIterator<Item = String>) {
        for frame in frames {
            self.frames += 1;
            match ServerMessage::from_frame(&frame).unwrap() {
                ServerMessage::Heard { first, events } => {
                    assert_eq!(first.0, self.events.len() as u64, "events must be contiguous");
                    assert!(frame.len() <= FRAME_BYTES_MAX);
                    self.events.extend(events);
                }
                ServerMessage::Verdicts { first, records, digest, .. } => {
                    assert_eq!(first, self.records.len() as u64, "records must be contiguous");
                    self.records.extend(records);
                    self.digest = digest;
                }
                ServerMessage::Report { report } => self.report = Some(*report),
                other => panic!("{other:?}"),
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.digest.is_some() && self.events.len() as u64 >= self.high_water
    }

    fn has_all_of(&self, server: &SessionServer, take: &Take) {
        assert_eq!(self.records, server.records());
        assert_eq!(self.events, take.events[..server.session().events() as usize]);
        assert_eq!(self.digest, Some(server.session().digest()));
        assert_eq!(self.report, server.report());
    }
}

/// Plays on, showing each viewer what it is to be shown.
fn play(server: &mut SessionServer, take: &Take, upto: usize, viewers: &mut [&mut Viewer]) {
    let mut player = Connection { greeted: true, ..Connection::default() };
    while (server.session().events() as usize) < upto {
        let first = server.session().events() as usize;
        let batch = &take.events[first..upto.min(first + 5)];
        let Received::Append(append) = server.receive(&mut player, &events(first, batch)) else {
            panic!("not taken")
        };
        let frames = server.commit(append);
        for viewer in &mut *viewers {
            if server.keeps_up(&mut viewer.viewing) {
                viewer.hear(heard(first as u64, batch).chain(frames.iter().cloned()));
            }
        }
    }
}

#[test]
fn one_who_joins_late_has_all_and_then_hears_live() {
    let take = take(60);
    let half = take.events.len() / 2;
    let mut server = server(&take, half);
    let mut viewer = Viewer::default();
    play(&mut server, &take, half + 5, &mut [&mut viewer]);
    assert_eq!(viewer.frames, 0, "nothing is shown before hello");
    viewer.ask(&server, &take.events);
    assert!(viewer.is_complete());
    viewer.has_all_of(&server, &take);
    play(&mut server, &take, take.events.len(), &mut [&mut viewer]);
    assert!(viewer.report.is_some());
    viewer.has_all_of(&server, &take);
}

#[test]
fn a_long_take_is_shown_in_portions() {
    let take = take(9_000);
    let server = server(&take, take.events.len());
    assert!(take.events.len() > 2 * VIEWER_EVENTS_MAX && server.records().len() > 2 * VIEWER_RECORDS_MAX);
    let mut viewer = Viewer::default();
    let mut hellos = 0;
    while !viewer.is_complete() {
        viewer.ask(&server, &take.events);
        hellos += 1;
        assert!(hellos < 100);
    }
    viewer.has_all_of(&server, &take);
}

#[test]
fn one_who_does_not_ask_again_is_sent_a_bounded_amount_and_loses_nothing() {
    let take = take(9_000);
    let mut server = server(&take, 0);
    let (mut slow, mut quick) = (Viewer::default(), Viewer::default());
    slow.ask(&server, &take.events);
    for upto in (0..take.events.len()).step_by(500).chain([take.events.len()]) {
        quick.ask(&server, &take.events);
        play(&mut server, &take, upto, &mut [&mut slow, &mut quick]);
    }
    assert!(slow.records.len() <= VIEWER_RECORDS_MAX && slow.events.len() <= VIEWER_EVENTS_MAX);
    assert!(slow.events.len() > VIEWER_EVENTS_MAX / 4, "what is allowed is sent");
    assert_eq!(slow.report, None);
    quick.has_all_of(&server, &take);
    // It comes back, also after the object slept.
    slow.viewing = serde_json::from_str(&serde_json::to_string(&slow.viewing).unwrap()).unwrap();
    slow.digest = None;
    while !slow.is_complete() {
        slow.ask(&server, &take.events);
    }
    slow.has_all_of(&server, &take);
}

#[test]
fn what_a_viewer_may_not_say_is_refused() {
    let take = take(20);
    let server = server(&take, 10);
    let told = Viewer {
        records: server.records().to_vec(),
        events: take.events[..10].to_vec(),
        ..Viewer::default()
    };
    let ahead = Viewer { events: take.events[..11].to_vec(), ..Viewer::default() };
    for (before, frame, code) in [
        (Viewing::default(), events(10, &take.events[10..11]), ErrorCode::ReadOnly),
        (Viewing::default(), events(0, &[]), ErrorCode::ReadOnly),
        (Viewing::default(), ahead.hello(), ErrorCode::Gap),
        (Viewing::default(), "{}".to_owned(), ErrorCode::Malformed),
        (shown(&server, &told), Viewer::default().hello(), ErrorCode::Gap),
    ] {
        let mut viewing = before;
        let Shown::Refuse { frame: told, close } = server.show(&mut viewing, &frame) else {
            panic!("{frame} was taken")
        };
        let ServerMessage::Error { code: given, recoverable, message } =
            ServerMessage::from_frame(&told).unwrap()
        else {
            panic!("no error: {told}")
        };
        assert_eq!(given, code, "{message}");
        assert_eq!(close == CLOSE_REFUSED, !recoverable);
        assert_eq!(viewing, before);
        assert!(!server.keeps_up(&mut viewing.clone()) || before != Viewing::default());
    }
}

/// A connection that has been told what this viewer has.
fn shown(server: &SessionServer, viewer: &Viewer) -> Viewing {
    let mut viewing = Viewing::default();
    assert!(matches!(server.show(&mut viewing, &viewer.hello()), Shown::Reply { .. }));
    viewing
}
