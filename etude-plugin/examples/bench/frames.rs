//! What a player's end says on its connection, counted as it goes by.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use etude_engine::protocol::ClientMessage;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Message, WebSocket};

/// Hears one connection, from its first byte.
#[derive(Default)]
pub(crate) struct Frames {
    /// What came before the WebSocket.
    head: Vec<u8>,
    socket: Option<WebSocket<Heard>>,
}

impl Frames {
    /// Takes the next bytes; tells how many events are in each message that they complete, a hello being none.
    pub(crate) fn hear(&mut self, more: &[u8], mut tell: impl FnMut(usize)) {
        let socket = match &mut self.socket {
            Some(socket) => {
                socket.get_mut().0.extend(more);
                socket
            }
            None => {
                self.head.extend_from_slice(more);
                let Some(end) = self.head.windows(4).position(|window| window == b"\r\n\r\n") else { return };
                let frames = self.head.split_off(end + 4);
                if !String::from_utf8_lossy(&self.head).to_lowercase().contains("upgrade: websocket") {
                    return;
                }
                self.socket.insert(WebSocket::from_partially_read(
                    Heard::default(),
                    frames,
                    Role::Server,
                    None,
                ))
            }
        };
        while let Ok(message) = socket.read() {
            let Message::Text(text) = message else { continue };
            match ClientMessage::from_frame(text.as_str()) {
                Ok(ClientMessage::Events { events, .. }) => tell(events.len()),
                _ => tell(0),
            }
        }
    }
}

/// What was heard and not yet read. What would be said to the player is not: the service says it.
#[derive(Default)]
struct Heard(VecDeque<u8>);

impl Read for Heard {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(ErrorKind::WouldBlock.into()) } else { self.0.read(to) }
    }
}

impl Write for Heard {
    fn write(&mut self, unsaid: &[u8]) -> io::Result<usize> {
        Ok(unsaid.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
