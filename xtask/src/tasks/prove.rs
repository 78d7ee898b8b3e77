use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};

use clap::{Subcommand, ValueEnum};
use sha2::{Digest as _, Sha256};
use xtask::process::{cargo, command_line, say};
use xtask::{Error, Result, cache, python, root};

use super::{hosts, pass_through};

/// Prove that it holds: the service against crashes, hostile input and time, the engine against other programs
#[derive(Debug, clap::Args)]
pub(crate) struct Prove {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The notes of every score, beside those performed from it and those that partitura and music21 read
    ///
    /// Prints a line of figures and the classes of differences for each, writes every difference to
    /// target/prove/import, and fails when fewer notes agree than must. What the other readers say is kept in the
    /// cache: the first run takes some ten minutes.
    Import,
    /// The score page in headless Chromium against a real session: colours, cuts, axe, hostile scores, sizes, frames
    ///
    /// Prints sizes, frames and loading times, and leaves pictures in target/prove/page.
    Page,
    /// The plugins in hosts against real sessions: CLAP and VST3 in Rust, pedalboard, DawDreamer, Ardour
    ///
    /// Bundles the plugins, fetches the hosts where they are missing (PyPI, Debian), and plays three pieces in each; in Ardour
    /// also three with its transport for the clock. Prints a line for each host, and fails when one does: when a session's log is
    /// not what was played, or its report not what the engine makes of that offline.
    ///
    /// Besides, in the hosts in Rust: one that is unkind while a take is played (transport, resets, other sample rates, an
    /// offline render), whose audio thread the kernel holds to calling no system; projects of garbage and 10,000 notes in one
    /// block; and half an hour of play by CLAP, at the end of which memory must not have grown.
    Hosts {
        /// Bundle the plugins without optimisation, which takes a quarter of the time
        #[arg(long)]
        debug: bool,
    },
    /// kill -9 of workerd at random points of real performances, and sleep in the middle of others
    ///
    /// After each restart the relay client resumes. Nothing that was acknowledged may be lost, nothing come twice, and
    /// verdicts, digest and report must be those of the undisturbed performance. Performances are those of the bench set
    /// where it is there, else the bundled ones.
    Crash {
        /// Rounds of two performances, each struck one to three times
        #[arg(long, default_value_t = 50)]
        rounds: u32,
        /// Begins with this round; random if not given
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Both ends of the wire in a world of failing networks, disks and processes, with several clients and slow viewers
    Sim {
        /// Sessions that are played
        #[arg(long, visible_alias = "rounds", default_value_t = 10_000)]
        sessions: u64,
        /// Seed of the first; the others follow on it
        #[arg(long, default_value_t = 0)]
        seed: u64,
    },
    /// Hostile frames and uploads against workerd, while performances are played on it
    ///
    /// Frames are made by docs/protocol.schema.json as a grammar and from valid ones with something done to them, uploads
    /// from valid files. The performances must not be disturbed, no object be reset, and memory must stay in its bound.
    Hostile {
        /// Frames and uploads together
        #[arg(long, visible_alias = "rounds", default_value_t = 100_000)]
        inputs: u64,
        /// Random if not given
        #[arg(long)]
        seed: Option<u64>,
    },
    /// 200 players at 20 notes a second: no error, and memory that does not grow
    Soak {
        /// How long
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
        /// Players at once
        #[arg(long, default_value_t = 200)]
        sessions: usize,
    },
}

/// Runs `etude-proof`, whose figures and exit code speak for themselves.
pub(super) fn proof(arguments: &[String]) -> Result<ExitCode> {
    let mut proof = cargo();
    proof.args(["run", "--release", "--quiet", "--package", "etude-proof", "--"]).args(arguments);
    pass_through(proof.current_dir(root()))
}

fn sim(sessions: u64, seed: u64) -> Result<ExitCode> {
    let mut sim = cargo();
    sim.args(["test", "--release", "--package", "etude-engine", "--test", "simulation"])
        .args(["--", "--nocapture", "--exact", "every_event_is_judged_exactly_once_whatever_fails"])
        .env("ETUDE_SIMULATION_SEED", seed.to_string())
        .env("ETUDE_SIMULATION_SEEDS", sessions.to_string())
        .current_dir(root());
    let output = sim
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|source| Error::Io { what: format!("starting {}", command_line(&sim)), source })?;
    let told = String::from_utf8_lossy(&output.stdout);
    match told.lines().find(|line| line.starts_with("sim: ")) {
        Some(figures) if output.status.success() => {
            println!("{figures}");
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            println!("FAILED: see above for the seed\n{told}");
            Ok(ExitCode::FAILURE)
        }
    }
}

