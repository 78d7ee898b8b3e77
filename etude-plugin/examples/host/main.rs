//! A host without a screen: plays a MIDI file into a plugin and checks what comes out.
//!
//! ```text
//! host Etude.clap practice.etude.fx PERFORMANCE.mid [--block 256] [--instances 1]
//! host Etude.vst3/Contents/x86_64-linux/Etude.so "Etude FX" PERFORMANCE.mid --format vst3
//! ```
//!
//! Processes silence in real time until a line comes on standard input, plays the file as fast as twenty times real time, then
//! some seconds of silence, and processes on until standard input closes. Prints how long loading took, and whether all
//! notes and controllers came out as they went in, at the same samples. The tests and `cargo xtask prove hosts` run it.
//!
//! On Linux its audio thread is [sealed](seal): a plugin that calls the system there, be it for memory, for a lock that is held
//! elsewhere, or to log, ends the process.
#![allow(unsafe_code)]

mod clap_plugin;
mod seal;
mod vst3_plugin;

use std::io::BufRead as _;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::{Duration, Instant};

use clap::Parser;
use etude_engine::import;
use etude_engine::session::EventKind;
use etude_engine::units::{Pitch, Velocity};
use seal::{Gate, Pace};

const RATE: f64 = 48_000.0;
/// So many times faster than real time is the file played.
const SPEED: f64 = 20.0;
/// Blocks become due so often: short sleeps take longer than asked for.
const NAP: Duration = Duration::from_millis(2);
/// Silence after it.
const SILENCE_SECONDS: f64 = 5.0;
/// The most that comes out of a block.
const EVENTS_PER_BLOCK: usize = 16_384;

type Error = Box<dyn std::error::Error>;

/// Play a MIDI file into a CLAP or VST3 plugin.
#[derive(Parser)]
struct Args {
    /// The plugin's file: of a VST3 bundle, the library in it.
    plugin: std::path::PathBuf,
    /// Which of its plugins: by its CLAP id, or its VST3 name.
    which: String,
    /// The performance: a Standard MIDI File.
    performance: std::path::PathBuf,
    /// Which of its interfaces to load it by.
    #[arg(long, value_enum, default_value = "clap")]
    format: Format,
    /// Samples in a block.
    #[arg(long, default_value = "256")]
    block: u32,
    /// Make and destroy so many instances first.
    #[arg(long, default_value = "0")]
    instances: u32,
    /// Then strike so many notes in one block, after the piece.
    #[arg(long, default_value = "0")]
    flood: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Clap,
    Vst3,
}

/// A plugin that processes, on the audio thread: nothing here may call the system.
trait Audio: Send + 'static {
    /// The events of one block, in the form in which the plugin gets them.
    type Block: Send + 'static;

    /// Has it process a block, or silence. False if other events came out than went in, or it failed.
    fn process(&mut self, block: Option<&Self::Block>) -> bool;

    /// It will not process any more.
    fn stop(self);
}

