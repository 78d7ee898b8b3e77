//! How well are played notes found in the score?
//!
//! ```text
//! cargo xtask bench align --set path|real --verdict immediate|final DATA OUT
//! ```
//!
//! DATA is a folder of performances with known alignment, as in `shared/bench/data/dev`. For each of them
//! OUT/<performance>.tsv is written for `shared/bench/judge.py`, which has the last word on the figures. The digest it prints
//! is of all that was said of all takes: what is meant to change no verdict leaves it as it was.

use std::collections::BTreeMap;
use std::fs;
use std::hash::Hasher as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use etude_engine::import;
use etude_engine::judge::{Record, Verdict};
use etude_engine::score::freedom::{KeySet, Ornament, Roll, RollDirection, Sign};
use etude_engine::score::{
    Articulations, Freedom, Hand, Measure, Note, NoteId, Ornaments, Score, ScoreParts, TempoMap,
};
use etude_engine::session::{Config, Event, EventKind, Session, VerdictDigest};
use etude_engine::units::{Micros, Pitch, Ticks, Velocity};
use fnv::FnvHasher;

/// Align performances with their scores, for judge.py.
#[derive(Parser)]
struct Args {
    /// What is read: the score and performance as tables, or the MusicXML and MIDI files themselves
    #[arg(long, value_enum, default_value = "path")]
    set: Set,
    /// Which verdict on a note counts: the one given at once, or the last
    #[arg(long, value_enum, default_value = "final")]
    verdict: Which,
    /// Folder of performances
    data: PathBuf,
    /// Folder for the answers
    out: PathBuf,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Set {
    Path,
    Real,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Which {
    Immediate,
    Final,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let index = args.data.join("INDEX.tsv");
    let files: BTreeMap<String, String> = match fs::read_to_string(&index) {
        Ok(text) => table(&text).map(|row| (row[0].clone(), row[2].clone())).collect(),
        Err(_) => BTreeMap::new(),
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(&args.data).map_err(|error| format!("{}: {error}", args.data.display()))? {
        let entry = entry?;
        if entry.path().join("perf.tsv.gz").exists() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    fs::create_dir_all(&args.out)?;
    let next = AtomicUsize::new(0);
    let spent = Mutex::new((Duration::ZERO, 0));
    let digests = Mutex::new(BTreeMap::<String, VerdictDigest>::new());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match align(args, name, files.get(name).map(String::as_str)) {
                        Ok((time, notes, digest)) => {
                            let mut spent = spent.lock().expect("no thread panics");
                            *spent = (spent.0 + time, spent.1 + notes);
                            digests.lock().expect("no thread panics").insert(name.clone(), digest);
                        }
                        Err(failure) => {
                            failed.lock().expect("no thread panics").push(format!("{name}: {failure}"));
                        }
                    }
                }
            });
        }
    });
    let (time, notes) = spent.into_inner()?;
    let mut digest = FnvHasher::default();
    digests.into_inner()?.values().for_each(|of| digest.write_u64(of.value()));
    println!(
        "{} performances, {notes} notes, {} ns a note, digest of all verdicts {:016x}",
        names.len(),
        time.as_nanos() / notes.max(1) as u128,
        digest.finish()
    );
    match failed.into_inner()? {
        failed if failed.is_empty() => Ok(()),
        failed => Err(failed.join("\n").into()),
    }
}

/// Aligns one performance and writes the answer. Returns the time the session took, its notes, and the digest of all it
/// said of them.
fn align(args: &Args, name: &str, file: Option<&str>) -> Result<(Duration, usize, VerdictDigest), Failure> {
    let dir = args.data.join(name);
    let (score, take) = match args.set {
        Set::Path => (score_table(&dir)?, performance_table(&dir)?),
        Set::Real => {
            let file = file.ok_or("INDEX.tsv does not name its MusicXML file")?;
            let score = import::score(&gunzip(&args.data.join(file))?)?.score;
            let events = import::performance(&fs::read(dir.join("perf.mid"))?)?;
            (score, events.into_iter().map(|event| (String::new(), event)).collect())
        }
    };
    let score = Arc::new(score);
    let mut session = Session::new(Arc::clone(&score), Config::default())?;
    let mut verdicts: Vec<Option<Verdict>> = vec![None; take.len()];
    let begin = Instant::now();
    for &(_, event) in &take {
        session.handle(event)?;
        while let Some(record) = session.poll() {
            if let Record::Played { event, verdict } = record {
                let slot = &mut verdicts[event.0 as usize];
                if args.verdict == Which::Final || slot.is_none() {
                    *slot = Some(verdict);
                }
            }
        }
    }
    let time = begin.elapsed();
    let mut answer = String::from("label\tscore\tperformance\n");
    let mut notes = 0;
    for ((id, event), verdict) in take.iter().zip(&verdicts) {
        let EventKind::NoteOn { pitch, .. } = event.kind else { continue };
        notes += 1;
        let played = match args.set {
            Set::Path => id.clone(),
            Set::Real => format!("{:.6}\t{}", event.at.0 as f64 / 1e6, pitch.number()),
        };
        let line = match verdict {
            Some(Verdict::Matched { note, .. }) => {
                let note = &score.note(*note).id;
                match args.set {
                    Set::Path => format!("match\t{}\t{played}\n", note.xml_id),
                    Set::Real => format!("match\t{note}\t{played}\n"),
                }
            }
            _ => format!("insertion\t-\t{played}\n"),
        };
        answer.push_str(&line);
    }
    fs::write(args.out.join(format!("{name}.tsv")), answer)?;
    Ok((time, notes, session.digest()))
}

