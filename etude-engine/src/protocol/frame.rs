//! Messages to frames and back. A frame is measured before it is parsed, and what is wrong in it is named by its place.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use super::{
    ClientMessage, ErrorCode, FRAME_BYTES_MAX, NAME_BYTES_MAX, PROTOCOL, REPORT_BYTES_MAX, ServerMessage,
    from_object,
};
use crate::score::ScoreDigest;
use crate::session::{Event, Seq};

/// Longest reason quoted from a parser, in bytes: it may repeat what the other side sent.
const REASON_BYTES_MAX: usize = 300;

/// Why a frame is not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The frame is larger than its receiver accepts. It was not parsed.
    #[error("the frame has {bytes} bytes; the limit is {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A hello of another protocol version.
    #[error("the client speaks protocol {theirs}; this session speaks {PROTOCOL}")]
    Protocol {
        /// The version it gave.
        theirs: u32,
    },
    /// Not JSON, or not a message of this protocol.
    #[error("{place}: {reason}")]
    Malformed {
        /// Where in the frame: `events[3].pitch`, or `frame` for the whole.
        place: String,
        /// What is wrong there.
        reason: String,
    },
}

impl FrameError {
    /// The code this error has on the wire.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::TooLarge { .. } => ErrorCode::TooLarge,
            Self::Protocol { .. } => ErrorCode::Protocol,
            Self::Malformed { .. } => ErrorCode::Malformed,
        }
    }
}

impl ClientMessage {
    /// Reads a frame of at most [`FRAME_BYTES_MAX`].
    pub fn from_frame(frame: &str) -> Result<Self, FrameError> {
        parse(frame, FRAME_BYTES_MAX).map_err(|error| other_protocol(frame).unwrap_or(error))
    }

    /// Writes a frame.
    pub fn to_frame(&self) -> String {
        write(self)
    }
}

impl ServerMessage {
    /// Reads a frame of at most [`REPORT_BYTES_MAX`].
    pub fn from_frame(frame: &str) -> Result<Self, FrameError> {
        parse(frame, REPORT_BYTES_MAX)
    }

    /// Writes a frame.
    pub fn to_frame(&self) -> String {
        write(self)
    }
}

fn write(message: &impl serde::Serialize) -> String {
    serde_json::to_string(message)
        .expect("messages hold only strings, numbers and lists, which all have a JSON form")
}

fn parse<T: DeserializeOwned>(frame: &str, limit: usize) -> Result<T, FrameError> {
    if frame.len() > limit {
        return Err(FrameError::TooLarge { bytes: frame.len(), limit });
    }
    serde_json::from_str(frame).map_err(|error| malformed::<T>(frame, &error))
}

/// Reads the frame once more to find the place: keeping track of it costs as much as reading, so good frames do not.
fn malformed<T: DeserializeOwned>(frame: &str, error: &serde_json::Error) -> FrameError {
    let mut json = serde_json::Deserializer::from_str(frame);
    let (place, reason) = match serde_path_to_error::deserialize::<_, T>(&mut json) {
        Err(error) => (error.path().to_string(), error.inner().to_string()),
        Ok(_) => (".".to_owned(), error.to_string()), // What follows the message is wrong.
    };
    let place = if place == "." { "frame".to_owned() } else { shortened(place) };
    FrameError::Malformed { place, reason: shortened(reason) }
}

fn shortened(mut text: String) -> String {
    if text.len() > REASON_BYTES_MAX {
        let end = (0..=REASON_BYTES_MAX).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
        text.push_str("...");
    }
    text
}

/// A hello of another version may have fields this version does not know; it still deserves the right answer.
fn other_protocol(frame: &str) -> Option<FrameError> {
    #[derive(Deserialize)]
    struct AnyHello {
        #[serde(rename = "type")]
        kind: Kind,
        protocol: u32,
    }
    if frame.len() > FRAME_BYTES_MAX {
        return None;
    }
    let hello: AnyHello = serde_json::from_str(frame).ok()?;
    (hello.kind == Kind::Hello && hello.protocol != PROTOCOL)
        .then_some(FrameError::Protocol { theirs: hello.protocol })
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Hello,
    Events,
}

/// All fields of all client messages. Serde's own tagged enums read a message into a tree first and lose the place of
/// an error on the way; this reads it in one go, whatever the order of its fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(rename = "type")]
    kind: Kind,
    protocol: Option<u32>,
    attempt: Option<u32>,
    client: Option<String>,
    engine: Option<String>,
    score: Option<ScoreDigest>,
    records: Option<u64>,
    judged_by: Option<String>,
    heard: Option<u64>,
    first: Option<Seq>,
    events: Option<Vec<Event>>,
}

impl<'de> Deserialize<'de> for ClientMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields: Fields = from_object(deserializer)?;
        let missing = D::Error::missing_field;
        let stray = |kind: &str, field: &str| D::Error::custom(format!("`{field}` has no place in `{kind}`"));
        match fields.kind {
            Kind::Hello => {
                if fields.first.is_some() {
                    return Err(stray("hello", "first"));
                }
                if fields.events.is_some() {
                    return Err(stray("hello", "events"));
                }
                Ok(Self::Hello {
                    protocol: fields.protocol.ok_or_else(|| missing("protocol"))?,
                    attempt: fields.attempt.unwrap_or(0),
                    client: short::<D>("client", fields.client.ok_or_else(|| missing("client"))?)?,
                    engine: short::<D>("engine", fields.engine.ok_or_else(|| missing("engine"))?)?,
                    score: fields.score,
                    records: fields.records.ok_or_else(|| missing("records"))?,
                    judged_by: fields.judged_by.map(|name| short::<D>("judged_by", name)).transpose()?,
                    heard: fields.heard.unwrap_or(0),
                })
            }
            Kind::Events => {
                let strays = [
                    ("protocol", fields.protocol.is_some()),
                    ("attempt", fields.attempt.is_some()),
                    ("client", fields.client.is_some()),
                    ("engine", fields.engine.is_some()),
                    ("score", fields.score.is_some()),
                    ("records", fields.records.is_some()),
                    ("judged_by", fields.judged_by.is_some()),
                    ("heard", fields.heard.is_some()),
                ];
                if let Some((field, _)) = strays.iter().find(|(_, given)| *given) {
                    return Err(stray("events", field));
                }
                Ok(Self::Events {
                    first: fields.first.ok_or_else(|| missing("first"))?,
                    events: fields.events.ok_or_else(|| missing("events"))?,
                })
            }
        }
    }
}

fn short<'de, D: Deserializer<'de>>(field: &str, name: String) -> Result<String, D::Error> {
    if name.len() > NAME_BYTES_MAX {
        let reason = format!("`{field}` has {} bytes; the limit is {NAME_BYTES_MAX}", name.len());
        return Err(D::Error::custom(reason));
    }
    Ok(name)
}
