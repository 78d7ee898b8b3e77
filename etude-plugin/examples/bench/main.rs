//! What Etude costs the audio thread, beside a plugin of the same framework that passes notes on and does no more; and how long
//! a note is on its way to the session. `cargo xtask bench plugin` builds it and runs it.
#![allow(unsafe_code)]

#[path = "../host/clap_plugin.rs"]
#[allow(dead_code, reason = "the rest of it is for those it was written for")]
mod clap_plugin;
mod cost;
mod frames;
mod piece;
#[path = "../host/plugin.rs"]
#[allow(dead_code, reason = "the rest of it is for those it was written for")]
mod plugin;
#[path = "../../tests/session/service.rs"]
#[allow(dead_code, reason = "the rest of it is for those it was written for")]
mod service;
mod verdicts;
mod way;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use plugin::Error;

/// The instrument, for all of it.
const ETUDE: &str = "practice.etude.instrument";
const PASS_THROUGH: &str = "practice.etude.pass-through";
/// Samples a second.
const RATE: f64 = 48_000.0;
/// Samples in a block.
const BLOCK: u32 = 256;
/// A host must not wait longer for a scan, in milliseconds.
const SCAN_MAX: f64 = 1_000.0;

/// Measure the plugin. The exit code is 1 where a bar is missed.
#[derive(Parser)]
struct Args {
    /// Etude's library
    #[arg(long)]
    etude: PathBuf,
    /// That of the plugin beside it
    #[arg(long)]
    pass_through: PathBuf,
    /// How much of a performance is played, in real time, to measure the way to the session
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// Ports of a proxy and of the service behind it: this is the process that plays
    #[arg(long, hide = true, num_args = 2)]
    way: Option<Vec<u16>>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match args.way.as_deref() {
        Some(&[here, there]) => way::play(&args, here, there),
        _ => run(&args),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Result<bool, Error> {
    let started = Instant::now();
    let etude = clap_plugin::File::load(&args.etude)?;
    drop(etude.make(ETUDE)?);
    let scan = started.elapsed().as_secs_f64() * 1e3;
    let beside = clap_plugin::File::load(&args.pass_through)?;

    let mut holds = true;
    cost::measure(&etude, &beside)?;
    println!("\n| | measured | at most |\n|---|---|---|");
    holds &= verdicts::measure()?;
    holds &= way::measure(args)?;
    holds &= bar("scan, load and drop", scan, SCAN_MAX);
    Ok(holds)
}

/// Prints a line of milliseconds. Whether it is within its bar.
fn bar(what: &str, measured: f64, most: f64) -> bool {
    let missed = if measured <= most { "" } else { " MISSED" };
    println!("| {what} | {measured:.2} ms | {most} ms{missed} |");
    measured <= most
}

/// The value below which so large a part of them lies.
fn quantile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * part).round() as usize).copied().unwrap_or(f64::NAN)
}
