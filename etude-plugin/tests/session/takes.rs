//! Takes played into a session through the practice room: official, exact, and not lost.

use std::sync::Arc;

use etude_engine::session::{Config, EventKind};
use etude_plugin::practice::{Command, Connection, Link, Picture, TakeState};
use tempfile::TempDir;

use crate::room::{Host, example, offline, performance};
use crate::service::{Service, judged};

/// At a sample, what is played.
type Played = (u64, EventKind);

/// A service with a session on the menuet, and the configuration folder that the plugins of one computer share.
struct Stage {
    service: Service,
    link: Link,
    folder: TempDir,
    played: Vec<Played>,
}

impl Stage {
    fn set() -> Self {
        let service = Service::start();
        let link = service.open(&example("petzold-menuet-in-g.musicxml"), &Config::default());
        let folder = tempfile::tempdir().unwrap();
        Self { service, link, folder, played: performance("petzold-menuet-in-g.mid") }
    }

    fn halves(&self) -> (&[Played], &[Played]) {
        self.played.split_at(self.played.len() / 2)
    }

    fn host(&self) -> Host {
        Host::with_folder(Some(self.folder.path().to_owned()))
    }

    fn joined(&self) -> Host {
        let mut host = self.host();
        join(&mut host, &self.link);
        host
    }

    fn service_dies(&self) {
        self.service.workerd.lock().unwrap().kill_9().unwrap();
    }

    fn service_returns(&self) {
        self.service.workerd.lock().unwrap().restart().unwrap();
    }
}

fn join(host: &mut Host, link: &Link) {
    host.practice.send(Command::Join(link.clone()));
    host.wait(|picture| picture.connection == Connection::Live);
    host.idle();
}

fn has_undelivered(picture: &Picture) -> bool {
    matches!(picture.connection, Connection::Resuming { undelivered, .. } if undelivered > 0)
}

