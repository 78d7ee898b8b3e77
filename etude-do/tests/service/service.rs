//! A running service and its HTTP interface.

use etude_do::id::TenantId;
use etude_do::token::{Grant, OperatorKey, Scope, SessionScope};
use etude_engine::protocol::Role;
use etude_engine::report::Report;
use etude_engine::session::Config;
use serde_json::{Value, json};
use xtask::workerd::Workerd;

use crate::openapi;

/// The service, until it is dropped.
pub(crate) struct Service {
    pub(crate) workerd: Workerd,
    agent: ureq::Agent,
}

/// An answer of the HTTP interface.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// A session that was opened.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) session: String,
    pub(crate) socket: String,
    pub(crate) token: String,
    /// The token of a viewer.
    pub(crate) viewer: String,
}

impl Service {
    pub(crate) fn start() -> Self {
        let workerd = Workerd::start().unwrap_or_else(|error| panic!("the service does not run: {error}"));
        Self { workerd, agent: agent() }
    }

    /// A session on a piece, open.
    pub(crate) fn open(&self, piece: &str, config: &Config) -> Opened {
        let uploaded = self.upload(piece.as_bytes());
        assert!([200, 201].contains(&uploaded.status), "{uploaded:?}");
        self.open_with(&json!({ "piece": uploaded.body["piece"], "config": config }))
    }

    /// The same for a player.
    pub(crate) fn open_for(&self, piece: &str, player: &str) -> Opened {
        let uploaded = self.upload(piece.as_bytes());
        assert!([200, 201].contains(&uploaded.status), "{uploaded:?}");
        self.open_with(&json!({ "piece": uploaded.body["piece"], "player": player }))
    }

    pub(crate) fn open_with(&self, body: &Value) -> Opened {
        let opened = self.post("/v1/sessions", body);
        assert_eq!(opened.status, 201, "{opened:?}");
        let text = |field: &str| opened.body[field].as_str().expect(field).to_owned();
        let viewer = opened.body["viewer"]["token"].as_str().expect("a token").to_owned();
        Opened { session: text("session"), socket: text("socket"), token: text("token"), viewer }
    }

    pub(crate) fn upload(&self, file: &[u8]) -> Answer {
        let request = self.agent.put(self.url("/v1/pieces")).header("Authorization", self.bearer());
        documented("PUT", "/v1/pieces", request.send(file))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, &body.to_string())
    }

    pub(crate) fn post_text(&self, path: &str, body: &str) -> Answer {
        let request = self.agent.post(self.url(path)).header("Authorization", self.bearer());
        documented("POST", path, request.send(body))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_as(path, &self.bearer())
    }

    pub(crate) fn get_as(&self, path: &str, authorization: &str) -> Answer {
        let request = self.agent.get(self.url(path)).header("Authorization", authorization);
        documented("GET", path, request.call())
    }

    /// The status and the body of an answer, whatever it is.
    pub(crate) fn raw(&self, path: &str) -> (u16, String) {
        let mut answer = self.agent.get(self.url(path)).call().expect("an answer");
        (answer.status().as_u16(), answer.body_mut().read_to_string().expect("a body"))
    }

    /// The body of an answer that is no JSON.
    pub(crate) fn text(&self, path: &str) -> String {
        let request = self.agent.get(self.url(path)).header("Authorization", self.bearer());
        let mut answer = request.call().expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.body_mut().read_to_string().expect("a body")
    }

    /// Deletes what is at an address. Returns the status.
    pub(crate) fn delete(&self, path: &str) -> u16 {
        let request = self.agent.delete(self.url(path)).header("Authorization", self.bearer());
        request.call().expect("an answer").status().as_u16()
    }

    pub(crate) fn status(&self, session: &str) -> Value {
        let answer = self.get(&format!("/v1/sessions/{session}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// The file that a session is played from.
    pub(crate) fn piece_of(&self, session: &str) -> Vec<u8> {
        let file = agent().get(self.url(&format!("/v1/sessions/{session}/piece")));
        let bearer = format!("Bearer {}", self.workerd.key());
        let mut answer = file.header("Authorization", &bearer).call().expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.body_mut().read_to_vec().expect("a file")
    }

    /// The report as the engine alone has it.
    pub(crate) fn report(&self, session: &str) -> Report {
        Report { plausibility: None, ..self.whole_report(session) }
    }

    /// The report with what the service adds.
    pub(crate) fn whole_report(&self, session: &str) -> Report {
        let answer = self.get(&format!("/v1/sessions/{session}/report"));
        assert_eq!(answer.status, 200, "{answer:?}");
        serde_json::from_value(answer.body).expect("a report")
    }

    /// A player's token as the service signs them, with another expiry.
    pub(crate) fn token(&self, session: &str, expires: u64) -> String {
        let (tenant, session) = (TenantId::of_the_key(), session.parse().expect("a session"));
        let scope = Scope::Session(SessionScope { tenant, session, role: Role::Player });
        self.sign(&Grant { scope, expires })
    }

    /// Any token, signed with the service's key.
    pub(crate) fn sign(&self, grant: &Grant) -> String {
        OperatorKey::new(self.workerd.key()).expect("a key").sign(grant)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        self.workerd.url() + path
    }

    /// No object of the isolate was ever reset, and no handler failed.
    pub(crate) fn assert_calm(&self) {
        let log = self.workerd.log();
        for sign in ["panicked", "Reinitializing", "RuntimeError", "Uncaught", "rror:"] {
            assert!(!log.contains(sign), "{log}");
        }
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.workerd.key())
    }
}

pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

/// An answer that is as docs/openapi.json says.
fn documented(
    method: &str,
    path: &str,
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Answer {
    let kind = response.as_ref().ok().and_then(|response| response.headers().get("Content-Type"));
    let kind = kind.map_or_else(String::new, |kind| kind.to_str().expect("text").to_owned());
    let answer = answer(response);
    openapi::allows(method, path, answer.status, &kind, &answer.body);
    answer
}

pub(crate) fn answer(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut response = response.expect("an answer");
    let status = response.status().as_u16();
    let text = response.body_mut().with_config().limit(64 << 20).read_to_string().expect("a body");
    let body =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{status} {text:?} is not JSON: {error}"));
    Answer { status, body }
}

impl Answer {
    /// Asserts a refusal. Returns its message.
    pub(crate) fn refused(&self, status: u16, code: &str) -> &str {
        assert_eq!((self.status, self.body["error"]["code"].as_str()), (status, Some(code)), "{self:?}");
        let message = self.body["error"]["message"].as_str().expect("a message");
        assert!(!message.is_empty());
        message
    }
}
