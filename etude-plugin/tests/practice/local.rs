//! Without a session: everything works, and says that it is unofficial.

use std::sync::Arc;

use etude_engine::judge::Record;
use etude_engine::score::MeasureRange;
use etude_engine::session::{Config, EventKind, Mode, Seq};
use etude_engine::units::{Pitch, Velocity};
use etude_plugin::capture::{Take, TakeNumber, Transport, capture};
use etude_plugin::practice::{
    Command, Connection, NoteState, Piece, PieceSource, Saved, Settings, TakeState,
};

use crate::room::{BLOCK, Host, example, offline, performance};

fn bundled(name: &str) -> Command {
    Command::Open(PieceSource::Bundled(name.to_owned()))
}

#[test]
fn a_take_is_judged_as_it_would_be_offline_and_ends_by_itself() {
    for name in ["petzold-menuet-in-g", "beethoven-fuer-elise", "bach-goldberg-aria"] {
        let mut host = Host::new();
        host.open(bundled(name));
        let played = performance(&format!("{name}.mid"));
        host.play(&played);
        host.silence(4.0);
        let picture = host.wait(|picture| picture.report.is_some());
        let piece = picture.piece.as_ref().unwrap();
        let expected = offline(Arc::clone(&piece.score), Config::default(), &played);
        assert_eq!(**picture.report.as_ref().unwrap(), expected, "{name}");
        assert!(!picture.report_is_official);
        assert_eq!(picture.connection, Connection::Offline);
        assert_eq!(picture.take.state, TakeState::Ended);
        assert!(picture.faults.is_empty(), "{:?}", picture.faults);
        // The picture is the fold of the stream whose count is the report.
        let figures = picture.take.figures;
        let told = (figures.correct, figures.missed, figures.wrong, figures.extra);
        let total = expected.total;
        assert_eq!(told, (total.correct, total.missed, total.wrong, total.extra), "{name}");
    }
}

