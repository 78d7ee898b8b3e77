//! A take as bytes, to be kept and taken up again.
//!
//! The log is the state: a take is how it is to be judged and what was played, and to take it up again is to judge it
//! again. It costs about what judging it did at first, a thousandth of the time that playing it took.
//!
//! The bytes: the letters `etude-take`, the version of the format, then as texts with their length the version of the
//! engine, the digest of the score and the settings as JSON, then the number of events and each event, and last a
//! 64-bit FNV-1a sum of all that. Numbers are LEB128, zigzag where they may be negative; the time of an event is told by
//! its distance from the one before.

use std::hash::Hasher as _;
use std::sync::Arc;

use fnv::FnvHasher;

use crate::protocol::EVENTS_PER_SESSION_MAX;
use crate::score::{Score, ScoreDigest};
use crate::session::{Config, ConfigError, ENGINE, Event, EventKind, Session};
use crate::units::{Micros, Pitch, Velocity};

const MAGIC: &[u8] = b"etude-take";
const FORMAT: u8 = 1;
/// Longest text in the head.
const TEXT_BYTES_MAX: u64 = 4_096;
const SUM_BYTES: usize = 8;

const NOTE_ON: u8 = 1;
const NOTE_OFF: u8 = 2;
const PEDAL: u8 = 3;
const STOPPED: u8 = 4;
const PLAYING: u8 = 5;
const TICK: u8 = 6;
const END: u8 = 7;

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
        put(&mut out, self.events.len() as u64);
        let mut before = 0_i64;
        for event in &self.events {
            put_event(&mut out, event, event.at.0.wrapping_sub(before));
            before = event.at.0;
        }
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
        let count = input.number()?;
        if count > EVENTS_PER_SESSION_MAX {
            return Err(TakeError::TooLong(count));
        }
        // No event is shorter than two bytes, so a lie about their number takes no memory.
        let mut events = Vec::with_capacity((count as usize).min(input.0.len() / 2));
        let mut before = 0_i64;
        for number in 0..count {
            let event = input.event(before)?.ok_or(TakeError::Event(number))?;
            if event.kind == EventKind::End && number + 1 < count {
                return Err(TakeError::Event(number + 1));
            }
            before = event.at.0;
            events.push(event);
        }
        if !input.0.is_empty() {
            return Err(TakeError::Damaged);
        }
        Ok(Self { engine, score, config, events })
    }
}

/// What is left to be read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Result<u8, TakeError> {
        self.0.split_off_first().copied().ok_or(TakeError::Damaged)
    }

    fn number(&mut self) -> Result<u64, TakeError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7F);
            // Of the tenth byte there is room for one bit.
            if (part << shift) >> shift != part {
                return Err(TakeError::Damaged);
            }
            number |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(TakeError::Damaged)
    }

    fn signed(&mut self) -> Result<i64, TakeError> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn text(&mut self) -> Result<&'a str, TakeError> {
        let length = self.number()?;
        if length > TEXT_BYTES_MAX {
            return Err(TakeError::Damaged);
        }
        let bytes = self.0.split_off(..length as usize).ok_or(TakeError::Damaged)?;
        str::from_utf8(bytes).map_err(|_| TakeError::Damaged)
    }

    /// The next event, after one at `before`; `None` if it is none.
    fn event(&mut self, before: i64) -> Result<Option<Event>, TakeError> {
        let kind = self.byte()?;
        let at = Micros(before.wrapping_add(self.signed()?));
        let kind = match kind {
            NOTE_ON => {
                let (Some(pitch), Some(velocity)) = (Pitch::new(self.byte()?), Velocity::new(self.byte()?))
                else {
                    return Ok(None);
                };
                EventKind::NoteOn { pitch, velocity }
            }
            NOTE_OFF => match Pitch::new(self.byte()?) {
                Some(pitch) => EventKind::NoteOff { pitch },
                None => return Ok(None),
            },
            PEDAL => match Velocity::new(self.byte()?) {
                Some(value) => EventKind::Pedal { value },
                None => return Ok(None),
            },
            PLAYING | STOPPED => {
                let position = self.signed()?;
                let Ok(micros_per_quarter) = u32::try_from(self.number()?) else { return Ok(None) };
                EventKind::Transport { playing: kind == PLAYING, position, micros_per_quarter }
            }
            TICK => EventKind::Tick,
            END => EventKind::End,
            _ => return Ok(None),
        };
        Ok(Some(Event { at, kind }))
    }
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)) as u64);
}

fn put_event(out: &mut Vec<u8>, event: &Event, after: i64) {
    let kind = match event.kind {
        EventKind::NoteOn { .. } => NOTE_ON,
        EventKind::NoteOff { .. } => NOTE_OFF,
        EventKind::Pedal { .. } => PEDAL,
        EventKind::Transport { playing: false, .. } => STOPPED,
        EventKind::Transport { playing: true, .. } => PLAYING,
        EventKind::Tick => TICK,
        EventKind::End => END,
    };
    out.push(kind);
    put_signed(out, after);
    match event.kind {
        EventKind::NoteOn { pitch, velocity } => out.extend([pitch.number(), velocity.value()]),
        EventKind::NoteOff { pitch } => out.push(pitch.number()),
        EventKind::Pedal { value } => out.push(value.value()),
        EventKind::Transport { position, micros_per_quarter, .. } => {
            put_signed(out, position);
            put(out, micros_per_quarter.into());
        }
        EventKind::Tick | EventKind::End => {}
    }
}

fn sum(bytes: &[u8]) -> [u8; SUM_BYTES] {
    let mut hasher = FnvHasher::default();
    hasher.write(bytes);
    hasher.finish().to_le_bytes()
}
