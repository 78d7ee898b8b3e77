//! Tells what a score file holds: parts, repeats, hands, tempo, and what could not be taken from it.
//!
//! ```text
//! cargo run --example score -- FILE [--notes | --json]
//! ```

#[allow(dead_code, reason = "the other examples draw takes with it")]
mod terminal;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use etude_engine::import::{self, HandNotes, HandSource, Imported, PartFound, Summary, TempoPlace};
use etude_engine::score::{Hand, Ornaments, Score};

use terminal::files::{self, Failure};
use terminal::{ALARM, BOLD, DIM, columns, thousands};

/// Tell what a score file holds.
#[derive(Parser)]
struct Args {
    /// The score: MusicXML, compressed MusicXML (.mxl), or a Standard MIDI File.
    file: PathBuf,
    /// Print the list of notes instead, in performed order, with tabs between the columns.
    #[arg(long)]
    notes: bool,
    /// Print the report as JSON and nothing else.
    #[arg(long, conflicts_with = "notes")]
    json: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            anstream::eprintln!("{ALARM}error:{ALARM:#} {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let bytes = files::bytes(&args.file)?;
    let imported = import::score(&bytes).map_err(|error| format!("{}: {error}", args.file.display()))?;
    let mut out = anstream::stdout().lock();
    let written = if args.notes {
        notes(&imported.score, &mut io::BufWriter::new(&mut out))
    } else if args.json {
        let json =
            serde_json::to_string_pretty(&Summary::new(&imported)).map_err(|error| error.to_string())?;
        writeln!(out, "{json}")
    } else {
        draw(&imported, &files::name(&args.file), &mut out)
    };
    match written {
        // A reader who has seen enough (`| head`) is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| format!("standard output: {error}")),
    }
}

/// Draws the report. `name` is what to call a score without a title.
fn draw(imported: &Imported, name: &str, out: &mut dyn Write) -> io::Result<()> {
    let summary = Summary::new(imported);
    let title = summary.title.as_deref().unwrap_or(name);
    let composer = summary.composer.as_ref().map_or(String::new(), |name| format!(" · {name}"));
    writeln!(out, "\n{BOLD}{title}{BOLD:#}{composer}\n")?;

    let parts = |chosen| {
        let parts =
            summary.parts.iter().filter(move |part| part.chosen == chosen && (chosen || part.notes > 0));
        parts.map(part).collect::<Vec<_>>()
    };
    if !summary.parts.is_empty() {
        entry(out, "Parts", &parts(true))?;
    }
    if !parts(false).is_empty() {
        entry(out, "Left out", &parts(false))?;
    }
    let order: Vec<String> = summary.order.iter().map(ToString::to_string).collect();
    let played = match summary.order.len() {
        1 => thousands(summary.measures),
        _ => format!("{}, {} as played", thousands(summary.measures), thousands(summary.performed_measures)),
    };
    entry(out, "Measures", &[played])?;
    entry(out, "Order", &order)?;
    let hand = |hand: &HandNotes| {
        let name = match hand.hand {
            Hand::Right => "right hand",
            Hand::Left => "left hand",
        };
        let sure = match hand.confidence_percent {
            100 => String::new(),
            percent => format!(" ({percent} % sure)"),
        };
        format!("{name} {}{sure}", thousands(hand.notes))
    };
    let mut hands: Vec<String> = summary.hands.iter().map(hand).collect();
    hands.push(source(summary.hand_source).to_owned());
    entry(out, "Hands", &hands)?;
    let mut notes = vec![thousands(summary.notes)];
    notes.push(format!("{} grace notes", thousands(summary.grace_notes)));
    notes.push(format!("{} with an ornament", thousands(summary.ornamented_notes)));
    entry(out, "Notes", &notes)?;
    let tempo: Vec<String> = summary.tempo.iter().map(tempo).collect();
    if tempo.is_empty() {
        entry(out, "Tempo", &["none marked: taken as 120 quarters a minute"])?;
    } else {
        entry(out, "Tempo", &tempo)?;
    }
    let seconds = summary.duration_us.0 / 1_000_000;
    entry(out, "Length", &[format!("{}:{:02} at this tempo", seconds / 60, seconds % 60)])?;
    if !summary.warnings.is_empty() {
        writeln!(out, "\n  {BOLD}Warnings{BOLD:#}")?;
    }
    for warning in &summary.warnings {
        writeln!(out, "    {warning}")?;
    }
    writeln!(out)
}

/// A name and what there is to say, wrapped between its items.
fn entry(out: &mut dyn Write, name: &str, items: &[impl AsRef<str>]) -> io::Result<()> {
    const INDENT: usize = 13;
    write!(out, "  {DIM}{name:<11}{DIM:#}")?;
    let mut column = INDENT;
    for (index, item) in items.iter().enumerate() {
        let item = item.as_ref();
        let comma = if index + 1 < items.len() { "," } else { "" };
        if index > 0 && column + item.chars().count() + 2 > columns() {
            write!(out, "\n{:INDENT$}", "")?;
            column = INDENT;
        } else if index > 0 {
            write!(out, " ")?;
            column += 1;
        }
        write!(out, "{item}{comma}")?;
        column += item.chars().count() + comma.len();
    }
    writeln!(out)
}

fn part(part: &PartFound) -> String {
    let name = part.name.as_deref().unwrap_or(&part.id);
    let staves = if part.staves == 1 { "staff" } else { "staves" };
    format!("{name} ({} {staves}, {} notes)", part.staves, thousands(part.notes))
}

fn source(source: HandSource) -> &'static str {
    match source {
        HandSource::Staves => "by staves",
        HandSource::Names => "by the tracks' names",
        HandSource::Tracks => "by two tracks",
        HandSource::Split => "guessed by where the notes lie",
        HandSource::OuterStaves => "by the outer staves, the middle guessed",
    }
}

