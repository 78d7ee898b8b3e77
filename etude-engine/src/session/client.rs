//! The player's end of the wire, sans-IO.
//!
//! Keeps every event until the session has it on disk, judges at once with its own [`Session`], and compares digests.
//! Run loop: after any call, [`SessionClient::poll_frame`] until it is empty, then [`SessionClient::poll_output`]
//! until it is empty, then sleep until [`SessionClient::next_timeout`]. Time is the caller's monotonic clock.

use std::sync::Arc;

use crate::judge::Record;
use crate::protocol::ErrorCode;
use crate::report::Report;
use crate::score::Score;
use crate::session::{Config, ConfigError, Event, Seq, Session, VerdictDigest};
use crate::units::Micros;

/// Most events that wait for an ack. Reached only after hours offline.
pub const OUTBOX_EVENTS_MAX: usize = 200_000;
/// Events are gathered this long before a frame leaves, unless it is full.
pub const BATCH: Micros = Micros::from_millis(10);
/// With no ack for this long after sending, the connection is given up ([`Output::Stalled`]).
pub const ACK_TIMEOUT: Micros = Micros::from_millis(10_000);

/// The player's end.
pub struct SessionClient {
    session: Session,
}

/// What the client's owner should know.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A verdict of the local engine, at once. The session's word counts; this one is for the eye.
    Local(Record),
    /// A verdict of the session, in stream order, each exactly once over all connections.
    Official(Record),
    /// The session has everything before this event on disk.
    Acked {
        /// First event not yet on disk.
        through: Seq,
    },
    /// The handshake is done; `missing` events are being sent again.
    Live {
        /// Events the session lacked.
        missing: u64,
    },
    /// The session's digest differs from the local engine's at this point of the log: one of the two is broken.
    DigestMismatch {
        /// Number of events both had folded.
        events: u64,
        /// What this end computed.
        local: VerdictDigest,
        /// What the session computed.
        official: VerdictDigest,
    },
    /// The take is over and this is the session's result.
    Report(Box<Report>),
    /// The session refused. Unless `recoverable`, do not reconnect.
    Refused {
        /// The kind of refusal.
        code: ErrorCode,
        /// For a person.
        message: String,
        /// Whether reconnecting can help.
        recoverable: bool,
    },
    /// No ack came in time: close the connection and open a new one.
    Stalled,
}

/// Too many events wait for an ack; the event was judged by nobody and is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// [`OUTBOX_EVENTS_MAX`] events wait.
    #[error("{OUTBOX_EVENTS_MAX} events wait for the session; no more can be kept")]
    Full,
    /// The end was pushed before.
    #[error("the take has ended")]
    Ended,
}

impl SessionClient {
    /// A client at the beginning of a take.
    pub fn new(name: &str, score: Arc<Score>, config: Config) -> Result<Self, ConfigError> {
        let _ = name;
        Ok(Self { session: Session::new(score, config)? })
    }

    /// Judges an event at once and keeps it for the session.
    pub fn push(&mut self, event: Event, now: Micros) -> Result<Seq, PushError> {
        let _ = now;
        self.session.handle(event).map_err(|_| PushError::Ended)
    }

    /// A connection is open: the hello waits in [`Self::poll_frame`].
    pub fn connected(&mut self, now: Micros) {
        let _ = now;
    }

    /// The connection is gone: nothing leaves until [`Self::connected`].
    pub fn disconnected(&mut self) {}

    /// Takes a frame from the session. A frame that makes no sense becomes [`Output::Refused`] with
    /// [`ErrorCode::Malformed`].
    pub fn receive(&mut self, frame: &str, now: Micros) {
        let _ = (frame, now);
    }

    /// The next frame to send.
    pub fn poll_frame(&mut self, now: Micros) -> Option<String> {
        let _ = now;
        None
    }

    /// What happened.
    pub fn poll_output(&mut self) -> Option<Output> {
        None
    }

    /// When to call [`Self::poll_frame`] again at the latest.
    pub fn next_timeout(&self) -> Option<Micros> {
        None
    }

    /// The local engine.
    pub fn local(&self) -> &Session {
        &self.session
    }
}
