//! A practice session: score + settings + event log in, verdicts and report out.
//!
//! A [`Session`] is a pure fold over its event log: no clock, no I/O, no randomness. The one rule of its use:
//! **after every [`Session::handle`], [`Session::poll`] until it is empty.** Replaying a log rebuilds a session exactly,
//! digest included.

pub mod client;
mod config;
mod digest;
mod event;
pub mod packed;
mod place;
pub mod server;
mod take;
pub mod viewer;

use std::sync::Arc;

pub use config::{Config, ConfigError, Mode, Scoring, TimingWindows};
pub use digest::{NotADigest, VerdictDigest};
pub use event::{Event, EventKind, Seq};
pub use place::Place;
pub use take::{ReplayError, Take, TakeError};

use crate::follow::{Clock, Follower, Onsets, Reader, Wait, Weights};
use crate::judge::{EVENTS_MAX, Judge, Record};
use crate::report::{self, Report};
use crate::score::Score;

/// Version of the engine: two engines of the same version give the same verdicts.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// A sustain pedal counts as down from this value on (MIDI 1.0: 64 and above are on).
const PEDAL_DOWN: u8 = 64;

/// Judges one take.
///
/// All memory is taken when it is made: to handle events and poll records allocates nothing, but for takes beyond
/// all reason (hundreds of records for one event that are not polled).
pub struct Session {
    score: Arc<Score>,
    config: Config,
    judge: Judge,
    events: u64,
    ended: bool,
}

/// The take is over, by its end event or with 4,294,967,292 events; the event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the take has ended")]
pub struct Ended;

impl Session {
    /// A session with an empty log.
    pub fn new(score: Arc<Score>, config: Config) -> Result<Self, ConfigError> {
        config.check()?;
        let onsets = Onsets::of(&score, config.selection())?;
        let clock = Clock::new(config.windows.match_, config.tempo_percent);
        let follower = |clock| {
            let follower = Follower::new(Arc::clone(&onsets), clock, config.looping, Weights::DEFAULT);
            Reader::Follower(Box::new(follower))
        };
        let reader = match config.mode {
            Mode::Follow => follower(None),
            Mode::Clock => follower(Some(clock)),
            Mode::Wait => Reader::Wait(Wait::new(onsets, config.looping)),
        };
        Ok(Self { judge: Judge::new(reader, config), score, config, events: 0, ended: false })
    }

    /// Takes the next event of the log and gives its number. Its records wait in [`Session::poll`].
    // Into its callers, and the judge apart from it: one that makes the event has branched on its kind already.
    #[inline(always)]
    pub fn handle(&mut self, event: Event) -> Result<Seq, Ended> {
        if self.ended || self.events == EVENTS_MAX {
            return Err(Ended);
        }
        let seq = Seq(self.events);
        self.events += 1;
        let judge = &mut self.judge;
        match event.kind {
            EventKind::NoteOn { pitch, velocity } => judge.note_on(seq, event.at, pitch, velocity),
            EventKind::NoteOff { pitch } => judge.note_off(event.at, pitch),
            EventKind::Pedal { value } => judge.pedal(event.at, value.value() >= PEDAL_DOWN),
            EventKind::Transport { playing, position, micros_per_quarter } => {
                judge.transport(seq, event.at, (playing, position, micros_per_quarter));
            }
            EventKind::Tick => judge.tick(event.at),
            EventKind::End => {
                self.ended = true;
                judge.finish(Seq(self.events));
            }
        }
        Ok(seq)
    }

    /// The next record of the verdict stream.
    #[inline]
    pub fn poll(&mut self) -> Option<Record> {
        self.judge.poll()
    }

    /// How many records wait in [`Self::poll`], where notes missed in a row count as one.
    pub fn waiting(&self) -> usize {
        self.judge.waiting()
    }

    /// The result, counted from what is final: complete once the take has ended.
    pub fn report(&self) -> Report {
        report::count(&self.score, &self.config, self.events, &self.judge)
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
        self.judge.digest()
    }
}
