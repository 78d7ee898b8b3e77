//! The player's end of a session: `SessionClient`, its outputs as JSON.

use std::sync::Arc;

use etude_engine::score::Score;
use etude_engine::session::client::{Output, SessionClient};
use etude_engine::session::{Config, ConfigError, Event};
use etude_engine::units::Micros;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

/// A take being played: keeps every event until the session has it, and judges it at once.
///
/// Use as the engine's `SessionClient`: after any call, take frames until there is none, then outputs until there is none,
/// and come back at the timeout. `now` is the page's monotonic clock in microseconds.
#[wasm_bindgen]
pub struct Player {
    client: SessionClient,
}

/// Why a take cannot begin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlayerError {
    #[error("the settings are not understood: {0}")]
    Settings(#[from] serde_json::Error),
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Player {
    pub(crate) fn new(name: &str, score: Arc<Score>, config: &str) -> Result<Self, PlayerError> {
        let config: Config = serde_json::from_str(config)?;
        Ok(Self { client: SessionClient::new(name, score, config)? })
    }
}

#[wasm_bindgen]
impl Player {
    /// Judges an event (JSON, as in a frame) and keeps it for the session; its number.
    ///
    /// # Errors
    /// Why it was not taken, in words.
    pub fn push(&mut self, event: &str, now: f64) -> Result<f64, String> {
        let event: Event = serde_json::from_str(event).map_err(crate::in_words)?;
        let seq = self.client.push(event, micros(now)).map_err(crate::in_words)?;
        Ok(seq.0 as f64)
    }

    /// A connection is open.
    pub fn connected(&mut self, now: f64) {
        self.client.connected(micros(now));
    }

    /// The connection is gone.
    pub fn disconnected(&mut self) {
        self.client.disconnected();
    }

    /// Takes a frame from the session.
    pub fn receive(&mut self, frame: &str, now: f64) {
        self.client.receive(frame, micros(now));
    }

    /// The next frame to send.
    pub fn frame(&mut self, now: f64) -> Option<String> {
        self.client.poll_frame(micros(now))
    }

    /// What happened, as JSON: `{"type": "local" | "official", "record"}`, `{"type": "acked", "through"}`,
    /// `{"type": "live", "missing"}`, `{"type": "rejudged"}`, `{"type": "digest_mismatch", "events"}`,
    /// `{"type": "report", "report"}`, `{"type": "refused", "code", "message", "recoverable"}`, `{"type": "stalled"}`.
    pub fn output(&mut self) -> Option<String> {
        self.client.poll_output().map(|output| told(output).to_string())
    }

    /// When to ask for frames again at the latest; nothing while there is no need to.
    pub fn timeout(&self) -> Option<f64> {
        self.client.next_timeout().map(|at| at.0 as f64)
    }

    /// How many events the session does not have on disk, as far as is known here.
    pub fn waiting(&self) -> usize {
        self.client.waiting()
    }

    /// How many events were taken.
    pub fn events(&self) -> f64 {
        self.client.local().events() as f64
    }

    /// Digest of the verdicts so far.
    pub fn digest(&self) -> String {
        self.client.local().digest().to_string()
    }

    /// What this end's own engine counts, as JSON.
    pub fn report(&self) -> Result<String, String> {
        serde_json::to_string(&self.client.local().report()).map_err(crate::in_words)
    }
}

/// A clock before its zero, or none, is at its zero.
fn micros(now: f64) -> Micros {
    Micros(now as i64)
}

fn told(output: Output) -> Value {
    match output {
        Output::Local(record) => json!({ "type": "local", "record": record }),
        Output::Official(record) => json!({ "type": "official", "record": record }),
        Output::Acked { through } => json!({ "type": "acked", "through": through }),
        Output::Live { missing } => json!({ "type": "live", "missing": missing }),
        Output::Rejudged => json!({ "type": "rejudged" }),
        Output::DigestMismatch { events, local, official } => {
            json!({ "type": "digest_mismatch", "events": events, "local": local, "official": official })
        }
        Output::Report(report) => json!({ "type": "report", "report": report }),
        Output::Refused { code, message, recoverable } => {
            json!({ "type": "refused", "code": code, "message": message, "recoverable": recoverable })
        }
        Output::Stalled => json!({ "type": "stalled" }),
    }
}
