//! A practice session: score + settings + event log in, verdicts and report out.
//!
//! A [`Session`] is a pure fold over its event log: no clock, no I/O, no randomness. The one rule of its use:
//! **after every [`Session::handle`], [`Session::poll`] until it is empty.** Replaying a log rebuilds a session exactly,
//! digest included.

pub mod client;
mod config;
mod event;
pub mod server;

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use config::{Config, ConfigError, Mode, TimingWindows};
pub use event::{Event, EventKind, Seq};

use crate::judge::Record;
use crate::report::Report;
use crate::score::Score;

/// Version of the engine: two engines of the same version give the same verdicts.
pub const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// A running hash over the verdict stream: equal digests mean equal verdicts. Written as 16 hexadecimal digits.
///
/// FNV-1a, 64 bits: it finds divergence between honest ends, and proves nothing against a forger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
#[serde(try_from = "String", into = "String")]
pub struct VerdictDigest(u64);

/// Judges one take.
pub struct Session {
    score: Arc<Score>,
    config: Config,
    events: u64,
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
        Ok(Self { score, config, events: 0, out: VecDeque::new(), digest: VerdictDigest(0) })
    }

    /// Takes the next event of the log. Its records wait in [`Session::poll`].
    pub fn handle(&mut self, event: Event) -> Result<Seq, Ended> {
        let _ = event;
        let seq = Seq(self.events);
        self.events += 1;
        Ok(seq)
    }

    /// The next record of the verdict stream.
    pub fn poll(&mut self) -> Option<Record> {
        self.out.pop_front()
    }

    /// The result so far; complete once the take has ended.
    pub fn report(&self) -> Report {
        unreachable!("under construction")
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
        false
    }

    /// Digest of the verdict stream so far.
    pub fn digest(&self) -> VerdictDigest {
        self.digest
    }
}

impl std::fmt::Display for VerdictDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl std::fmt::Debug for VerdictDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerdictDigest({self})")
    }
}

impl From<VerdictDigest> for String {
    fn from(digest: VerdictDigest) -> String {
        digest.to_string()
    }
}

/// A text is not 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a verdict digest is 16 hexadecimal digits")]
pub struct NotADigest;

impl TryFrom<String> for VerdictDigest {
    type Error = NotADigest;
    fn try_from(text: String) -> Result<Self, NotADigest> {
        if text.len() != 16 || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(NotADigest);
        }
        u64::from_str_radix(&text, 16).map(Self).map_err(|_| NotADigest)
    }
}
