//! A player, viewers, a server, a disk and a network that fail in every way we could think of, under a virtual clock.

use std::collections::{BTreeMap, VecDeque};

use etude_engine::judge::Record;
use etude_engine::protocol::{
    ClientMessage, EVENTS_PER_FRAME_MAX, ErrorCode, FRAME_BYTES_MAX, RECORDS_PER_FRAME_MAX, ServerMessage,
};
use etude_engine::report::Report;
use etude_engine::session::client::{IN_FLIGHT_EVENTS_MAX, Output, SessionClient};
use etude_engine::session::server::{Append, Connection, Received, SessionServer};
use etude_engine::session::{Event, Session};
use etude_engine::units::Micros;

use crate::audience::Audience;
use crate::music::{Rng, Take};

/// Far more than any run needs: the sign of two ends that talk for ever.
const STEPS_MAX: u32 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    Cut,
    HoleUp,
    HoleDown,
    Lose,
    Duplicate,
    Swap,
    Truncate,
    Stale,
    Crash,
    CrashBeforeWrite,
    CrashAfterWrite,
    CrashAfterCommit,
    DiskFull,
    Hibernate,
    Slow,
    /// The player goes on with another client, which has the take so far.
    TakeOver,
    /// Another client that knows nothing of the take is connected for a moment.
    Stranger,
    /// A viewer leaves, and comes back.
    ViewerCut,
}

impl Fault {
    pub const ALL: [Self; 18] = [
        Self::Cut,
        Self::HoleUp,
        Self::HoleDown,
        Self::Lose,
        Self::Duplicate,
        Self::Swap,
        Self::Truncate,
        Self::Stale,
        Self::Crash,
        Self::CrashBeforeWrite,
        Self::CrashAfterWrite,
        Self::CrashAfterCommit,
        Self::DiskFull,
        Self::Hibernate,
        Self::Slow,
        Self::TakeOver,
        Self::Stranger,
        Self::ViewerCut,
    ];
}

/// How a run is to go.
pub struct Plan {
    /// Faults before the world turns kind.
    pub faults: u32,
    /// Longest time from one fault to the next.
    pub fault_gap: Micros,
    /// When the first connection is tried.
    pub first_connect: Micros,
    /// Capture events as fast as they can be pushed, not by their own times.
    pub rush: bool,
}

/// What a run did.
#[derive(Default)]
pub struct Tale {
    pub struck: BTreeMap<Fault, u32>,
    pub connections: u32,
    pub refused: u32,
    pub stalled: u32,
    pub missing_most: u64,
    pub in_flight_most: u64,
    pub events: u64,
    /// Of viewers.
    pub returned: u32,
    pub passed_over: u32,
}

/// What a straight fold of the whole log gives.
pub struct Truth {
    pub events: Vec<Event>,
    pub records: Vec<Record>,
    pub report: Report,
    session: Session,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

#[derive(Default)]
struct Pipe {
    frames: VecDeque<(Micros, String)>,
    /// Everything put in is lost.
    hole: bool,
}

#[derive(Default)]
struct Socket {
    up: Pipe,
    down: Pipe,
    /// What the server remembers of it.
    connection: Connection,
    /// The server has closed it; the client learns when it has read all.
    closing: bool,
}

pub struct World<'a> {
    take: &'a Take,
    rng: Rng,
    now: Micros,
    client: SessionClient,
    audience: Audience,
    pushed: usize,
    server: SessionServer,
    disk: Vec<Event>,
    /// What the next append meets.
    armed: Option<Fault>,
    /// What the next frames this way meet.
    meddling: Option<(Way, Fault)>,
    socket: Option<Socket>,
    /// A socket that the client has given up and the server not yet.
    dying: Option<Socket>,
    reconnect_at: Option<Micros>,
    latency: Micros,
    fault_at: Micros,
    faults_left: u32,
    fault_gap: Micros,
    /// Frames of earlier connections.
    stale: Vec<(Way, String)>,
    rush: bool,
    acked: u64,
    /// The most that was acked, to any client.
    promised: u64,
    official: Vec<Record>,
    local: Vec<Record>,
    report: Option<Report>,
    tale: Tale,
}