/// Divides by all that occurs in the tables: tuplets of up to ten in 32nds.
const TICKS_PER_QUARTER: u32 = 10_080;

/// A score from its table: the pass is part of the name there.
fn score_table(dir: &Path) -> Result<Score, Failure> {
    let text = String::from_utf8(gunzip(&dir.join("score.tsv.gz"))?)?;
    let ticks = |quarters: &str| -> Result<Ticks, Failure> {
        Ok(Ticks((quarters.parse::<f64>()? * f64::from(TICKS_PER_QUARTER)).round() as i64))
    };
    let mut rows = Vec::new();
    for row in table(&text) {
        rows.push((ticks(&row[3])?, row));
    }
    rows.sort_by_key(|&(onset, _)| onset);
    let mut measures: Vec<Measure> = Vec::new();
    let mut notes = Vec::new();
    for (onset, row) in rows {
        if measures.last().is_none_or(|measure| measure.number != row[10]) {
            let written = measures.len() as u32;
            measures.push(Measure { number: row[10].clone(), pass: 1, written, onset, duration: Ticks(0) });
        }
        let ornaments = row[9].split(',').map(ornament).fold(Ornaments::NONE, Ornaments::with);
        notes.push(Note {
            id: NoteId { xml_id: row[0].as_str().into(), pass: 1 },
            onset,
            duration: ticks(&row[4])?,
            pitch: pitch(&row[5])?,
            measure: measures.len() as u32 - 1,
            hand: if row[7] == "2" { Hand::Left } else { Hand::Right },
            staff: row[7].parse().unwrap_or(1),
            voice: row[6].parse().unwrap_or(0),
            grace: row[8] == "1",
            ornaments,
            articulations: Articulations::NONE,
            freedom: freedom(&row[9], pitch(&row[5])?, Ticks(onset.0 + ticks(&row[4])?.0)),
        });
    }
    Ok(Score::new(ScoreParts {
        title: None,
        composer: None,
        ticks_per_quarter: TICKS_PER_QUARTER,
        measures,
        notes,
        edges: Vec::new(),
        tempo: TempoMap::default(),
        marks: Vec::new(),
    })?)
}

/// The table names signs, not keys: neighbours up to a tone off are granted.
fn freedom(names: &str, pitch: Pitch, until: Ticks) -> Freedom {
    let mut freedom = Freedom::default();
    for name in names.split(',') {
        let sign = match name {
            "trill" => Sign::Trill,
            "turn" => Sign::Turn,
            "mordent" => Sign::Mordent,
            "arpeggio" => {
                freedom.roll = Some(Roll { direction: RollDirection::Either, group: 0 });
                continue;
            }
            _ => continue,
        };
        let near = |by: i8| pitch.number().checked_add_signed(by).and_then(Pitch::new).unwrap_or(pitch);
        let keys = KeySet::span(near(-2), near(2));
        freedom.ornament = Some(Box::new(Ornament { sign, keys, until }));
    }
    freedom
}

fn ornament(name: &str) -> Ornaments {
    match name {
        "trill" => Ornaments::TRILL,
        "turn" => Ornaments::TURN,
        "mordent" => Ornaments::MORDENT,
        "arpeggio" => Ornaments::ARPEGGIO,
        _ => Ornaments::NONE,
    }
}

/// The note-ons of a performance table with their names, in order of time, and the end.
fn performance_table(dir: &Path) -> Result<Vec<(String, Event)>, Failure> {
    let text = String::from_utf8(gunzip(&dir.join("perf.tsv.gz"))?)?;
    let mut take = Vec::new();
    for row in table(&text) {
        let at = Micros((row[1].parse::<f64>()? * 1e6).round() as i64);
        let velocity = Velocity::new(row[4].parse()?).ok_or("velocity above 127")?;
        take.push((
            row[0].clone(),
            Event { at, kind: EventKind::NoteOn { pitch: pitch(&row[3])?, velocity } },
        ));
    }
    take.sort_by_key(|&(_, event)| event.at);
    let at = take.last().map_or(Micros(0), |&(_, event)| event.at);
    take.push((String::new(), Event { at, kind: EventKind::End }));
    Ok(take)
}

fn pitch(text: &str) -> Result<Pitch, Failure> {
    Ok(Pitch::new(text.parse()?).ok_or("pitch above 127")?)
}

fn table(text: &str) -> impl Iterator<Item = Vec<String>> {
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect())
}

fn gunzip(path: &Path) -> Result<Vec<u8>, Failure> {
    let file = fs::File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes)?;
    Ok(bytes)
}
