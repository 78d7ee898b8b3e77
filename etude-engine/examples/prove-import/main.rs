//! Does the import read the same notes as others do? Run by `cargo xtask prove import`, which makes the others' lists:
//!
//! ```text
//! cargo run --release -p etude-engine --example prove-import -- DATA READINGS OUT
//! ```
//!
//! DATA is a folder of scores and the notes performed from them, as in `shared/bench/data/dev`; READINGS holds a folder
//! for each other reader with its tables; the full list of differences is written into OUT. Exits with 1 when fewer
//! notes agree than must, not counting those where the file itself shows the other side to be wrong.

mod class;
mod compare;
mod list;
mod raw;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use etude_engine::import;
use etude_engine::score::Score;

use class::{CLASSES, Witness};
use compare::{Difference, Kind, compare};
use list::List;
use raw::{QUARTER, Raw};

/// Compare the import's note lists with those of other readers.
#[derive(Parser)]
struct Args {
    /// Folder of scores and of the notes performed from them
    data: PathBuf,
    /// Folder of the other readers' tables: partitura/ and music21/
    readings: PathBuf,
    /// Folder for the lists of differences
    out: PathBuf,
}

/// Notes equal in pitch and onset, of a hundred thousand.
const ONSETS_MIN: u64 = 99_950;
/// Notes equal in duration, and in staff.
const OTHERS_MIN: u64 = 99_900;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// A score of the set, read by us and by the witness.
struct Piece {
    raw: Raw,
    score: Score,
    performed: List,
    written: List,
}

impl Piece {
    fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = gunzip(path)?;
        let named = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let score = import::score(&bytes).map_err(|error| named(&error))?.score;
        let (written, _) =
            import::written_score(&bytes, &import::Options::default()).map_err(|error| named(&error))?;
        let raw = raw::read(std::str::from_utf8(&bytes)?).map_err(|error| named(&error))?;
        Ok(Self { raw, performed: list::performed(&score), written: list::written(&written), score })
    }
}

