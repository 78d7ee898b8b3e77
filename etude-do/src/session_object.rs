//! The session object: one practice session.
//!
//! Its log in SQLite is its state. The engine's [`SessionServer`] is rebuilt from it whenever it is not in memory: after
//! hibernation, eviction, a crash. **Write first, then send**: the runtime holds back what is sent until what was
//! written before it is on disk, and holds back nothing that is sent before. Handlers of WebSocket events do not wait
//! for anything (see [`crate::socket_events`]), so one frame is stored, judged and answered before the next is looked at.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use etude_engine::fair::{Delivered, Evidence, examine};
use etude_engine::protocol::{CLOSE_REFUSED, CLOSE_RESUME, ErrorCode, FRAME_BYTES_MAX, Role, SUBPROTOCOL};
use etude_engine::score::{Score, ScoreDigest};
use etude_engine::session::server::{Append, Connection, RebuildError, Received, SessionServer};
use etude_engine::session::{Config, ENGINE, EventKind};
use serde::{Deserialize, Serialize};
use worker::{
    DurableObject, Env, Error, Request, Response, State, WebSocket, WebSocketIncomingMessage, WebSocketPair,
    WebSocketRequestResponsePair, durable_object,
};

use crate::api::body;
use crate::api::error::ApiError;
use crate::api::query::Query;
use crate::api::route::Route;
use crate::clock::now_ms;
use crate::journal;
use crate::log::Row;
use crate::metrics;
use crate::packed::Packed;
use crate::piece::{FILE_BYTES_MAX, media_type};
use crate::rate::{Bucket, Rate, TooFast};
use crate::scores;
use crate::session_store::{Log, SessionStore, Setup};
use crate::settings::{FRAME_BYTES, Settings, VIEWER_FRAMES};
use crate::sheet::Sheet;
use crate::sockets::{Attachment, Seat, Sockets, attachment, error, refuse, remember, send};
use crate::viewers::{self, VIEWERS_MAX};

/// What a client sends to see whether the connection lives. Answered by the runtime, so that it wakes nothing.
pub const PING: &str = "ping";
/// The answer to [`PING`].
pub const PONG: &str = "pong";

/// Where a Worker opens the session; beside the addresses that it passes on from outside.
const OPEN: &str = "/open";
const SETUP: &str = "setup";
/// Where it opens the WebSocket of each role.
const PLAYER_SOCKET: &str = "/socket/player";
const VIEWER_SOCKET: &str = "/socket/viewer";

/// When an alarm that failed is tried again.
const RETRY: Duration = Duration::from_secs(60);

/// One practice session.
#[durable_object(alarm)]
pub struct SessionObject {
    pub(crate) state: State,
    pub(crate) env: Env,
    pub(crate) store: SessionStore,
    /// Read once: every frame needs them.
    pub(crate) settings: Settings,
    /// What came lately from players, and how many of each role connected. Memory is enough: it takes ten silent seconds
    /// to be lost.
    player_bytes: Cell<Bucket>,
    connects: [Cell<Bucket>; 2],
    viewer_frames: Cell<Bucket>,
    /// Whether the take has just ended, so that an alarm is to deliver its report.
    pub(crate) ended_now: Cell<bool>,
    /// Whether events have come since the object is in memory: the first of them set the alarm for when they stop.
    playing: Cell<bool>,
    pub(crate) began_now: Cell<bool>,
    /// Whether viewers may be connected. None come but by [`SessionObject::admit`], so that not every frame need look.
    watched: Cell<bool>,
    /// Never borrowed across an `.await`: only the functions that do not wait touch it.
    server: RefCell<Option<SessionServer>>,
}

/// What the Worker learns when it opens a session.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Opened {
    score: ScoreDigest,
    config: Config,
    engine: String,
}

#[derive(Serialize)]
struct Status {
    #[serde(flatten)]
    setup: Setup,
    score: ScoreDigest,
    /// How many events are on disk.
    events: u64,
    ended: bool,
    /// Whether a player is connected.
    connected: bool,
    /// How many viewers are.
    viewers: usize,
    /// Whether the engine is in memory, or will be rebuilt from the log by the next frame.
    in_memory: bool,
}

