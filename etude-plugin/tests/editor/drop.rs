//! Files that are held over the editor, and dropped.

use std::fs;
use std::path::PathBuf;

use etude_plugin::practice::{Command, PieceSource, TakeState};
use tempfile::TempDir;

use crate::desk::Desk;
use crate::room::{Host, example, performance};

/// Scores and other things, and an editor whose user keeps a list of scores.
struct Table {
    folder: TempDir,
    desk: Desk,
}

impl Table {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::of(Host::with_folder(Some(folder.path().join("home"))));
        Self { folder, desk }
    }

    /// A score by this name, whatever it ends in.
    fn score(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::copy(example("petzold-menuet-in-g.musicxml"), &path).unwrap();
        path
    }

    fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, contents).unwrap();
        path
    }

    /// Plays the beginning of the piece that is open.
    fn play(&mut self) {
        self.desk.until(|picture| picture.take.state == TakeState::Ready && picture.host_is_processing);
        let played = performance("petzold-menuet-in-g.mid");
        self.desk.host.play(&played[..20]);
        self.desk.until(|picture| picture.take.state == TakeState::Playing);
    }

    fn opened(&self) -> Option<PieceSource> {
        self.desk.host.practice.picture().piece.as_ref().and_then(|piece| piece.source.clone())
    }
}

#[test]
fn a_score_is_opened_as_by_the_dialog() {
    let mut table = Table::new();
    let score = table.score("my own.MusicXML");
    table.desk.settle();
    assert!(!table.desk.says("Drop to open"));
    table.desk.hover(&[&score]);
    assert!(table.desk.says("Drop to open “my own.MusicXML”"));
    table.desk.hover(&[]);
    assert!(!table.desk.says("Drop to open"), "it was taken away");

    table.desk.drop(&[&score]);
    let picture = table.desk.until(|picture| picture.take.state == TakeState::Ready);
    assert_eq!(picture.piece.as_ref().unwrap().source, Some(PieceSource::File(score.clone())));
    assert_eq!(*table.desk.until(|picture| !picture.recent.is_empty()).recent, [score]);
    assert!(!table.desk.says("Drop to open") && !table.desk.says("All right"), "there is nothing to be said");
}

#[test]
fn of_several_files_the_first_score_is_opened_and_said_so() {
    let mut table = Table::new();
    let (first, second) = (table.score("first.xml"), table.score("second.mxl"));
    let notes = table.file("notes.txt", b"Practise!");
    table.desk.hover(&[&notes, &first, &second]);
    assert!(table.desk.says("Drop to open “first.xml”") && table.desk.says("other 2 files"));
    table.desk.drop(&[&notes, &first, &second]);
    table.desk.until(|picture| picture.take.state == TakeState::Ready);
    assert_eq!(table.opened(), Some(PieceSource::File(first)));
    assert!(table.desk.says("Of the 3 files only “first.xml” is opened"));
    table.desk.press("All right");
    assert!(!table.desk.says("Of the 3 files"));
}

#[test]
fn what_is_no_score_is_told_so_and_nothing_else_happens() {
    let mut table = Table::new();
    let score = table.score("mine.xml");
    table.desk.drop(&[&score]);
    table.play();
    let before = table.desk.host.practice.picture();
    let nothing_happened = |table: &mut Table| {
        table.desk.settle();
        let after = table.desk.host.practice.picture();
        assert_eq!(after.take.state, TakeState::Playing);
        assert_eq!((after.problem.clone(), &after.recent), (None, &before.recent));
        assert_eq!(table.opened(), Some(PieceSource::File(score.clone())));
    };
    let (picture, bare) = (table.file("holiday.png", b"\x89PNG"), table.file("mid", b""));
    table.desk.hover(&[&picture]);
    assert!(table.desk.says("No score") && !table.desk.says("Drop to open"));
    table.desk.drop(&[&picture]);
    assert!(table.desk.says("That is no score") && table.desk.says(".musicxml"));
    nothing_happened(&mut table);
    table.desk.drop(&[&picture, &bare]);
    assert!(table.desk.says("None of the 2 files is a score") && !table.desk.says("That is no score"));
    nothing_happened(&mut table);
    table.desk.press("All right");
    assert!(!table.desk.says("is a score"));
}

#[test]
fn a_score_that_cannot_be_read_is_told_as_the_dialog_would() {
    let mut table = Table::new();
    let garbage = table.file("garbage.mid", b"no music");
    table.desk.drop(&[&garbage]);
    let dropped = table.desk.until(|picture| picture.problem.is_some()).problem.clone();
    assert!(table.desk.says("garbage.mid"));
    table.desk.press("Got it");
    table.desk.until(|picture| picture.problem.is_none());
    table.desk.host.practice.send(Command::Open(PieceSource::File(garbage)));
    assert_eq!(table.desk.until(|picture| picture.problem.is_some()).problem, dropped);
    assert!(table.desk.host.practice.picture().recent.is_empty());
}

#[test]
fn a_take_that_is_being_played_is_not_thrown_away_by_a_slip_of_the_hand() {
    let mut table = Table::new();
    let (mine, other) = (table.score("mine.xml"), table.score("other.xml"));
    table.desk.drop(&[&mine]);
    table.play();
    let log = |table: &Table| -> u64 { table.desk.host.practice.picture().take.figures.correct.into() };
    let played = log(&table);
    table.desk.hover(&[&other]);
    assert!(table.desk.says("throws away what you have played") && table.desk.says("You are asked before"));
    table.desk.drop(&[&other]);
    assert!(table.desk.says("Open “other.xml” now?"));
    assert_eq!((table.opened(), log(&table)), (Some(PieceSource::File(mine.clone())), played));
    table.desk.press("Play on");
    assert!(!table.desk.says("other.xml"));
    assert_eq!(table.desk.host.practice.picture().take.state, TakeState::Playing);

    table.desk.drop(&[&other]);
    table.desk.press("Open it");
    table.desk.until(|picture| picture.take.state == TakeState::Ready);
    assert_eq!(table.opened(), Some(PieceSource::File(other)));
    assert!(!table.desk.says("Open “"));
}
