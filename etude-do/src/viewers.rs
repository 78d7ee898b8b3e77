//! Those who read along in a session: any number of connections that never write.
//!
//! Nothing a viewer does, or fails to do, reaches the player: its frames are answered from what is there, what it is sent
//! live is bounded by what it asked for ([`SessionServer::keeps_up`]), and a socket that is gone is passed over.

use etude_engine::session::server::SessionServer;
use etude_engine::session::viewer::{Shown, Viewing, heard};
use etude_engine::session::{Event, Seq};
use worker::WebSocket;

use crate::api::error::ApiError;
use crate::log;
use crate::session_store::SessionStore;
use crate::sockets::{self, Attachment, Seat, Sockets, attachment, remember};

/// Most viewers of one session.
pub const VIEWERS_MAX: usize = 100;

/// Answers a viewer's frame.
pub(crate) fn answer(
    socket: &WebSocket,
    mut viewing: Viewing,
    server: &SessionServer,
    store: &SessionStore,
    sockets: &Sockets<'_>,
    text: &str,
) -> Result<(), ApiError> {
    let newcomer = viewing == Viewing::default();
    match server.show(&mut viewing, text) {
        Shown::Reply { welcome, events, verdicts } => {
            let rows = store.rows(&events)?;
            let played = log::range(rows, &events).map_err(|error| ApiError::Stored(error.to_string()))?;
            remember(socket, Seat::Viewer(viewing))?;
            sockets::send(socket, [welcome])?;
            sockets::send(socket, heard(events.start, &played))?;
            sockets::send(socket, verdicts)?;
            if newcomer {
                sockets::send(socket, [sockets.presence()?.to_frame()])?;
            }
        }
        Shown::Refuse { frame, close } => sockets::refuse(socket, frame, close),
    }
    Ok(())
}

/// Shows what was just committed to those of the viewers who keep up. `frames` are those that the player is sent.
pub(crate) fn show(
    viewers: &[WebSocket],
    server: &SessionServer,
    first: Seq,
    events: &[Event],
    frames: &[String],
) {
    let played: Vec<String> = heard(first.0, events).collect();
    for viewer in viewers {
        let Some(Attachment { seat: Seat::Viewer(before), .. }) = attachment(viewer) else { continue };
        let mut viewing = before;
        // A viewer that is gone resumes when it is back.
        if server.keeps_up(&mut viewing) {
            let _ = sockets::send(viewer, played.iter().chain(frames));
        } else if viewing != before {
            let _ = remember(viewer, Seat::Viewer(viewing));
        }
    }
}
