use std::env;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use clap::ValueEnum;
use xtask::metadata::Metadata;
use xtask::page;
use xtask::process::{cargo, run, say, since};
use xtask::worker::{self, Optimise};
use xtask::workerd::{OPERATOR_KEY, Workerd};
use xtask::{Error, Result, root};

use super::pass_through;

/// The easy one.
const BUNDLED_SCORE: &str = "examples/scores/petzold-menuet-in-g.musicxml";

/// Play a performance into a real session and see it judged
///
/// Builds the engine, the relay client and the Worker, starts the Worker on workerd (SQLite on disk, a free loopback
/// port, a random operator key), uploads the score, plays the performance through the relay client that the plugin
/// uses, and prints each verdict as it comes back from the Durable Object, then the report. Exits 0 only if every note
/// got its verdict, the service's digest equals the local engine's, and the report was stored.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// The score: MusicXML (.musicxml, .xml, .mxl) or a Standard MIDI File [default: a bundled one]
    #[arg(long, value_name = "FILE")]
    score: Option<PathBuf>,

    /// The performance: a Standard MIDI File [default: the one beside the score, SCORE.mid]
    #[arg(long, value_name = "FILE.mid")]
    performance: Option<PathBuf>,

    /// How fast to play: 1 as recorded, 2 twice as fast, max as fast as the service acknowledges [default: 1]
    #[arg(long, value_name = "X|max", value_parser = parse_speed)]
    speed: Option<String>,

    /// Write the report as JSON
    #[arg(long, value_name = "OUT.json")]
    report: Option<PathBuf>,

    /// What the player is measured by: the own tempo, or the score's as a metronome gives it; or nothing, for the score
    /// waits [default: follow]
    #[arg(long)]
    mode: Option<Mode>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    Follow,
    Clock,
    Wait,
}

impl Demo {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let (score, performance) = self.music()?;
        let start = Instant::now();
        let player = build_player()?;
        page::build()?;
        let workerd = Workerd::start_worker(worker::build(Optimise::Compiler)?)?;
        say(format!("ready after {}: the service runs at {}", since(start), workerd.url()));

        let mut demo = Command::new(player);
        // The key goes through the environment: other users of the machine can read a command line.
        demo.env(OPERATOR_KEY, workerd.key())
            .args(["--url", &workerd.url()])
            .arg("--score")
            .arg(score)
            .arg("--performance")
            .arg(performance);
        if let Some(speed) = &self.speed {
            demo.args(["--speed", speed]);
        }
        if let Some(report) = &self.report {
            demo.arg("--report").arg(report);
        }
        if let Some(mode) = self.mode.as_ref().and_then(ValueEnum::to_possible_value) {
            demo.args(["--mode", mode.get_name()]);
        }
        pass_through(&mut demo)
    }

    /// The files to play: those named, else a bundled pair. A score's own performance stands beside it.
    fn music(&self) -> Result<(PathBuf, PathBuf)> {
        let score = self.score.clone().unwrap_or_else(|| root().join(BUNDLED_SCORE));
        let performance = self.performance.clone().unwrap_or_else(|| score.with_extension("mid"));
        Ok((readable(score, "the score")?, readable(performance, "the performance")?))
    }
}

/// Builds the example that plays, without TLS since the service is on this machine. It is not left to `cargo run`,
/// which would wait for whoever builds in this clone, and say each warning again, with the service up already.
fn build_player() -> Result<PathBuf> {
    let mut build = cargo();
    build
        .args(["build", "--release", "--package", "etude-plugin", "--example", "demo"])
        .args(["--no-default-features", "--features", "relay"])
        .current_dir(root());
    run(&mut build)?;
    Ok(Metadata::load()?.target_directory().join(format!("release/examples/demo{}", env::consts::EXE_SUFFIX)))
}

/// Before the long build: a mistyped name is said at once.
fn readable(path: PathBuf, what: &str) -> Result<PathBuf> {
    File::open(&path).map_err(Error::io(&format!("opening {what}"), &path))?;
    Ok(path)
}

fn parse_speed(text: &str) -> std::result::Result<String, String> {
    match text.parse::<f64>() {
        _ if text == "max" => Ok(text.to_owned()),
        Ok(speed) if speed > 0.0 && speed.is_finite() => Ok(text.to_owned()),
        _ => Err("a number above 0, or max".to_owned()),
    }
}
