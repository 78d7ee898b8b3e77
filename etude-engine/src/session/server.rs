//! The session's end of the wire, sans-IO.
//!
//! Nothing is judged before it is on disk: [`SessionServer::receive`] hands out an [`Append`]; its owner puts the events
//! on disk and only then calls [`SessionServer::commit`], whose frames are the acknowledgement. If the disk
//! refuses, [`SessionServer::storage_failed`] answers, and the session is as if the frame had never come.

use std::sync::Arc;

use crate::protocol::ServerMessage;
use crate::report::Report;
use crate::score::Score;
use crate::session::{Config, ConfigError, Event, Seq, Session};

/// The session's end. One for all connections of a session; each connection has a [`Connection`].
pub struct SessionServer {
    session: Session,
}

/// What the server must remember of one connection. Two bits, so that they survive hibernation in a socket attachment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Connection {
    /// Whether hello came.
    pub greeted: bool,
}

/// What to do with a frame.
#[derive(Debug)]
pub enum Received {
    /// Send these frames, in order.
    Reply(Vec<String>),
    /// Put these events on disk, then [`SessionServer::commit`].
    Append(Append),
    /// Send this error, then close with this code.
    Refuse {
        /// The frame to send.
        frame: String,
        /// WebSocket close code.
        close: u16,
    },
}

/// Events that are to be put on disk. Only a server makes these, and they are good for its next commit only.
#[derive(Debug)]
pub struct Append {
    first: Seq,
    events: Vec<Event>,
}

impl Append {
    /// Number of the first.
    pub fn first(&self) -> Seq {
        self.first
    }

    /// The events, never empty.
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

/// Why a session could not be rebuilt from its log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RebuildError {
    /// The settings were refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Events stand after the end.
    #[error("the log goes on after its end, at event {0}")]
    AfterEnd(u64),
}

impl SessionServer {
    /// A server with what its log holds: none for a new session.
    pub fn rebuild(
        name: &str,
        score: Arc<Score>,
        config: Config,
        log: impl IntoIterator<Item = Event>,
    ) -> Result<Self, RebuildError> {
        let _ = (name, log);
        Ok(Self { session: Session::new(score, config)? })
    }

    /// Takes a frame of a connection. Changes nothing but the connection.
    pub fn receive(&self, connection: &mut Connection, frame: &str) -> Received {
        let _ = (connection, frame);
        Received::Reply(Vec::new())
    }

    /// Judges events that are now on disk. Returns the frames for the player.
    pub fn commit(&mut self, append: Append) -> Vec<String> {
        let _ = append;
        Vec::new()
    }

    /// The answer when the disk refused; recoverable.
    pub fn storage_failed(&self, append: Append, reason: &str) -> ServerMessage {
        let _ = (append, reason);
        unreachable!("under construction")
    }

    /// The result, once the end is on disk.
    pub fn report(&self) -> Option<Report> {
        None
    }

    /// The engine's state.
    pub fn session(&self) -> &Session {
        &self.session
    }
}
