//! Those who read along: some slow, some that come and go. None may miss anything, or have more than it asked for.

use std::collections::VecDeque;

use etude_engine::protocol::{ClientMessage, PROTOCOL, ServerMessage, VIEWER_EVENTS_MAX, VIEWER_RECORDS_MAX};
use etude_engine::report::Report;
use etude_engine::session::server::SessionServer;
use etude_engine::session::viewer::{Shown, Viewing, heard};
use etude_engine::session::{ENGINE, Event};
use etude_engine::units::Micros;

use crate::music::Rng;
use crate::world::Truth;

/// Far more than any viewer needs to catch up: the sign of one that never does.
const STEPS_MAX: u32 = 1_000_000;

pub struct Audience {
    viewers: Vec<Viewer>,
    rng: Rng,
    /// Times that one left or was cut off, and came back.
    pub returned: u32,
    /// Times that one was not shown what was played, since it lagged.
    pub passed_over: u32,
}

/// A viewer, its connection, and what it has.
struct Viewer {
    connection: Option<Viewing>,
    down: VecDeque<(Micros, String)>,
    /// Records and events in what is on its way.
    waiting: (usize, usize),
    /// From the session to its eye: a slow one reads seconds later.
    latency: Micros,
    /// When it says hello next.
    hello_at: Option<Micros>,
    records: usize,
    events: usize,
    high_water: u64,
    digested: bool,
    /// What came since its last hello.
    fresh: (usize, usize),
    report: Option<Report>,
}

impl Audience {
    pub fn new(seed: u64) -> Self {
        let mut rng = Rng(seed);
        let viewers = (0..rng.range(0, 4)).map(|_| Viewer::arriving(&mut rng)).collect();
        Self { viewers, rng, returned: 0, passed_over: 0 }
    }

    /// When something happens next.
    pub fn next_moment(&self) -> Option<Micros> {
        self.viewers.iter().flat_map(Viewer::next_moment).min()
    }

    pub fn step(&mut self, now: Micros, server: &SessionServer, disk: &[Event], truth: &Truth) {
        for viewer in &mut self.viewers {
            while let Some((_, frame)) = viewer.down.pop_front_if(|(at, _)| *at <= now) {
                viewer.hear(&frame, now, truth);
            }
            if viewer.hello_at.is_some_and(|at| at <= now) {
                viewer.hello_at = None;
                viewer.ask(now, server, disk);
            }
        }
    }

    /// Shows what was just committed, as the session object does.
    pub fn show(
        &mut self,
        now: Micros,
        server: &SessionServer,
        first: u64,
        events: &[Event],
        frames: &[String],
    ) {
        for viewer in &mut self.viewers {
            let Some(viewing) = &mut viewer.connection else { continue };
            if server.keeps_up(viewing) {
                viewer.put(now, heard(first, events).chain(frames.iter().cloned()));
            } else {
                self.passed_over += 1;
            }
        }
    }

    /// One of them loses its connection, with all that was on its way.
    pub fn cut_one(&mut self, now: Micros) -> bool {
        if self.viewers.is_empty() {
            return false;
        }
        let at = self.rng.index(self.viewers.len());
        self.viewers[at].cut(now, &mut self.rng);
        self.returned += 1;
        true
    }

    /// The process of the session died.
    pub fn cut_all(&mut self, now: Micros) {
        for viewer in &mut self.viewers {
            viewer.cut(now, &mut self.rng);
        }
    }

    /// The session slept: of each connection only the attachment is left.
    pub fn hibernate(&mut self) {
        for viewing in self.viewers.iter_mut().filter_map(|viewer| viewer.connection.as_mut()) {
            let attachment = serde_json::to_string(viewing).unwrap();
            *viewing = serde_json::from_str(&attachment).unwrap();
        }
    }

    /// Lets all of them read to the end, and checks that they have it all.
    pub fn finish(&mut self, mut now: Micros, server: &SessionServer, disk: &[Event], truth: &Truth) {
        let mut steps = 0;
        while let Some(at) = self.next_moment() {
            steps += 1;
            assert!(steps < STEPS_MAX, "a viewer does not come to an end");
            now = at.max(now);
            self.step(now, server, disk, truth);
            // One that was passed over hears of it when it next asks, which a person's patience decides.
            for viewer in &mut self.viewers {
                if viewer.next_moment().is_none() && viewer.report.is_none() {
                    viewer.hello_at = Some(now);
                }
            }
        }
        for viewer in &self.viewers {
            assert_eq!((viewer.events, viewer.records), (disk.len(), truth.records.len()));
            assert_eq!(viewer.report.as_ref(), Some(&truth.report));
        }
    }
}

