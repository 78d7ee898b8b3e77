//! A running service, as an operator has it.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use etude_engine::protocol::{ClientMessage, PROTOCOL, SUBPROTOCOL, ServerMessage};
use etude_engine::report::Report;
use etude_engine::session::{Config, ENGINE, Event, EventKind};
use etude_plugin::practice::{Link, Studio};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Message, http::header::SEC_WEBSOCKET_PROTOCOL};
use xtask::workerd::Workerd;

const PATIENCE: Duration = Duration::from_secs(60);
/// What one hello allows a viewer.
const RECORDS_PER_HELLO: u64 = 2_048;

/// The service, until it is dropped.
pub(crate) struct Service {
    pub(crate) workerd: Mutex<Workerd>,
    agent: ureq::Agent,
    url: String,
    authorization: String,
}

impl Service {
    pub(crate) fn start() -> Self {
        let workerd = Workerd::start().unwrap_or_else(|error| panic!("the service does not run: {error}"));
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let (url, authorization) = (workerd.url(), format!("Bearer {}", workerd.key()));
        Self { workerd: Mutex::new(workerd), agent, url, authorization }
    }

    /// A session on a score: the link that its player gets.
    pub(crate) fn open(&self, score: &Path, config: &Config) -> Link {
        let piece = self.upload(score);
        let post =
            self.agent.post(format!("{}/v1/sessions", self.url)).header("Authorization", &self.authorization);
        let opened = json(post.send(json!({ "piece": piece["piece"], "config": config }).to_string()));
        format!("{}/#{}", self.url, opened["token"].as_str().expect("a token")).parse().expect("a link")
    }

    /// A score among the pieces: what the studio says of it.
    pub(crate) fn upload(&self, score: &Path) -> Value {
        let file = std::fs::read(score).unwrap();
        let put =
            self.agent.put(format!("{}/v1/pieces", self.url)).header("Authorization", &self.authorization);
        json(put.send(&file[..]))
    }

    /// The studio, as its operator logs in to it.
    pub(crate) fn studio(&self) -> Studio {
        let key = self.authorization.trim_start_matches("Bearer ");
        Studio::new(&self.url, key).expect("it has an address and a key")
    }

    /// Waits for the attempt that the first session delivers.
    pub(crate) fn first_attempt(&self) -> Value {
        let started = Instant::now();
        loop {
            let get = self.agent.get(format!("{}/v1/attempts", self.url));
            let mut listed = json(get.header("Authorization", &self.authorization).call());
            match listed["attempts"][0].take() {
                Value::Null => assert!(started.elapsed() < PATIENCE, "{listed}"),
                attempt => return attempt,
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn status(&self, link: &Link) -> Value {
        self.get(link, "").1
    }

    /// Waits for the session's report, as the engine alone has it.
    pub(crate) fn report(&self, link: &Link) -> Report {
        let started = Instant::now();
        loop {
            match self.get(link, "/report") {
                (200, report) => return judged(&serde_json::from_value(report).unwrap()),
                (404, _) if started.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
                other => panic!("{other:?} {}", self.status(link)),
            }
        }
    }

    /// All that was played into an ended session, as a viewer is told.
    pub(crate) fn log(&self, link: &Link) -> Vec<Event> {
        let address = format!("{}/v1/sessions/{}/tokens", self.url, link.session());
        let post = self.agent.post(address).header("Authorization", &self.authorization);
        let viewer = json(post.send(json!({ "role": "viewer", "life": 600 }).to_string()));
        let mut request = link.socket().into_client_request().unwrap();
        let protocols = format!("{SUBPROTOCOL}, {}", viewer["token"].as_str().expect("a token"));
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocols.parse().unwrap());
        let (mut socket, _) = tokio_tungstenite::tungstenite::connect(request).unwrap();
        let (mut log, mut told, mut attempt) = (Vec::new(), 0, 0);
        while log.last().is_none_or(|last: &Event| last.kind != EventKind::End) {
            attempt += 1;
            let hello = ClientMessage::Hello {
                protocol: PROTOCOL,
                attempt,
                client: "Etude's tests".to_owned(),
                engine: ENGINE.to_owned(),
                score: None,
                records: told,
                judged_by: None,
                heard: log.len() as u64,
            };
            socket.send(Message::text(hello.to_frame())).unwrap();
            // One hello is good for so many events and records, and the records come last.
            let allowed = told + RECORDS_PER_HELLO;
            loop {
                let Message::Text(text) = socket.read().unwrap() else { continue };
                match ServerMessage::from_frame(text.as_str()).unwrap() {
                    ServerMessage::Heard { first, events } => {
                        assert_eq!(first.0, log.len() as u64);
                        log.extend(events);
                    }
                    ServerMessage::Verdicts { first, records, digest, .. } => {
                        told = first + records.len() as u64;
                        if digest.is_some() || told >= allowed {
                            break;
                        }
                    }
                    ServerMessage::Error { message, .. } => panic!("{message}"),
                    _ => {}
                }
            }
        }
        log
    }

    fn get(&self, link: &Link, what: &str) -> (u16, Value) {
        let address = format!("{}/v1/sessions/{}{what}", self.url, link.session());
        let mut answer = self.agent.get(address).header("Authorization", &self.authorization).call().unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap())
    }
}

fn json(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
    let mut answer = answer.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.url)
    }
}

/// A report as the engine alone has it, without what the service adds.
pub(crate) fn judged(report: &Report) -> Report {
    Report { plausibility: None, ..report.clone() }
}
