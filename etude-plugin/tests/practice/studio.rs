//! A studio's key: where it goes, and where it does not.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use etude_plugin::practice::{Command, Piece, PieceSource, Studio};
use serde_json::json;

use crate::room::Host;
use crate::server::{Server, http};

const KEY: &str = "a-key-that-nobody-may-see";

impl Server {
    fn studio(&self) -> Studio {
        Studio::new(&format!("http://localhost:{}", self.port), KEY).unwrap()
    }
}

/// Hears all that libraries log, and remembers where the key is in it.
struct Listener(Mutex<Vec<String>>);

static LISTENER: Listener = Listener(Mutex::new(Vec::new()));

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{}: {}", record.target(), record.args());
        if line.contains(KEY) || line.contains("the listener hears") {
            self.0.lock().unwrap().push(line);
        }
    }

    fn flush(&self) {}
}

/// What a service says to who has the key: one piece.
fn pieces() -> Vec<u8> {
    let piece = Piece::open(PieceSource::Bundled("petzold-menuet-in-g".to_owned())).unwrap();
    let listed = json!({ "piece": "00".repeat(32), "title": "Menuet\n\u{1b}[31m", "composer": null, "measures": 32,
        "notes": 402, "score": piece.score.digest(), "engine": "0", "bytes": 9, "warnings": [] });
    http("200 OK", json!({ "pieces": [listed] }).to_string().as_bytes())
}

/// A service that says what it was asked with, in all ways there are.
fn echoes() -> [Server; 4] {
    let refusal = |message: String| {
        http("403 Forbidden", json!({ "error": { "code": "no", "message": message } }).to_string().as_bytes())
    };
    [
        Server::start(move |_, head| refusal(head.to_owned())),
        // The key ends where what is shown does, and has something in it that is not shown.
        Server::start(move |_, _| refusal(format!("{}{KEY}", "x".repeat(190)))),
        Server::start(move |_, _| refusal(KEY.chars().map(|c| format!("{c}\u{7}")).collect())),
        Server::start(|_, _| http("200 OK", json!({ "pieces": KEY }).to_string().as_bytes())),
    ]
}

#[test]
fn the_key_is_in_nothing_that_is_said_shown_saved_or_logged() {
    log::set_logger(&LISTENER).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    log::info!("the listener hears");
    let folder = tempfile::tempdir().unwrap();
    let mut host = Host::with_folder(Some(folder.path().to_owned()));
    for (n, server) in echoes().iter().enumerate() {
        host.practice.send(Command::LogIn(server.studio()));
        let picture = host.wait(|picture| picture.problem.is_some());
        let why = &picture.problem.as_ref().unwrap().0;
        assert!(server.requests.load(Ordering::SeqCst) > 0, "{n}");
        assert!(!why.contains(&KEY[..12]), "{n}: {why}");
        assert_eq!(picture.studio.address, None, "{n}: nobody is logged in by what was refused");
        host.practice.send(Command::Dismiss);
        host.wait(|picture| picture.problem.is_none());
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was kept");

    let server = Server::start(|path, head| match path {
        "/v1/pieces" if head.contains(&format!("authorization: Bearer {KEY}\n")) => pieces(),
        // A session that is none: its token tells the key.
        "/v1/sessions" => http("201 Created", json!({ "token": KEY }).to_string().as_bytes()),
        _ => http("401 Unauthorized", b"{}"),
    });
    host.practice.send(Command::LogIn(server.studio()));
    let picture = host.wait(|picture| picture.studio.pieces.is_some());
    let piece = &picture.studio.pieces.as_ref().unwrap()[0];
    assert_eq!(piece.title.as_deref(), Some("Menuet[31m"), "one line");
    host.practice.send(Command::OpenSession(piece.name.clone()));
    let picture = host.wait(|picture| picture.problem.is_some());
    let saved = serde_json::to_string(&host.practice.saved()).unwrap();
    for (what, text) in [("the picture", format!("{picture:?}")), ("the project", saved)] {
        assert!(!text.contains(KEY), "{what}: {text}");
    }
    let sent = Command::LogIn(server.studio());
    assert!(!format!("{sent:?}").contains(KEY));
    assert_eq!(*LISTENER.0.lock().unwrap(), ["practice::studio: the listener hears"]);
}

#[test]
fn a_key_follows_no_redirection() {
    let elsewhere = Server::start(|_, _| pieces());
    let to = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:{}/v1/pieces\r\nContent-Length: 0\r\n\r\n",
        elsewhere.port
    );
    let server = Server::start(move |_, _| to.clone().into_bytes());
    let mut host = Host::new();
    host.practice.send(Command::LogIn(server.studio()));
    host.wait(|picture| picture.problem.is_some());
    assert_eq!(elsewhere.requests.load(Ordering::SeqCst), 0);
}

#[test]
fn where_nothing_can_be_kept_nobody_is_logged_in() {
    let server = Server::start(|_, _| pieces());
    let mut host = Host::new();
    host.practice.send(Command::LogIn(server.studio()));
    let picture = host.wait(|picture| picture.problem.is_some());
    assert!(picture.problem.as_ref().unwrap().0.contains("cannot be kept"), "{:?}", picture.problem);
    assert_eq!(picture.studio.address, None);
}
