use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode};

use clap::{Subcommand, ValueEnum};
use sha2::{Digest as _, Sha256};
use xtask::process::{cargo, command_line, say};
use xtask::{Error, Result, cache, python, root};

use super::pass_through;

/// Prove the engine against other programs on the bench set
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
