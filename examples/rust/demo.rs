//! A whole practice session against a running service, as the plugin would have it:
//!
//! ```text
//! cargo run --release -p etude-plugin --example demo -- --url http://127.0.0.1:8787 --key KEY \
//!     --score SCORE --performance PERFORMANCE.mid [--speed 1|max] [--mode follow|clock] [--report OUT.json]
//! ```
//!
//! Uploads the score, opens a session, plays the performance into it through the relay client, prints each
//! verdict as it comes back, and draws the report. `cargo xtask demo` starts a service and runs this against it.

mod player;
mod service;
mod terminal;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use etude_engine::report::Report;
use etude_engine::score::Score;
use etude_engine::session::{Config, Event, EventKind, Session, VerdictDigest};
use etude_plugin::relay::RelayConfig;

use player::{Played, Speed};
use service::Service;
use terminal::files::{self, Failure, ModeName};
use terminal::{ALARM, BOLD, DIM, GOOD_NEWS, columns, result, thousands};

/// Play a recorded performance into a running service and draw what it says.
#[derive(Parser)]
struct Args {
    /// Where the service listens.
    #[arg(long)]
    url: String,
    /// The operator's key.
    #[arg(long, env = "ETUDE_KEY", hide_env_values = true)]
    key: String,
    /// The score: MusicXML, compressed MusicXML (.mxl), or a Standard MIDI File.
    #[arg(long)]
    score: PathBuf,
    /// The performance: a Standard MIDI File.
    #[arg(long)]
    performance: PathBuf,
    /// Times real time, or `max`: as fast as the service acknowledges.
    #[arg(long, default_value = "1")]
    speed: Speed,
    /// What notes are timed against.
    #[arg(long, value_enum, default_value = "follow")]
    mode: ModeName,
    /// Where to write the stored report.
    #[arg(long)]
    report: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            anstream::eprintln!("{ALARM}error:{ALARM:#} {failure}");
            ExitCode::FAILURE
        }
    }
}

/// False if the session came to its end, but not to the right one.
fn run(args: &Args) -> Result<bool, Failure> {
    let file = files::bytes(&args.score)?;
    let score = files::score(&args.score, &file)?;
    let events: Arc<[Event]> = files::performance(&args.performance)?.into();
    let config = Config { mode: args.mode.into(), ..Config::default() };
    let expected = offline(score.clone(), config, &events)?;

    let service = Service::new(&args.url, &args.key);
    let started = Instant::now();
    let piece = service.upload(&file)?;
    let opened = service.open(&piece, &config)?;
    if opened.score != score.digest() {
        return Err(format!(
            "{}: the service reads score {}, this program {}",
            args.score.display(),
            opened.score,
            score.digest()
        ));
    }
    let setup = started.elapsed();
    let name = files::name(&args.score);
    announce(score.title().unwrap_or(&name), &score, &events, args.speed, &opened.session);
    anstream::println!("Watch it in a browser: {}\n", service.page(&opened.viewer.link));

    let relay = RelayConfig::new(service.socket(&opened.socket), opened.token, score.clone(), config);
    let played = player::play(relay, events.clone(), args.speed)?;
    let (stored_json, stored) = service.report(&opened.session)?;
    if let Some(path) = &args.report {
        std::fs::write(path, &stored_json).map_err(|error| format!("{}: {error}", path.display()))?;
    }

    let mut out = anstream::stdout().lock();
    let right = result::draw(&mut out, &score, &name, &stored, &played.faults, columns())
        .and_then(|()| where_the_time_went(&mut out, &played, args.speed, setup))
        .and_then(|()| checks(&mut out, &played, &stored, expected, &events));
    right.map_err(|error| format!("standard output: {error}"))
}

/// What the engine says when it is run here over the whole take.
fn offline(score: Arc<Score>, config: Config, events: &[Event]) -> Result<VerdictDigest, Failure> {
    let mut session = Session::new(score, config).map_err(|error| error.to_string())?;
    for event in events {
        session.handle(*event).map_err(|error| error.to_string())?;
        while session.poll().is_some() {}
    }
    Ok(session.digest())
}

