//! The service beside an echo in plain JavaScript on the same workerd, and beside the same engine without workerd.
//!
//! All three run at once and are asked in turn, so that what else the machine does strikes all of them alike.

mod memory;
mod native;
mod piece;
mod wire;

use std::fmt;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::Message;
use xtask::process::say;
use xtask::worker::{self, Optimise, Worker};
use xtask::workerd::Workerd;

use crate::failure::{Failure, Result, law};
use crate::process;
use crate::repertoire::Take;
use crate::service::Service;
use memory::Memory;
pub use native::serve as serve_natively;
use wire::{Answers, Wire, batches, note_frames};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Notes of each target, one at a time.
    pub notes: usize,
    /// Live sessions whose memory is measured.
    pub sessions: usize,
}

/// The figures and the bars.
#[derive(Debug)]
pub struct Table {
    lines: Vec<String>,
    short: u32,
}

/// Notes of the piece, as the bars have it; each is two events.
const SCORE_NOTES: usize = 5_000;
/// Notes of a block: one target is asked so many times, then the next.
const BLOCK: usize = 500;
/// So many blocks are not counted: V8 compiles on its threads what is called often, for the service and for the echo.
const WARM_UP: usize = 12;
/// Connections and frames on their way that are to keep a process busy.
const BUSY_CONNECTIONS: usize = 16;
const BUSY_WINDOW: usize = 4;
const BUSY_TIME: Duration = Duration::from_secs(3);
/// Seed of the first of the pieces that only one session plays.
const OWN_PIECES: u64 = 2;
/// Sessions that are woken.
const WAKES: usize = 9;

struct Targets {
    etude: Service,
    echo: Workerd,
    native: Native,
    take: Take,
    /// The piece's name in the service.
    piece: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Etude,
    Echo,
    Native,
}

impl Target {
    const ALL: [Self; 3] = [Self::Etude, Self::Echo, Self::Native];
}

/// Measures.
///
/// # Errors
/// When the service cannot be built or run, or does not answer as it should. A bar that is not reached is no error: see
/// [`Table::holds`].
pub fn run(plan: Plan) -> Result<Table> {
    let built = worker::build(Optimise::Deploy)?;
    let wasm = built.dir.join("index_bg.wasm");
    let wasm = std::fs::read(&wasm).map_err(xtask::Error::io("reading", &wasm))?;
    let mut targets = Targets::start(built)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| xtask::Error::Io { what: "starting an event loop".into(), source })?;
    let mut table = Table { lines: Vec::new(), short: 0 };
    runtime.block_on(async {
        say("round trips and CPU, in turn");
        table.round_trips(&targets, plan.notes).await?;
        say("as many notes as go through");
        table.capacity(&targets).await?;
        say("waking");
        table.wakes(&mut targets).await?;
        say("memory");
        table.memory(&mut targets, plan.sessions).await
    })?;
    targets.etude.hold_calm()?;
    table.size(&wasm)?;
    Ok(table)
}

impl Table {
    /// Whether every bar was reached.
    pub fn holds(&self) -> bool {
        self.short == 0
    }

    fn line(&mut self, line: String) {
        self.lines.push(line);
    }

    fn bar(&mut self, what: &str, value: f64, bar: f64, unit: &str) {
        let verdict = if value <= bar { "ok" } else { "SHORT" };
        self.short += u32::from(value > bar);
        self.line(format!("{what}: {value:.2} {unit} (bar {bar:.2}) {verdict}"));
    }