fn tempo(place: &TempoPlace) -> String {
    let tenths =
        (600_000_000 + u64::from(place.micros_per_quarter) / 2) / u64::from(place.micros_per_quarter);
    let pass = if place.pass > 1 { format!(" ({}×)", place.pass) } else { String::new() };
    format!("{}.{} from measure {}{pass}", tenths / 10, tenths % 10, place.measure)
}

/// The columns of the table of notes; examples/rust/README.md says what they hold.
const COLUMNS: [&str; 11] =
    ["id", "xml_id", "pass", "onset_q", "dur_q", "pitch", "voice", "staff", "grace", "orn", "measure"];

fn notes(score: &Score, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", COLUMNS.join("\t"))?;
    for note in score.notes().iter() {
        writeln!(
            out,
            "{id}\t{xml_id}\t{pass}\t{onset}\t{duration}\t{pitch}\t{voice}\t{staff}\t{grace}\t{orn}\t{measure}",
            id = note.id,
            xml_id = note.id.xml_id,
            pass = note.id.pass,
            onset = quarters(note.onset.0, score.ticks_per_quarter()),
            duration = quarters(note.duration.0, score.ticks_per_quarter()),
            pitch = note.pitch.number(),
            voice = note.voice,
            staff = note.staff,
            grace = u8::from(note.grace),
            orn = signs(note.ornaments),
            measure = score.measures()[note.measure as usize].number,
        )?;
    }
    out.flush()
}

/// Ticks in quarters, with six decimals, rounded half up.
fn quarters(ticks: i64, ticks_per_quarter: u32) -> String {
    let quarter = i128::from(ticks_per_quarter);
    let millionths = (2_000_000 * i128::from(ticks) + quarter).div_euclid(2 * quarter);
    let sign = if millionths < 0 { "-" } else { "" };
    format!("{sign}{}.{:06}", millionths.abs() / 1_000_000, millionths.abs() % 1_000_000)
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