impl DurableObject for SessionObject {
    fn new(state: State, env: Env) -> Self {
        let store = SessionStore::new(state.storage().sql());
        match WebSocketRequestResponsePair::new(PING, PONG) {
            Ok(pair) => state.as_raw().set_websocket_auto_response(&pair),
            Err(error) => Err(error),
        }
        .unwrap_or_else(|error| journal::fault("session.pings", "", "", &format!("{error:?}")));
        Self {
            settings: Settings::of(&env),
            state,
            env,
            store,
            player_bytes: Cell::default(),
            connects: [Cell::default(), Cell::default()],
            viewer_frames: Cell::default(),
            ended_now: Cell::new(false),
            playing: Cell::new(false),
            began_now: Cell::new(false),
            watched: Cell::new(true),
            server: RefCell::new(None),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        match self.answer(request).await {
            Ok(response) => Ok(response),
            Err(error) => error.into_response(),
        }
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // What is played from here on is not known to it.
        self.playing.set(false);
        // Not thrown: the runtime gives up an alarm that throws too often. The next one is set in any case.
        if let Err(error) = self.look_after().await {
            journal::fault("session.alarm", "", "", &error.to_string());
            self.state.storage().set_alarm(RETRY).await?;
        }
        Response::empty()
    }
}

/// Where the Worker opens a session; the body is the file of the piece.
pub(crate) fn open_url(setup: &Setup) -> worker::Result<String> {
    let setup = serde_json::to_string(setup)?;
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(SETUP, &setup).finish();
    Ok(format!("https://session{OPEN}?{query}"))
}

/// Where the Worker opens the WebSocket of a role.
pub(crate) fn socket_url(role: Role) -> &'static str {
    match role {
        Role::Player => "https://session/socket/player",
        Role::Viewer => "https://session/socket/viewer",
    }
}

impl SessionObject {
    async fn answer(&self, mut request: Request) -> Result<Response, ApiError> {
        let path = request.path();
        if path == OPEN {
            let setup = Query::of(&request).text(SETUP).ok_or(ApiError::NoRoute)?;
            let setup = serde_json::from_str(&setup).map_err(|error| ApiError::Body(error.to_string()))?;
            let piece = Packed::from_bytes(body::read(&mut request, FILE_BYTES_MAX).await?);
            let opened = self.open(&setup, piece)?;
            self.schedule().await?;
            return Ok(opened);
        }
        let role = match &*path {
            PLAYER_SOCKET => Some(Role::Player),
            VIEWER_SOCKET => Some(Role::Viewer),
            _ => None,
        };
        if let Some(role) = role {
            let connected = self.admit(role)?;
            self.schedule().await?;
            return Ok(connected);
        }
        let known = request.headers().get("If-None-Match")?;
        match Route::parse(request.method().as_ref(), &path)? {
            Route::Session(_) => self.status(),
            Route::DeleteSession(_) => {
                let (setup, _) = self.store.setup()?.ok_or(ApiError::NoSession)?;
                self.delete(&setup).await?;
                Ok(Response::empty()?.with_status(204))
            }
            Route::Report(_) => self.report(),
            Route::Take(_) => self.take(),
            Route::Score(_) => self.score(known.as_deref()),
            Route::SessionPiece(_) => self.piece(known.as_deref()),
            _ => Err(ApiError::NoRoute),
        }
    }

    fn open(&self, setup: &Setup, piece: Packed) -> Result<Response, ApiError> {
        if self.store.exists()? {
            return Err(ApiError::SessionExists);
        }
        let read = || -> Result<Score, ApiError> { Ok(etude_engine::import::score(&piece.unpack()?)?.score) };
        let score = scores::of(&setup.piece, read)?;
        let opened = Opened { score: score.digest(), config: setup.config, engine: ENGINE.to_owned() };
        let server = SessionServer::rebuild(&setup.session, Arc::clone(&score), setup.config, []);
        let server = server.map_err(|error| match error {
            // Only with the score can be said whether there is anything to play.
            RebuildError::Config(error) => ApiError::Config(error),
            other => ApiError::Stored(other.to_string()),
        })?;
        self.store.open(setup, &score, &piece)?;
        self.server.replace(Some(server));
        metrics::OPENED.count();
        journal::note("session.opened", &setup.tenant, &setup.session);
        Ok(Response::from_json(&opened)?)
    }

