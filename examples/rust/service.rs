//! The service's HTTP interface, as far as the demo needs it.

use std::time::Duration;

use etude_engine::report::Report;
use etude_engine::score::ScoreDigest;
use etude_engine::session::Config;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::terminal::files::Failure;

/// An answer takes no longer.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Longest answer read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// A running service and the right to use it.
pub(crate) struct Service {
    base: String,
    authorization: String,
    agent: ureq::Agent,
}

/// A score that was uploaded.
#[derive(Deserialize)]
pub(crate) struct Piece {
    /// Its name.
    pub(crate) piece: String,
}

/// A session that was opened.
#[derive(Deserialize)]
pub(crate) struct Opened {
    /// Its name.
    pub(crate) session: String,
    /// Path of its WebSocket.
    pub(crate) socket: String,
    /// What opens the WebSocket.
    pub(crate) token: String,
    /// The score it judges against.
    pub(crate) score: ScoreDigest,
    /// For those who watch.
    pub(crate) viewer: Viewer,
}

/// Who watches.
#[derive(Deserialize)]
pub(crate) struct Viewer {
    /// Path of the score page, with what opens the session.
    pub(crate) link: String,
}

#[derive(Deserialize)]
struct Refused {
    error: Told,
}

#[derive(Deserialize)]
struct Told {
    message: String,
}

impl Service {
    /// The service at this address.
    pub(crate) fn new(base: &str, key: &str) -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false);
        Self {
            base: base.trim_end_matches('/').to_owned(),
            authorization: format!("Bearer {key}"),
            agent: config.build().into(),
        }
    }

    /// Uploads a score file.
    pub(crate) fn upload(&self, file: &[u8]) -> Result<Piece, Failure> {
        parsed("POST /v1/pieces", &self.post("/v1/pieces", file)?)
    }

    /// Opens a session on a piece.
    pub(crate) fn open(&self, piece: &Piece, config: &Config) -> Result<Opened, Failure> {
        let body = serde_json::json!({ "piece": piece.piece, "config": config }).to_string();
        parsed("POST /v1/sessions", &self.post("/v1/sessions", body.as_bytes())?)
    }

    /// The stored report of a session, as it is and as read.
    pub(crate) fn report(&self, session: &str) -> Result<(String, Report), Failure> {
        let path = format!("/v1/sessions/{session}/report");
        let request = self.agent.get(self.base.clone() + &path).header("Authorization", &self.authorization);
        let text = answer(&format!("GET {path}"), request.call())?;
        let report = parsed(&path, &text)?;
        Ok((text, report))
    }

    /// Address of a page of this service.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Address of a WebSocket of this service.
    pub(crate) fn socket(&self, path: &str) -> String {
        // http -> ws, https -> wss; anything else the relay refuses by name.
        format!("{}{path}", self.base.replacen("http", "ws", 1))
    }

    fn post(&self, path: &str, body: &[u8]) -> Result<String, Failure> {
        let request = self.agent.post(self.base.clone() + path).header("Authorization", &self.authorization);
        answer(&format!("POST {}{path}", self.base), request.send(body))
    }
}

fn answer(
    what: &str,
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<String, Failure> {
    let mut response = response.map_err(|error| format!("{what}: {error}"))?;
    let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
    let text = body.map_err(|error| format!("{what}: {error}"))?;
    if response.status().is_success() {
        return Ok(text);
    }
    let told = serde_json::from_str(&text).map_or(text, |Refused { error }| error.message);
    Err(format!("{what}: {}: {told}", response.status()))
}

fn parsed<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| format!("{what}: an answer that makes no sense: {error}"))
}
