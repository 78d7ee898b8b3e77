//! A player's way through the editor.

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use etude_engine::score::Hands;
use etude_engine::session::Mode;
use etude_plugin::practice::{Command, PieceSource, TakeState, stopped_in, trouble_spots};

use crate::desk::Desk;
use crate::room::{Host, example, performance};

/// A bundled piece, as the start screen names it.
const MENUET: &str = "Christian Petzold: Menuet in G";

fn opened() -> Desk {
    let mut desk = Desk::new();
    desk.press(MENUET);
    desk.until(|picture| picture.take.state == TakeState::Ready);
    desk
}

#[test]
fn a_piece_is_opened_played_reviewed_and_its_trouble_looped() {
    let mut desk = Desk::new();
    assert!(desk.says("What shall we practise?") && desk.says("unofficial"));
    desk.press(MENUET);
    desk.until(|picture| picture.take.state == TakeState::Ready && picture.host_is_processing);
    assert!(desk.says("the first note begins the take"));

    let played = performance("petzold-menuet-in-g.mid");
    desk.host.play(&played[..played.len() / 2]);
    let picture = desk.until(|picture| picture.take.figures.correct > 150);
    assert_eq!(picture.take.state, TakeState::Playing);
    assert!(desk.says(&picture.take.figures.on_time.to_string()), "live figures");

    desk.press("Finish");
    let picture = desk.until(|picture| picture.report.is_some());
    let report = picture.report.as_ref().unwrap();
    for shown in ["Unofficial", "Measure by measure", "Timing", "Tempo", "Practise next", "Hands"] {
        assert!(desk.says(shown), "{shown}");
    }
    assert!(desk.says(&format!("{} of {} notes played", report.total.correct, report.total.expected)));

    desk.press("Music");
    assert!(!desk.says("Measure by measure"));
    desk.press("Review");
    desk.press("Measure 4");
    let picture = desk.until(|picture| picture.settings.judging.range.is_some());
    let judging = picture.settings.judging;
    assert_eq!((judging.range.unwrap().from, judging.range.unwrap().to, judging.looping), (3, 3, true));
}

#[test]
fn who_stops_early_is_told_where_and_has_no_trouble_after_it() {
    let mut desk = opened();
    desk.until(|picture| picture.host_is_processing);
    let played = performance("petzold-menuet-in-g.mid");
    desk.host.play(&played[..played.len() / 8]);
    desk.until(|picture| picture.take.figures.correct > 30);
    desk.press("Finish");
    let picture = desk.until(|picture| picture.report.is_some());
    let report = picture.report.as_ref().unwrap();
    let stopped = stopped_in(report).unwrap();
    assert!((1..16).contains(&stopped), "{stopped}: within the first part, which is then repeated");
    assert!(report.total.missed > 200, "what was not begun counts");
    let number = &report.measures[stopped as usize].number;
    assert!(desk.says(&format!("You stopped in measure {number}.")));
    let loops = ["Loop this measure", "Loop these measures"];
    let offered: usize = loops.iter().map(|name| desk.editor.query_all_by_label(name).count()).sum();
    assert!(offered > 0 && offered == trouble_spots(report).len(), "{offered}");
    assert!(trouble_spots(report).iter().all(|spot| spot.range.to <= stopped));

    // To the end, nothing is said of it.
    desk.press("Start again");
    desk.until(|picture| picture.take.state == TakeState::Ready);
    desk.host.play(&played);
    desk.host.silence(4.0);
    desk.until(|picture| picture.report.as_ref().is_some_and(|report| stopped_in(report).is_none()));
    assert!(desk.says("Measure by measure") && !desk.says("You stopped"));
}

#[test]
fn every_setting_is_one_press_and_begins_a_new_take() {
    let mut desk = opened();
    desk.press("Wait for me");
    desk.until(|picture| picture.settings.judging.mode == Mode::Wait);
    desk.press("Left");
    desk.until(|picture| picture.settings.judging.hands == Hands::Left);
    desk.press("Loop");
    desk.until(|picture| picture.settings.judging.looping);
    desk.press("Keep time");
    let picture = desk.until(|picture| picture.settings.judging.mode == Mode::Clock);
    assert_eq!(picture.settings.judging.tempo_percent, 100);
    assert_eq!(picture.take.state, TakeState::Ready);
}

#[test]
fn all_of_it_can_be_reached_by_the_keyboard() {
    let mut desk = Desk::new();
    desk.settle();
    for _ in 0..24 {
        desk.editor.key_press_modifiers(Modifiers::NONE, Key::Tab);
        desk.settle();
        let focused = desk.editor.query_by(|node| node.is_focused());
        if focused.and_then(|node| node.accesskit_node().label()).is_some_and(|label| label == MENUET) {
            desk.editor.key_press_modifiers(Modifiers::NONE, Key::Enter);
            desk.until(|picture| picture.take.state == TakeState::Ready);
            return;
        }
    }
    panic!("Tab never came to {MENUET}");
}

#[test]
fn a_score_that_was_opened_is_offered_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let score = folder.path().join("my own piece.musicxml");
    std::fs::copy(example("petzold-menuet-in-g.musicxml"), &score).unwrap();
    let host = || Host::with_folder(Some(folder.path().join("home")));
    let mut first = host();
    first.open(Command::Open(PieceSource::File(score.clone())));

    let second = host();
    // Opening the editor starts the room's thread.
    second.practice.start();
    let mut desk = Desk::of(second);
    desk.until(|picture| !picture.recent.is_empty());
    desk.press("my own piece.musicxml");
    let picture = desk.until(|picture| picture.take.state == TakeState::Ready);
    assert_eq!(picture.piece.as_ref().unwrap().source, Some(PieceSource::File(score)));
}

#[test]
fn what_is_no_link_is_said_so_and_joins_nothing() {
    let mut desk = Desk::new();
    desk.settle();
    let field = desk.editor.get_by_role(egui::accesskit::Role::TextInput);
    field.focus();
    field.type_text("ftp://example.org/#a.b.c.d");
    desk.settle();
    desk.press("Join");
    assert!(desk.says("a session link begins with https://"));
    assert_eq!(desk.host.practice.picture().connection, etude_plugin::practice::Connection::Offline);
}

#[test]
fn a_score_that_is_gone_is_told_and_put_away() {
    use etude_plugin::practice::{Command, PieceSource};
    let mut desk = opened();
    desk.host.practice.send(Command::Open(PieceSource::File("/nowhere/piece.mxl".into())));
    desk.until(|picture| picture.problem.is_some());
    assert!(desk.says("/nowhere/piece.mxl"));
    desk.press("Got it");
    desk.until(|picture| picture.problem.is_none());
    assert!(!desk.says("/nowhere/piece.mxl"));
}
