//! Hostile frames and uploads, while others play.
//!
//! Frames are made by the published schema as a grammar, and from valid frames with something done to them; uploads from
//! valid files. Beside them performances are played, which must not notice.

mod grammar;
mod mutation;

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use etude_engine::protocol::{ClientMessage, PROTOCOL, ServerMessage};
use etude_engine::session::{ENGINE, Event, EventKind, Seq};
use etude_engine::units::{Micros, Pitch, Velocity};
use fastrand::Rng;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use xtask::process::{duration, say};
use xtask::root;

use crate::band::Band;
use crate::failure::{Failure, Result, hold, law};
use crate::process;
use crate::service::{Http, Opened, Service};
use grammar::Grammar;
use mutation::mutate;

/// How long the proof is.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Frames and uploads together.
    pub inputs: u64,
    /// Decides what is sent. In which order it arrives is the network's.
    pub seed: u64,
}

/// What was seen. All of it was as it must be.
#[derive(Debug)]
pub struct Figures {
    plan: Plan,
    frames: u64,
    taken: u64,
    refused: u64,
    connections: u64,
    uploads: u64,
    uploads_taken: u64,
    performances: u64,
    notes: u64,
    round_trip_ms: (f64, f64),
    memory: (u64, u64),
    time: Duration,
}

/// Connections that attack at once.
const LANES: usize = 48;
/// Those who upload at once.
const UPLOADERS: u64 = 4;
/// Frames after which a lane attacks another session.
const FRAMES_PER_SESSION: u64 = 1_000;
/// Of all inputs, one in so many is an upload or a request.
const UPLOAD_IN: u64 = 10;
/// Those who play beside it.
const PLAYERS: usize = 3;
const NOTES_PER_SECOND: u32 = 20;
/// So that a frame that is never answered is found out. Says nothing about speed.
const PATIENCE: Duration = Duration::from_secs(60);
/// What workerd may grow to: it never gives back what its WebAssembly once had, so this is what the largest inputs took.
const MEMORY_MAX_MB: u64 = 768;

/// What has been done so far.
#[derive(Default)]
struct Tally {
    frames: AtomicU64,
    taken: AtomicU64,
    refused: AtomicU64,
    connections: AtomicU64,
    uploads: AtomicU64,
    uploads_taken: AtomicU64,
    over: AtomicBool,
}

