//! Tells what a score file holds: parts, repeats, hands, tempo, and what could not be taken from it.
//!
//! ```text
//! cargo run --example score -- FILE [--notes | --json]
//! ```

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use etude_engine::import;
use etude_engine::score::{Ornaments, Score, ScoreNote};

/// Tell what a score file holds.
#[derive(Parser)]
struct Args {
    /// The score: MusicXML, compressed MusicXML (.mxl), or a Standard MIDI File.
    file: PathBuf,
    /// Print the notes instead, in performed order: a table with tabs between the columns
    #[arg(long)]
    notes: bool,
}
const COLUMNS: [&str; 11] =
    ["id", "xml_id", "pass", "onset_q", "dur_q", "pitch", "voice", "staff", "grace", "orn", "measure"];

fn main() -> ExitCode {
    let args = Args::parse();
    let score = import::score(&std::fs::read(&args.file).unwrap()).unwrap().score;
    notes(&score, &mut io::stdout().lock()).unwrap();
    ExitCode::SUCCESS
}

fn notes(score: &Score, out: &mut impl io::Write) -> io::Result<()> {
    writeln!(out, "{}", COLUMNS.join("\t"))?;
    let quarters = |ticks: i64| {
        let millionths = i128::from(ticks) * 1_000_000;
        let quarter = i128::from(score.ticks_per_quarter());
        let rounded = (2 * millionths + quarter).div_euclid(2 * quarter);
        format!(
            "{}{}.{:06}",
            if rounded < 0 { "-" } else { "" },
            rounded.abs() / 1_000_000,
            rounded.abs() % 1_000_000
        )
    };
    for note in score.notes() {
        let ScoreNote { id, onset, duration, pitch, voice, staff, ornaments, .. } = note;
        let measure = &score.measures()[note.measure as usize].number;
        writeln!(
            out,
            "{id}\t{}\t{}\t{}\t{}\t{}\t{voice}\t{staff}\t{}\t{}\t{measure}",
            id.xml_id,
            id.pass,
            quarters(onset.0),
            quarters(duration.0),
            pitch.number(),
            u8::from(note.grace),
            signs(*ornaments),
        )?;
    }
    Ok(())
}

fn signs(ornaments: Ornaments) -> String {
    let names = [
        (Ornaments::TRILL, "trill"),
        (Ornaments::TURN, "turn"),
        (Ornaments::MORDENT, "mordent"),
        (Ornaments::TREMOLO, "tremolo"),
        (Ornaments::ARPEGGIO, "arpeggio"),
        (Ornaments::GLISSANDO, "glissando"),
    ];
    let signs: Vec<&str> =
        names.iter().filter(|(sign, _)| ornaments.intersects(*sign)).map(|(_, name)| *name).collect();
    if signs.is_empty() { "-".to_owned() } else { signs.join(",") }
}
