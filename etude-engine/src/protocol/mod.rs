//! The wire: messages between a player's client or a viewer and the session, as JSON text frames.
//!
//! Plain data, and its way into and out of frames; the two ends that exchange them are
//! [`crate::session::client`] and [`crate::session::server`]. docs/PROTOCOL.md tells the whole to a stranger.

mod frame;
mod object;

use serde::{Deserialize, Serialize};

use crate::judge::Record;
use crate::report::Report;
use crate::score::{NoteIndex, ScoreDigest};
use crate::session::{Config, Event, Seq, VerdictDigest};

pub use frame::FrameError;
pub(crate) use object::from_object;

/// Version of the protocol. A server refuses other versions with [`ErrorCode::Protocol`].
pub const PROTOCOL: u32 = 1;
/// WebSocket subprotocol that names this protocol.
pub const SUBPROTOCOL: &str = "etude.v1";
/// Largest frame a server accepts, in bytes. A server's own frames keep to it too, the report excepted.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Largest report frame, and so the largest frame a client accepts, in bytes: enough for a score of
/// [`MEASURES_MAX`](crate::score::MEASURES_MAX) measures.
pub const REPORT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most events in one frame.
pub const EVENTS_PER_FRAME_MAX: usize = 256;
/// Most events in a session, the end included: more than six hours of the densest piano music.
pub const EVENTS_PER_SESSION_MAX: u64 = 500_000;
/// Most records of a session after which it takes more events; the end is always taken. An honest take has fewer records
/// than events: this bounds what a hostile one can make the session remember.
pub const RECORDS_PER_SESSION_MAX: usize = 1_500_000;
/// Most records in one frame.
pub const RECORDS_PER_FRAME_MAX: usize = 256;
/// Most records that one hello is answered with; a client that lacks more says hello again on the same connection.
pub const RECORDS_PER_HELLO_MAX: usize = 32 * RECORDS_PER_FRAME_MAX;
/// Most records that a viewer is sent for one hello, those that follow live included: one that does not say hello again
/// is sent no more, so that what waits for a slow one is bounded.
pub const VIEWER_RECORDS_MAX: usize = 8 * RECORDS_PER_FRAME_MAX;
/// The same for events.
pub const VIEWER_EVENTS_MAX: usize = 8 * EVENTS_PER_FRAME_MAX;
/// Longest client name and engine version in a hello, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
/// The connection was superseded by a newer one of the same player: WebSocket close code.
pub const CLOSE_SUPERSEDED: u16 = 4001;
/// The session refused the connection for good; the error message before it says why: WebSocket close code.
pub const CLOSE_REFUSED: u16 = 4002;
/// The connection cannot go on, but a new one can resume; the error message before it says why: WebSocket close code.
pub const CLOSE_RESUME: u16 = 4003;

/// From the client.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// First message of a connection, and said again by a client whose welcome did not reach to the end of the
    /// verdict stream.
    Hello {
        /// [`PROTOCOL`].
        protocol: u32,
        /// Counts the hellos of this client. The welcome repeats it, so that no answer to an earlier hello can be
        /// taken for the answer to this one.
        #[serde(default)]
        attempt: u32,
        /// Name and version of the client, for the log. At most [`NAME_BYTES_MAX`] bytes.
        #[cfg_attr(feature = "schema", schemars(length(max = NAME_BYTES_MAX)))]
        client: String,
        /// Version of the client's engine. At most [`NAME_BYTES_MAX`] bytes.
        #[cfg_attr(feature = "schema", schemars(length(max = NAME_BYTES_MAX)))]
        engine: String,
        /// The score the client judges against, if it has one; a different one is refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        score: Option<ScoreDigest>,
        /// How many records of the verdict stream the client already has.
        records: u64,
        /// Version of the engine that made those records, as the last welcome gave it. If the session's engine is
        /// another by now, the stream is sent again from its beginning.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        judged_by: Option<String>,
        /// How many of the take's events a viewer already has. A player's means nothing.
        #[serde(default, skip_serializing_if = "is_zero")]
        heard: u64,
    },
    /// Events, contiguous from `first`. Those the session already has are dropped; a gap is refused.
    Events {
        /// Number of the first.
        first: Seq,
        /// The events, at most [`EVENTS_PER_FRAME_MAX`].
        #[cfg_attr(feature = "schema", schemars(length(max = EVENTS_PER_FRAME_MAX)))]
        events: Vec<Event>,
    },
}

/// From the session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// Answer to hello. Verdicts the client lacks follow, and for a viewer the events it lacks before them.
    Welcome {
        /// [`PROTOCOL`].
        protocol: u32,
        /// The hello's `attempt`.
        attempt: u32,
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
        /// How many records the client will have once the `verdicts` that answer this hello have come. If the last
        /// of these carries no digest, the stream goes on: say hello again.
        records: u64,
        /// As whom the connection takes part: its token says.
        #[serde(default)]
        role: Role,
        /// The score note that was matched last, if any: where the player is, before any record has come.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        position: Option<NoteIndex>,
    },
    /// To viewers: what was played, as it stands on disk. The `verdicts` on it follow.
    Heard {
        /// Number of the first event.
        first: Seq,
        /// The events, contiguous, at most [`EVENTS_PER_FRAME_MAX`].
        #[cfg_attr(feature = "schema", schemars(length(max = EVENTS_PER_FRAME_MAX)))]
        events: Vec<Event>,
    },
    /// To viewers: who is connected now. Sent after the welcome and whenever it changes.
    Presence {
        /// Whether the player is.
        player: bool,
        /// How many viewers are, the one that reads this included.
        viewers: u32,
    },
    /// Verdicts, and the word that the events before `ack` are on disk.
    Verdicts {
        /// How many events are on disk.
        ack: u64,
        /// Place of the first record in the verdict stream.
        first: u64,
        /// Records, contiguous, at most [`RECORDS_PER_FRAME_MAX`]. May be empty.
        #[cfg_attr(feature = "schema", schemars(length(max = RECORDS_PER_FRAME_MAX)))]
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
    /// Something was refused. The session closes the connection after it.
    Error {
        /// What kind of refusal.
        code: ErrorCode,
        /// For a person: what was wrong, and where.
        message: String,
        /// Whether reconnecting and resuming can help.
        recoverable: bool,
    },
}

/// As whom a connection takes part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Plays: sends the events.
    #[default]
    Player,
    /// Reads along.
    Viewer,
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
    /// The client judges by other settings. Found by the client, from the welcome.
    ConfigMismatch,
    /// A message came before hello.
    HelloExpected,
    /// Events or records do not follow on those the other end has.
    Gap,
    /// Events after the end.
    Ended,
    /// The events could not be put on disk. They are not acknowledged.
    Storage,
    /// The session does not exist or was not set up.
    NoSession,
    /// A newer connection of this player took over.
    Superseded,
    /// A viewer sent events.
    ReadOnly,
    /// The connection sent more in a short time than the session takes.
    TooFast,
}

impl ErrorCode {
    /// Whether reconnecting and resuming can help. [`ErrorCode::Gap`] and [`ErrorCode::TooLarge`] also have cases that
    /// cannot be helped; the message on the wire decides.
    pub const fn is_recoverable(self) -> bool {
        matches!(self, Self::Malformed | Self::HelloExpected | Self::Gap | Self::Storage | Self::TooFast)
    }
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}
