//! A bare connection that sends frames made beforehand, so that what it costs is the same whoever answers.

use std::time::{Duration, Instant};

use etude_engine::protocol::{ClientMessage, PROTOCOL, SUBPROTOCOL};
use etude_engine::session::{ENGINE, Event, Seq};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::failure::{Failure, Result, law};

/// So that a benchmark that waits for what never comes fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// What tells that a frame was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// A frame for a frame.
    Echo,
    /// Verdicts with a digest end an answer.
    Session,
}

pub(super) struct Wire {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    answers: Answers,
}

impl Wire {
    pub(super) async fn connect(url: &str, token: &str, answers: Answers) -> Result<Self> {
        let failed = |what: String| Failure::Law(format!("{url}: {what}"));
        let mut request = url.into_client_request().map_err(|error| failed(error.to_string()))?;
        let protocols = format!("{SUBPROTOCOL}, {token}").parse();
        let protocols = protocols.map_err(|_| failed("a token that no header carries".to_owned()))?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", protocols);
        let (socket, _) = connect_async(request).await.map_err(|error| failed(error.to_string()))?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_nodelay(true).map_err(|error| failed(error.to_string()))?;
        }
        Ok(Self { socket, answers })
    }

    /// Says hello as one who has these records already. How long the answer took.
    pub(super) async fn hello(&mut self, records: usize) -> Result<Duration> {
        let hello = ClientMessage::Hello {
            protocol: PROTOCOL,
            attempt: 1,
            client: "bench".to_owned(),
            engine: ENGINE.to_owned(),
            score: None,
            records: records as u64,
            judged_by: Some(ENGINE.to_owned()),
            heard: 0,
        };
        self.ask(&hello.to_frame()).await
    }

    /// Sends a frame and waits for the answer. How long it took.
    pub(super) async fn ask(&mut self, frame: &str) -> Result<Duration> {
        let message = Message::text(frame);
        let begun = Instant::now();
        self.send(message).await?;
        self.answer().await?;
        Ok(begun.elapsed())
    }

    pub(super) async fn send(&mut self, message: Message) -> Result<()> {
        self.socket
            .send(message)
            .await
            .map_err(|error| Failure::Law(format!("a frame did not leave: {error}")))
    }

    pub(super) async fn answer(&mut self) -> Result<()> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => {
                    // Looked for, not parsed: the client is not what is measured.
                    if self.answers == Answers::Echo || text.contains("\"digest\"") {
                        return Ok(());
                    }
                    if text.contains("\"type\":\"error\"") {
                        return law(format!("refused: {text}"));
                    }
                }
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => return law(format!("the connection broke: {error}")),
                Ok(None) => return law("the connection was closed"),
                Err(_) => return law("no answer came"),
            }
        }
    }
}

/// The frames of a performance, one a note: the note, and what came since the one before.
pub(super) fn note_frames(events: &[Event]) -> Vec<String> {
    batches(events, 2)
}

/// The same in batches of this many events.
pub(super) fn batches(events: &[Event], size: usize) -> Vec<String> {
    let firsts = (0..).step_by(size);
    let frame = |(events, first): (&[Event], u64)| {
        ClientMessage::Events { first: Seq(first), events: events.to_vec() }.to_frame()
    };
    events.chunks(size).zip(firsts).map(frame).collect()
}