fn run(args: &Args) -> Result<bool, Failure> {
    let mut pieces = BTreeMap::new();
    let xml = args.data.join("xml");
    for entry in fs::read_dir(&xml).map_err(|error| format!("{}: {error}", xml.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(name) = name.strip_suffix(".musicxml.gz") {
            pieces.insert(name.to_owned(), Piece::read(&path)?);
        }
    }
    fs::create_dir_all(&args.out)?;

    let mut truth = Comparison::new("the notes performed");
    let index = fs::read_to_string(args.data.join("INDEX.tsv"))?;
    let mut performances: Vec<(&str, &str)> = Vec::new();
    for line in index.lines().skip(1) {
        let mut cells = line.split('\t');
        let (Some(name), Some(xml)) = (cells.next(), cells.nth(1)) else { continue };
        performances.push((name, xml.trim_start_matches("xml/").trim_end_matches(".musicxml.gz")));
    }
    performances.sort_unstable();
    for (name, xml) in performances {
        let piece = pieces.get(xml).ok_or_else(|| format!("{name}: there is no {xml}"))?;
        let table = String::from_utf8(gunzip(&args.data.join(name).join("score.tsv.gz"))?)?;
        let theirs = list::of_table(&table).map_err(|error| format!("{name}: {error}"))?;
        truth.add(
            name,
            &piece.performed,
            &theirs,
            &Witness::performed(&piece.raw, &piece.performed, &piece.score),
            true,
        );
    }

    let mut partitura = Comparison::new("partitura");
    let mut music21 = Comparison::new("music21");
    for (name, piece) in &pieces {
        if let Some(theirs) = partitura.reading(&args.readings.join("partitura"), name)? {
            let witness = Witness::performed(&piece.raw, &piece.performed, &piece.score);
            partitura.add(name, &piece.performed, &theirs, &witness, false);
        }
        if let Some(theirs) = music21.reading(&args.readings.join("music21"), name)? {
            music21.add(name, &piece.written, &theirs, &Witness::written(&piece.raw, &piece.written), false);
        }
    }
    let comparisons = [truth, partitura, music21];
    fs::write(args.out.join("classes.md"), class_table(&comparisons)?)?;
    let mut enough = true;
    for comparison in comparisons {
        enough &= comparison.tell(&args.out)?;
    }
    Ok(enough)
}

/// Every class that occurs, as a table in Markdown: how often, what the file shows, and why we are right.
fn class_table(comparisons: &[Comparison]) -> Result<String, std::fmt::Error> {
    let mut table = String::from("| Class |");
    comparisons.iter().try_for_each(|comparison| write!(table, " {} |", comparison.other))?;
    table.push_str(" The file shows | Why ours is right |\n|---|");
    comparisons.iter().for_each(|_| table.push_str("---:|"));
    table.push_str("---|---|\n");
    for class in CLASSES {
        write!(table, "| {} |", class.name)?;
        for comparison in comparisons {
            let count = comparison.classes.get(class.name).copied().unwrap_or(0);
            write!(table, " {} |", if count == 0 { String::new() } else { count.to_string() })?;
        }
        let code = |text: &str| text.replace('<', "`<").replace('>', ">`");
        writeln!(table, " {} | {} |", code(class.when), code(class.why))?;
    }
    Ok(table)
}

/// All files against one other list.
struct Comparison {
    other: &'static str,
    files: usize,
    unread: Vec<String>,
    notes: usize,
    /// Notes that differ: in pitch, onset or presence; in duration; in staff. As read, and unexplained.
    differ: [[usize; 2]; 3],
    classes: BTreeMap<&'static str, usize>,
    lines: String,
}

impl Comparison {
    fn new(other: &'static str) -> Self {
        let lines = "file\tkind\tid\tmeasure\tours\ttheirs\tclass\n".to_owned();
        let unread = Vec::new();
        Self { other, files: 0, unread, notes: 0, differ: [[0; 2]; 3], classes: BTreeMap::new(), lines }
    }

    /// The other's table of a file; `None` if it could not read the file.
    fn reading(&mut self, folder: &Path, name: &str) -> Result<Option<List>, Failure> {
        if let Ok(error) = fs::read_to_string(folder.join(format!("{name}.error"))) {
            self.unread.push(format!("{name}: {}", error.trim()));
            return Ok(None);
        }
        let path = folder.join(format!("{name}.tsv"));
        let table = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Some(list::of_table(&table).map_err(|error| format!("{}: {error}", path.display()))?))
    }

    fn add(&mut self, file: &str, ours: &List, theirs: &List, witness: &Witness<'_>, by_pass: bool) {
        let compared = compare(ours, theirs, by_pass);
        self.files += 1;
        self.notes += compared.notes;
        let mut notes: [[BTreeSet<_>; 2]; 3] = Default::default();
        for difference in &compared.differences {
            let class = witness.explain(difference);
            let what = match difference.kind {
                Kind::OnlyOurs | Kind::OnlyTheirs | Kind::Pitch | Kind::Onset => 0,
                Kind::Duration => 1,
                Kind::Staff => 2,
            };
            notes[what][0].insert(difference.name);
            if class.is_none() {
                notes[what][1].insert(difference.name);
            }
            *self.classes.entry(class.map_or("unexplained", |class| class.name)).or_default() += 1;
            self.line(file, difference, class.map_or("unexplained", |class| class.name));
        }
        for (sum, notes) in self.differ.iter_mut().flatten().zip(notes.iter().flatten()) {
            *sum += notes.len();
        }
    }

    fn line(&mut self, file: &str, difference: &Difference<'_>, class: &str) {
        let told = |row: Option<&list::Row>| {
            row.map_or("-".to_owned(), |row| match difference.kind {
                Kind::Pitch => row.pitch.to_string(),
                Kind::Staff => row.staff.to_string(),
                Kind::Duration => format!("{:.6}", row.duration as f64 / QUARTER as f64),
                _ => format!("{:.6}", row.onset as f64 / QUARTER as f64),
            })
        };
        let measure = difference.ours.or(difference.theirs.as_ref()).map_or("", |row| &row.measure);
        let (id, pass) = difference.name;
        let (ours, theirs) = (told(difference.ours), told(difference.theirs.as_ref()));
        let _ = writeln!(
            self.lines,
            "{file}\t{:?}\t{id}-{pass}\t{measure}\t{ours}\t{theirs}\t{class}",
            difference.kind
        );
    }

    /// Prints the figures, writes the list, and says whether enough notes agree.
    fn tell(&self, out: &Path) -> Result<bool, Failure> {
        fs::write(out.join(format!("{}.tsv", self.other.replace(' ', "-"))), &self.lines)?;
        // Of a hundred thousand, rounded down, so that no 99.95 is told that is not reached.
        let share = |differ: usize| {
            let notes = self.notes.max(1) as u64;
            (notes - (differ as u64).min(notes)) * 100_000 / notes
        };
        let percent = |share: u64| format!("{}.{:03} %", share / 1_000, share % 1_000);
        let [onsets, durations, staves] = self.differ.map(|[read, open]| (share(read), share(open)));
        let told = |(read, counted)| format!("{} ({} as read)", percent(counted), percent(read));
        println!(
            "{}: {} files, {} notes: pitch and onset {}, duration {}, staff {}",
            self.other,
            self.files,
            self.notes,
            told(onsets),
            told(durations),
            told(staves),
        );
        for (class, count) in &self.classes {
            println!("    {count:>6} {class}");
        }
        for file in &self.unread {
            println!("    not read by {}: {file}", self.other);
        }
        let enough =
            self.notes > 0 && onsets.1 >= ONSETS_MIN && durations.1 >= OTHERS_MIN && staves.1 >= OTHERS_MIN;
        if !enough {
            println!(
                "    SHORT of {}, {} and {}",
                percent(ONSETS_MIN),
                percent(OTHERS_MIN),
                percent(OTHERS_MIN)
            );
        }
        Ok(enough)
    }
}

fn gunzip(path: &Path) -> Result<Vec<u8>, Failure> {
    let file = fs::File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut bytes = Vec::new();
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes)?;
    Ok(bytes)
}