fn main() -> ExitCode {
    let args = Args::parse();
    let ran = match args.format {
        Format::Clap => clap_plugin::run(&args),
        Format::Vst3 => vst3_plugin::run(&args),
    };
    match ran {
        Ok(true) => {
            println!("all came out as it went in");
            ExitCode::SUCCESS
        }
        Ok(false) => {
            println!("what came out is not what went in");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("host: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the audio thread is told to process.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Silence,
    /// The next block of the piece, or silence after its last.
    Piece,
    /// To stop.
    Stop,
}

impl From<Order> for u8 {
    fn from(order: Order) -> u8 {
        order as u8
    }
}

/// Plays what is to be played, as standard input says. False if something came out wrong.
fn perform<A: Audio>(
    audio: A,
    args: &Args,
    block: impl Fn(&[(u32, EventKind)]) -> A::Block,
) -> Result<bool, Error> {
    let mut events = blocks(&performance(&std::fs::read(&args.performance)?)?, args.block);
    if args.flood > 0 {
        events.push(flood(args.flood));
    }
    let blocks: Vec<Option<A::Block>> =
        events.into_iter().map(|events| (!events.is_empty()).then(|| block(&events))).collect();
    let silence = (SILENCE_SECONDS * RATE / f64::from(args.block)) as usize;
    let length = blocks.len() + silence;
    let (pace, gate) = seal::pace()?;
    let audio =
        std::thread::Builder::new().name("audio".to_owned()).spawn(move || process(audio, &blocks, gate))?;
    let told = lines();
    let mut director = Director { pace, block: args.block, due: Instant::now() };
    println!("ready");
    while let Err(TryRecvError::Empty) = told.try_recv() {
        director.order(Order::Silence, 1.0)?;
    }
    for _ in 0..length {
        director.order(Order::Piece, SPEED)?;
    }
    println!("played");
    while let Ok(()) | Err(TryRecvError::Empty) = told.try_recv() {
        director.order(Order::Silence, 1.0)?;
    }
    director.order(Order::Stop, SPEED)?;
    Ok(director.pace.finish(audio))
}

/// The audio thread.
fn process<A: Audio>(mut audio: A, blocks: &[Option<A::Block>], mut gate: Gate) {
    gate.seal();
    let (mut next, mut same) = (0, true);
    loop {
        match gate.wait() {
            order if order == u8::from(Order::Silence) => same &= audio.process(None),
            order if order == u8::from(Order::Piece) => {
                same &= audio.process(blocks.get(next).and_then(Option::as_ref));
                next += 1;
            }
            _ => break,
        }
    }
    audio.stop();
    gate.leave(same);
}

/// The file's notes and pedals with their samples.
fn performance(file: &[u8]) -> Result<Vec<(u64, EventKind)>, import::ImportError> {
    let events = import::performance(file)?.into_iter().filter(|event| event.kind != EventKind::End);
    Ok(events.map(|event| ((event.at.0 as f64 * RATE / 1e6).round() as u64, event.kind)).collect())
}

/// The same in blocks of so many samples, each event with its place in its block.
fn blocks(played: &[(u64, EventKind)], samples: u32) -> Vec<Vec<(u32, EventKind)>> {
    let last = played.last().map_or(0, |(at, _)| at / u64::from(samples));
    let mut blocks = vec![Vec::new(); last as usize + 1];
    for (at, kind) in played {
        let place = (at % u64::from(samples)) as u32;
        blocks[(at / u64::from(samples)) as usize].push((place, *kind));
    }
    blocks
}

/// More notes at once than there are keys.
fn flood(notes: u32) -> Vec<(u32, EventKind)> {
    let note = |n: u32| {
        let pitch = Pitch::new((n % 128) as u8).expect("it is below 128");
        (0, EventKind::NoteOn { pitch, velocity: Velocity::new(64).expect("it is below 128") })
    };
    (0..notes).map(note).collect()
}

/// Makes an instance so many times, drops it, and says what that cost.
fn try_instances(count: u32, make: impl Fn() -> Result<(), Error>) -> Result<(), Error> {
    // The first ones fill what is kept for good.
    for _ in 0..count / 10 {
        make()?;
    }
    let (started, before) = (Instant::now(), resident());
    for _ in count / 10..count {
        make()?;
    }
    let grown = resident().saturating_sub(before) / 1_024;
    println!(
        "made and dropped {count} instances, the last nine tenths in {} ms; grown by {grown} KB",
        started.elapsed().as_millis()
    );
    Ok(())
}

/// Bytes of memory in use, where the system tells.
fn resident() -> u64 {
    const PAGE: u64 = 4_096;
    let told = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    told.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * PAGE
}

/// A word for each line of standard input.
fn lines() -> Receiver<()> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || tell.send(()).is_err() {
                break;
            }
        }
    });
    told
}

/// Has blocks processed in time.
struct Director {
    pace: Pace,
    block: u32,
    /// When the next block is due.
    due: Instant,
}

impl Director {
    fn order(&mut self, order: Order, speed: f64) -> Result<(), Error> {
        self.pace.order(order.into())?;
        self.due += Duration::from_secs_f64(f64::from(self.block) / RATE / speed);
        let early = self.due.saturating_duration_since(Instant::now());
        if early > NAP {
            std::thread::sleep(early);
        }
        Ok(())
    }
}