    fn status(&self) -> Result<Response, ApiError> {
        let (setup, score) = self.store.setup()?.ok_or(ApiError::NoSession)?;
        let status = Status {
            setup,
            score,
            events: self.store.events()?,
            ended: self.store.has_report()?,
            connected: !self.sockets().connected(Role::Player)?.is_empty(),
            viewers: self.sockets().connected(Role::Viewer)?.len(),
            in_memory: self.server.borrow().is_some(),
        };
        Ok(Response::from_json(&status)?)
    }

    fn report(&self) -> Result<Response, ApiError> {
        if !self.store.exists()? {
            return Err(ApiError::NoSession);
        }
        if !self.store.has_report()? {
            self.with_server(|server| self.store_report(server))?;
        }
        let report = self.store.report()?.ok_or(ApiError::NotEnded)?;
        let mut response = Response::ok(report)?;
        response.headers_mut().set("Content-Type", "application/json")?;
        Ok(response)
    }

    /// The score as the session's engine has it. The same for as long as the session lives, unless it is closed by a new
    /// engine that reads another.
    fn score(&self, known: Option<&str>) -> Result<Response, ApiError> {
        self.with_server(|server| {
            let score = server.session().score();
            let tag = format!("\"{}\"", String::from(score.digest()));
            unless_known(known, &tag, || Response::from_json(&Sheet::of(score)))
        })
    }

    /// The file that the score was read from.
    fn piece(&self, known: Option<&str>) -> Result<Response, ApiError> {
        let (setup, _) = self.store.setup()?.ok_or(ApiError::NoSession)?;
        let file = self.store.piece()?;
        unless_known(known, &format!("\"{}\"", setup.piece), || {
            let kind = media_type(&file);
            let mut response = Response::from_bytes(file)?;
            response.headers_mut().set("Content-Type", kind)?;
            Ok(response)
        })
    }

    fn admit(&self, role: Role) -> Result<Response, ApiError> {
        if !self.store.exists()? {
            return Err(ApiError::NoSession);
        }
        if let Some(rate) = self.settings.connects {
            let bucket = &self.connects[usize::from(role == Role::Viewer)];
            take(bucket, rate, 1).map_err(|too_fast| ApiError::TooFast(too_fast.wait_seconds))?;
        }
        let sockets = self.sockets();
        if role == Role::Viewer && sockets.connected(role)?.len() >= VIEWERS_MAX {
            return Err(ApiError::TooManyViewers);
        }
        let WebSocketPair { client, server } = WebSocketPair::new()?;
        sockets.accept(&server, role)?;
        if role == Role::Viewer {
            self.watched.set(true);
        }
        metrics::CONNECTED.count();
        sockets.tell_presence()?;
        let mut response = Response::from_websocket(client)?;
        response.headers_mut().set("Sec-WebSocket-Protocol", SUBPROTOCOL)?;
        Ok(response)
    }

    /// A frame of anyone connected. An error is a socket that is gone: who was there comes back and resumes.
    pub(crate) fn frame(&self, socket: &WebSocket, message: WebSocketIncomingMessage) -> worker::Result<()> {
        let Some(Attachment { seat, over: false }) = attachment(socket) else { return Ok(()) };
        if let Some(wait) = self.too_fast(&seat, &message) {
            let message = format!("too much came in a short time; resume in {wait} s");
            refuse(socket, error(ErrorCode::TooFast, message, true), CLOSE_RESUME);
            return Ok(());
        }
        let text = match message {
            WebSocketIncomingMessage::String(text) if text.len() <= FRAME_BYTES_MAX => text,
            WebSocketIncomingMessage::String(text) => {
                let message = format!("the frame has {} bytes; the limit is {FRAME_BYTES_MAX}", text.len());
                refuse(socket, error(ErrorCode::TooLarge, message, false), CLOSE_REFUSED);
                return Ok(());
            }
            WebSocketIncomingMessage::Binary(_) => {
                let message = "frames are JSON text; this one is binary".to_owned();
                refuse(socket, error(ErrorCode::Malformed, message, true), CLOSE_RESUME);
                return Ok(());
            }
        };
        let outcome = self.with_server(|server| match seat {
            Seat::Player(connection) => self.play(server, socket, connection, &text),
            Seat::Viewer(viewing) => {
                viewers::answer(socket, viewing, server, &self.store, &self.sockets(), &text)
            }
        });
        match outcome {
            Ok(()) => {}
            Err(ApiError::Runtime(reason)) => {
                journal::fault("session.frame", "", "", &reason.to_string());
                let message = ApiError::Runtime(reason).to_string();
                refuse(socket, error(ErrorCode::Storage, message, true), CLOSE_RESUME);
            }
            Err(problem) => {
                let code = match problem {
                    ApiError::ScoreMismatch { .. } => ErrorCode::ScoreMismatch,
                    ApiError::NoSession => ErrorCode::NoSession,
                    _ => ErrorCode::Storage,
                };
                refuse(socket, error(code, problem.to_string(), false), CLOSE_REFUSED);
            }
        }
        Ok(())
    }

