//! The plugins in hosts, each in a process of its own, with a session link in its environment: a real score, a real
//! performance, a real session; and what the session made of it beside what the engine makes of the same notes offline.
//!
//! The hosts in Rust run with the tests; the others, which are fetched, by `cargo xtask prove hosts`.

mod ardour;
mod python;
pub(crate) mod rust;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use etude_engine::import;
use etude_engine::report::Report;
use etude_engine::score::Score;
use etude_engine::session::{Config, Event, EventKind, Mode, Session};
use etude_plugin::practice::{FOLDER_VARIABLE, JOIN_VARIABLE, Link};

use crate::room::{RATE, example, performance};
use crate::service::Service;

const PIECES: [&str; 3] = ["petzold-menuet-in-g", "beethoven-fuer-elise", "bach-goldberg-aria"];
const PATIENCE: Duration = Duration::from_secs(60);

/// What was seen in a host.
struct Seen {
    piece: &'static str,
    report: Report,
    log: Vec<Event>,
    /// What the host printed.
    said: Vec<String>,
}

/// Has a host play a piece into a session, and checks that the session's log is what was played, and its report what the
/// engine makes of that log here.
fn play(service: &Service, piece: &'static str, config: Config, pedal: bool, mut host: Command) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let link = service.open(&score_file(piece), &config);
    let mut child = start(&mut host, &link, folder.path());
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut said = Vec::new();
    while said.last().is_none_or(|line| line != "ready") {
        said.push(lines.next().unwrap_or_else(|| panic!("the host died: {said:?}")));
    }
    wait_until_joined(service, &link, &mut child);
    writeln!(stdin, "play").unwrap();
    let report = service.report(&link);
    drop(stdin);
    said.extend(lines);
    assert!(child.wait().unwrap().success(), "{said:?}");

    let log = service.log(&link);
    assert_eq!(notes(&log), expected(piece, config.mode, pedal), "{piece}: not the notes that were played");
    assert_eq!(report, judged_here(score(piece), config, &log), "{piece}");
    Seen { piece, report, log, said }
}

/// A host whose plugin joins this session and keeps its files in this folder.
fn start(host: &mut Command, link: &Link, home: &Path) -> Child {
    host.env(JOIN_VARIABLE, format!("{}/#{}", link.base(), link.token()))
        .env(FOLDER_VARIABLE, home)
        // A proxy that is none: what is on this machine is asked without it.
        .env("all_proxy", "http://127.0.0.1:9")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{host:?}: {error}"))
}

fn score_file(piece: &str) -> PathBuf {
    example(&format!("{piece}.musicxml"))
}

fn score(piece: &str) -> Arc<Score> {
    Arc::new(import::score(&std::fs::read(score_file(piece)).unwrap()).unwrap().score)
}

/// What the engine makes of a log here.
fn judged_here(score: Arc<Score>, config: Config, log: &[Event]) -> Report {
    let mut session = Session::new(score, config).unwrap();
    for event in log {
        session.handle(*event).unwrap();
        while session.poll().is_some() {}
    }
    session.report()
}

