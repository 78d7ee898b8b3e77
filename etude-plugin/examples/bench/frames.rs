//! What a player's end says on its connection, counted as it goes by.

use etude_engine::protocol::ClientMessage;

/// Hears one connection, from its first byte.
#[derive(Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    is_open: bool,
}

const TEXT: u8 = 1;
const MASK_BYTES: usize = 4;

impl Frames {
    /// Takes the next bytes; tells how many events are in each message that they complete, a hello being none.
    pub(crate) fn hear(&mut self, more: &[u8], mut tell: impl FnMut(usize)) {
        self.bytes.extend_from_slice(more);
        if !self.is_open {
            let Some(end) = self.bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return };
            let head = String::from_utf8_lossy(&self.bytes[..end]).to_lowercase();
            if !head.contains("upgrade: websocket") {
                return;
            }
            self.is_open = true;
            self.bytes.drain(..end + 4);
        }
        while let Some((opcode, payload, length)) = frame(&self.bytes) {
            self.bytes.drain(..length);
            if opcode != TEXT {
                continue;
            }
            let text = String::from_utf8_lossy(&payload).into_owned();
            match ClientMessage::from_frame(&text) {
                Ok(ClientMessage::Events { events, .. }) => tell(events.len()),
                _ => tell(0),
            }
        }
    }
}

/// The first frame: what it is, what is in it, and its length. All of a client's are masked.
fn frame(bytes: &[u8]) -> Option<(u8, Vec<u8>, usize)> {
    let (opcode, short) = (bytes.first()? & 0x0f, usize::from(bytes.get(1)? & 0x7f));
    let (length, at) = match short {
        126 => (usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?) as usize, 10),
        short => (short, 2),
    };
    let mask = bytes.get(at..at + MASK_BYTES)?;
    let from = at + MASK_BYTES;
    let payload = bytes.get(from..from + length)?;
    let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    Some((opcode, payload, from + length))
}
