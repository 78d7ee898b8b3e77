//! A WebSocket server around the real session, which breaks connections at the moments it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use etude_engine::judge::Record;
use etude_engine::protocol::{CLOSE_RESUME, SUBPROTOCOL};
use etude_engine::report::Report;
use etude_engine::score::{
    Articulations, Freedom, Hand, Measure, Note, NoteId, Ornaments, Score, ScoreParts, TempoMap,
};
use etude_engine::session::server::{Connection, Received, SessionServer};
use etude_engine::session::{Config, Event, EventKind};
use etude_engine::units::{Micros, Pitch, Ticks, Velocity};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

pub(super) const TOKEN: &str = "token.for-tests";

/// What goes wrong on a connection. Frames of events are counted from 0 on each connection.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fault {
    /// Nothing.
    None,
    /// The connection is dropped before the upgrade is answered.
    NoUpgrade,
    /// The upgrade is refused.
    Upgrade { status: u16, body: &'static str },
    /// The upgrade names no subprotocol.
    NoSubprotocol,
    /// The connection is dropped on hello.
    NoWelcome,
    /// Nothing is ever read or answered after the upgrade.
    Deaf,
    /// Nothing is read any more after the welcome, nor are pings answered.
    DeafAfterWelcome,
    /// The connection is dropped with a frame of events unread by the disk.
    BeforeAppend(u32),
    /// The events are on disk; the connection is dropped before the session says so.
    BeforeAck(u32),
    /// The connection is dropped in the middle of the frame that says so.
    MidAck(u32),
    /// The answer is sent twice, then the connection is dropped.
    AckTwice(u32),
    /// The disk refuses.
    Storage(u32),
    /// The socket is closed in good order.
    Close { after: u32, code: u16 },
    /// A frame that is no message.
    Nonsense(u32),
    /// A binary frame.
    Binary(u32),
    /// Every digest beside verdicts is another.
    WrongDigest,
}

/// A session as the service keeps it: score, settings and log are on disk, the rest is rebuilt for each connection.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) score: Arc<Score>,
    pub(super) config: Config,
    state: Arc<Mutex<State>>,
}

struct State {
    log: Vec<Event>,
    server: SessionServer,
    faults: VecDeque<Fault>,
    connections: u32,
}

impl Stage {
    pub(super) fn new(faults: impl IntoIterator<Item = Fault>) -> Self {
        let (score, config) = (scale(), Config::default());
        let server = rebuilt(&score, config, &[]);
        let state = State { log: Vec::new(), server, faults: faults.into_iter().collect(), connections: 0 };
        Self { score, config, state: Arc::new(Mutex::new(state)) }
    }

    pub(super) fn log(&self) -> Vec<Event> {
        self.state().log.clone()
    }

    pub(super) fn records(&self) -> Vec<Record> {
        self.state().server.records().to_vec()
    }

    pub(super) fn report(&self) -> Option<Report> {
        self.state().server.report()
    }

    pub(super) fn connections(&self) -> u32 {
        self.state().connections
    }