    fn play(
        &self,
        server: &mut SessionServer,
        socket: &WebSocket,
        before: Connection,
        text: &str,
    ) -> Result<(), ApiError> {
        let mut connection = before;
        let received = server.receive(&mut connection, text);
        if connection != before {
            remember(socket, Seat::Player(connection))?;
        }
        match received {
            Received::Reply(frames) => send(socket, frames)?,
            Received::Append(append) => self.append(server, append, socket)?,
            Received::Refuse { frame, close } => refuse(socket, frame, close),
        }
        Ok(())
    }

    /// Puts events on disk, then judges them, then sends: what is sent is the word that they are on disk.
    fn append(&self, server: &mut SessionServer, append: Append, socket: &WebSocket) -> Result<(), ApiError> {
        let row = Row::new(append.first(), append.events());
        if let Err(error) = self.store.append(row, now_ms()) {
            metrics::DISK_REFUSED.count();
            journal::fault("session.disk", "", "", &error.to_string());
            refuse(socket, server.storage_failed(append, &error.to_string()).to_frame(), CLOSE_RESUME);
            return Ok(());
        }
        let ends = append.events().last().is_some_and(|last| last.kind == EventKind::End);
        if ends && let Err(error) = self.add_evidence(server) {
            journal::fault("session.evidence", "", "", &error.to_string());
        }
        // Nothing may fail between the disk and the engine.
        let viewers =
            if self.watched.get() { self.sockets().connected(Role::Viewer) } else { Ok(Vec::new()) };
        self.watched.set(!viewers.as_ref().is_ok_and(Vec::is_empty));
        let viewers = viewers.unwrap_or_default();
        let shown = (!viewers.is_empty()).then(|| (append.first(), append.events().to_vec()));
        let appended = append.events().len() as u64;
        let frames = server.commit(append);
        metrics::EVENTS.add(appended);
        if let Err(error) = self.store_report(server) {
            // The log has the take; the report is made from it again when it is next asked for.
            journal::fault("session.report", "", "", &error.to_string());
        }
        self.ended_now.set(server.session().has_ended());
        self.began_now.set(!self.playing.replace(true));
        let sent = send(socket, &frames);
        if let Some((first, events)) = shown {
            viewers::show(&viewers, server, first, &events, &frames);
        }
        Ok(sent?)
    }

    /// Stores the report of a take that has ended, once.
    pub(crate) fn store_report(&self, server: &mut SessionServer) -> Result<(), ApiError> {
        let Some(report) = server.report() else { return Ok(()) };
        if !self.store.has_report()? {
            self.store.put_report(&serde_json::to_string(&report).map_err(Error::from)?)?;
        }
        Ok(())
    }

    /// Looks whether the take, as it is on disk, can have been played as it says.
    fn add_evidence(&self, server: &mut SessionServer) -> Result<(), ApiError> {
        let (setup, _) = self.store.setup()?.ok_or(ApiError::NoSession)?;
        let log = self.store.log()?.map_err(|error| ApiError::Stored(error.to_string()))?;
        server.set_evidence(self.evidence(&setup, &log)?);
        Ok(())
    }

    fn evidence(&self, setup: &Setup, log: &Log) -> Result<Evidence, ApiError> {
        let batches = log.batches();
        let delivered = Delivered { log: &log.events, batches: &batches, opened_ms: setup.created_ms };
        let mut evidence = examine(&delivered);
        if let Some(earlier) = self.store.earlier()? {
            evidence.compare(earlier);
        }
        Ok(evidence)
    }

