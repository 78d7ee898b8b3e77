//! The wire: messages between a player's client and the session, as JSON text frames.
//!
//! Plain data only; the two ends that exchange them are [`crate::session::client`] and
//! [`crate::session::server`]. docs/PROTOCOL.md tells the whole to a stranger.

use serde::{Deserialize, Serialize};

use crate::judge::Record;
use crate::report::Report;
use crate::score::ScoreDigest;
use crate::session::{Config, Event, Seq, VerdictDigest};

/// Version of the protocol. A server refuses other versions with [`ErrorCode::Protocol`].
pub const PROTOCOL: u32 = 1;
/// WebSocket subprotocol that names this protocol.
pub const SUBPROTOCOL: &str = "etude.v1";
/// Largest frame either side accepts, in bytes.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Most events in one frame.
pub const EVENTS_PER_FRAME_MAX: usize = 256;
/// Most events in a session: more than six hours of the densest piano music.
pub const EVENTS_PER_SESSION_MAX: u64 = 500_000;
/// Most records in one frame.
pub const RECORDS_PER_FRAME_MAX: usize = 256;
/// The connection was superseded by a newer one of the same player: WebSocket close code.
pub const CLOSE_SUPERSEDED: u16 = 4001;
/// The session refused the connection for good; the error message before it says why: WebSocket close code.
pub const CLOSE_REFUSED: u16 = 4002;

/// From the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// First message of a connection.
    Hello {
        /// [`PROTOCOL`].
        protocol: u32,
        /// Name and version of the client, for the log.
        client: String,
        /// Version of the client's engine.
        engine: String,
        /// The score the client judges against, if it has one; a different one is refused.
        score: Option<ScoreDigest>,
        /// How many records of the verdict stream the client already has.
        records: u64,
    },
    /// Events, contiguous from `first`. Those the session already has are dropped; a gap is refused.
    Events {
        /// Number of the first.
        first: Seq,
        /// The events.
        events: Vec<Event>,
    },
}

/// From the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answer to hello. Verdicts the client lacks follow.
    Welcome {
        /// [`PROTOCOL`].
        protocol: u32,
        /// Name of the session.
        session: String,
        /// Version of the session's engine.
        engine: String,
        /// The score it judges against.
        score: ScoreDigest,
        /// The settings it judges by.
        config: Config,
        /// How many events are on disk: the client goes on from here.
        high_water: u64,
    },
    /// Verdicts, and the word that the events before `ack` are on disk.
    Verdicts {
        /// How many events are on disk.
        ack: u64,
        /// Place of the first record in the verdict stream.
        first: u64,
        /// Records, contiguous. May be empty.
        records: Vec<Record>,
        /// Digest of the verdict stream after `ack` events; left out while more records of the same events follow.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<VerdictDigest>,
    },
    /// The take is over; sent once the end is on disk, and again at every resume.
    Report {
        /// The result.
        report: Box<Report>,
    },
    /// Something was refused.
    Error {
        /// What kind of refusal.
        code: ErrorCode,
        /// For a person: what was wrong, and where.
        message: String,
        /// Whether reconnecting and resuming can help.
        recoverable: bool,
    },
}

/// What kind of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A frame was not a message of this protocol.
    Malformed,
    /// A frame, batch or session passed its limit.
    TooLarge,
    /// Another protocol version.
    Protocol,
    /// The client judges against another score.
    ScoreMismatch,
    /// A message came before hello.
    HelloExpected,
    /// Events do not follow on those the session has.
    Gap,
    /// Events after the end.
    Ended,
    /// The events could not be put on disk. They are not acknowledged.
    Storage,
    /// The session does not exist or was not set up.
    NoSession,
    /// A newer connection of this player took over.
    Superseded,
}