    async fn round_trips(&mut self, targets: &Targets, notes: usize) -> Result<()> {
        let frames = note_frames(&targets.take.events);
        let frames = &frames[..BLOCK.min(frames.len())];
        let mut trips = Target::ALL.map(|_| Vec::new());
        let mut cpu = [Duration::ZERO; Target::ALL.len()];
        for round in 0..WARM_UP + notes.div_ceil(frames.len()) {
            for (at, target) in Target::ALL.into_iter().enumerate() {
                let mut wire = targets.connect(target).await?;
                let before = targets.cpu(target)?;
                for frame in frames {
                    let trip = wire.ask(frame).await?;
                    if round >= WARM_UP {
                        trips[at].push(trip);
                    }
                }
                if round >= WARM_UP {
                    cpu[at] += targets.cpu(target)?.saturating_sub(before);
                }
            }
        }
        let notes = trips[0].len();
        let per_note = cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / notes as f64);
        let trips = trips.map(|mut trips| {
            trips.sort_unstable();
            [50, 99].map(|percent| trips[trips.len() * percent / 100].as_secs_f64() * 1e3)
        });
        for (at, target) in Target::ALL.into_iter().enumerate() {
            let ([p50, p99], cpu) = (trips[at], per_note[at]);
            self.line(format!(
                "{target}: a note to its answer p50 {p50:.3} ms, p99 {p99:.3} ms; {cpu:.0} us CPU a note; {notes} notes, one at a time"
            ));
        }
        self.bar("round trip p50 beside the JavaScript echo", trips[0][0] / trips[1][0], 1.3, "x");
        self.bar("CPU a note beside the JavaScript echo", per_note[0] / per_note[1], 1.3, "x");
        Ok(())
    }

    async fn capacity(&mut self, targets: &Targets) -> Result<()> {
        let frames = note_frames(&targets.take.events);
        for target in Target::ALL {
            let mut wires = Vec::new();
            for _ in 0..BUSY_CONNECTIONS {
                wires.push(targets.connect(target).await?);
            }
            let (begun, before) = (Instant::now(), targets.cpu(target)?);
            let busy = wires.into_iter().map(|wire| keep_busy(wire, &frames, begun));
            let notes: usize = futures_util::future::try_join_all(busy).await?.into_iter().sum();
            let time = begun.elapsed().as_secs_f64();
            let cpu = targets.cpu(target)?.saturating_sub(before).as_secs_f64();
            let rate = notes as f64 / time;
            self.line(format!(
                "{target}: {rate:.0} notes/s through one process, {BUSY_CONNECTIONS} sessions with {BUSY_WINDOW} frames on their \
                 way, {:.0} us CPU a note: {:.0} sessions at 20 notes/s",
                cpu * 1e6 / notes as f64,
                rate / 20.0
            ));
        }
        Ok(())
    }

    async fn wakes(&mut self, targets: &mut Targets) -> Result<()> {
        let mut asleep = Vec::new();
        for number in 0..WAKES {
            let take = piece::wandering(SCORE_NOTES, OWN_PIECES + number as u64)?;
            let opened = targets.etude.http.open(&targets.etude.http.upload(&take.piece)?)?;
            let mut wire = Wire::connect(&opened.socket, &opened.token, Answers::Session).await?;
            wire.hello(0).await?;
            // As the relay batches what was played offline; the log of a live take has a row for every few events.
            for frame in batches(&take.events, 10) {
                wire.ask(&frame).await?;
            }
            asleep.push((opened, take.records.len()));
        }
        targets.etude.workerd.restart()?;
        // The isolate and its WebAssembly are up; the sessions and their scores are not.
        drop(targets.connect(Target::Etude).await?);
        let mut wakes = Vec::new();
        for (opened, records) in &asleep {
            let begun = Instant::now();
            let mut wire = Wire::connect(&opened.socket, &opened.token, Answers::Session).await?;
            wire.hello(*records).await?;
            wakes.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        let events = targets.take.events.len();
        self.line(format!(
            "cold wakes with a log of {events} events and {SCORE_NOTES} notes of score, one after the other: {}",
            wakes.iter().map(|wake| format!("{wake:.1}")).collect::<Vec<_>>().join(", ")
        ));
        wakes.sort_unstable_by(f64::total_cmp);
        self.bar("cold wake, median", wakes[wakes.len() / 2], 50.0, "ms");
        Ok(())
    }

    async fn memory(&mut self, targets: &mut Targets, sessions: usize) -> Result<()> {
        let Memory { asked, connected, sharing, own, counted } = memory::measure(targets, sessions).await?;
        self.line(format!(
            "memory: {asked:.0} kB for an object that was asked once, {connected:.0} kB for one in JavaScript with a connection and \
             an insert a note; for a live session {sharing:.0} kB where all play one piece of {SCORE_NOTES} notes, {own:.0} kB where \
             each has its own; what {counted} of them add"
        ));
        self.bar("memory of a live session beyond an object with a connection", own - connected, 500.0, "kB");
        Ok(())
    }

    fn size(&mut self, wasm: &[u8]) -> Result<()> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let packed = packed.write_all(wasm).and_then(|()| packed.finish());
        let packed = packed.map_err(|source| xtask::Error::Io { what: "packing".into(), source })?;
        self.bar("WebAssembly, gzip", packed.len() as f64 / 1e3, 500.0, "kB");
        Ok(())
    }
}

