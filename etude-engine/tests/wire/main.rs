//! The wire as a stranger meets it: each message's form, each refusal, and what no frame may do.

#[path = "../simulation/music.rs"]
mod music;

mod client;
mod documented;
mod hostile;
mod server;
mod viewer;

use etude_engine::protocol::{ClientMessage, PROTOCOL, ServerMessage};
use etude_engine::session::server::{Connection, Received, SessionServer};
use etude_engine::session::{ENGINE, Event, Seq};

use music::{Rng, Take};

fn take(onsets: usize) -> Take {
    Take::random(&mut Rng(7), onsets)
}

/// A server with this much of the take on disk.
fn server(take: &Take, events: usize) -> SessionServer {
    let log = take.events[..events].iter().copied();
    SessionServer::rebuild("lesson", take.score.clone(), take.config, log).unwrap()
}

fn hello(records: u64) -> ClientMessage {
    ClientMessage::Hello {
        protocol: PROTOCOL,
        attempt: 1,
        client: "test".to_owned(),
        engine: ENGINE.to_owned(),
        score: None,
        records,
        judged_by: None,
        heard: 0,
    }
}

fn events(first: usize, events: &[Event]) -> String {
    ClientMessage::Events { first: Seq(first as u64), events: events.to_vec() }.to_frame()
}

fn replies(received: Received) -> Vec<ServerMessage> {
    let Received::Reply(frames) = received else { panic!("no reply: {received:?}") };
    frames.iter().map(|frame| ServerMessage::from_frame(frame).unwrap()).collect()
}

/// What the server sends for a frame when its disk works.
fn served(server: &mut SessionServer, connection: &mut Connection, frame: &str) -> Vec<String> {
    match server.receive(connection, frame) {
        Received::Reply(frames) => frames,
        Received::Append(append) => server.commit(append),
        Received::Refuse { frame, .. } => panic!("refused: {frame}"),
    }
}
