//! Judges a recorded performance against a score, without a server:
//!
//! ```text
//! cargo run --release --example assess -- SCORE PERFORMANCE.mid [--verdicts lines|signs | --json] [--mode follow|clock]
//! ```

mod terminal;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use etude_engine::session::{Config, Event, Session};

use terminal::faults::Faults;
use terminal::files::{self, Failure, ModeName};
use terminal::verdicts::{Detail, Printer};
use terminal::{ALARM, columns, result};

/// Judge a recorded performance against a score.
#[derive(Parser)]
struct Args {
    /// The score: MusicXML, compressed MusicXML (.mxl), or a Standard MIDI File.
    score: PathBuf,
    /// The performance: a Standard MIDI File.
    performance: PathBuf,
    /// Print the report as JSON and nothing else.
    #[arg(long)]
    json: bool,
    /// Print each verdict: a line each, or a sign each.
    #[arg(long, value_enum, conflicts_with = "json")]
    verdicts: Option<Detail>,
    /// What notes are timed against.
    #[arg(long, value_enum, default_value = "follow")]
    mode: ModeName,
    /// Speed of the clock in clock mode, in percent of the score's tempo.
    #[arg(long, default_value_t = 100)]
    tempo_percent: u16,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            anstream::eprintln!("{ALARM}error:{ALARM:#} {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let score = files::score(&args.score, &files::bytes(&args.score)?)?;
    let events: Arc<[Event]> = files::performance(&args.performance)?.into();
    let config = Config { mode: args.mode.into(), tempo_percent: args.tempo_percent, ..Config::default() };
    let mut session = Session::new(score.clone(), config).map_err(|error| error.to_string())?;

    let mut printer =
        args.verdicts.map(|detail| Printer::new(anstream::stdout(), detail, score.clone(), events.clone()));
    if let Some(printer) = &mut printer {
        printed(printer.legend())?;
    }
    let mut faults = Faults::new(score.clone(), events.clone());
    for event in events.iter() {
        session.handle(*event).map_err(|error| format!("{}: {error}", args.performance.display()))?;
        while let Some(record) = session.poll() {
            faults.hear(&record);
            if let Some(printer) = &mut printer {
                printed(printer.record(&record))?;
            }
        }
    }
    if let Some(printer) = &mut printer {
        printed(printer.finish())?;
    }
    let report = session.report();
    let mut out = anstream::stdout().lock();
    if args.json {
        let json = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
        printed(writeln!(out, "{json}"))
    } else {
        let name = files::name(&args.score);
        printed(result::draw(&mut out, &score, &name, &report, &faults, columns()))
    }
}

/// A reader who has seen enough (`| head`) is no failure.
fn printed(written: io::Result<()>) -> Result<(), Failure> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => other.map_err(|error| format!("standard output: {error}")),
    }
}
