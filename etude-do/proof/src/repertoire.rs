//! What is played: real performances, and what the engine says of them natively and undisturbed.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use etude_engine::import;
use etude_engine::judge::Record;
use etude_engine::report::Report;
use etude_engine::score::Score;
use etude_engine::session::{Config, Event, Session};
use xtask::{python, root};

use crate::failure::{Failure, Result};

/// A performance of a piece.
pub(crate) struct Take {
    pub(crate) name: String,
    /// The file of the piece.
    pub(crate) piece: Vec<u8>,
    pub(crate) score: Arc<Score>,
    /// The performance, its end last.
    pub(crate) events: Vec<Event>,
    /// The verdict stream that the engine gives, natively and in one go.
    pub(crate) records: Vec<Record>,
    pub(crate) report: Report,
}

/// Performances of the bench set where it is there, else those that are bundled.
pub(crate) struct Repertoire {
    files: Vec<Files>,
    /// In words, where they come from.
    pub(crate) source: &'static str,
}

struct Files {
    name: String,
    piece: std::path::PathBuf,
    performance: std::path::PathBuf,
}

impl Repertoire {
    pub(crate) fn load() -> Result<Self> {
        if let Some(data) = python::bench_data() {
            return Ok(Self { files: bench(&data)?, source: "of the bench set" });
        }
        let scores = root().join("examples/scores");
        let files = ["bach-goldberg-aria", "beethoven-fuer-elise", "petzold-menuet-in-g"].map(|name| Files {
            name: name.to_owned(),
            piece: scores.join(format!("{name}.musicxml")),
            performance: scores.join(format!("{name}.mid")),
        });
        Ok(Self { files: files.into(), source: "bundled with Etude" })
    }

    /// How many performances there are.
    pub(crate) fn len(&self) -> usize {
        self.files.len()
    }

    /// Reads one and judges it.
    pub(crate) fn take(&self, index: usize) -> Result<Take> {
        let Files { name, piece, performance } = &self.files[index % self.files.len()];
        let wrong = |path: &Path, why: String| Failure::Music { path: path.display().to_string(), why };
        let mut piece_file = read(piece)?;
        if piece.extension().is_some_and(|kind| kind == "gz") {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&piece_file[..])
                .read_to_end(&mut plain)
                .map_err(|error| wrong(piece, error.to_string()))?;
            piece_file = plain;
        }
        let score = import::score(&piece_file).map_err(|error| wrong(piece, error.to_string()))?.score;
        let events = import::performance(&read(performance)?)
            .map_err(|error| wrong(performance, error.to_string()))?;
        Take::new(name.clone(), piece_file, Arc::new(score), events)
    }
}

impl Take {
    /// Judges a performance.
    pub(crate) fn new(name: String, piece: Vec<u8>, score: Arc<Score>, events: Vec<Event>) -> Result<Self> {
        let failed = |why: String| Failure::Music { path: name.clone(), why };
        let mut session =
            Session::new(score.clone(), Config::default()).map_err(|error| failed(error.to_string()))?;
        let mut records = Vec::new();
        for &event in &events {
            session.handle(event).map_err(|error| failed(error.to_string()))?;
            records.extend(std::iter::from_fn(|| session.poll()));
        }
        let report = session.report();
        Ok(Self { name, piece, score, events, records, report })
    }
}

fn bench(data: &Path) -> Result<Vec<Files>> {
    let index = data.join("INDEX.tsv");
    let text = fs::read_to_string(&index).map_err(xtask::Error::io("reading", &index))?;
    let rows = text.lines().skip(1).filter_map(|row| {
        let mut columns = row.split('\t');
        let (name, _, piece) = (columns.next()?, columns.next()?, columns.next()?);
        let performance = data.join(name).join("perf.mid");
        Some(Files { name: name.to_owned(), piece: data.join(piece), performance })
    });
    Ok(rows.collect())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    Ok(fs::read(path).map_err(xtask::Error::io("reading", path))?)
}