fn wait_until_joined(service: &Service, link: &Link, host: &mut Child) {
    let started = Instant::now();
    while service.status(link)["connected"] != true {
        let waited = started.elapsed();
        assert!(waited < PATIENCE, "the plugin does not join: {}", service.status(link));
        assert!(host.try_wait().unwrap().is_none(), "the host died");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A note or a pedal: when, in microseconds, and what. In the order of time; hosts differ in the order of what is at one
/// time.
type Played = (i64, String);

fn notes(log: &[Event]) -> Vec<Played> {
    let is_played =
        |kind| matches!(kind, EventKind::NoteOn { .. } | EventKind::NoteOff { .. } | EventKind::Pedal { .. });
    let played = log.iter().filter(|event| is_played(event.kind));
    sorted(played.map(|event| (event.at.0, event.kind)))
}

/// The piece's performance, each event at the nearest sample, from the zero of the take: its first event, which in clock mode
/// is the transport's start.
fn expected(piece: &str, mode: Mode, pedal: bool) -> Vec<Played> {
    let mut played = performance(&format!("{piece}.mid"));
    played.retain(|(_, kind)| pedal || !matches!(kind, EventKind::Pedal { .. }));
    let zero = if mode == Mode::Clock { 0 } else { played[0].0 };
    let micros = |sample: u64| ((sample - zero) as f64 * 1e6 / f64::from(RATE)).round() as i64;
    sorted(played.iter().map(|(sample, kind)| (micros(*sample), *kind)))
}

fn sorted(played: impl Iterator<Item = (i64, EventKind)>) -> Vec<Played> {
    let mut named: Vec<Played> = played.map(|(at, kind)| (at, format!("{kind:?}"))).collect();
    named.sort();
    named
}

/// The line of a host's row in the table that `cargo xtask prove hosts` prints.
fn tell(host: &str, format: &str, seen: &[Seen]) {
    let piece = |seen: &Seen| {
        let total = &seen.report.total;
        let found = format!("{} of {}", total.correct, total.expected);
        format!("{} {found} notes, digest {} = offline", seen.piece, seen.report.digest)
    };
    let pieces: Vec<String> = seen.iter().map(piece).collect();
    let loaded = seen[0].said.iter().find(|line| line.contains("loaded in")).map_or("", String::as_str);
    println!("\n| {host} | {format} | {} | {loaded}", pieces.join("; "));
}

/// What cargo built beside this test.
fn built(name: &str) -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let profile = deps.parent().and_then(|deps| deps.parent()).unwrap().to_owned();
    let candidates = [profile.join(name), profile.join("deps").join(name)];
    // A build of the package by itself leaves a copy that a build of its tests does not renew.
    let newest =
        candidates.into_iter().max_by_key(|path| path.metadata().and_then(|file| file.modified()).ok());
    newest.filter(|path| path.exists()).unwrap_or_else(|| panic!("{name} was not built"))
}

/// The folder of `cargo xtask bundle plugin`, if the environment names it: then it is what it made that is tested.
fn bundled() -> Option<PathBuf> {
    std::env::var_os("ETUDE_BUNDLED").map(PathBuf::from)
}

/// The library with all the plugins.
fn library() -> PathBuf {
    let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    bundled().map_or_else(
        || built(&format!("{prefix}etude_plugin{suffix}")),
        |bundled| bundled.join("Etude.vst3").join(IN_BUNDLE),
    )
}

/// The VST3 bundle: one is made here around the library that was built for the tests, if there is none.
fn bundle(folder: &Path) -> PathBuf {
    if let Some(bundled) = bundled() {
        return bundled.join("Etude.vst3");
    }
    let bundle = folder.join("Etude.vst3");
    let inside = bundle.join(IN_BUNDLE);
    std::fs::create_dir_all(inside.parent().expect("it is in folders")).unwrap();
    let library = library();
    std::fs::copy(&library, &inside).unwrap();
    // Ardour counts in whole seconds: one that is as old as its scan would count as changed since.
    let built = library.metadata().and_then(|file| file.modified()).unwrap();
    std::fs::File::options().write(true).open(inside).and_then(|file| file.set_modified(built)).unwrap();
    bundle
}

/// Where a bundle has the library.
const IN_BUNDLE: &str = if cfg!(target_os = "macos") {
    "Contents/MacOS/Etude"
} else if cfg!(windows) {
    "Contents/x86_64-win/Etude.vst3"
} else if cfg!(target_arch = "aarch64") {
    "Contents/aarch64-linux/Etude.so"
} else {
    "Contents/x86_64-linux/Etude.so"
};

/// The piece's performance as a host that reads no MIDI file gets it: a line for each message, its sample and its bytes.
fn messages(piece: &str) -> Vec<(u64, [u8; 3])> {
    let message = |kind| match kind {
        EventKind::NoteOn { pitch, velocity } => Some([0x90, pitch.number(), velocity.value()]),
        EventKind::NoteOff { pitch } => Some([0x80, pitch.number(), 0]),
        EventKind::Pedal { value } => Some([0xb0, 64, value.value()]),
        _ => None,
    };
    let played = performance(&format!("{piece}.mid"));
    played.into_iter().filter_map(|(sample, kind)| Some((sample, message(kind)?))).collect()
}