    /// Serves one connection until either side ends it.
    pub(super) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) {
        let fault = {
            let mut state = self.state();
            state.connections += 1;
            state.server = rebuilt(&self.score, self.config, &state.log);
            state.faults.pop_front().unwrap_or(Fault::None)
        };
        match fault {
            Fault::NoUpgrade => return,
            Fault::Upgrade { status, body } => {
                let length = body.len();
                let answer = format!("HTTP/1.1 {status} No\r\nContent-Length: {length}\r\n\r\n{body}");
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
                return;
            }
            _ => {}
        }
        #[allow(clippy::result_large_err, reason = "the signature is tungstenite's")]
        let greet = |request: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            let offered = request.headers()[SEC_WEBSOCKET_PROTOCOL].to_str().expect("printable");
            assert_eq!(offered, format!("{SUBPROTOCOL}, {TOKEN}"));
            if fault != Fault::NoSubprotocol {
                response
                    .headers_mut()
                    .insert(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL.parse().expect("printable"));
            }
            Ok(response)
        };
        if let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, greet).await {
            // An error is the client's goodbye, or ours.
            let _ = self.converse(socket, &fault).await;
        }
    }

    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        mut socket: WebSocketStream<S>,
        fault: &Fault,
    ) -> Result<(), Over> {
        let mut connection = Connection::default();
        let mut batch = 0;
        if *fault == Fault::Deaf {
            return std::future::pending().await;
        }
        while let Some(message) = socket.next().await {
            let Message::Text(frame) = message? else { continue };
            let greeted = connection.greeted;
            if *fault == Fault::NoWelcome {
                return Ok(());
            }
            let received = self.state().server.receive(&mut connection, frame.as_str());
            let replies = match received {
                Received::Reply(frames) => frames,
                Received::Refuse { frame, close } => return refuse(&mut socket, frame, close).await,
                Received::Append(append) => {
                    if *fault == Fault::BeforeAppend(batch) {
                        return Ok(());
                    }
                    if *fault == Fault::Storage(batch) {
                        let frame = self.state().server.storage_failed(append, "the disk is full").to_frame();
                        return refuse(&mut socket, frame, CLOSE_RESUME).await;
                    }
                    let mut state = self.state();
                    state.log.extend_from_slice(append.events());
                    state.server.commit(append)
                }
            };
            for reply in &replies {
                if greeted && !self.misbehave(&mut socket, fault, batch, reply).await? {
                    return Ok(());
                }
                socket.send(Message::text(self.digest(fault, reply))).await?;
            }
            if *fault == Fault::DeafAfterWelcome {
                return std::future::pending().await;
            }
            batch += u32::from(greeted);
        }
        Ok(())
    }

    /// What goes wrong where an answer to events is due. False if the connection is to be dropped.
    async fn misbehave<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        socket: &mut WebSocketStream<S>,
        fault: &Fault,
        batch: u32,
        reply: &str,
    ) -> Result<bool, Over> {
        match *fault {
            Fault::BeforeAck(at) if at == batch => return Ok(false),
            Fault::MidAck(at) if at == batch => {
                // A text frame of 100 bytes, of which half comes.
                let mut half = vec![0x81, 100];
                half.extend(reply.bytes().take(50));
                socket.get_mut().write_all(&half).await.map_err(|_| Over)?;
                return Ok(false);
            }
            Fault::AckTwice(at) if at == batch => {
                socket.send(Message::text(reply)).await?;
                socket.send(Message::text(reply)).await?;
                return Ok(false);
            }
            Fault::Close { after, code } if after == batch => {
                let frame = CloseFrame { code: code.into(), reason: "told to".into() };
                socket.send(Message::Close(Some(frame))).await?;
                // The close handshake: the client answers.
                while let Some(Ok(_)) = socket.next().await {}
                return Ok(false);
            }
            Fault::Nonsense(at) if at == batch => {
                socket.send(Message::text("{\"type\":\"fanfare\"}")).await?
            }
            Fault::Binary(at) if at == batch => socket.send(Message::binary(vec![0; 8])).await?,
            _ => {}
        }
        Ok(true)
    }

    fn digest(&self, fault: &Fault, reply: &str) -> String {
        if *fault != Fault::WrongDigest || reply.contains(r#""type":"report""#) {
            return reply.to_owned();
        }
        let digest = self.state().server.session().digest().to_string();
        reply.replace(&digest, "0123456789abcdef")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection is over.
pub(super) struct Over;

impl From<tokio_tungstenite::tungstenite::Error> for Over {
    fn from(_: tokio_tungstenite::tungstenite::Error) -> Self {
        Self
    }
}

async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
    socket: &mut WebSocketStream<S>,
    frame: String,
    code: u16,
) -> Result<(), Over> {
    socket.send(Message::text(frame)).await?;
    socket.send(Message::Close(Some(CloseFrame { code: code.into(), reason: "".into() }))).await?;
    while let Some(Ok(_)) = socket.next().await {}
    Ok(())
}

fn rebuilt(score: &Arc<Score>, config: Config, log: &[Event]) -> SessionServer {
    SessionServer::rebuild("stage", score.clone(), config, log.iter().copied()).expect("a log of ours")
}

/// Forty notes, four to the measure.
fn scale() -> Arc<Score> {
    let measure = |index: u32| Measure {
        number: (index + 1).to_string(),
        pass: 1,
        written: index,
        onset: Ticks(i64::from(index) * 4),
        duration: Ticks(4),
    };
    let note = |index: u32| Note {
        id: NoteId { xml_id: format!("n{index}").into(), pass: 1 },
        onset: Ticks(i64::from(index)),
        duration: Ticks(1),
        pitch: pitch(index),
        measure: index / 4,
        hand: Hand::Right,
        staff: 1,
        voice: 1,
        grace: false,
        ornaments: Ornaments::NONE,
        articulations: Articulations::NONE,
        freedom: Freedom::default(),
    };
    let parts = ScoreParts {
        ticks_per_quarter: 1,
        measures: (0..10).map(measure).collect(),
        notes: (0..40).map(note).collect(),
        tempo: TempoMap::default(),
        ..ScoreParts::default()
    };
    Arc::new(Score::new(parts).expect("a scale"))
}

/// The scale as a beginner plays it: some notes wrong, some left out, some twice; and the end.
pub(super) fn take() -> Vec<Event> {
    let mut events = Vec::new();
    for index in 0..40_u32 {
        let at = Micros(i64::from(index) * 500_000 + i64::from(index * 7_919 % 90_000));
        let struck = match index {
            7 => continue,
            13 => Pitch::new(pitch(index).number() + 1).expect("a key"),
            _ => pitch(index),
        };
        for _ in 0..if index == 21 { 2 } else { 1 } {
            let velocity = Velocity::new(70).expect("seven bits");
            events.push(Event { at, kind: EventKind::NoteOn { pitch: struck, velocity } });
            let off = Micros(at.0 + 200_000);
            events.push(Event { at: off, kind: EventKind::NoteOff { pitch: struck } });
        }
    }
    events.push(Event { at: Micros(21_000_000), kind: EventKind::End });
    events
}

fn pitch(index: u32) -> Pitch {
    Pitch::new(48 + index as u8).expect("a key")
}