    /// Runs something on the server, which is rebuilt from the log if it is not in memory. Must not be nested.
    pub(crate) fn with_server<T>(
        &self,
        run: impl FnOnce(&mut SessionServer) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let mut server = self.server.borrow_mut();
        match &mut *server {
            Some(server) => run(server),
            asleep => run(asleep.insert(self.rebuild()?)),
        }
    }

    fn rebuild(&self) -> Result<SessionServer, ApiError> {
        if !self.store.exists()? {
            return Err(ApiError::NoSession);
        }
        let log = self.store.log()?.map_err(|error| ApiError::Stored(error.to_string()))?;
        metrics::REBUILT.count();
        self.judged(log)
    }

    /// A server of the session's score and settings that has judged a log.
    pub(crate) fn judged(&self, log: Log) -> Result<SessionServer, ApiError> {
        let (setup, stored) = self.store.setup()?.ok_or(ApiError::NoSession)?;
        let score = scores::of(&setup.piece, || self.stored_score(stored))?;
        if score.digest() != stored {
            return Err(ApiError::ScoreMismatch { stored, now: score.digest() });
        }
        let evidence = log.ends().then(|| self.evidence(&setup, &log)).transpose()?;
        let mut server = SessionServer::rebuild(&setup.session, score, setup.config, log.events)
            .map_err(|error| ApiError::Stored(error.to_string()))?;
        if let Some(evidence) = evidence {
            server.set_evidence(evidence);
        }
        Ok(server)
    }

    /// The score of the session, read from its piece anew where another version of the engine read it.
    fn stored_score(&self, digest: ScoreDigest) -> Result<Score, ApiError> {
        if let Some(score) = self.store.score()?.filter(|score| score.digest() == digest) {
            return Ok(score);
        }
        let score = etude_engine::import::score(&self.store.piece()?)?.score;
        if score.digest() == digest {
            self.store.put_score(&score)?;
        }
        Ok(score)
    }

    /// Seconds to wait, if this frame comes too fast. Its size is looked at, not what is in it.
    fn too_fast(&self, seat: &Seat, message: &WebSocketIncomingMessage) -> Option<u64> {
        let bytes = match message {
            WebSocketIncomingMessage::String(text) => text.len(),
            WebSocketIncomingMessage::Binary(bytes) => bytes.len(),
        };
        let outcome = match seat {
            Seat::Player(_) => {
                let rate = self.settings.player_bytes?;
                // A larger frame is refused by its size.
                take(&self.player_bytes, rate, FRAME_BYTES + bytes.min(FRAME_BYTES_MAX) as u64)
            }
            Seat::Viewer(_) => take(&self.viewer_frames, VIEWER_FRAMES, 1),
        };
        outcome.err().map(|too_fast| too_fast.wait_seconds)
    }

    /// Whether the end of the take is on disk.
    pub(crate) fn has_ended(&self) -> Result<bool, ApiError> {
        if let Some(server) = &*self.server.borrow() {
            return Ok(server.session().has_ended());
        }
        Ok(self.store.ends()?)
    }

    /// Lets go of all that is in memory.
    pub(crate) fn forget(&self) {
        self.server.replace(None);
        self.store.forget();
    }

    pub(crate) fn sockets(&self) -> Sockets<'_> {
        Sockets(&self.state)
    }
}

/// Takes from a bucket in memory.
fn take(bucket: &Cell<Bucket>, rate: Rate, amount: u64) -> Result<(), TooFast> {
    let mut level = bucket.get();
    let outcome = rate.take(&mut level, amount, now_ms());
    bucket.set(level);
    if outcome.is_err() {
        metrics::RATE_LIMITED.count();
    }
    outcome
}

/// An answer that stays the same, or the word that the asker has it already.
fn unless_known(
    known: Option<&str>,
    tag: &str,
    answer: impl FnOnce() -> worker::Result<Response>,
) -> Result<Response, ApiError> {
    let mut response = if known == Some(tag) { Response::empty()?.with_status(304) } else { answer()? };
    response.headers_mut().set("ETag", tag)?;
    response.headers_mut().set("Cache-Control", "private, max-age=0, must-revalidate")?;
    Ok(response)
}
