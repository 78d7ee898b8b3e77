//! A take as bytes, to be kept and taken up again.
//!
//! The log is the state: a take is how it is to be judged and what was played, and to take it up again is to judge it
//! again. It costs about what judging it did at first, a thousandth of the time that playing it took.
//!
//! The bytes: the letters `etude-take`, the version of the format, then as texts with their length the version of the
//! engine, the digest of the score and the settings as JSON, then the events as [`packed`] has them, and last a 64-bit
//! FNV-1a sum of all that.

use std::hash::Hasher as _;
use std::sync::Arc;

use fnv::FnvHasher;

use crate::protocol::EVENTS_PER_SESSION_MAX;
use crate::score::{Score, ScoreDigest};
use crate::session::packed::{self, Input, Unpacked, put};
use crate::session::{Config, ConfigError, ENGINE, Event, Session};

const MAGIC: &[u8] = b"etude-take";
const FORMAT: u8 = 1;
const SUM_BYTES: usize = 8;

/// All that the verdicts of a take depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// Version of the engine that judged it. Another one may judge it differently.
    pub engine: String,
    /// The score that was played.
    pub score: ScoreDigest,
    /// The settings.
    pub config: Config,
    /// The events so far, an end at most last.
    pub events: Vec<Event>,
}

impl From<Unpacked> for TakeError {
    fn from(error: Unpacked) -> Self {
        match error {
            Unpacked::Damaged => Self::Damaged,
            Unpacked::TooLong(count) => Self::TooLong(count),
            Unpacked::Event(number) => Self::Event(number),
        }
    }
}

/// Why bytes are no take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// They do not begin like one.
    #[error("this is not a take of Etude")]
    NotATake,
    /// A later version wrote them.
    #[error("the take has format {0}; this version of Etude reads {FORMAT}")]
    Format(u8),
    /// More events than a session takes.
    #[error("the take has {0} events; the limit is {EVENTS_PER_SESSION_MAX}")]
    TooLong(u64),
    /// They end too early, go on too long, or were changed.
    #[error("the take is damaged")]
    Damaged,
    /// The settings are none that can be.
    #[error("the settings of the take cannot be read: {0}")]
    Config(String),
    /// Something is said that cannot be.
    #[error("event {0} of the take cannot be")]
    Event(u64),
}

/// Why a take cannot be taken up with a score.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It was played to another score.
    #[error("the take was played to another score, whose digest is {0}")]
    Score(ScoreDigest),
    /// The settings do not fit the score.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An event comes after the end.
    #[error("event {0} of the take comes after its end")]
    Ended(u64),
}

impl Take {
    /// The take of a session, which does not keep its events itself: `events` are all that it was given.
    pub fn of(session: &Session, events: Vec<Event>) -> Self {
        Self { engine: ENGINE.to_owned(), score: session.score().digest(), config: *session.config(), events }
    }

    /// A session that has been given all events. Its records wait to be polled, from the first: who has them already
    /// reads past them. Given the rest of the take it says what the session said that was broken off.
    pub fn replay(&self, score: Arc<Score>) -> Result<Session, ReplayError> {
        if score.digest() != self.score {
            return Err(ReplayError::Score(self.score));
        }
        let mut session = Session::new(score, self.config)?;
        for event in &self.events {
            session.handle(*event).map_err(|_| ReplayError::Ended(session.events()))?;
        }
        Ok(session)
    }

    /// The take as bytes: some 400, and 4 or 5 an event. The same take always gives the same.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(FORMAT);
        let config = serde_json::to_string(&self.config).unwrap_or_default();
        for text in [self.engine.as_str(), &self.score.to_string(), &config] {
            put(&mut out, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
        packed::put_events(&mut out, &self.events);
        let sum = sum(&out);
        out.extend_from_slice(&sum);
        out
    }

    /// Reads what [`Self::to_bytes`] has written. Nothing of the bytes is taken on trust.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TakeError> {
        let head = bytes.strip_prefix(MAGIC).ok_or(TakeError::NotATake)?;
        let (&format, _) = head.split_first().ok_or(TakeError::Damaged)?;
        if format != FORMAT {
            return Err(TakeError::Format(format));
        }
        let (content, summed) = bytes.split_last_chunk::<SUM_BYTES>().ok_or(TakeError::Damaged)?;
        if content.len() <= MAGIC.len() || sum(content) != *summed {
            return Err(TakeError::Damaged);
        }
        let mut input = Input(&content[MAGIC.len() + 1..]);
        let engine = input.text()?.to_owned();
        let score = ScoreDigest::try_from(input.text()?.to_owned()).map_err(|_| TakeError::Damaged)?;
        let config: Config =
            serde_json::from_str(input.text()?).map_err(|error| TakeError::Config(error.to_string()))?;
        config.check().map_err(|error| TakeError::Config(error.to_string()))?;
        let events = input.events()?;
        if !input.0.is_empty() {
            return Err(TakeError::Damaged);
        }
        Ok(Self { engine, score, config, events })
    }
}

fn sum(bytes: &[u8]) -> [u8; SUM_BYTES] {
    let mut hasher = FnvHasher::default();
    hasher.write(bytes);
    hasher.finish().to_le_bytes()
}
