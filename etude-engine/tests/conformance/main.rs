//! Notation and order, one feature a case: a small complete MusicXML file and the notes it stands for.
//!
//! `cases/*/NAME.musicxml` says in a comment what it is about; `NAME.tsv` beside it was written by hand from the
//! MusicXML specification. `cases/README.md` tells the format. All failing cases are listed together.
#![allow(missing_docs)]

mod expected;
mod found;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etude_engine::import;
use etude_engine::score::NoteIndex;

use expected::Expected;

/// A file of notation, and the file that says what is to be played.
struct Case {
    name: String,
    notation: PathBuf,
    expected: PathBuf,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
    let mut cases = Vec::new();
    for folder in entries(&root).into_iter().filter(|path| path.is_dir()) {
        for expected in entries(&folder) {
            if expected.extension().is_none_or(|extension| extension != "tsv") {
                continue;
            }
            let name = expected.strip_prefix(&root).unwrap().with_extension("").display().to_string();
            let candidates = ["musicxml", "mxl", "mid"].map(|extension| expected.with_extension(extension));
            let notation = candidates.into_iter().find(|path| path.is_file());
            let notation = notation.unwrap_or_else(|| panic!("{name}: there is no file of notation"));
            cases.push(Case { name, notation, expected });
        }
    }
    cases
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

/// All differences between a case and what the import makes of it.
fn differences(case: &Case) -> Vec<String> {
    let text = std::fs::read_to_string(&case.expected).unwrap();
    let expected = Expected::parse(&text).unwrap_or_else(|reason| panic!("{}: {reason}", case.name));
    match (import::score(&std::fs::read(&case.notation).unwrap()), &expected.error) {
        (Ok(imported), None) => expected.differences(&imported),
        (Ok(_), Some(error)) => vec![format!("no error; expected one that says {error:?}")],
        (Err(error), Some(says)) if error.to_string().contains(says.as_str()) => Vec::new(),
        (Err(error), _) => vec![format!("error: {error}")],
    }
}

#[test]
fn every_case_gives_its_notes() {
    let cases = cases();
    let mut of_folder: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failed = Vec::new();
    for case in &cases {
        *of_folder.entry(case.name.split('/').next().unwrap()).or_default() += 1;
        let differences = differences(case);
        if !differences.is_empty() {
            failed.push(format!("{}\n    {}", case.name, differences.join("\n    ")));
        }
    }
    println!("{} cases: {of_folder:?}", cases.len());
    assert!(cases.len() >= 270, "only {} cases were found", cases.len());
    assert!(failed.is_empty(), "{} of {} cases differ:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

#[test]
fn freedom_never_contradicts_the_note() {
    let mut granted = 0;
    for case in cases() {
        let Ok(imported) = import::score(&std::fs::read(&case.notation).unwrap()) else { continue };
        let score = &imported.score;
        let mut onset_of_roll = BTreeMap::new();
        for (index, note) in score.notes().iter().enumerate() {
            let at = format!("{}: {}", case.name, note.id);
            let freedom = score.freedom(NoteIndex(index as u32));
            assert_eq!(freedom.grace.is_some(), note.grace, "{at}");
            if let Some(ornament) = &freedom.ornament {
                granted += 1;
                assert!(ornament.keys.has(note.pitch), "{at}: {ornament:?}");
                assert!(ornament.until >= note.onset, "{at}: {ornament:?}");
            }
            if let Some(roll) = freedom.roll {
                assert_eq!(*onset_of_roll.entry(roll.group).or_insert(note.onset), note.onset, "{at}");
            }
            let first = score.note(score.unison(NoteIndex(index as u32)));
            assert_eq!((first.onset, first.pitch, first.grace), (note.onset, note.pitch, note.grace), "{at}");
        }
        // Groups are numbered without gaps.
        assert!(onset_of_roll.keys().copied().eq(0..onset_of_roll.len() as u32), "{}", case.name);
    }
    assert!(granted > 0);
}

#[test]
fn every_file_of_notation_is_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
    for path in entries(&root).into_iter().filter(|path| path.is_dir()).flat_map(|folder| entries(&folder)) {
        assert!(path.with_extension("tsv").is_file(), "{} has no list of notes", path.display());
    }
}
