//! How fast does the engine follow? `cargo xtask bench follow` runs it with all that it can use:
//!
//! ```text
//! cargo run --release -p etude-engine --example bench-follow -- [--node NODE --wasm FILE] [--python PYTHON --script SCRIPT]
//! ```
//!
//! Plays made-up takes of made-up scores, of 5,000 and of 50,000 notes, into a session, and holds time, instructions,
//! memory, allocations and system calls for a note against what is allowed. Exits with 1 when it is not kept. A time
//! that is too long counts only if the instructions are too many as well: machines are noisy.

mod memory;
mod others;
mod pace;
#[path = "../../../examples/rust/performance/mod.rs"]
#[expect(dead_code, reason = "mistakes are counted here, not told")]
mod performance;
mod piece;
mod probe;
mod take;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use etude_engine::score::Score;
use etude_engine::session::Event;
use memory::Counting;
use probe::{Folder, Instructions};

#[global_allocator]
static MEMORY: Counting = Counting::new();

/// Measure how fast a session follows.
#[derive(Parser)]
struct Args {
    /// Notes of the score; the longer one has ten times as many
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1_000..=200_000))]
    notes: u32,
    /// How often the take is played; each note's least time counts
    #[arg(long, default_value_t = 31, value_parser = clap::value_parser!(u32).range(1..))]
    passes: u32,
    /// Node.js, for the same loop in WebAssembly
    #[arg(long, requires = "wasm")]
    node: Option<PathBuf>,
    /// The program etude-bench-wasm, built for wasm32-wasip1
    #[arg(long, requires = "node")]
    wasm: Option<PathBuf>,
    /// A Python that has other followers
    #[arg(long, requires = "script")]
    python: Option<PathBuf>,
    /// The script that times them
    #[arg(long, requires = "python")]
    script: Option<PathBuf>,
    /// Only play this take once, to a session for the score of --notes notes, between two marks on standard output
    #[arg(long, hide = true)]
    play: Option<PathBuf>,
}