/// Attacks the service while performances are played on it.
///
/// # Errors
/// When a performance is disturbed, an input is not answered or answered with a failure of the service, an object is reset,
/// the process dies or outgrows its bound. When the service cannot be run.
pub fn prove(plan: Plan) -> Result<Figures> {
    let begun = Instant::now();
    let service = Service::start()?;
    let pid = service.pid()?;
    let mut band = Band::new(&service.http, PLAYERS, NOTES_PER_SECOND)?;
    let tally = Tally::default();
    let (uploads, frames) = (plan.inputs / UPLOAD_IN, plan.inputs - plan.inputs / UPLOAD_IN);
    let before = process::memory_kb(pid)?;
    let mut most = before;
    let outcome = thread::scope(|scope| {
        let (http, tally) = (&service.http, &tally);
        let mut attackers =
            vec![scope.spawn(move || ended(tally, send_frames(http, plan.seed, frames, tally)))];
        for uploader in 0..UPLOADERS {
            let seed = !plan.seed.wrapping_mul(UPLOADERS).wrapping_add(uploader);
            let share = uploads / UPLOADERS + u64::from(uploader < uploads % UPLOADERS);
            attackers.push(scope.spawn(move || ended(tally, send_files(http, seed, share, tally))));
        }
        let mut played = Ok(());
        let mut told = Instant::now();
        while played.is_ok() && !attackers.iter().all(thread::ScopedJoinHandle::is_finished) {
            played = band.step();
            most = most.max(process::memory_kb(pid).unwrap_or(0));
            if told.elapsed() > Duration::from_secs(30) {
                told = Instant::now();
                let (frames, uploads) = (read(&tally.frames), read(&tally.uploads));
                say(format!("{frames} frames, {uploads} uploads, {} MB", most / 1_024));
            }
            thread::sleep(Duration::from_millis(2));
        }
        tally.over.store(true, Ordering::Relaxed);
        let attacks = attackers.into_iter().map(|attacker| match attacker.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        attacks.fold(played, Result::and)
    });
    outcome.map_err(|failure| Failure::Law(format!("{failure}\nseed {}", plan.seed)))?;
    let mut band = band.finish()?;
    service.hold_calm()?;
    hold(process::memory_kb(pid).is_ok(), || "workerd died".to_owned())?;
    hold(most / 1_024 <= MEMORY_MAX_MB, || format!("workerd took {} MB", most / 1_024))?;
    Ok(Figures {
        plan,
        frames: read(&tally.frames),
        taken: read(&tally.taken),
        refused: read(&tally.refused),
        connections: read(&tally.connections),
        uploads: read(&tally.uploads),
        uploads_taken: read(&tally.uploads_taken),
        performances: band.finished,
        notes: band.notes,
        round_trip_ms: (band.round_trip_ms(50), band.round_trip_ms(99)),
        memory: (before, most),
        time: begun.elapsed(),
    })
}

/// A failure ends the others too.
fn ended(tally: &Tally, outcome: Result<()>) -> Result<()> {
    if outcome.is_err() {
        tally.over.store(true, Ordering::Relaxed);
    }
    outcome
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

fn send_frames(http: &Http, seed: u64, frames: u64, tally: &Tally) -> Result<()> {
    let schema = root().join("docs/protocol.schema.json");
    let text = std::fs::read_to_string(&schema).map_err(xtask::Error::io("reading", &schema))?;
    let grammar = serde_json::from_str::<Value>(&text).ok();
    let Some(grammar) = grammar.and_then(|schema| Grammar::new(schema, "ClientMessage")) else {
        return law("the published schema does not say what a client's message is");
    };
    let piece = http.upload(&scale())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| xtask::Error::Io { what: "starting an event loop".into(), source })?;
    runtime.block_on(async {
        let lanes = (0..LANES as u64).map(|lane| {
            let rng = Rng::with_seed(seed.wrapping_mul(LANES as u64).wrapping_add(lane));
            let share = frames / LANES as u64 + u64::from(lane < frames % LANES as u64);
            Lane { http, piece: &piece, grammar: &grammar, rng, tally }.attack(share)
        });
        futures_util::future::try_join_all(lanes).await.map(drop)
    })
}

/// One who attacks.
struct Lane<'a> {
    http: &'a Http,
    piece: &'a str,
    grammar: &'a Grammar,
    rng: Rng,
    tally: &'a Tally,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Lane<'_> {
    async fn attack(mut self, mut share: u64) -> Result<()> {
        while share > 0 {
            // Not here: while one waits for the answer, no other could go on.
            let (http, piece) = (self.http.clone(), self.piece.to_owned());
            let opened = tokio::task::spawn_blocking(move || http.open(&piece)).await;
            let opened = opened.map_err(|error| Failure::Law(error.to_string()))??;
            let mut left = share.min(FRAMES_PER_SESSION);
            share -= left;
            while left > 0 && !self.tally.over.load(Ordering::Relaxed) {
                left -= self.connection(&opened, left).await?;
            }
        }
        Ok(())
    }

    /// One connection, until it is refused. How many frames were sent on it.
    async fn connection(&mut self, opened: &Opened, most: u64) -> Result<u64> {
        let viewer = self.rng.u8(..5) == 0;
        let token = if viewer { &opened.viewer } else { &opened.token };
        let mut socket = connect(&opened.socket, token).await?;
        self.tally.connections.fetch_add(1, Ordering::Relaxed);
        // How many events the session has, as far as it told.
        let mut high_water = 0;
        if self.rng.u8(..8) > 0 {
            say_hello(&mut socket).await?;
            if !self.heard(&mut socket, &mut high_water, "hello").await? {
                return law("a hello in order was refused");
            }
        }
        for sent in 1..=most {
            let frame = self.frame(high_water);
            // The session may have closed already: then the answer says so.
            let _ = socket.send(frame.clone()).await;
            self.tally.frames.fetch_add(1, Ordering::Relaxed);
            if !self.heard(&mut socket, &mut high_water, &frame).await? {
                self.tally.refused.fetch_add(1, Ordering::Relaxed);
                return Ok(sent);
            }
            self.tally.taken.fetch_add(1, Ordering::Relaxed);
        }
        Ok(most)
    }

    /// Waits for the answer to a frame. Whether the connection goes on.
    async fn heard(&self, socket: &mut Socket, high_water: &mut u64, frame: impl fmt::Debug) -> Result<bool> {
        loop {
            let Ok(next) = timeout(PATIENCE, socket.next()).await else {
                return law(format!("never answered: {:.300}", format!("{frame:?}")));
            };
            match next {
                Some(Ok(Message::Text(text))) => match ServerMessage::from_frame(&text) {
                    Ok(ServerMessage::Error { message, .. }) if message.is_empty() => {
                        return law("a refusal without a word");
                    }
                    Ok(ServerMessage::Error { .. }) => {}
                    Ok(ServerMessage::Welcome { high_water: events, .. }) => *high_water = events,
                    Ok(ServerMessage::Verdicts { ack, digest: Some(_), .. }) => {
                        *high_water = ack;
                        return Ok(true);
                    }
                    Ok(_) => {}
                    Err(error) => return law(format!("the session itself said {error}: {text}")),
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(false),
                Some(Ok(_)) => {}
            }
        }
    }

    fn frame(&mut self, high_water: u64) -> Message {
        let rng = &mut self.rng;
        let faults = [0.0, 0.02, 0.2][rng.usize(..3)];
        let mut value = self.grammar.value(rng, faults);
        // Left alone, next to no batch would follow on the last one, and none would be judged.
        if let Some(first) = value.get_mut("first").filter(|_| rng.u8(..4) > 0) {
            *first = high_water.into();
        }
        if let Some(protocol) = value.get_mut("protocol").filter(|_| rng.u8(..4) > 0) {
            *protocol = PROTOCOL.into();
        }
        let text = value.to_string();
        match rng.u8(..20) {
            0..8 => Message::text(text),
            8..19 => {
                let valid = batch(rng, high_water);
                let bytes = mutate(rng, valid.as_bytes(), text.as_bytes());
                Message::text(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => Message::binary(mutate(rng, text.as_bytes(), text.as_bytes())),
        }
    }
}

async fn connect(url: &str, token: &str) -> Result<Socket> {
    let failed = |what: &dyn fmt::Display| Failure::Law(format!("a connection was not made: {what}"));
    let mut request = url.into_client_request().map_err(|error| failed(&error))?;
    let protocols = format!("etude.v1, {token}").parse();
    request.headers_mut().insert("Sec-WebSocket-Protocol", protocols.map_err(|error| failed(&error))?);
    Ok(connect_async(request).await.map_err(|error| failed(&error))?.0)
}

async fn say_hello(socket: &mut Socket) -> Result<()> {
    let hello = ClientMessage::Hello {
        protocol: PROTOCOL,
        attempt: 1,
        client: "hostile".to_owned(),
        engine: ENGINE.to_owned(),
        score: None,
        records: 0,
        judged_by: Some("none".to_owned()),
        heard: 0,
    };
    let sent = socket.send(Message::text(hello.to_frame())).await;
    sent.map_err(|error| Failure::Law(format!("a hello did not leave: {error}")))
}

/// A batch in order.
fn batch(rng: &mut Rng, high_water: u64) -> String {
    let events = (0..rng.i64(1..8)).map(|n| {
        let at = Micros((high_water as i64 + n) * 100_000);
        let (pitch, velocity) = (Pitch::new(rng.u8(..128)), Velocity::new(rng.u8(..128)));
        match (pitch, velocity, rng.u8(..4)) {
            (Some(pitch), _, 0) => Event { at, kind: EventKind::NoteOff { pitch } },
            (Some(pitch), Some(velocity), _) => Event { at, kind: EventKind::NoteOn { pitch, velocity } },
            _ => Event { at, kind: EventKind::Tick },
        }
    });
    ClientMessage::Events { first: Seq(high_water), events: events.collect() }.to_frame()
}

/// Uploads and requests.
fn send_files(http: &Http, seed: u64, uploads: u64, tally: &Tally) -> Result<()> {
    let mut rng = Rng::with_seed(seed);
    let files = valid_files()?;
    for _ in 0..uploads {
        if tally.over.load(Ordering::Relaxed) {
            break;
        }
        let (file, other) = (&files[rng.usize(..files.len())], &files[rng.usize(..files.len())]);
        let (answer, what) = if rng.u8(..5) > 0 {
            let file = mutate(&mut rng, file, other);
            (http.put("/v1/pieces", &file)?, file)
        } else {
            let request = r#"{"piece":"0000000000000000000000000000000000000000000000000000000000000000","player":"x","config":{"mode":"follow"}}"#;
            let request = mutate(&mut rng, request.as_bytes(), other);
            (http.post("/v1/sessions", &request)?, request)
        };
        tally.uploads.fetch_add(1, Ordering::Relaxed);
        match answer.status {
            200..300 => drop(tally.uploads_taken.fetch_add(1, Ordering::Relaxed)),
            400..500 => {}
            _ => {
                let what = String::from_utf8_lossy(&what);
                return law(format!("{} bytes were answered {answer:?}: {what:.2000}", what.len()));
            }
        }
    }
    Ok(())
}

/// Files in order: small ones of every kind, and a real piece.
fn valid_files() -> Result<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    for folder in ["midi_score", "musicxml", "mxl"] {
        let folder = root().join("etude-engine/fuzz/seeds").join(folder);
        let entries = std::fs::read_dir(&folder).map_err(xtask::Error::io("reading", &folder))?;
        let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            files.push(std::fs::read(&path).map_err(xtask::Error::io("reading", &path))?);
        }
    }
    let menuet = root().join("examples/scores/petzold-menuet-in-g.musicxml");
    files.push(std::fs::read(&menuet).map_err(xtask::Error::io("reading", &menuet))?);
    Ok(files)
}

/// A piece to attack.
fn scale() -> Vec<u8> {
    let mut xml = String::from(
        "<score-partwise version=\"4.0\"><part-list><score-part id=\"P1\"><part-name>P</part-name></score-part></part-list>\
         <part id=\"P1\"><measure number=\"1\"><attributes><divisions>1</divisions></attributes>",
    );
    for step in ["C", "D", "E", "F", "G", "A", "B"].iter().cycle().take(56) {
        xml += &format!(
            "<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>1</duration></note>"
        );
    }
    (xml + "</measure></part></score-partwise>").into_bytes()
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plan, frames, taken, refused, connections, uploads, uploads_taken, .. } = self;
        write!(
            f,
            "hostile: {frames} frames on {connections} connections ({taken} taken, {refused} refused) and {uploads} uploads and \
             requests ({uploads_taken} taken), seed {}: all answered; beside them {} performances with {} notes, no connection \
             lost, verdicts, digests and reports as undisturbed, note to verdict p50 {:.1} ms, p99 {:.1} ms; no object reset; \
             memory from {} to at most {} MB; {}",
            plan.seed,
            self.performances,
            self.notes,
            self.round_trip_ms.0,
            self.round_trip_ms.1,
            self.memory.0 / 1_024,
            self.memory.1 / 1_024,
            duration(self.time),
        )
    }
}
