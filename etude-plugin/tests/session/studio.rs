//! From a studio's list of pieces into a session.

use std::sync::Arc;

use etude_engine::score::{Hands, MeasureRange};
use etude_engine::session::{Config, Mode};
use etude_plugin::practice::{Command, Connection, PieceSource, Settings, Studio};

use crate::hosts;
use crate::room::{Host, example, offline, performance};
use crate::service::Service;

const MENUET: &str = "petzold-menuet-in-g";

fn score(name: &str) -> std::path::PathBuf {
    example(&format!("{name}.musicxml"))
}

#[test]
fn who_has_logged_in_once_picks_a_piece_and_plays_it_in_a_session_by_the_settings_at_hand() {
    let service = Service::start();
    let menuet = service.upload(&score(MENUET));
    let aria = service.upload(&score("bach-goldberg-aria"));
    let folder = tempfile::tempdir().unwrap();
    let mut host = Host::with_folder(Some(folder.path().to_owned()));
    host.practice.send(Command::LogIn(service.studio()));
    let picture = host.wait(|picture| picture.studio.pieces.is_some());
    let listed = |name: &serde_json::Value| {
        let pieces = picture.studio.pieces.as_ref().unwrap();
        pieces.iter().find(|piece| piece.name == name.as_str().unwrap()).cloned().expect("it was uploaded")
    };
    assert_eq!(picture.studio.pieces.as_ref().unwrap().len(), 2);
    assert_eq!(u64::from(listed(&menuet["piece"]).measures), menuet["measures"].as_u64().unwrap());
    drop(host);

    // Another plugin, another day.
    let mut host = Host::with_folder(Some(folder.path().to_owned()));
    host.open(Command::Open(PieceSource::Bundled(MENUET.to_owned())));
    let picture = host.wait(|picture| picture.studio.address.is_some());
    assert_eq!(picture.studio.pieces, None, "it asks for nothing by itself");
    host.practice.send(Command::ListPieces);
    host.wait(|picture| picture.studio.pieces.is_some());
    let judging = Config {
        mode: Mode::Clock,
        hands: Hands::Right,
        range: Some(MeasureRange { from: 2, to: 9 }),
        tempo_percent: 80,
        ..Config::default()
    };
    let settings = Settings { judging, ..Settings::default() };
    host.practice.send(Command::Configure(settings));
    host.wait(|picture| picture.settings == settings);
    host.practice.send(Command::OpenSession(menuet["piece"].as_str().unwrap().to_owned()));
    let picture = host.wait(|picture| picture.connection == Connection::Live);
    assert_eq!(picture.settings.judging, judging, "the measures are of the same piece");
    host.idle();
    let played = &performance(&format!("{MENUET}.mid"))[..120];
    host.play(played);
    host.practice.send(Command::EndTake);
    let picture = host.wait(|picture| picture.report_is_official);
    let expected = offline(Arc::clone(&picture.piece.as_ref().unwrap().score), judging, played);
    // The log of a metronome has ticks besides what was played.
    let total = picture.report.as_ref().unwrap().total;
    assert_eq!(total, expected.total);
    let attempt = service.first_attempt();
    assert_eq!(attempt["total"], serde_json::to_value(total).unwrap());
    assert_eq!((&attempt["piece"], attempt["ended"].as_bool()), (&menuet["piece"], Some(true)));
    assert_eq!(serde_json::from_value::<Config>(attempt["config"].clone()).unwrap(), judging);

    // Of another piece, the whole.
    host.practice.send(Command::OpenSession(aria["piece"].as_str().unwrap().to_owned()));
    let picture = host
        .wait(|picture| picture.connection == Connection::Live && picture.settings.judging.range.is_none());
    let expected = Config { range: None, ..judging };
    assert_eq!(picture.settings.judging, expected);
    assert_eq!(picture.piece.as_ref().unwrap().score.digest(), listed(&aria["piece"]).score);
}

#[test]
fn logging_out_deletes_the_key_and_shuts_every_plugin_out() {
    let service = Service::start();
    let menuet = service.upload(&score(MENUET));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("studio.json");
    let host = || Host::with_folder(Some(folder.path().to_owned()));
    let (mut one, mut other) = (host(), host());
    one.practice.send(Command::LogIn(service.studio()));
    one.wait(|picture| picture.studio.pieces.is_some());
    assert!(file.is_file());
    other.practice.send(Command::ListPieces);
    other.wait(|picture| picture.studio.pieces.is_some());

    one.practice.send(Command::LogOut);
    one.wait(|picture| picture.studio.address.is_none());
    assert!(!file.exists());
    other.practice.send(Command::OpenSession(menuet["piece"].as_str().unwrap().to_owned()));
    let picture = other.wait(|picture| picture.problem.is_some());
    assert_eq!((&picture.connection, &picture.studio.address), (&Connection::Offline, &None));
}

#[test]
fn a_wrong_key_and_a_piece_that_is_gone_are_said_so() {
    let service = Service::start();
    service.upload(&score(MENUET));
    let folder = tempfile::tempdir().unwrap();
    let mut host = Host::with_folder(Some(folder.path().to_owned()));
    let wrong = Studio::new(service.studio().address(), "this-is-not-the-key-at-all").unwrap();
    host.practice.send(Command::LogIn(wrong));
    let picture = host.wait(|picture| picture.problem.is_some());
    assert!(picture.problem.as_ref().unwrap().0.contains("(401)"), "{:?}", picture.problem);
    assert!(!folder.path().join("studio.json").exists());
    host.practice.send(Command::Dismiss);
    host.wait(|picture| picture.problem.is_none());

    host.practice.send(Command::LogIn(service.studio()));
    host.wait(|picture| picture.studio.address.is_some());
    host.practice.send(Command::OpenSession("00".repeat(32)));
    let picture = host.wait(|picture| picture.problem.is_some());
    assert!(picture.problem.as_ref().unwrap().0.contains("(404)"), "{:?}", picture.problem);
    assert_eq!(picture.connection, Connection::Offline);
}

/// The plugin itself, as a host saves it, where the user is logged in.
#[test]
fn a_project_holds_no_key_and_no_address_of_a_studio() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let mut host = Host::with_folder(Some(folder.path().to_owned()));
    host.practice.send(Command::LogIn(service.studio()));
    host.wait(|picture| picture.studio.address.is_some());
    let kept = std::fs::read_to_string(folder.path().join("studio.json")).unwrap();
    let key = service.workerd.lock().unwrap().key().to_owned();
    assert!(kept.contains(&key));
    for (format, which) in hosts::rust::PLUGINS {
        let state = hosts::rust::saved_by(format, which, folder.path());
        let has = |text: &str| state.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(has(MENUET) && !has(&key) && !has(service.studio().address()), "{format}");
    }
}
