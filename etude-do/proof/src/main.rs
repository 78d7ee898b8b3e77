//! `cargo xtask prove crash|hostile|soak` and `cargo xtask bench service`: see `--help` there.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use etude_proof::{Result, bench, crash, hostile, soak};

/// Proofs of the session service
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    proof: Proof,
}

#[derive(Debug, Subcommand)]
enum Proof {
    /// kill -9 in the middle of performances
    Crash {
        /// Rounds of two performances
        #[arg(long, default_value_t = 50)]
        rounds: u32,
        /// Performances that are interrupted by sleep
        #[arg(long, default_value_t = 8)]
        naps: usize,
        /// Random if not given
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Hostile frames and uploads, while others play
    Hostile {
        /// Frames and uploads
        #[arg(long, default_value_t = 100_000)]
        inputs: u64,
        /// Random if not given
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Many players for a long time
    Soak {
        /// Players at once
        #[arg(long, default_value_t = 200)]
        sessions: usize,
        /// Of each
        #[arg(long, default_value_t = 20)]
        notes_per_second: u32,
        /// How long
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
    },
    /// The benchmark
    Service {
        /// Notes that are timed, of each server
        #[arg(long, default_value_t = 5_000)]
        notes: usize,
        /// Live sessions whose memory is measured
        #[arg(long, default_value_t = 50)]
        sessions: usize,
    },
    /// The server without workerd, for the benchmark
    #[command(hide = true)]
    Native {
        /// The piece that all sessions play
        piece: PathBuf,
    },
}

fn main() -> ExitCode {
    match Cli::parse().proof.run() {
        Ok((figures, holds)) => {
            println!("{figures}");
            if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(failure) => {
            println!("FAILED: {failure}");
            ExitCode::FAILURE
        }
    }
}

impl Proof {
    /// The figures, and whether they are good enough.
    fn run(self) -> Result<(String, bool)> {
        let chosen = |seed: Option<u64>| seed.unwrap_or_else(|| fastrand::u64(..1_000_000_000));
        let figures = match self {
            Self::Crash { rounds, naps, seed } => {
                crash::prove(crash::Plan { rounds, naps, seed: chosen(seed) })?.to_string()
            }
            Self::Hostile { inputs, seed } => {
                hostile::prove(hostile::Plan { inputs, seed: chosen(seed) })?.to_string()
            }
            Self::Soak { sessions, notes_per_second, minutes } => {
                let time = Duration::from_secs_f64(60.0 * minutes.clamp(0.0, 1e6));
                soak::prove(soak::Plan { sessions, notes_per_second, time })?.to_string()
            }
            Self::Service { notes, sessions } => {
                let table = bench::run(bench::Plan { notes, sessions })?;
                return Ok((table.to_string(), table.holds()));
            }
            Self::Native { piece } => {
                bench::serve_natively(&piece)?;
                String::new()
            }
        };
        Ok((figures, true))
    }
}
