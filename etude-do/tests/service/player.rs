//! A player on a raw WebSocket.

use std::time::Duration;

use etude_engine::fair::Plausibility;
use etude_engine::judge::Record;
use etude_engine::protocol::{ClientMessage, ErrorCode, PROTOCOL, ServerMessage};
use etude_engine::report::Report;
use etude_engine::session::{ENGINE, Event, Seq, VerdictDigest};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::service::{Answer, Opened, Service};

/// So that a test that waits for what never comes fails instead of hanging. Says nothing about speed.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a player knows of its take, over all its connections.
#[derive(Default)]
pub(crate) struct Known {
    /// The verdict stream.
    pub(crate) records: Vec<Record>,
    /// How many events are on disk, by the last word of the session.
    pub(crate) acked: u64,
    /// Digest after these events.
    pub(crate) digest: Option<VerdictDigest>,
    /// As the engine alone has it.
    pub(crate) report: Option<Report>,
    /// What the service adds.
    pub(crate) evidence: Option<Plausibility>,
}

/// A connection.
pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// How a connection ended.
#[derive(Debug, PartialEq)]
pub(crate) struct End {
    pub(crate) error: Option<(ErrorCode, bool)>,
    /// `None` where the connection broke without a word.
    pub(crate) close: Option<u16>,
}

impl Socket {
    /// Connects without saying hello.
    pub(crate) async fn connect(service: &Service, opened: &Opened) -> Self {
        Self::try_connect(service, &opened.socket, Some(&format!("etude.v1, {}", opened.token)))
            .await
            .unwrap_or_else(|answer| panic!("{answer:?}"))
    }

    /// Connects, or tells how the upgrade was refused.
    pub(crate) async fn try_connect(
        service: &Service,
        path: &str,
        protocols: Option<&str>,
    ) -> Result<Self, Answer> {
        let url = service.url(path).replacen("http", "ws", 1);
        let mut request = url.into_client_request().expect("an address");
        if let Some(protocols) = protocols {
            request.headers_mut().insert("Sec-WebSocket-Protocol", protocols.parse().expect("a header"));
        }
        match connect_async(request).await {
            Ok((socket, response)) => {
                assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "etude.v1");
                Ok(Self(socket))
            }
            Err(tungstenite::Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                let body = serde_json::from_slice(body).expect("a refusal is JSON");
                Err(Answer { status: response.status().as_u16(), body })
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Connects, says hello and takes in the answer. Returns how many events the session has.
    pub(crate) async fn resume(service: &Service, opened: &Opened, known: &mut Known) -> (Self, u64) {
        let mut socket = Self::connect(service, opened).await;
        let high_water = socket.hello(known).await;
        (socket, high_water)
    }

    /// Says hello and takes in the answer.
    pub(crate) async fn hello(&mut self, known: &mut Known) -> u64 {
        let hello = ClientMessage::Hello {
            protocol: PROTOCOL,
            attempt: 1,
            client: "test".to_owned(),
            engine: ENGINE.to_owned(),
            score: None,
            records: known.records.len() as u64,
            judged_by: Some(ENGINE.to_owned()),
            heard: 0,
        };
        self.say(&hello).await;
        let ServerMessage::Welcome { high_water, records, .. } = self.hear().await else {
            panic!("a welcome should come first")
        };
        known.digest = None;
        // One frame of verdicts at least; a digest on the last.
        while (known.records.len() as u64) < records || known.digest.is_none() {
            let message = self.hear().await;
            known.take(message);
        }
        assert!(high_water >= known.acked, "{} events were acknowledged, {high_water} are left", known.acked);
        known.acked = high_water;
        high_water
    }

    /// Sends events without waiting for anything.
    pub(crate) async fn play(&mut self, first: u64, events: &[Event]) {
        self.say(&ClientMessage::Events { first: Seq(first), events: events.to_vec() }).await;
    }

    /// Sends events and waits until they are on disk and judged.
    pub(crate) async fn play_through(&mut self, known: &mut Known, first: u64, events: &[Event]) {
        self.play(first, events).await;
        while known.acked < first + events.len() as u64 || known.digest.is_none() {
            let message = self.hear().await;
            known.take(message);
        }
    }

    /// Takes in frames until the report.
    pub(crate) async fn report(&mut self, known: &mut Known) {
        while known.report.is_none() {
            let message = self.hear().await;
            known.take(message);
        }
    }

    pub(crate) async fn say(&mut self, message: &ClientMessage) {
        self.send(Message::text(message.to_frame())).await;
    }

    /// Sends anything. A connection that is gone is found out by who reads from it.
    pub(crate) async fn send(&mut self, message: Message) {
        let _ = self.0.send(message).await;
    }

    /// The next message, which must be one.
    pub(crate) async fn hear(&mut self) -> ServerMessage {
        match self.next().await {
            Some(Ok(Message::Text(text))) => {
                ServerMessage::from_frame(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
            }
            other => panic!("a message should come, not {other:?}"),
        }
    }

    /// The next message, or with which code the connection closed.
    pub(crate) async fn hear_any(&mut self) -> Result<ServerMessage, Option<u16>> {
        match self.next().await {
            Some(Ok(Message::Text(text))) => Ok(ServerMessage::from_frame(&text).expect("a message")),
            Some(Ok(Message::Close(close))) => Err(close.map(|close| close.code.into())),
            other => panic!("a message or a close should come, not {other:?}"),
        }
    }

    /// The next text, which must be one.
    pub(crate) async fn hear_text(&mut self) -> String {
        match self.next().await {
            Some(Ok(Message::Text(text))) => text.to_string(),
            other => panic!("a text should come, not {other:?}"),
        }
    }

    /// Takes in what comes until the connection ends.
    pub(crate) async fn until_end(&mut self, known: &mut Known) -> End {
        let mut end = End { error: None, close: None };
        loop {
            match self.next().await {
                Some(Ok(Message::Text(text))) => match ServerMessage::from_frame(&text).expect("a message") {
                    ServerMessage::Error { code, recoverable, message } => {
                        assert!(!message.is_empty());
                        end.error = Some((code, recoverable));
                    }
                    message => known.take(message),
                },
                Some(Ok(Message::Close(close))) => end.close = close.map(|close| close.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return end,
            }
        }
    }

    async fn next(&mut self) -> Option<Result<Message, tungstenite::Error>> {
        tokio::time::timeout(PATIENCE, self.0.next()).await.expect("something should have come by now")
    }
}

impl Known {
    /// Takes in a message. Records must join those known without a gap, and never come twice.
    pub(crate) fn take(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::Verdicts { ack, first, records, digest } => {
                assert_eq!(first, self.records.len() as u64, "records must be contiguous");
                assert!(ack >= self.acked, "an acknowledgement was taken back");
                self.records.extend(records);
                self.acked = ack;
                self.digest = digest;
            }
            ServerMessage::Report { report } => {
                self.evidence = report.plausibility.clone();
                self.report = Some(Report { plausibility: None, ..*report });
            }
            other => panic!("unexpected: {other:?}"),
        }
    }
}