impl<'a> World<'a> {
    /// Plays the whole take and checks what must hold on the way and at the end.
    pub fn run(take: &'a Take, seed: u64, plan: &Plan) -> Tale {
        let truth = Truth::of(take);
        let mut world = Self {
            take,
            rng: Rng(seed),
            now: Micros(0),
            client: client(take),
            audience: Audience::new(seed ^ 1),
            pushed: 0,
            server: rebuilt(take, &[]),
            disk: Vec::new(),
            armed: None,
            meddling: None,
            socket: None,
            dying: None,
            reconnect_at: Some(plan.first_connect),
            latency: Micros::from_millis(20),
            fault_at: Micros(0),
            faults_left: plan.faults,
            fault_gap: plan.fault_gap,
            stale: Vec::new(),
            rush: plan.rush,
            acked: 0,
            promised: 0,
            official: Vec::new(),
            local: Vec::new(),
            report: None,
            tale: Tale::default(),
        };
        let mut steps = 0;
        while world.report.is_none() {
            steps += 1;
            assert!(steps < STEPS_MAX, "the two ends do not come to an end");
            world.step(&truth);
        }
        world.check_end(&truth);
        world.audience.finish(world.now, &world.server, &world.disk, &truth);
        let Audience { returned, passed_over, .. } = world.audience;
        Tale { events: take.events.len() as u64, returned, passed_over, ..world.tale }
    }

    fn step(&mut self, truth: &Truth) {
        self.now = self.next_moment();
        self.capture();
        if self.faults_left > 0 && self.fault_at <= self.now {
            self.fault_at.0 += self.rng.range(1, self.fault_gap.0);
            self.faults_left -= 1;
            let fault = Fault::ALL[self.rng.index(Fault::ALL.len())];
            self.strike(fault);
        }
        self.audience.step(self.now, &self.server, &self.disk, truth);
        if let Some(socket) = self.dying.take() {
            self.serve_dying(socket);
        }
        while let Some(frame) = self.arrived(Way::Up) {
            self.serve(&frame);
        }
        while let Some(frame) = self.arrived(Way::Down) {
            self.client.receive(&frame, self.now);
            self.pump(truth);
        }
        if self.socket.as_ref().is_some_and(|socket| socket.closing && socket.down.frames.is_empty()) {
            self.lose_socket();
        }
        if self.socket.is_none() && self.reconnect_at.is_some_and(|at| at <= self.now) {
            self.reconnect_at = None;
            self.tale.connections += 1;
            self.socket = Some(Socket::default());
            self.client.connected(self.now);
            if self.faults_left > 0 && self.rng.percent(30) {
                self.faults_left -= 1;
                self.strike(Fault::Stale);
            }
        }
        self.pump(truth);
    }

    fn next_moment(&self) -> Micros {
        let capture = self.take.events.get(self.pushed).map(|event| event.at);
        let pipes = self.socket.iter().flat_map(|socket| [&socket.up, &socket.down]);
        let dying = self.dying.iter().map(|socket| &socket.up);
        let arrivals = pipes.chain(dying).filter_map(|pipe| pipe.frames.front()).map(|&(at, _)| at);
        let fault = (self.faults_left > 0).then_some(self.fault_at);
        [capture, self.client.next_timeout(), self.reconnect_at, fault, self.audience.next_moment()]
            .into_iter()
            .flatten()
            .chain(arrivals)
            .min()
            .expect("the client waits for nothing, and has no report")
            .max(self.now)
    }

    fn capture(&mut self) {
        while let Some(&event) = self.take.events.get(self.pushed) {
            if event.at > self.now && !self.rush {
                break;
            }
            let seq = self.client.push(event, self.now).unwrap();
            assert_eq!(seq.0 as usize, self.pushed);
            self.pushed += 1;
        }
    }

    /// Lets the client say and report all it has.
    fn pump(&mut self, truth: &Truth) {
        loop {
            // The acks first: what is in flight is counted from them.
            while let Some(output) = self.client.poll_output() {
                self.heed(output, truth);
            }
            let Some(frame) = self.client.poll_frame(self.now) else { break };
            self.check_client_frame(&frame);
            self.put(Way::Up, frame);
        }
        while let Some(output) = self.client.poll_output() {
            self.heed(output, truth);
        }
    }

