//! The same engine behind tokio-tungstenite, without workerd: one session a connection, its log in a file.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use etude_engine::import;
use etude_engine::protocol::SUBPROTOCOL;
use etude_engine::session::Config;
use etude_engine::session::server::{Connection, Received, SessionServer};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use crate::failure::{Failure, Result};

/// Serves sessions on a piece, until it is killed. Prints the port.
///
/// # Errors
/// When the piece cannot be read or no port be had.
pub fn serve(piece: &std::path::Path) -> Result<()> {
    let file = std::fs::read(piece).map_err(xtask::Error::io("reading", piece))?;
    let score = import::score(&file)
        .map_err(|error| Failure::Music { path: piece.display().to_string(), why: error.to_string() })?;
    let score = Arc::new(score.score);
    let failed = |source| xtask::Error::Io { what: "serving natively".into(), source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let local = tokio::task::LocalSet::new();
    let outcome: std::io::Result<()> = local.block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let score = score.clone();
            tokio::task::spawn_local(async move {
                // A client that leaves is the end of its session.
                let _ = session(stream, score).await;
            });
        }
    });
    Ok(outcome.map_err(failed)?)
}

async fn session(
    stream: TcpStream,
    score: Arc<etude_engine::score::Score>,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    #[allow(clippy::result_large_err, reason = "the signature is tungstenite's")]
    let subprotocol = |_: &Request, mut response: Response| {
        if let Ok(name) = SUBPROTOCOL.parse() {
            response.headers_mut().insert("Sec-WebSocket-Protocol", name);
        }
        Ok(response)
    };
    let mut socket = accept_hdr_async(stream, subprotocol).await?;
    let mut log: File = tempfile::tempfile()?;
    let mut server = SessionServer::rebuild("native", score, Config::default(), [])?;
    let mut connection = Connection::default();
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message? else { continue };
        let frames = match server.receive(&mut connection, &text) {
            Received::Reply(frames) => frames,
            Received::Append(append) => {
                serde_json::to_writer(&log, append.events())?;
                log.write_all(b"\n")?;
                // Acknowledged means on disk.
                log.sync_data()?;
                server.commit(append)
            }
            Received::Refuse { frame, .. } => vec![frame],
        };
        for frame in frames {
            socket.feed(Message::text(frame)).await?;
        }
        socket.flush().await?;
    }
    Ok(())
}
