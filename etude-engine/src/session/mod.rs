//! A practice session: score + settings + event log in, verdicts and report out.
//!
//! A [`Session`] is a pure fold over its event log: no clock, no I/O, no randomness. The one rule of its use:
//! **after every [`Session::handle`], [`Session::poll`] until it is empty.** Replaying a log rebuilds a session exactly,
//! digest included.

pub mod client;
mod config;
mod digest;
mod event;
pub mod server;

use std::collections::VecDeque;
use std::sync::Arc;

pub use config::{Config, ConfigError, Mode, Scoring, TimingWindows};
pub use digest::{NotADigest, VerdictDigest};
pub use event::{Event, EventKind, Seq};

use crate::follow::{Clock, Follower, Onsets, Weights};
use crate::judge::{Judge, Record};
use crate::report::{self, Report};
use crate::score::Score;

/// Version of the engine: two engines of the same version give the same verdicts.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// Judges one take.
pub struct Session {
    score: Arc<Score>,
    config: Config,
    judge: Judge,
    events: u64,
    ended: bool,
    out: VecDeque<Record>,
    digest: VerdictDigest,
}

/// The take is over; the event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the take has ended")]
pub struct Ended;

impl Session {
    /// A session with an empty log.
    pub fn new(score: Arc<Score>, config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        let clock = match config.mode {
            Mode::Follow => None,
            Mode::Clock => Some(Clock {
                window: config.windows.match_,
                tempo_percent: config.tempo_percent,
                run: None,
                transport: false,
            }),
        };
        let onsets = Arc::new(Onsets::new(Arc::clone(&score), config.selection())?);
        let follower = Follower::new(onsets, clock, Weights::DEFAULT);
        Ok(Self {
            judge: Judge::new(follower, config.windows),
            score,
            config,
            events: 0,
            ended: false,
            out: VecDeque::new(),
            digest: VerdictDigest::default(),
        })
    }

    /// Takes the next event of the log and gives its number. Its records wait in [`Session::poll`].
    pub fn handle(&mut self, event: Event) -> Result<Seq, Ended> {
        if self.ended {
            return Err(Ended);
        }
        let seq = Seq(self.events);
        self.events += 1;
        let before = self.out.len();
        match event.kind {
            EventKind::NoteOn { pitch, .. } => self.judge.note_on(seq, event.at, pitch, &mut self.out),
            EventKind::NoteOff { .. } | EventKind::Pedal { .. } => {}
            EventKind::Transport { playing, position, micros_per_quarter } => {
                let transport = (playing, position, micros_per_quarter);
                self.judge.transport(seq, event.at, transport, &mut self.out);
            }
            EventKind::Tick => self.judge.tick(event.at, &mut self.out),
            EventKind::End => {
                self.ended = true;
                self.judge.finish(Seq(self.events), &mut self.out);
            }
        }
        self.digest = self.out.range(before..).fold(self.digest, VerdictDigest::with);
        Ok(seq)
    }

    /// The next record of the verdict stream.
    pub fn poll(&mut self) -> Option<Record> {
        self.out.pop_front()
    }

    /// The result, counted from what is final: complete once the take has ended.
    pub fn report(&self) -> Report {
        report::count(&self.score, &self.config, self.events, self.digest, &self.judge)
    }

    /// The score.
    pub fn score(&self) -> &Arc<Score> {
        &self.score
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How many events the log holds.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Whether the end has come.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Digest of the verdict stream so far, unpolled records included.
    pub fn digest(&self) -> VerdictDigest {
        self.digest
    }
}
