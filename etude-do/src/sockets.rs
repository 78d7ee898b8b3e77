//! The WebSockets of a session: who is connected, and what is remembered of each while the object sleeps.

use etude_engine::protocol::{CLOSE_SUPERSEDED, ErrorCode, Role, ServerMessage};
use etude_engine::session::server::Connection;
use etude_engine::session::viewer::Viewing;
use serde::{Deserialize, Serialize};
use worker::{Error, Result, State, WebSocket};

/// What is remembered of a connection.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub(crate) seat: Seat,
    /// A newer connection took over, or this one was refused or is gone: what still arrives on it is not looked at.
    pub(crate) over: bool,
}

/// As whom a connection takes part, and what its end of the wire needs.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Seat {
    Player(Connection),
    Viewer(Viewing),
}

/// All sockets of a session.
pub(crate) struct Sockets<'a>(pub(crate) &'a State);

impl Sockets<'_> {
    /// Takes a new connection. A player's older one is told that this one took over.
    pub(crate) fn accept(&self, socket: &WebSocket, role: Role) -> Result<()> {
        if role == Role::Player {
            for older in self.connected(Role::Player)? {
                let message = "a newer connection of this player took over".to_owned();
                refuse(&older, error(ErrorCode::Superseded, message, false), CLOSE_SUPERSEDED);
            }
        }
        let tags = vec![tag(role).into()];
        self.0.as_raw().accept_websocket_with_tags(socket.as_ref(), tags).map_err(Error::from)?;
        let seat = match role {
            Role::Player => Seat::Player(Connection::default()),
            Role::Viewer => Seat::Viewer(Viewing::default()),
        };
        remember(socket, seat)
    }

    /// The connections of a role that take part.
    pub(crate) fn connected(&self, role: Role) -> Result<Vec<WebSocket>> {
        let sockets = self.0.as_raw().get_websockets_with_tag(tag(role))?;
        let sockets = sockets.into_iter().map(WebSocket::from);
        Ok(sockets.filter(|socket| attachment(socket).is_some_and(|attachment| !attachment.over)).collect())
    }

    /// Who is connected.
    pub(crate) fn presence(&self) -> Result<ServerMessage> {
        let player = !self.connected(Role::Player)?.is_empty();
        let viewers = u32::try_from(self.connected(Role::Viewer)?.len()).unwrap_or(u32::MAX);
        Ok(ServerMessage::Presence { player, viewers })
    }

    /// Tells all viewers who is connected.
    pub(crate) fn tell_presence(&self) -> Result<()> {
        let frame = self.presence()?.to_frame();
        for viewer in self.connected(Role::Viewer)? {
            let _ = viewer.send_with_str(&frame);
        }
        Ok(())
    }
}

/// What is remembered of a connection. Every connection has an attachment from the moment it is accepted.
pub(crate) fn attachment(socket: &WebSocket) -> Option<Attachment> {
    // Text: every frame needs it, and an object is read property by property, each a call of the runtime.
    let text: String = socket.deserialize_attachment().ok().flatten()?;
    serde_json::from_str(&text).ok()
}

/// Remembers as whom a connection takes part.
pub(crate) fn remember(socket: &WebSocket, seat: Seat) -> Result<()> {
    attach(socket, Attachment { seat, over: false })
}

/// Nothing more is looked at that arrives on this connection, and nothing more is sent.
pub(crate) fn leave(socket: &WebSocket) {
    if let Some(attachment) = attachment(socket) {
        let _ = attach(socket, Attachment { over: true, ..attachment });
    }
}

fn attach(socket: &WebSocket, attachment: Attachment) -> Result<()> {
    socket.serialize_attachment(serde_json::to_string(&attachment)?)
}

/// Sends a last frame and closes. A socket that is already gone is as good as refused.
pub(crate) fn refuse(socket: &WebSocket, frame: String, close: u16) {
    leave(socket);
    let _ = socket.send_with_str(frame);
    let _ = socket.close(Some(close), Some("see the error frame"));
}

pub(crate) fn send<T: AsRef<str>>(socket: &WebSocket, frames: impl IntoIterator<Item = T>) -> Result<()> {
    frames.into_iter().try_for_each(|frame| socket.send_with_str(frame))
}

pub(crate) fn error(code: ErrorCode, message: String, recoverable: bool) -> String {
    ServerMessage::Error { code, message, recoverable }.to_frame()
}

fn tag(role: Role) -> &'static str {
    match role {
        Role::Player => "player",
        Role::Viewer => "viewer",
    }
}
