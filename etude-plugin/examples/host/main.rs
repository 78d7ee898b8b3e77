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
mod perform;
mod plugin;
mod seal;
mod timeline;
mod vst3_plugin;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use plugin::{Error, Plugin};

/// Play a MIDI file into a CLAP or VST3 plugin.
#[derive(Parser)]
struct Args {
    /// The plugin's file: of a VST3 bundle, the library in it.
    plugin: PathBuf,
    /// Which of its plugins: by its CLAP id, or its VST3 name.
    which: String,
    /// The performance: a Standard MIDI File.
    performance: PathBuf,
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
    /// Give it this file as its state; may be given several times. What it refuses is told.
    #[arg(long)]
    state: Vec<PathBuf>,
    /// Before it is played, wait until the state that it saves has this in it.
    #[arg(long)]
    until_saved: Option<String>,
    /// Write the state that it then saves to this file.
    #[arg(long)]
    save_to: Option<PathBuf>,
    /// While it is played, be unkind: roll, loop, seek and stop the transport, reset the plugin, activate it anew at other
    /// sample rates, and end with an offline render.
    #[arg(long)]
    unruly: bool,
    /// Play the piece again and again for so many minutes of audio, giving it its last state anew each time, and tell what
    /// memory grows by.
    #[arg(long)]
    minutes: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Clap,
    Vst3,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let ran = match args.format {
        Format::Clap => clap(&args),
        Format::Vst3 => vst3(&args),
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

fn clap(args: &Args) -> Result<bool, Error> {
    let started = Instant::now();
    let file = clap_plugin::File::load(&args.plugin)?;
    let plugin = file.make(&args.which)?;
    println!("scanned {:?} and loaded in {} ms", file.ids, started.elapsed().as_millis());
    try_instances(args.instances, || file.make(&args.which).map(drop))?;
    run(plugin, args)
}

fn vst3(args: &Args) -> Result<bool, Error> {
    let started = Instant::now();
    let file = vst3_plugin::File::load(&args.plugin)?;
    let plugin = file.make(&args.which)?;
    println!("scanned {:?} and loaded in {} ms", file.names(), started.elapsed().as_millis());
    try_instances(args.instances, || file.make(&args.which).map(drop))?;
    run(plugin, args)
}

fn run(mut plugin: impl Plugin, args: &Args) -> Result<bool, Error> {
    for path in &args.state {
        let taken = plugin.load(&std::fs::read(path)?);
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        println!("state {name}: {}", if taken { "taken" } else { "refused" });
    }
    if let Some(text) = &args.until_saved {
        plugin::wait_until_saved(&mut plugin, text)?;
    }
    if let Some(path) = &args.save_to {
        std::fs::write(path, plugin.save()?)?;
    }
    perform::perform(&mut plugin, args)
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