#[test]
fn a_take_is_ended_by_hand_also_when_the_host_has_stopped() {
    let mut host = Host::new();
    host.open(bundled("petzold-menuet-in-g"));
    let played = &performance("petzold-menuet-in-g.mid")[..40];
    host.play(played);
    let notes = played.iter().filter(|(_, kind)| matches!(kind, EventKind::NoteOn { .. })).count();
    host.wait(|picture| picture.take.played.len() == notes);
    host.practice.send(Command::EndTake);
    // No block is processed any more.
    let picture = loop {
        let picture = host.practice.picture();
        if picture.report.is_some() {
            break picture;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    let score = Arc::clone(&picture.piece.as_ref().unwrap().score);
    assert_eq!(**picture.report.as_ref().unwrap(), offline(score, Config::default(), played));
    // And the next begins with a note.
    host.practice.send(Command::NewTake);
    host.wait(|picture| picture.take.state == TakeState::Ready);
    host.idle();
    host.play(played);
    host.wait(|picture| picture.take.state == TakeState::Playing && picture.report.is_none());
}

#[test]
fn settings_are_those_of_the_next_take_and_are_kept() {
    let mut host = Host::new();
    host.open(bundled("petzold-menuet-in-g"));
    let judging =
        Config { range: Some(MeasureRange { from: 0, to: 7 }), mode: Mode::Wait, ..Config::default() };
    let settings = Settings { judging, ends_by_itself: false, ..Settings::default() };
    host.practice.send(Command::Configure(settings));
    let picture = host.wait(|picture| picture.settings == settings);
    let left_out = picture.take.notes.iter().filter(|note| **note == NoteState::NotExpected).count();
    assert!(left_out > 0 && left_out < picture.take.notes.len());
    let saved = host.practice.saved();
    assert_eq!(saved, Saved::new(Some(PieceSource::Bundled("petzold-menuet-in-g".to_owned())), settings));

    let mut other = Host::new();
    other.open(Command::Restore(saved));
    assert_eq!(other.wait(|picture| picture.piece.is_some()).settings, settings);

    // Settings that leave nothing to play are refused, and the old ones stay.
    let nothing = Config { range: Some(MeasureRange { from: 500, to: 501 }), ..judging };
    host.practice.send(Command::Configure(Settings { judging: nothing, ..settings }));
    let picture = host.wait(|picture| picture.problem.is_some());
    assert_eq!(picture.settings, settings);
}

#[test]
fn a_piece_that_is_gone_is_said_so_and_the_open_one_stays() {
    let mut host = Host::new();
    host.open(bundled("petzold-menuet-in-g"));
    for path in ["/nowhere/at all.musicxml".into(), example("README.md")] {
        host.practice.send(Command::Open(PieceSource::File(path)));
        let picture = host.wait(|picture| picture.problem.is_some());
        assert!(picture.piece.is_some());
        host.practice.send(Command::Dismiss);
        host.wait(|picture| picture.problem.is_none());
    }
}

#[test]
fn a_project_whose_piece_is_gone_keeps_it_until_another_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("etude.musicxml");
    let judging = Config { range: Some(MeasureRange { from: 2, to: 3 }), ..Config::default() };
    let settings = Settings { judging, ..Settings::default() };
    let project = Saved::new(Some(PieceSource::File(path.clone())), settings);

    let mut host = Host::new();
    host.practice.send(Command::Restore(project.clone()));
    host.wait(|picture| picture.problem.is_some());
    assert_eq!(host.practice.saved(), project, "the disk may be back the next time");
    std::fs::copy(example("petzold-menuet-in-g.musicxml"), &path).unwrap();
    host.practice.send(Command::Restore(project.clone()));
    let picture = host.wait(|picture| picture.take.state == TakeState::Ready);
    assert_eq!((picture.settings, host.practice.saved()), (settings, project.clone()));

    std::fs::remove_file(&path).unwrap();
    let mut other = Host::new();
    other.practice.send(Command::Restore(project));
    other.wait(|picture| picture.problem.is_some());
    other.open(bundled("petzold-menuet-in-g"));
    assert_eq!(other.practice.saved().piece, Some(PieceSource::Bundled("petzold-menuet-in-g".to_owned())));
}

#[test]
fn each_note_has_its_verdict_before_its_block_is_over() {
    let score = Piece::open(PieceSource::Bundled("beethoven-fuer-elise".to_owned())).unwrap().score;
    let (mut capture, mut desk) = capture();
    let take = Take::new(TakeNumber(1), score, Config::default(), false).unwrap();
    assert!(desk.order(Some(Box::new(take))));
    for (seq, (_, kind)) in (0..).map(Seq).zip(performance("beethoven-fuer-elise.mid")) {
        capture.begin_block(None);
        capture.event(0, kind);
        let told = std::iter::from_fn(|| desk.next_record());
        let answers = told.filter(|told| matches!(told.record, Record::Played { event, .. } if event == seq));
        assert_eq!(answers.count(), usize::from(matches!(kind, EventKind::NoteOn { .. })), "{seq:?}");
        while desk.next_event().is_some() {}
        capture.end_block(BLOCK);
    }
}

#[test]
fn ten_thousand_notes_in_one_block_are_judged_elsewhere_and_none_is_lost() {
    let mut host = Host::new();
    host.open(bundled("petzold-menuet-in-g"));
    let velocity = Velocity::new(64).unwrap();
    let note = |n: u32| EventKind::NoteOn { pitch: Pitch::new((n % 128) as u8).unwrap(), velocity };
    let flood: Vec<(u64, EventKind)> = (0..10_000).map(|n| (0, note(n))).collect();
    host.capture.begin_block(None);
    flood.iter().for_each(|(_, kind)| host.capture.event(0, *kind));
    host.capture.end_block(BLOCK);
    // Nothing is ended where nothing was begun.
    host.wait(|picture| picture.take.state == TakeState::Playing);
    host.practice.send(Command::EndTake);
    let picture = host.wait(|picture| picture.report.is_some());
    let score = Arc::clone(&picture.piece.as_ref().unwrap().score);
    assert_eq!(**picture.report.as_ref().unwrap(), offline(score, Config::default(), &flood));
    assert!(picture.faults.is_empty(), "{:?}", picture.faults);
}

#[test]
fn in_clock_mode_the_hosts_transport_is_the_clock() {
    let mut host = Host::new();
    host.open(bundled("petzold-menuet-in-g"));
    let judging = Config { mode: Mode::Clock, ..Config::default() };
    host.practice.send(Command::Configure(Settings { judging, ends_by_itself: true, ..Settings::default() }));
    host.wait(|picture| {
        picture.settings.judging.mode == Mode::Clock && picture.take.state == TakeState::Ready
    });
    // It stands, then rolls from a place where nobody plays: all its notes are missed, though no key was struck.
    host.transport = Transport::new(false, Some(0.0), Some(120.0));
    host.silence(1.0);
    assert_eq!(host.wait(|_| true).take.state, TakeState::Ready);
    let mut quarters = 0.0;
    for _ in 0..3_000 {
        host.transport = Transport::new(true, Some(quarters), Some(120.0));
        host.idle();
        quarters += 256.0 / 48_000.0 * 2.0;
    }
    let picture = host.wait(|picture| picture.take.figures.missed > 20);
    assert_eq!(picture.take.figures.correct, 0);
}