    fn heed(&mut self, output: Output, truth: &Truth) {
        match output {
            Output::Local(record) => self.local.push(record),
            Output::Official(record) => {
                assert_eq!(Some(&record), truth.records.get(self.official.len()), "official record");
                self.official.push(record);
            }
            Output::Acked { through } => {
                assert!(through.0 > self.acked, "acks rise");
                assert!(through.0 <= self.disk.len() as u64, "acked before it was on disk");
                self.acked = through.0;
                self.promised = self.promised.max(self.acked);
            }
            Output::Live { missing } => {
                assert!(self.acked >= self.promised, "what was acked is there");
                self.tale.missing_most = self.tale.missing_most.max(missing);
            }
            Output::Report(report) => {
                assert_eq!(self.report, None, "one report");
                self.report = Some(*report);
            }
            Output::Refused { code, message, recoverable } => {
                assert!(recoverable, "refused for good: {code:?}: {message}");
                self.tale.refused += 1;
                self.lose_socket();
            }
            Output::Stalled => {
                self.tale.stalled += 1;
                self.lose_socket();
            }
            Output::Rejudged | Output::DigestMismatch { .. } => panic!("{output:?}"),
        }
    }

    fn check_client_frame(&mut self, frame: &str) {
        assert!(frame.len() <= FRAME_BYTES_MAX);
        if let ClientMessage::Events { first, events } = ClientMessage::from_frame(frame).unwrap() {
            assert!((1..=EVENTS_PER_FRAME_MAX).contains(&events.len()));
            let in_flight = first.0 + events.len() as u64 - self.acked;
            assert!(in_flight <= IN_FLIGHT_EVENTS_MAX as u64, "{in_flight} events in flight");
            self.tale.in_flight_most = self.tale.in_flight_most.max(in_flight);
        }
    }

    fn check_end(&mut self, truth: &Truth) {
        assert_eq!(self.disk, self.take.events, "each event once, in order");
        assert_eq!(self.official, truth.records);
        assert_eq!(self.local, truth.records);
        assert_eq!(self.report.as_ref(), Some(&truth.report));
        assert_eq!(self.client.waiting(), 0);
        assert_eq!(self.client.local().digest(), truth.session.digest());
        for server in [&self.server, &rebuilt(self.take, &self.disk)] {
            assert_eq!(server.records(), truth.records);
            assert_eq!(server.session().digest(), truth.session.digest());
            assert_eq!(server.report().as_ref(), Some(&truth.report));
        }
    }

    fn put(&mut self, way: Way, frame: String) {
        let at = Micros(self.now.0 + self.latency.0 + self.rng.range(0, 5_000));
        let Some(socket) = &mut self.socket else { return };
        let pipe = socket.pipe(way);
        if !pipe.hole {
            let at = pipe.frames.back().map_or(at, |&(before, _)| at.max(before));
            pipe.frames.push_back((at, frame));
            self.meddle();
        }
    }

    fn arrived(&mut self, way: Way) -> Option<String> {
        let now = self.now;
        self.socket.as_mut()?.pipe(way).next(now)
    }

    /// The client sees its connection fail, or closes it. What it had sent may still arrive.
    fn lose_socket(&mut self) {
        let Some(mut socket) = self.socket.take() else { return };
        self.client.disconnected();
        self.reconnect_at = Some(Micros(self.now.0 + self.rng.range(10_000, 2_000_000)));
        for (_, frame) in socket.down.frames.drain(..) {
            self.stale.push((Way::Down, frame));
        }
        for (_, frame) in &socket.up.frames {
            self.stale.push((Way::Up, frame.clone()));
        }
        if !socket.closing && self.rng.percent(50) {
            self.dying = Some(socket);
        }
    }

    /// The server reads on what a client that is gone has sent; until the client's next hello, nobody tells it.
    fn serve_dying(&mut self, mut socket: Socket) {
        let superseded = self.socket.as_ref().is_some_and(|newer| newer.connection.greeted);
        while let Some(frame) = socket.up.next(self.now).filter(|_| !superseded && !socket.closing) {
            match self.server.receive(&mut socket.connection, &frame) {
                Received::Reply(frames) => {
                    self.stale.extend(frames.into_iter().map(|frame| (Way::Down, frame)))
                }
                Received::Append(append) => {
                    let frames = self.store(append);
                    self.stale.extend(frames.into_iter().map(|frame| (Way::Down, frame)));
                }
                Received::Refuse { .. } => socket.closing = true,
            }
        }
        if !superseded && !socket.closing && !socket.up.frames.is_empty() {
            self.dying = Some(socket);
        }
    }

