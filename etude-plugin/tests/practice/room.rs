//! A room, and a host that plays into it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use etude_engine::import;
use etude_engine::report::Report;
use etude_engine::score::Score;
use etude_engine::session::{Config, Event, EventKind, Session};
use etude_engine::units::Micros;
use etude_plugin::capture::{Capture, SampleRate, Transport};
use etude_plugin::practice::{Command, Picture, Practice, TakeState};

/// Nothing here takes longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const RATE: f32 = 48_000.0;
pub(crate) const BLOCK: u32 = 256;

/// A bundled score or performance.
pub(crate) fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/scores").join(name)
}

/// A performance as a host plays it: each event at the nearest sample, the end left out.
pub(crate) fn performance(name: &str) -> Vec<(u64, EventKind)> {
    let events = import::performance(&std::fs::read(example(name)).unwrap()).unwrap();
    let at = |event: &Event| (event.at.0 as f64 * f64::from(RATE) / 1e6).round() as u64;
    events.iter().filter(|event| event.kind != EventKind::End).map(|event| (at(event), event.kind)).collect()
}

/// What the engine says offline of that performance.
pub(crate) fn offline(score: Arc<Score>, config: Config, played: &[(u64, EventKind)]) -> Report {
    let mut session = Session::new(score, config).unwrap();
    let first = played[0].0;
    let time = |sample: u64| Micros(((sample - first) as f64 * 1e6 / f64::from(RATE)).round() as i64);
    let events = played.iter().map(|(sample, kind)| Event { at: time(*sample), kind: *kind });
    let last = time(played[played.len() - 1].0);
    for event in events.chain([Event { at: last, kind: EventKind::End }]) {
        session.handle(event).unwrap();
        while session.poll().is_some() {}
    }
    session.report()
}

pub(crate) struct Host {
    pub(crate) practice: Practice,
    pub(crate) capture: Capture,
    pub(crate) transport: Option<Transport>,
    sample: u64,
}

impl Host {
    pub(crate) fn new() -> Self {
        Self::with_folder(None)
    }

    /// One that keeps what has to be kept in this folder.
    pub(crate) fn with_folder(folder: Option<PathBuf>) -> Self {
        let (practice, mut capture) = Practice::with_folder(folder);
        capture.set_rate(SampleRate::new(RATE));
        Self { practice, capture, transport: None, sample: 0 }
    }

    /// Runs a block in which nothing is played.
    pub(crate) fn idle(&mut self) {
        self.capture.begin_block(self.transport);
        self.capture.end_block(BLOCK);
        self.sample += u64::from(BLOCK);
    }

    /// Plays from the next block on, as fast as it goes, but slowly enough for the room to keep up.
    pub(crate) fn play(&mut self, played: &[(u64, EventKind)]) {
        let start = self.sample - played.first().map_or(0, |first| first.0.min(self.sample));
        let mut left = played;
        while !left.is_empty() {
            self.capture.begin_block(self.transport);
            let end = self.sample + u64::from(BLOCK);
            let now = left.partition_point(|(sample, _)| start + sample < end);
            for (sample, kind) in &left[..now] {
                self.capture.event((start + sample - self.sample) as u32, *kind);
            }
            self.capture.end_block(BLOCK);
            (self.sample, left) = (end, &left[now..]);
            if now > 0 {
                std::thread::sleep(Duration::from_micros(20));
            }
        }
    }

    pub(crate) fn silence(&mut self, seconds: f32) {
        for _ in 0..(seconds * RATE / BLOCK as f32) as u32 {
            self.idle();
        }
    }

    /// Opens a piece and waits until it can be played.
    pub(crate) fn open(&mut self, command: Command) {
        self.practice.send(command);
        self.wait(|picture| picture.take.state == TakeState::Ready);
        self.idle();
    }

    /// The first picture that is so. The host goes on processing.
    pub(crate) fn wait(&mut self, so: impl Fn(&Picture) -> bool) -> Arc<Picture> {
        let started = Instant::now();
        loop {
            let picture = self.practice.picture();
            if so(&picture) {
                return picture;
            }
            assert!(started.elapsed() < PATIENCE, "{:?} {:?}", picture.problem, picture.take.state);
            std::thread::sleep(Duration::from_millis(1));
            self.idle();
        }
    }
}