#[test]
fn a_take_in_a_session_has_the_report_that_it_would_have_offline() {
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    for name in ["petzold-menuet-in-g", "beethoven-fuer-elise", "bach-goldberg-aria"] {
        let link = service.open(&example(&format!("{name}.musicxml")), &Config::default());
        let mut host = Host::with_folder(Some(folder.path().to_owned()));
        join(&mut host, &link);
        let played = performance(&format!("{name}.mid"));
        host.play(&played);
        host.silence(4.0);
        let picture = host.wait(|picture| picture.report_is_official);
        let score = Arc::clone(&picture.piece.as_ref().unwrap().score);
        let expected = offline(score, Config::default(), &played);
        assert_eq!(judged(picture.report.as_ref().unwrap()), expected, "{name}");
        assert_eq!(service.report(&link), expected, "{name}");
        host.wait(|picture| picture.connection == Connection::Ended);
        assert!(picture.faults.is_empty() && picture.problem.is_none(), "{:?}", picture.faults);
        assert!(picture.round_trip.is_some());
        let confirmed = picture.take.played.iter().filter(|note| note.is_confirmed).count();
        assert!(confirmed * 10 > picture.take.played.len() * 9, "{confirmed}");
    }
    // Nothing is left of what was delivered.
    let left = std::fs::read_dir(folder.path().join("spool")).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn a_take_goes_on_where_a_crash_broke_it_off_and_what_was_not_delivered_is() {
    let stage = Stage::set();
    let (first, rest) = stage.halves();
    let mut host = stage.joined();
    host.play(&first[..first.len() / 2]);
    // The service dies; the player plays on and does not notice but by a sign.
    stage.service_dies();
    host.wait(|picture| matches!(picture.connection, Connection::Resuming { .. }));
    host.play(&first[first.len() / 2..]);
    host.wait(has_undelivered);
    drop(host);

    stage.service_returns();
    let mut other = stage.host();
    other.practice.start();
    other.wait(|picture| picture.unsent.takes == 1 && picture.unsent.events > 0);
    assert!(other.wait(|_| true).connection == Connection::Offline, "it connects by itself to nothing");
    join(&mut other, &stage.link);
    let picture = other.wait(|picture| picture.take.state == TakeState::Playing);
    assert_eq!(picture.unsent.takes, 0, "it is this take");
    other.play(rest);
    other.practice.send(Command::EndTake);
    let picture = other.wait(|picture| picture.report_is_official);
    assert!(picture.faults.is_empty(), "{:?}", picture.faults);
    let report = stage.service.report(&stage.link);
    assert_eq!(report.events, stage.played.len() as u64 + 1, "each event once");
    assert_eq!(judged(picture.report.as_ref().unwrap()), report);
}

#[test]
fn what_an_earlier_take_left_is_delivered_when_asked() {
    let stage = Stage::set();
    let mut host = stage.joined();
    stage.service_dies();
    host.play(&stage.played);
    host.practice.send(Command::EndTake);
    let local = host.wait(|picture| picture.report.is_some());
    assert!(!local.report_is_official);
    drop(host);

    stage.service_returns();
    let mut other = stage.host();
    other.practice.send(Command::Deliver);
    let report = stage.service.report(&stage.link);
    assert_eq!(report.digest, local.report.as_ref().unwrap().digest);
    other.wait(|picture| picture.unsent.takes == 0);
}

#[test]
fn a_take_that_is_being_delivered_is_gone_on_with() {
    let stage = Stage::set();
    let (first, rest) = stage.halves();
    let mut host = stage.joined();
    stage.service_dies();
    host.play(first);
    host.wait(has_undelivered);
    drop(host);

    // The service is still down when the delivery begins: it has the take in its hands when the player comes.
    let mut other = stage.host();
    other.practice.send(Command::Deliver);
    other.wait(|picture| picture.unsent.takes == 0);
    stage.service_returns();
    join(&mut other, &stage.link);
    other.play(rest);
    other.practice.send(Command::EndTake);
    let picture = other.wait(|picture| picture.report_is_official);
    assert!(picture.faults.is_empty(), "{:?}", picture.faults);
    assert_eq!(stage.service.report(&stage.link).events, stage.played.len() as u64 + 1, "each event once");
}

#[test]
fn a_take_that_was_ended_is_delivered_and_shown_when_its_session_is_joined_again() {
    let stage = Stage::set();
    let mut host = stage.joined();
    stage.service_dies();
    host.play(&stage.played);
    host.practice.send(Command::EndTake);
    host.wait(|picture| picture.report.is_some());
    drop(host);

    stage.service_returns();
    let mut other = stage.host();
    other.practice.send(Command::Join(stage.link.clone()));
    let picture = other.wait(|picture| picture.report_is_official);
    assert_eq!(picture.take.state, TakeState::Ended);
    assert_eq!(judged(picture.report.as_ref().unwrap()), stage.service.report(&stage.link));
    // What is played now belongs to no take.
    other.play(&stage.played[..20]);
    other.silence(1.0);
    assert!(other.wait(|_| true).faults.is_empty());
}

#[test]
fn two_plugins_do_not_play_into_one_session() {
    let stage = Stage::set();
    let mut host = stage.joined();
    let mut other = stage.host();
    other.practice.send(Command::Join(stage.link.clone()));
    let picture = other.wait(|picture| picture.problem.is_some());
    assert!(picture.problem.as_ref().unwrap().0.contains("another plugin"), "{:?}", picture.problem);
    assert_eq!(picture.connection, Connection::Offline);
    assert_eq!(host.wait(|_| true).connection, Connection::Live, "the first is not disturbed");
}

#[test]
fn a_session_that_will_not_have_the_player_is_said_so_and_practice_goes_on() {
    let service = Service::start();
    let link = service.open(&example("petzold-menuet-in-g.musicxml"), &Config::default());
    let mut host = Host::new();
    let (token, last) = link.token().split_at(link.token().len() - 1);
    let other = if last == "0" { "A" } else { "0" };
    let forged: Link = format!("{}/#{token}{other}", link.base()).parse().unwrap();
    let nowhere: Link = format!("http://127.0.0.1:1/#{}", link.token()).parse().unwrap();
    for bad in [forged, nowhere] {
        host.practice.send(Command::Join(bad));
        let picture = host.wait(|picture| picture.problem.is_some());
        assert_eq!(picture.connection, Connection::Offline, "{:?}", picture.problem);
        host.practice.send(Command::Dismiss);
        host.wait(|picture| picture.problem.is_none());
    }
    host.open(Command::Open(etude_plugin::practice::PieceSource::Bundled("petzold-menuet-in-g".into())));
}