fn with_seed(mut arguments: Vec<String>, seed: Option<u64>) -> Vec<String> {
    arguments.extend(seed.map(|seed| format!("--seed={seed}")));
    arguments
}

fn page() -> Result<ExitCode> {
    let tests = ["test", "--package", "etude-do", "--test", "service", "page::", "--"];
    pass_through(
        cargo()
            .args(tests)
            .args(["--include-ignored", "--nocapture", "--test-threads=1"])
            .current_dir(root()),
    )
}

/// Another reader of MusicXML that lists notes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Reader {
    Partitura,
    Music21,
}

impl Prove {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.what {
            What::Import => import(),
            What::Page => page(),
            What::Hosts { debug } => hosts::prove(debug),
            What::Crash { rounds, seed } => {
                proof(&with_seed(vec!["crash".into(), format!("--rounds={rounds}")], seed))
            }
            What::Sim { sessions, seed } => sim(sessions, seed),
            What::Hostile { inputs, seed } => {
                proof(&with_seed(vec!["hostile".into(), format!("--inputs={inputs}")], seed))
            }
            What::Soak { minutes, sessions } => {
                proof(&["soak".into(), format!("--minutes={minutes}"), format!("--sessions={sessions}")])
            }
        }
    }
}

fn import() -> Result<ExitCode> {
    let Some(data) = python::bench_data() else {
        println!(
            "SKIPPED: there is no bench set beside the clone (../shared/bench/data/dev) nor where ETUDE_BENCH says"
        );
        return Ok(ExitCode::SUCCESS);
    };
    let files = scores(&data)?;
    let readings = readings(&files)?;
    let out = root().join("target/prove/import");
    let mut compare = cargo();
    compare
        .args(["run", "--release", "--quiet", "--package", "etude-engine", "--example", "prove-import"])
        .arg("--manifest-path")
        .arg(root().join("Cargo.toml"))
        .arg("--")
        .args([&data, &readings, &out]);
    let code = pass_through(&mut compare)?;
    say(format!("every difference is listed in {}", out.display()));
    Ok(code)
}

fn scores(data: &Path) -> Result<Vec<PathBuf>> {
    let dir = data.join("xml");
    let reading = |source| Error::io("reading", &dir)(source);
    let mut files = Vec::new();
    for entry in fs::read_dir(&dir).map_err(reading)? {
        files.push(entry.map_err(reading)?.path());
    }
    files.sort();
    Ok(files)
}

/// The folder with the tables of all readers. Its name stands for the scripts, the readers' versions and the scores.
fn readings(files: &[PathBuf]) -> Result<PathBuf> {
    let scripts = python::readers_dir();
    let mut hash = Sha256::new();
    let of_scripts = ["requirements.txt", "table.py", "partitura_notes.py", "music21_notes.py"];
    for path in of_scripts.iter().map(|name| scripts.join(name)).chain(files.iter().cloned()) {
        hash.update(Sha256::digest(fs::read(&path).map_err(Error::io("reading", &path))?));
    }
    let key: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let dir = cache::dir()?.join("readings").join(key);
    let complete = dir.join("complete");
    if complete.is_file() {
        return Ok(dir);
    }
    let python = python::readers()?;
    let _lock = cache::lock("readings")?;
    if complete.is_file() {
        return Ok(dir);
    }
    say(format!("partitura and music21 read {} scores (once; some ten minutes)", files.len()));
    // Both at once: each uses one core.
    let mut running: Vec<(Child, String)> = Vec::new();
    for reader in Reader::value_variants() {
        let name = reader.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        let mut command = Command::new(&python);
        command.arg("-B").arg(scripts.join(format!("{name}_notes.py"))).arg(dir.join(&name)).args(files);
        let what = format!("{} {name}_notes.py", command_line(&Command::new(&python)));
        let child = command
            .stderr(std::process::Stdio::null())
            .spawn()
            .map_err(|source| Error::Io { what: format!("starting {what}"), source })?;
        running.push((child, what));
    }
    let mut failed = None;
    for (mut child, what) in running {
        let status =
            child.wait().map_err(|source| Error::Io { what: format!("waiting for {what}"), source })?;
        if !status.success() {
            failed = Some(Error::Command { command: what, status: status.to_string() });
        }
    }
    match failed {
        Some(error) => Err(error),
        None => {
            fs::write(&complete, "").map_err(Error::io("writing", &complete))?;
            Ok(dir)
        }
    }
}