    fn serve(&mut self, frame: &str) {
        let Some(socket) = self.socket.as_mut().filter(|socket| !socket.closing) else { return };
        match self.server.receive(&mut socket.connection, frame) {
            Received::Reply(frames) => self.reply(frames),
            Received::Append(append) => self.append(append),
            Received::Refuse { frame, .. } => self.refuse(frame),
        }
    }

    fn append(&mut self, append: Append) {
        assert_eq!(append.first().0 as usize, self.disk.len());
        let armed = self.armed.take();
        match armed {
            Some(Fault::DiskFull) => {
                let error = self.server.storage_failed(append, "the disk is full");
                return self.refuse(error.to_frame());
            }
            Some(Fault::CrashBeforeWrite) => return self.crash(),
            Some(Fault::CrashAfterWrite) => {
                self.disk.extend_from_slice(append.events());
                return self.crash();
            }
            _ => {}
        }
        let frames = self.store(append);
        if armed == Some(Fault::CrashAfterCommit) {
            return self.crash();
        }
        self.reply(frames);
    }

    /// Write, judge, show.
    fn store(&mut self, append: Append) -> Vec<String> {
        let (first, events) = (append.first().0, append.events().to_vec());
        self.disk.extend_from_slice(&events);
        let frames = self.server.commit(append);
        self.audience.show(self.now, &self.server, first, &events, &frames);
        frames
    }

    fn reply(&mut self, frames: Vec<String>) {
        for frame in frames {
            match ServerMessage::from_frame(&frame).unwrap() {
                ServerMessage::Report { .. } => {}
                ServerMessage::Verdicts { records, .. } => {
                    assert!(records.len() <= RECORDS_PER_FRAME_MAX && frame.len() <= FRAME_BYTES_MAX);
                }
                _ => assert!(frame.len() <= FRAME_BYTES_MAX),
            }
            self.put(Way::Down, frame);
        }
    }

    fn refuse(&mut self, frame: String) {
        self.reply(vec![frame]);
        if let Some(socket) = &mut self.socket {
            socket.closing = true;
        }
    }

    fn crash(&mut self) {
        self.server = rebuilt(self.take, &self.disk);
        self.audience.cut_all(self.now);
        self.dying = None;
        let silent = self.rng.percent(20);
        match &mut self.socket {
            // Half-open: the client is not told.
            Some(socket) if silent => {
                *socket = Socket::default();
                (socket.up.hole, socket.down.hole) = (true, true);
            }
            Some(socket) => socket.closing = true,
            None => {}
        }
    }

    fn strike(&mut self, fault: Fault) {
        let way = if self.rng.percent(50) { Way::Up } else { Way::Down };
        let struck = match fault {
            Fault::CrashBeforeWrite | Fault::CrashAfterWrite | Fault::CrashAfterCommit | Fault::DiskFull => {
                self.armed = Some(fault);
                true
            }
            Fault::Slow => {
                self.latency = Micros(self.rng.range(500, 400_000));
                true
            }
            Fault::Crash => {
                self.crash();
                true
            }
            Fault::Hibernate => {
                self.server = rebuilt(self.take, &self.disk);
                self.audience.hibernate();
                if let Some(socket) = &mut self.socket {
                    let attachment = serde_json::to_string(&socket.connection).unwrap();
                    socket.connection = serde_json::from_str(&attachment).unwrap();
                }
                true
            }
            Fault::Cut => {
                let open = self.socket.is_some();
                self.lose_socket();
                open
            }
            Fault::HoleUp | Fault::HoleDown => self.socket.as_mut().is_some_and(|socket| {
                socket.pipe(if fault == Fault::HoleUp { Way::Up } else { Way::Down }).hole = true;
                true
            }),
            Fault::Stale => self.repeat_stale(),
            Fault::TakeOver => self.take_over(),
            Fault::Stranger => self.stranger(),
            Fault::ViewerCut => self.audience.cut_one(self.now),
            Fault::Lose | Fault::Duplicate | Fault::Swap | Fault::Truncate => {
                self.meddling = Some((way, fault));
                self.meddle();
                return;
            }
        };
        if struck {
            *self.tale.struck.entry(fault).or_default() += 1;
        }
    }

