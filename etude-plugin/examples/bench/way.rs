//! From the call of the plugin to the bytes on the socket: a real plugin, its relay, and a real session; on the way a proxy
//! that notes when each message passes.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use etude_engine::session::{Config, EventKind};
use etude_plugin::practice::{FOLDER_VARIABLE, JOIN_VARIABLE};

use super::frames::Frames;
use super::plugin::{Audio, Error, Plugin, Setup};
use super::service::Service;
use super::{Args, BLOCK, ETUDE, RATE, bar, clap_plugin, piece, quantile};

/// The bars, in milliseconds.
const MEDIAN_MAX: f64 = 1.0;
const P99_MAX: f64 = 3.0;
/// Nothing takes longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(30);
/// From the greeting to the first note.
const REST: Duration = Duration::from_secs(1);

/// Opens a session and has a process of its own play into it, for its link is in the environment.
pub(crate) fn measure(args: &Args) -> Result<bool, Error> {
    let service = Service::start();
    let link = service.open(&piece::file("musicxml"), &Config::default());
    let there = service.workerd.lock().map_err(|_| "the service is gone")?.port();
    // Free until the other process takes it.
    let here = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let folder = tempfile::tempdir()?;
    let status = Command::new(std::env::current_exe()?)
        .arg("--etude")
        .arg(&args.etude)
        .arg("--pass-through")
        .arg(&args.pass_through)
        .args(["--seconds", &args.seconds.to_string(), "--way", &here.to_string(), &there.to_string()])
        .env(JOIN_VARIABLE, format!("http://127.0.0.1:{here}/#{}", link.token()))
        .env(FOLDER_VARIABLE, folder.path())
        .status()?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(format!("the player ended with {status}").into()),
    }
}

/// Plays, in real time, and prints how long the notes took.
pub(crate) fn play(args: &Args, here: u16, there: u16) -> Result<bool, Error> {
    let (tell, passed) = mpsc::channel();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, here))?;
    std::thread::spawn(move || proxy(&listener, there, &tell));
    let music = piece::blocks()?;
    let count = (args.seconds * RATE / f64::from(BLOCK)) as usize;
    let music = &music[..count.min(music.len())];

    let file = clap_plugin::File::load(&args.etude)?;
    let mut plugin = file.make(ETUDE)?;
    let mut audio = plugin.activate(Setup { rate: RATE, block: BLOCK, offline: false })?;
    let blocks: Vec<_> = music.iter().map(|events| plugin.block(events)).collect();
    let mut due = Instant::now();
    let mut next = || {
        due += Duration::from_secs_f64(f64::from(BLOCK) / RATE);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        Instant::now()
    };
    // The hello is the first to pass.
    let (started, mut greeted) = (Instant::now(), None);
    while greeted.is_none_or(|at: Instant| at.elapsed() < REST) {
        next();
        audio.process(None, None);
        greeted = greeted.or_else(|| passed.try_recv().ok().map(|(at, _)| at));
        if started.elapsed() > PATIENCE {
            return Err("it does not join".into());
        }
    }
    let mut struck = Vec::new();
    for (block, events) in blocks.iter().zip(music) {
        let now = next();
        struck.extend(events.iter().map(|(_, kind)| (now, *kind)));
        audio.process((!events.is_empty()).then_some(block), None);
    }
    let sent = sent(&passed, struck.len())?;
    audio.stop();
    plugin.deactivate()?;

    let notes = struck.iter().zip(sent).filter(|((_, kind), _)| matches!(kind, EventKind::NoteOn { .. }));
    let mut took: Vec<f64> = notes.map(|((at, _), sent)| (sent - *at).as_secs_f64() * 1e3).collect();
    let what = |which: &str| format!("from the plugin's call to the socket, {} notes: {which}", took.len());
    let (median, high) = (what("median"), what("p99"));
    let holds = bar(&median, quantile(&mut took, 0.5), MEDIAN_MAX);
    Ok(bar(&high, quantile(&mut took, 0.99), P99_MAX) && holds)
}

/// When each event passed.
fn sent(passed: &Receiver<(Instant, usize)>, count: usize) -> Result<Vec<Instant>, Error> {
    let mut sent = Vec::with_capacity(count);
    while sent.len() < count {
        let (at, events) = passed.recv_timeout(PATIENCE)?;
        sent.extend(std::iter::repeat_n(at, events));
    }
    Ok(sent)
}

fn proxy(listener: &TcpListener, there: u16, tell: &Sender<(Instant, usize)>) {
    for client in listener.incoming().flatten() {
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, there)) else { continue };
        let tell = tell.clone();
        for socket in [&client, &server] {
            let _ = socket.set_nodelay(true);
        }
        if let (Ok(from), Ok(to)) = (client.try_clone(), server.try_clone()) {
            let mut frames = Frames::default();
            std::thread::spawn(move || {
                pass(from, to, |at, bytes| {
                    frames.hear(bytes, |events| {
                        let _ = tell.send((at, events));
                    });
                });
            });
            std::thread::spawn(move || pass(server, client, |_, _| {}));
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, mut hear: impl FnMut(Instant, &[u8])) {
    let mut bytes = vec![0; 65_536];
    while let Ok(count) = from.read(&mut bytes) {
        let at = Instant::now();
        if count == 0 || to.write_all(&bytes[..count]).is_err() {
            break;
        }
        hear(at, &bytes[..count]);
    }
    let _ = to.shutdown(Shutdown::Both);
}
