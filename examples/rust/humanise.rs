//! Plays a score as a person might, with deliberate mistakes on request, into a Standard MIDI File:
//!
//! ```text
//! cargo run --example humanise -- SCORE OUT.mid [--seed N] [--mistakes N] [--tempo PERCENT] [--pedal]
//! ```
//!
//! The same arguments give the same file. What was done wrong on purpose is printed and written beside the MIDI
//! file as `OUT.mistakes.tsv`, so that verdicts can be held against what was really played.

mod performance;

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use etude_engine::import;
use etude_engine::score::{Hand, Score};
use performance::{Blunder, Performance, Style};

/// Play a score as a person might, into a Standard MIDI File.
#[derive(Parser)]
struct Args {
    /// The score: MusicXML, compressed MusicXML (.mxl), or a Standard MIDI File.
    score: PathBuf,
    /// The MIDI file to write; the list of mistakes goes beside it as OUT.mistakes.tsv.
    out: PathBuf,
    /// Another seed, another performance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many deliberate mistakes to make; fewer if the piece has no room for them.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=1_000))]
    mistakes: u32,
    /// Speed in percent of the score's tempo.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(20..=400))]
    tempo: u32,
    /// Use the sustain pedal, changed at each measure.
    #[arg(long)]
    pedal: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let told = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let bytes = fs::read(&args.score).map_err(|error| told(&args.score, &error))?;
    let imported = import::score(&bytes).map_err(|error| told(&args.score, &error))?;
    for warning in &imported.warnings {
        let place = warning.measure.as_ref().map_or(String::new(), |measure| format!("measure {measure}: "));
        eprintln!("warning: {place}{}", warning.reason);
    }
    let score = imported.score;

    let style = Style { seed: args.seed, tempo_percent: args.tempo, pedal: args.pedal };
    let mut take = Performance::of(&score, &style);
    take.blunder(&score, args.mistakes as usize);
    take.settle();
    let blunders = take.blunders();

    fs::write(&args.out, take.midi(score.title().unwrap_or("Etude")))
        .map_err(|error| told(&args.out, &error))?;
    let list = args.out.with_extension("mistakes.tsv");
    fs::write(&list, table(&score, &blunders)).map_err(|error| told(&list, &error))?;
    for blunder in &blunders {
        let measure = score.measure_of(blunder.note);
        println!("measure {}, note {}: {}", measure.number, score.note(blunder.note).id, blunder.detail);
    }
    println!("{} notes, {} mistakes -> {}", take.strokes_sounding(), blunders.len(), args.out.display());
    if blunders.len() < args.mistakes as usize {
        eprintln!("warning: there was room for {} of {} mistakes", blunders.len(), args.mistakes);
    }
    Ok(())
}

/// The mistakes as tab-separated values, one a line, in the order of playing. Times are in milliseconds of the
/// MIDI file; pitches are MIDI numbers, `-` where nothing was struck.
fn table(score: &Score, blunders: &[Blunder]) -> String {
    let mut text = String::from("kind\tnote\tmeasure\tpass\thand\ttime_ms\tpitch\tplayed\tdetail\n");
    for blunder in blunders {
        let (note, measure) = (score.note(blunder.note), score.measure_of(blunder.note));
        let hand = if note.hand == Hand::Right { "right" } else { "left" };
        let played = blunder.played.map_or("-".to_owned(), |pitch| pitch.to_string());
        writeln!(
            text,
            "{}\t{}\t{}\t{}\t{hand}\t{}\t{}\t{played}\t{}",
            blunder.kind,
            note.id,
            measure.number,
            measure.pass,
            blunder.at.round_to_millis(),
            note.pitch.number(),
            blunder.detail
        )
        .expect("a string takes every line");
    }
    text
}