/// What is allowed for a note, in nanoseconds: the median, and the 99.9th percentile.
const MEDIAN_MAX_NS: u64 = 1_500;
const P999_MAX_NS: u64 = 10_000;
/// The same in instructions, at two a cycle and 3 GHz.
const MEDIAN_MAX_INSTRUCTIONS: u64 = MEDIAN_MAX_NS * 6;
const P999_MAX_INSTRUCTIONS: u64 = P999_MAX_NS * 6;
/// How much more a note may cost in a score ten times as long.
const GROWTH_MAX: f64 = 1.2;
/// Bytes for a score note, and besides.
const BYTES_A_NOTE: usize = 64;
const BYTES_BESIDES: usize = 64 * 1024;
/// How much more a note may take in WebAssembly.
const WASM_MAX: f64 = 2.0;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let args = Args::parse();
    let result = match &args.play {
        Some(take) => play(args.notes as usize, take).map(|()| true),
        None => run(&args),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// A score and a take of it.
struct Work {
    score: Arc<Score>,
    mistakes: usize,
    events: Vec<Event>,
}

impl Work {
    fn new(notes: usize) -> Self {
        let score = Arc::new(piece::piece(notes));
        let (mistakes, events) = take::take(&score);
        Self { score, mistakes, events }
    }

    fn notes(&self) -> usize {
        self.score.notes().len()
    }

    fn note_ons(&self) -> usize {
        self.events.iter().filter(|event| take::is_note_on(event)).count()
    }

    /// The events up to and with so many note-ons.
    fn first(&self, note_ons: usize) -> &[Event] {
        let mut strokes = (0..self.events.len()).filter(|&index| take::is_note_on(&self.events[index]));
        let end = strokes.nth(note_ons).unwrap_or(self.events.len());
        &self.events[..end]
    }
}

fn run(args: &Args) -> Result<bool, Failure> {
    let notes = args.notes as usize;
    let (short, long) = (&Work::new(notes), &Work::new(10 * notes));
    let mut holds = true;
    for work in [short, long] {
        println!(
            "score of {} notes, take of {} note-ons with {} mistakes",
            work.notes(),
            work.note_ons(),
            work.mistakes
        );
    }
    let folder = Folder::new()?;
    let whole = folder.write("short.json", &serde_json::to_string(&short.events)?)?;
    let instructions = probe::instructions(notes, &whole, &folder)?;
    let clock = pace::clock();
    let passes = args.passes as usize;
    let times = pace::times(&short.score, &short.events, passes, clock);
    let slow = times.at(500) > MEDIAN_MAX_NS || times.at(999) > P999_MAX_NS;
    let many = instructions.as_ref().is_none_or(|counted| {
        counted.at(500) > MEDIAN_MAX_INSTRUCTIONS || counted.at(999) > P999_MAX_INSTRUCTIONS
    });
    println!(
        "time          median {} us (at most {}), p99 {}, p99.9 {} (at most {}), max {}; least of {passes} passes, clock's own {clock} ns subtracted{}",
        micros(times.at(500)),
        micros(MEDIAN_MAX_NS),
        micros(times.at(990)),
        micros(times.at(999)),
        micros(P999_MAX_NS),
        micros(times.at(1_000)),
        match (slow, many) {
            (true, true) => "  SHORT",
            (true, false) => "  (instructions decide)",
            (false, _) => "",
        }
    );
    holds &= !(slow && many);
    if let Some(counted) = &instructions {
        println!(
            "instructions  median {} (at most {MEDIAN_MAX_INSTRUCTIONS}), p99 {}, p99.9 {} (at most {P999_MAX_INSTRUCTIONS}), max {}; callgrind{}",
            counted.at(500),
            counted.at(990),
            counted.at(999),
            counted.at(1_000),
            if many { "  SHORT" } else { "" }
        );
        holds &= !many & tell_growth(short, counted, long, &folder)?;
    }
    for work in [short, long] {
        holds &= tell_memory(work);
    }
    holds &= tell_calls(notes, &whole, &folder)?;
    if let (Some(node), Some(wasm)) = (&args.node, &args.wasm) {
        let theirs = others::wasm(node, wasm, notes, passes)?;
        // Once more, so that both are measured at one time.
        let native = pace::times(&short.score, &short.events, passes, pace::clock());
        let ours = native.at(500);
        let ratio = theirs.median as f64 / ours.max(1) as f64;
        let verdict = if ratio <= WASM_MAX { "" } else { "  SHORT" };
        println!(
            "wasm          median {} us, {ratio:.2} times native {} us (at most {WASM_MAX}), p99.9 {} us, average {:.2} times; clock's own {} ns subtracted{verdict}",
            micros(theirs.median),
            micros(ours),
            micros(theirs.p999),
            theirs.mean as f64 / native.mean(),
            theirs.clock
        );
        holds &= ratio <= WASM_MAX;
    }
    if let (Some(python), Some(script)) = (&args.python, &args.script) {
        others::followers(python, script, short, times.mean(), &folder)?;
    }
    Ok(holds)
}

/// Instructions of a note in a score ten times as long, over as many notes.
fn tell_growth(short: &Work, counted: &Instructions, long: &Work, folder: &Folder) -> Result<bool, Failure> {
    let begun = folder.write("long.json", &serde_json::to_string(long.first(short.note_ons()))?)?;
    let Some(longer) = probe::instructions(long.notes(), &begun, folder)? else { return Ok(true) };
    let growth = longer.mean() / counted.mean();
    println!(
        "length        {:.0} instructions a note on average in {} notes, {:.0} in {}: {growth:.3} times (at most {GROWTH_MAX}){}",
        counted.mean(),
        short.notes(),
        longer.mean(),
        long.notes(),
        if growth <= GROWTH_MAX { "" } else { "  SHORT" }
    );
    Ok(growth <= GROWTH_MAX)
}

/// Memory of a session beyond its score, and allocations while it plays.
fn tell_memory(work: &Work) -> bool {
    let before = MEMORY.live();
    let mut session = pace::session(&work.score);
    let constructed = MEMORY.live() - before;
    MEMORY.restart_peak();
    let (mut calls, mut worst) = (0, 0);
    for &event in &work.events {
        let earlier = MEMORY.calls();
        pace::hear_event(&mut session, event);
        let since = MEMORY.calls() - earlier;
        calls += since;
        worst = worst.max(since);
    }
    let most = MEMORY.peak() - before;
    let allowed = BYTES_A_NOTE * work.notes() + BYTES_BESIDES;
    println!(
        "memory        {constructed} bytes beyond the score of {} notes, {most} at most while playing (at most {allowed}){}",
        work.notes(),
        if most <= allowed { "" } else { "  SHORT" }
    );
    println!(
        "allocations   {calls} in {} events, {worst} at most in one (at most 0){}",
        work.events.len(),
        if calls == 0 { "" } else { "  SHORT" }
    );
    most <= allowed && calls == 0
}

fn tell_calls(notes: usize, take: &Path, folder: &Folder) -> Result<bool, Failure> {
    let Some(calls) = probe::system_calls(notes, take, folder)? else { return Ok(true) };
    let names = if calls.is_empty() { String::new() } else { format!(": {}", calls.join(", ")) };
    println!(
        "system calls  {} while playing (at most 0){names}; strace{}",
        calls.len(),
        if calls.is_empty() { "" } else { "  SHORT" }
    );
    Ok(calls.is_empty())
}

/// Plays a take once, for a program that watches this one.
fn play(notes: usize, take: &Path) -> Result<(), Failure> {
    let score = Arc::new(piece::piece(notes));
    let events: Vec<Event> = serde_json::from_slice(&fs::read(take)?)?;
    let mut session = pace::session(&score);
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", probe::BEGIN)?;
    out.flush()?;
    for event in events {
        if take::is_note_on(&event) {
            pace::hear_event(&mut session, event);
            probe::note_is_over();
        } else {
            pace::pass_event(&mut session, event);
        }
    }
    writeln!(out, "{}", probe::END)?;
    Ok(out.flush()?)
}

/// Nanoseconds as microseconds.
fn micros(nanos: u64) -> String {
    format!("{}.{:02}", nanos / 1_000, nanos % 1_000 / 10)
}