/// Sends with a window of frames on their way. How many were answered.
async fn keep_busy(mut wire: Wire, frames: &[String], begun: Instant) -> Result<usize> {
    let mut answered = 0;
    let mut frames = frames.iter();
    for frame in frames.by_ref().take(BUSY_WINDOW) {
        wire.send(Message::text(frame.as_str())).await?;
    }
    for frame in frames {
        if begun.elapsed() > BUSY_TIME {
            break;
        }
        wire.answer().await?;
        answered += 1;
        wire.send(Message::text(frame.as_str())).await?;
    }
    Ok(answered)
}

impl Targets {
    fn start(built: Worker) -> Result<Self> {
        let take = piece::wandering(SCORE_NOTES, 1)?;
        let etude = Service::start_worker(built)?;
        let piece = etude.http.upload(&take.piece)?;
        let dir = xtask::root().join("etude-do/proof/bench");
        let echo = Workerd::start_worker(Worker { config: dir.join("echo.capnp"), dir })?;
        let native = Native::start(&take.piece)?;
        Ok(Self { etude, echo, native, take, piece })
    }

    /// A connection to a new session, greeted.
    async fn connect(&self, target: Target) -> Result<Wire> {
        match target {
            Target::Etude => self.open(&self.piece).await,
            Target::Echo => {
                let url = format!("ws://127.0.0.1:{}/{}", self.echo.port(), fastrand::u64(..));
                Wire::connect(&url, "nobody", Answers::Echo).await
            }
            Target::Native => {
                let url = format!("ws://127.0.0.1:{}/", self.native.port);
                let mut wire = Wire::connect(&url, "nobody", Answers::Session).await?;
                wire.hello(0).await?;
                Ok(wire)
            }
        }
    }

    /// A connection to a new session of the service, of this piece, greeted.
    async fn open(&self, piece: &str) -> Result<Wire> {
        let opened = self.etude.http.open(piece)?;
        let mut wire = Wire::connect(&opened.socket, &opened.token, Answers::Session).await?;
        wire.hello(0).await?;
        Ok(wire)
    }

    fn cpu(&self, target: Target) -> Result<Duration> {
        process::cpu(match target {
            Target::Etude => self.etude.pid()?,
            Target::Echo => self.echo.pid().ok_or_else(|| Failure::Law("the echo is down".into()))?,
            Target::Native => self.native.child.id(),
        })
    }
}

/// This program as a server, until it is dropped.
struct Native {
    child: Child,
    port: u16,
    _piece: tempfile::NamedTempFile,
}

impl Native {
    fn start(piece: &[u8]) -> Result<Self> {
        let io = |source| xtask::Error::Io { what: "starting the native server".into(), source };
        let mut file = tempfile::NamedTempFile::new().map_err(io)?;
        file.write_all(piece).map_err(io)?;
        let program: PathBuf = std::env::current_exe().map_err(io)?;
        let mut child = Command::new(program)
            .arg("native")
            .arg(file.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(io)?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(io)?;
        }
        let native = |port| Self { child, port, _piece: file };
        match line.trim().parse() {
            Ok(port) => Ok(native(port)),
            Err(_) => {
                drop(native(0));
                law("the native server told no port")
            }
        }
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Etude => "the session service on workerd",
            Self::Echo => "JavaScript echo with one insert on workerd",
            Self::Native => "the same engine behind tokio-tungstenite",
        })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        match self.short {
            0 => f.write_str("every bar is reached"),
            short => write!(f, "{short} bars are not reached"),
        }
    }
}
