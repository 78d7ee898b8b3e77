//! The plugin's editor in a window of its own, without a host, and a performance played into it:
//!
//! ```text
//! cargo run -p etude-plugin --features plugin --example editor -- \
//!     [--score SCORE] [--play PERFORMANCE.mid] [--at-once SECONDS] [--light] [--zoom 2]
//! ```
//!
//! Of the performance, `--at-once` seconds are played as fast as they can be taken, the rest in time; with `--stop`, the rest
//! not at all. The pictures `editor-*` in docs/images are of this, under Xvfb.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use etude_engine::import;
use etude_engine::session::EventKind;
use etude_plugin::capture::{Capture, SampleRate};
use etude_plugin::editor::{Editor, EditorSize};
use etude_plugin::practice::{BUNDLED, Command, PieceSource, Practice, TakeState};
use parking_lot::RwLock;

const RATE: f32 = 48_000.0;
const BLOCK: u32 = 256;

/// Show the editor, and play into it.
#[derive(Parser)]
struct Args {
    /// A score file, or the name of a bundled piece.
    #[arg(long)]
    score: Option<String>,
    /// A MIDI file to be played.
    #[arg(long)]
    play: Option<PathBuf>,
    /// So many seconds of it are played at once.
    #[arg(long, default_value_t = 0.0)]
    at_once: f64,
    /// And no more than those.
    #[arg(long)]
    stop: bool,
    /// End the take after that.
    #[arg(long)]
    finish: bool,
    /// A session link to join.
    #[arg(long)]
    join: Option<String>,
    /// Dark on light.
    #[arg(long)]
    light: bool,
    /// How large everything is.
    #[arg(long, default_value_t = 1.0)]
    zoom: f32,
    /// Width of the window, in logical pixels before they are zoomed.
    #[arg(long, default_value_t = 1_040.0)]
    width: f32,
    /// Height of the window, the same.
    #[arg(long, default_value_t = 700.0)]
    height: f32,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("editor: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<(), Box<dyn std::error::Error>> {
    let (practice, capture) = Practice::with_folder(None);
    if let Some(score) = &args.score {
        let source = match BUNDLED.iter().find(|bundled| bundled.name == score) {
            Some(bundled) => PieceSource::Bundled(bundled.name.to_owned()),
            None => PieceSource::File(score.into()),
        };
        practice.send(Command::Open(source));
    }
    if let Some(link) = &args.join {
        practice.send(Command::Join(link.parse()?));
    }
    let played = match &args.play {
        Some(path) => import::performance(&std::fs::read(path)?)?,
        None => Vec::new(),
    };
    let played =
        played.iter().map(|event| (event.at.0, event.kind)).filter(|(_, kind)| *kind != EventKind::End);
    let host = Host { practice: practice.clone(), capture, played: played.collect() };
    let (at_once, stop, finish) = ((args.at_once * 1e6) as i64, args.stop, args.finish);
    std::thread::spawn(move || host.run(at_once, stop, finish));

    let size = EditorSize { width: args.width, height: args.height, zoom: args.zoom, dark: !args.light };
    Editor::new(practice, Arc::new(RwLock::new(size))).run()
}

/// What a DAW does: block after block, in time.
struct Host {
    practice: Practice,
    capture: Capture,
    /// In microseconds, from the first on.
    played: Vec<(i64, EventKind)>,
}

impl Host {
    fn run(mut self, at_once: i64, stop: bool, finish: bool) {
        self.capture.set_rate(SampleRate::new(RATE));
        while !self.played.is_empty() && self.practice.picture().take.state != TakeState::Ready {
            self.block(&[]);
            std::thread::sleep(Duration::from_millis(5));
        }
        let begin = self.played.first().map_or(0, |first| first.0);
        let mut next = 0;
        let mut now = begin;
        let mut due = Instant::now();
        let mut finished = false;
        loop {
            let end = now + i64::from(BLOCK) * 1_000_000 / RATE as i64;
            let is_at_once = now - begin < at_once;
            let until = self.played.partition_point(|(at, _)| *at < end);
            let events = match stop && !is_at_once {
                true => Vec::new(),
                false => self.played[next..until].iter().map(|(at, kind)| (at - now, *kind)).collect(),
            };
            self.block(&events);
            next = until;
            now = end;
            if is_at_once {
                std::thread::sleep(Duration::from_micros(if events.is_empty() { 1 } else { 50 }));
                due = Instant::now();
                continue;
            }
            if finish && !finished {
                finished = true;
                self.practice.send(Command::EndTake);
            }
            due += Duration::from_secs_f32(BLOCK as f32 / RATE);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }

    fn block(&mut self, events: &[(i64, EventKind)]) {
        self.capture.begin_block(None);
        for (after, kind) in events {
            self.capture.event((*after as f32 * RATE / 1e6) as u32, *kind);
        }
        self.capture.end_block(BLOCK);
    }
}
