//! The same take elsewhere: in WebAssembly, and followed by others.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use etude_engine::session::EventKind;

use super::probe::Folder;
use super::{Failure, Work};

/// What etude-bench-wasm prints, in nanoseconds.
pub struct Wasm {
    pub clock: u64,
    pub median: u64,
    pub p999: u64,
    pub mean: u64,
}

/// Runs a program for WASI: Node.js warns that this is experimental, which is said here once.
const RUN_WASI: &str = "
const { readFileSync } = require('node:fs');
const { WASI } = require('node:wasi');
const [file, ...args] = process.argv.slice(1);
const wasi = new WASI({ version: 'preview1', args: [file, ...args] });
WebAssembly.instantiate(readFileSync(file), wasi.getImportObject()).then(({ instance }) => wasi.start(instance));
";

/// Plays the take of a score of so many notes in Node.js.
pub fn wasm(node: &Path, program: &Path, notes: usize, passes: usize) -> Result<Wasm, Failure> {
    let output = Command::new(node)
        .args(["--no-warnings", "--eval", RUN_WASI])
        .arg(program)
        .args([notes.to_string(), passes.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    let figures: Vec<u64> = said.split_whitespace().map_while(|figure| figure.parse().ok()).collect();
    match figures[..] {
        [clock, median, p999, mean] if output.status.success() => Ok(Wasm { clock, median, p999, mean }),
        _ => Err(format!("{} failed ({}): {said}", program.display(), output.status).into()),
    }
}

/// Notes of the take that others follow: they are slow.
const NOTES: usize = 1_000;

/// Has others follow the beginning of the take, and prints a line for each; `ours` is in nanoseconds.
pub fn followers(
    python: &Path,
    script: &Path,
    work: &Work,
    ours: f64,
    folder: &Folder,
) -> Result<(), Failure> {
    let mut score = String::from("id\tonset_quarter\tduration_quarter\tpitch\tvoice\tstaff\n");
    let quarter = f64::from(work.score.ticks_per_quarter());
    for note in work.score.notes().iter() {
        let (onset, duration) = (note.onset.0 as f64 / quarter, note.duration.0 as f64 / quarter);
        let (id, pitch, voice, staff) = (&note.id, note.pitch.number(), note.voice, note.staff);
        writeln!(score, "{id}\t{onset}\t{duration}\t{pitch}\t{voice}\t{staff}")?;
    }
    let mut take = String::from("onset_sec\tpitch\tvelocity\n");
    for event in &work.events {
        if let EventKind::NoteOn { pitch, velocity } = event.kind {
            writeln!(take, "{}\t{}\t{}", event.at.0 as f64 / 1e6, pitch.number(), velocity.value())?;
        }
    }
    let (score, take) = (folder.write("score.tsv", &score)?, folder.write("take.tsv", &take)?);
    let output = Command::new(python)
        .args(["-B", "-W", "ignore"])
        .arg(script)
        .args([&score, &take])
        .arg(NOTES.to_string())
        .stderr(Stdio::null())
        .output()?;
    for line in String::from_utf8(output.stdout)?.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        match cells[..] {
            [name, notes, micros] => {
                let micros: f64 = micros.parse()?;
                let times = micros * 1e3 / ours;
                println!(
                    "{name:<15} {micros:.0} us a note on average, {times:.0} times our {:.2} us; {notes} notes of the take",
                    ours / 1e3
                );
            }
            [name, why] => println!("{name:<15} SKIPPED: {why}"),
            _ => return Err(format!("{}: unexpected: {line}", script.display()).into()),
        }
    }
    if !output.status.success() {
        return Err(format!("{} failed ({})", script.display(), output.status).into());
    }
    Ok(())
}