fn announce(title: &str, score: &Score, events: &[Event], speed: Speed, session: &str) {
    anstream::println!(
        "{BOLD}{}{BOLD:#}: {} notes in {} measures; the take has {} notes in {}",
        title,
        thousands(score.notes().len() as u64),
        thousands(score.measures().len() as u64),
        thousands(note_ons(events)),
        clock(length(events)),
    );
    anstream::println!("{DIM}session {session}, {speed}{DIM:#}\n");
}

fn where_the_time_went(
    out: &mut impl io::Write,
    played: &Played,
    speed: Speed,
    setup: Duration,
) -> io::Result<()> {
    let mut trips = played.round_trips.clone();
    trips.sort_unstable();
    // The smallest value that at least this share of all do not pass.
    let quantile = |per_cent: usize| trips.get((trips.len() * per_cent).div_ceil(100).saturating_sub(1));
    writeln!(out, "  {BOLD}Where the time went{BOLD:#}")?;
    if let (Some(median), Some(p99), Some(most)) = (quantile(50), quantile(99), trips.last()) {
        let load = match speed {
            Speed::Times(_) => String::new(),
            Speed::Max => format!(", {} events under way", thousands(player::UNDER_WAY_MAX)),
        };
        writeln!(
            out,
            "  round trip   median {}, p99 {}, longest {}  {DIM}from key to verdict of the Durable Object{load}{DIM:#}",
            milliseconds(*median),
            milliseconds(*p99),
            milliseconds(*most)
        )?;
    }
    writeln!(out, "  set-up       {}  {DIM}upload the score, open the session{DIM:#}", milliseconds(setup))?;
    writeln!(out, "  connecting   {}", milliseconds(played.connecting))?;
    writeln!(out, "  playing      {}", clock(played.playing))?;
    writeln!(out, "  to report    {}  {DIM}after the last event{DIM:#}", milliseconds(played.to_report))?;
    if played.reconnects > 0 {
        writeln!(out, "  reconnected  {} times", played.reconnects)?;
    }
    writeln!(out)
}

fn checks(
    out: &mut impl io::Write,
    played: &Played,
    stored: &Report,
    expected: VerdictDigest,
    events: &[Event],
) -> io::Result<bool> {
    let notes = note_ons(events);
    let mut right = true;
    let mut check = |holds: bool, yes: String, no: String| {
        right &= holds;
        if holds {
            writeln!(out, "  {GOOD_NEWS}✓{GOOD_NEWS:#} {yes}")
        } else {
            writeln!(out, "  {ALARM}✗ {no}{ALARM:#}")
        }
    };
    check(
        played.judged == notes,
        format!("all {} notes got a verdict from the Durable Object", thousands(notes)),
        format!("only {} of {} notes got a verdict", thousands(played.judged), thousands(notes)),
    )?;
    check(
        stored.digest == expected && played.mismatches == 0,
        format!("its digest {} is the local engine's too", stored.digest),
        format!("its digest is {}, the local engine's {expected}", stored.digest),
    )?;
    check(
        *stored == *played.report,
        "the report is stored, and is the one that came over the wire".to_owned(),
        "the stored report is not the one that came over the wire".to_owned(),
    )?;
    writeln!(out)?;
    Ok(right)
}

fn note_ons(events: &[Event]) -> u64 {
    events.iter().filter(|event| matches!(event.kind, EventKind::NoteOn { .. })).count() as u64
}

fn length(events: &[Event]) -> Duration {
    match (events.first(), events.last()) {
        (Some(first), Some(last)) => {
            Duration::from_micros(last.at.0.saturating_sub(first.at.0).max(0) as u64)
        }
        _ => Duration::ZERO,
    }
}

fn milliseconds(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 100.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}

fn clock(time: Duration) -> String {
    let tenths = time.as_millis() / 100;
    match tenths / 600 {
        0 => format!("{}.{} s", tenths / 10, tenths % 10),
        minutes => format!("{minutes}:{:02}.{} min", tenths / 10 % 60, tenths % 10),
    }
}