impl Viewer {
    fn arriving(rng: &mut Rng) -> Self {
        let slow = rng.percent(40);
        Self {
            connection: Some(Viewing::default()),
            down: VecDeque::new(),
            waiting: (0, 0),
            latency: Micros(if slow { rng.range(1_000_000, 60_000_000) } else { rng.range(500, 100_000) }),
            hello_at: Some(Micros(rng.range(0, 100_000_000))),
            records: 0,
            events: 0,
            high_water: 0,
            digested: false,
            fresh: (0, 0),
            report: None,
        }
    }

    fn next_moment(&self) -> Option<Micros> {
        [self.hello_at, self.down.front().map(|&(at, _)| at)].into_iter().flatten().min()
    }

    fn cut(&mut self, now: Micros, rng: &mut Rng) {
        self.down.clear();
        self.waiting = (0, 0);
        self.connection = None;
        self.hello_at = Some(Micros(now.0 + rng.range(10_000, 20_000_000)));
    }

    fn put(&mut self, now: Micros, frames: impl Iterator<Item = String>) {
        for frame in frames {
            match ServerMessage::from_frame(&frame).unwrap() {
                ServerMessage::Heard { events, .. } => self.waiting.1 += events.len(),
                ServerMessage::Verdicts { records, .. } => self.waiting.0 += records.len(),
                _ => {}
            }
            self.down.push_back((Micros(now.0 + self.latency.0), frame));
        }
        let (records, events) = self.waiting;
        // It asks again when half of what it is allowed has come, so two answers may be on their way.
        assert!(records <= 2 * VIEWER_RECORDS_MAX, "{records} records wait for one viewer");
        assert!(events <= 2 * VIEWER_EVENTS_MAX, "{events} events wait for one viewer");
    }

    fn ask(&mut self, now: Micros, server: &SessionServer, disk: &[Event]) {
        let hello = ClientMessage::Hello {
            protocol: PROTOCOL,
            attempt: 1,
            client: "viewer".to_owned(),
            engine: String::new(),
            score: None,
            records: self.records as u64,
            judged_by: Some(ENGINE.to_owned()),
            heard: self.events as u64,
        };
        let viewing = self.connection.get_or_insert_default();
        let Shown::Reply { welcome, events, verdicts } = server.show(viewing, &hello.to_frame()) else {
            panic!("a viewer that has {} records and {} events was refused", self.records, self.events)
        };
        self.fresh = (0, 0);
        let played = heard(events.start, &disk[events.start as usize..events.end as usize]);
        self.put(now, [welcome].into_iter().chain(played).chain(verdicts));
    }

    fn hear(&mut self, frame: &str, now: Micros, truth: &Truth) {
        match ServerMessage::from_frame(frame).unwrap() {
            ServerMessage::Welcome { high_water, .. } => self.high_water = high_water,
            ServerMessage::Heard { first, events } => {
                let first = first.0 as usize;
                self.waiting.1 -= events.len();
                assert!(first <= self.events, "event {first} was shown after {}", self.events);
                assert_eq!(events, truth.events[first..first + events.len()]);
                self.fresh.1 += (first + events.len()).saturating_sub(self.events);
                self.events = self.events.max(first + events.len());
            }
            ServerMessage::Verdicts { first, records, digest, .. } => {
                let first = first as usize;
                self.waiting.0 -= records.len();
                assert!(first <= self.records, "record {first} was shown after {}", self.records);
                assert_eq!(records, truth.records[first..first + records.len()]);
                self.fresh.0 += (first + records.len()).saturating_sub(self.records);
                self.records = self.records.max(first + records.len());
                self.digested = digest.is_some();
            }
            ServerMessage::Report { report } => self.report = Some(*report),
            other => panic!("{other:?}"),
        }
        // It goes by docs/PROTOCOL.md.
        let behind = (self.events as u64) < self.high_water || !self.digested;
        let half = self.fresh.0 >= VIEWER_RECORDS_MAX / 2 || self.fresh.1 >= VIEWER_EVENTS_MAX / 2;
        if self.down.is_empty() && self.connection.is_some() && (behind || half) {
            self.hello_at = Some(now);
        }
    }
}
