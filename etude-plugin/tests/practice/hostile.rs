//! Servers that are none, or mean harm: the player is told, and practises on.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::Ordering;

use etude_engine::session::Config;
use etude_plugin::practice::{Command, Connection, Piece, PieceSource};
use serde_json::json;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::room::{Host, example, performance};
use crate::server::{Server, http};

const PIECE: &str = "petzold-menuet-in-g";

/// A service that is as it should be, up to its socket: there these bytes come after the upgrade.
fn with_socket(bytes: Vec<u8>) -> Server {
    Server::start(move |path, head| match path {
        "/v1/sessions/s" => http("200 OK", status().to_string().as_bytes()),
        "/v1/sessions/s/piece" => http("200 OK", &piece()),
        _ => {
            let key = head.lines().find_map(|line| line.strip_prefix("sec-websocket-key: "));
            let accept = derive_accept_key(key.expect("it is a WebSocket").as_bytes());
            let upgrade = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: etude.v1\r\n\r\n"
            );
            [upgrade.as_bytes(), &bytes].concat()
        }
    })
}

fn piece() -> Vec<u8> {
    std::fs::read(example(&format!("{PIECE}.musicxml"))).unwrap()
}

fn status() -> serde_json::Value {
    let piece = Piece::open(PieceSource::Bundled(PIECE.to_owned())).unwrap();
    json!({ "config": Config::default(), "score": piece.score.digest(), "ended": false })
}

/// A text frame of a server.
fn text(text: &str) -> Vec<u8> {
    [&[0x81, 127][..], &(text.len() as u64).to_be_bytes(), text.as_bytes()].concat()
}

fn plays(host: &mut Host) {
    host.play(&performance(&format!("{PIECE}.mid"))[..60]);
    host.wait(|picture| picture.take.figures.correct > 10);
}

#[test]
fn what_is_no_service_is_said_so_and_practice_goes_on() {
    let elsewhere = Server::start(|_, _| http("200 OK", b"{}"));
    let to = format!(
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{}/\r\nContent-Length: 0\r\n\r\n",
        elsewhere.port
    );
    let wrong_digest = {
        let mut status = status();
        status["score"] = json!("00".repeat(32));
        status.to_string()
    };
    let servers = [
        Server::start(|_, _| Vec::new()),
        Server::start(|_, _| vec![0xff; 100_000]),
        Server::start(|_, _| b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n{".to_vec()),
        Server::start(|_, _| http("200 OK", &vec![b'['; 60_000])),
        Server::start(|_, _| http("200 OK", &vec![b' '; 10 << 20])),
        Server::start(|_, _| http("403 No", "\u{1b}[31mno ".repeat(10_000).as_bytes())),
        Server::start(move |_, _| to.clone().into_bytes()),
        Server::start(|path, _| match path {
            "/v1/sessions/s" => http("200 OK", status().to_string().as_bytes()),
            _ => http("200 OK", &vec![b'<'; 32 << 20]),
        }),
        Server::start(move |path, _| match path {
            "/v1/sessions/s" => http("200 OK", wrong_digest.as_bytes()),
            _ => http("200 OK", &piece()),
        }),
    ];
    let mut host = Host::new();
    host.open(Command::Open(PieceSource::Bundled(PIECE.to_owned())));
    for (n, server) in servers.iter().enumerate() {
        host.practice.send(Command::Join(server.link()));
        let picture = host.wait(|picture| picture.problem.is_some());
        let why = &picture.problem.as_ref().unwrap().0;
        assert!(why.chars().count() < 400 && !why.contains('\u{1b}'), "{n}: {why}");
        assert_eq!(picture.connection, Connection::Offline, "{n}");
        assert!(server.requests.load(Ordering::SeqCst) > 0, "{n}");
        host.practice.send(Command::Dismiss);
        host.wait(|picture| picture.problem.is_none());
    }
    assert_eq!(elsewhere.requests.load(Ordering::SeqCst), 0, "a token follows no redirection");
    plays(&mut host);
}

#[test]
fn a_service_that_does_not_answer_can_be_left() {
    // A listener that accepts nobody.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut host = Host::new();
    host.open(Command::Open(PieceSource::Bundled(PIECE.to_owned())));
    host.practice.send(Command::Join(format!("http://127.0.0.1:{port}/#player.t.s.9.x").parse().unwrap()));
    host.wait(|picture| picture.connection == Connection::Connecting);
    plays(&mut host);
    host.practice.send(Command::Leave);
    host.wait(|picture| picture.connection == Connection::Offline);
}

#[test]
fn a_session_that_talks_nonsense_does_no_harm_and_what_is_played_is_kept() {
    let shout = "\u{1b}[31mno ".repeat(100_000);
    let error = |recoverable: bool| {
        json!({ "type": "error", "code": "unauthorized", "message": shout, "recoverable": recoverable })
            .to_string()
    };
    let verdicts =
        json!({ "type": "verdicts", "ack": 1_u64 << 50, "first": 0, "records": [], "digest": null });
    let sockets = [
        Vec::new(),
        vec![0xff; 10_000],
        // Frames of four exabytes, and of more than any report.
        [&[0x81, 127][..], &(1_u64 << 62).to_be_bytes()].concat(),
        text(&"x".repeat(20 << 20)),
        text("{}"),
        text(&error(true)),
        text(&error(false)),
        text(&verdicts.to_string()),
        [0x89, 0].repeat(100_000),
    ];
    // All at once: each room waits for a moment when it closes, for what it has not delivered.
    std::thread::scope(|scope| {
        for (n, bytes) in sockets.into_iter().enumerate() {
            scope.spawn(move || practise_on_nonsense(n, bytes));
        }
    });
}

fn practise_on_nonsense(n: usize, bytes: Vec<u8>) {
    let server = with_socket(bytes);
    let folder = tempfile::tempdir().unwrap();
    let mut host = Host::with_folder(Some(folder.path().to_owned()));
    host.practice.send(Command::Join(server.link()));
    let picture = host.wait(|picture| {
        matches!(picture.connection, Connection::Resuming { .. } | Connection::Refused { .. })
    });
    let (Connection::Resuming { why, .. } | Connection::Refused { why }) = &picture.connection else {
        unreachable!("it was waited for");
    };
    assert!(why.chars().count() < 400 && !why.contains('\u{1b}'), "{n}: {why}");
    plays(&mut host);
    drop(host);
    let mut other = Host::with_folder(Some(folder.path().to_owned()));
    other.practice.start();
    other.wait(|picture| picture.unsent.takes == 1 && picture.unsent.events >= 60);
}