    /// A frame of an earlier connection turns up on this one. Not an error frame: on a transport that keeps
    /// connections apart that is a refusal, and there is nothing to tell it from a true one.
    fn repeat_stale(&mut self) -> bool {
        if self.stale.is_empty() || self.socket.is_none() {
            return false;
        }
        let (way, frame) = self.stale[self.rng.index(self.stale.len())].clone();
        self.put(way, frame);
        true
    }

    /// Another client of the player connects, with the take so far. Nothing is looked at any more that the first one sent,
    /// and it stays away.
    fn take_over(&mut self) -> bool {
        let first = std::mem::replace(&mut self.client, client(self.take));
        self.socket = None;
        self.dying = None;
        self.reconnect_at = Some(self.now);
        // Both count their hellos from 1: what answers one of them never reaches the other's connection.
        self.stale.clear();
        // The stream comes to the new client from its beginning.
        (self.acked, self.local, self.official) = (0, Vec::new(), Vec::new());
        for &event in &self.take.events[..self.pushed] {
            self.client.push(event, self.now).unwrap();
        }
        first.local().events() > 0
    }

    /// Another client connects that has played nothing, and finds that this take is not its own. The player's connection
    /// is closed by that, and the player takes its place back.
    fn stranger(&mut self) -> bool {
        if self.disk.is_empty() {
            return false;
        }
        self.lose_socket();
        self.dying = None;
        let mut stranger = client(self.take);
        stranger.connected(self.now);
        let hello = stranger.poll_frame(self.now).expect("a hello");
        let Received::Reply(frames) = self.server.receive(&mut Connection::default(), &hello) else {
            panic!("the stranger's hello is in order")
        };
        for frame in frames {
            stranger.receive(&frame, self.now);
        }
        let refused = stranger.poll_output();
        let as_it_must =
            matches!(&refused, Some(Output::Refused { code: ErrorCode::Gap, recoverable: false, .. }));
        assert!(as_it_must, "{refused:?}");
        assert_eq!(stranger.poll_frame(self.now), None, "it says nothing more");
        true
    }

    fn meddle(&mut self) {
        let (Some((way, fault)), Some(socket)) = (self.meddling, &mut self.socket) else { return };
        let frames = &mut socket.pipe(way).frames;
        if frames.len() < if fault == Fault::Swap { 2 } else { 1 } {
            return;
        }
        self.meddling = None;
        *self.tale.struck.entry(fault).or_default() += 1;
        let at = self.rng.index(frames.len());
        match fault {
            Fault::Lose => drop(frames.remove(at)),
            Fault::Duplicate => frames.insert(at, frames[at].clone()),
            Fault::Swap => {
                let at = at.max(1);
                let later = std::mem::take(&mut frames[at].1);
                frames[at].1 = std::mem::replace(&mut frames[at - 1].1, later);
            }
            _ => {
                let text = &mut frames[at].1;
                text.truncate(self.rng.index(text.len()));
            }
        }
    }
}

impl Socket {
    fn pipe(&mut self, way: Way) -> &mut Pipe {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }
}

impl Pipe {
    fn next(&mut self, now: Micros) -> Option<String> {
        self.frames.pop_front_if(|(at, _)| *at <= now).map(|(_, frame)| frame)
    }
}

impl Truth {
    fn of(take: &Take) -> Self {
        let mut session = Session::new(take.score.clone(), take.config).unwrap();
        let mut records = Vec::new();
        for &event in &take.events {
            session.handle(event).unwrap();
            records.extend(std::iter::from_fn(|| session.poll()));
        }
        Self { events: take.events.clone(), records, report: session.report(), session }
    }
}

fn client(take: &Take) -> SessionClient {
    SessionClient::new("simulation", take.score.clone(), take.config).unwrap()
}

fn rebuilt(take: &Take, log: &[Event]) -> SessionServer {
    SessionServer::rebuild("simulation", take.score.clone(), take.config, log.iter().copied()).unwrap()
}
