//! The service on workerd, and its HTTP interface.

use etude_engine::report::Report;
use serde_json::{Value, json};
use xtask::worker::{self, Optimise, Worker};
use xtask::workerd::Workerd;

use crate::failure::{Failure, Result, hold, law};

/// The limits that a proof would run into before the service does.
const UNLIMITED: [&str; 4] = [
    "ETUDE_UPLOADS_PER_MINUTE",
    "ETUDE_OPENS_PER_MINUTE",
    "ETUDE_CONNECTS_PER_MINUTE",
    "ETUDE_BYTES_PER_SECOND",
];

/// The service, until it is dropped.
pub(crate) struct Service {
    pub(crate) workerd: Workerd,
    pub(crate) http: Http,
}

/// Its HTTP interface, for the operator.
#[derive(Clone)]
pub(crate) struct Http {
    url: String,
    bearer: String,
    agent: ureq::Agent,
}

/// A session that was opened.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) session: String,
    /// `ws://…`
    pub(crate) socket: String,
    pub(crate) token: String,
    /// The token of a viewer.
    pub(crate) viewer: String,
}

/// An answer of the HTTP interface.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Service {
    /// The service without limits on how fast anything comes.
    pub(crate) fn start() -> Result<Self> {
        Self::start_worker(worker::build(Optimise::Compiler)?)
    }

    /// The same with a Worker that was built already.
    pub(crate) fn start_worker(worker: Worker) -> Result<Self> {
        let mut workerd = Workerd::start_worker(worker)?;
        for limit in UNLIMITED {
            workerd.set_environment(limit, "0");
        }
        workerd.restart()?;
        let http = Http {
            url: workerd.url(),
            bearer: format!("Bearer {}", workerd.key()),
            agent: ureq::Agent::config_builder().http_status_as_error(false).build().into(),
        };
        Ok(Self { workerd, http })
    }

    /// The process that runs.
    pub(crate) fn pid(&self) -> Result<u32> {
        self.workerd.pid().ok_or_else(|| Failure::Law("workerd is down".to_owned()))
    }

    /// That no object was ever reset and no handler failed: what a panic or an exception leaves in the log.
    pub(crate) fn hold_calm(&self) -> Result<()> {
        let log = self.workerd.log();
        let sign = ["panicked", "Reinitializing", "RuntimeError", "Uncaught"]
            .into_iter()
            .find(|sign| log.contains(sign));
        match sign.and_then(|sign| log.lines().find(|line| line.contains(sign))) {
            Some(line) => law(format!("workerd's log says: {line}")),
            None => Ok(()),
        }
    }
}

impl Http {
    /// Uploads a piece. Its name.
    pub(crate) fn upload(&self, piece: &[u8]) -> Result<String> {
        let answer = self.put("/v1/pieces", piece)?;
        match json_of(&answer)?["piece"].as_str() {
            Some(name) if [200, 201].contains(&answer.status) => Ok(name.to_owned()),
            _ => law(format!("the upload of a piece was answered {answer:?}")),
        }
    }

    /// Opens a session on an uploaded piece, with the default settings.
    pub(crate) fn open(&self, piece: &str) -> Result<Opened> {
        let answer = self.post("/v1/sessions", json!({ "piece": piece }).to_string().as_bytes())?;
        let body = json_of(&answer)?;
        let text = |pointer: &str| body.pointer(pointer)?.as_str().map(str::to_owned);
        match (text("/session"), text("/socket"), text("/token"), text("/viewer/token")) {
            (Some(session), Some(socket), Some(token), Some(viewer)) if answer.status == 201 => {
                let socket = self.url(&socket).replacen("http", "ws", 1);
                Ok(Opened { session, socket, token, viewer })
            }
            _ => law(format!("the opening of a session was answered {answer:?}")),
        }
    }

    /// The report of a session whose take has ended.
    pub(crate) fn report(&self, session: &str) -> Result<Report> {
        let answer = self.get(&format!("/v1/sessions/{session}/report"))?;
        hold(answer.status == 200, || format!("the report of {session} was answered {answer:?}"))?;
        serde_json::from_str(&answer.body)
            .map_err(|error| Failure::Law(format!("the report of {session} is none: {error}")))
    }

    /// Where a session stands.
    pub(crate) fn status(&self, session: &str) -> Result<Value> {
        let answer = self.get(&format!("/v1/sessions/{session}"))?;
        hold(answer.status == 200, || format!("the status of {session} was answered {answer:?}"))?;
        json_of(&answer)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        answer(self.agent.get(self.url(path)).header("Authorization", &self.bearer).call())
    }

    pub(crate) fn put(&self, path: &str, body: &[u8]) -> Result<Answer> {
        answer(self.agent.put(self.url(path)).header("Authorization", &self.bearer).send(body))
    }

    pub(crate) fn post(&self, path: &str, body: &[u8]) -> Result<Answer> {
        answer(self.agent.post(self.url(path)).header("Authorization", &self.bearer).send(body))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

fn answer(response: std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer> {
    let mut response =
        response.map_err(|error| Failure::Law(format!("a request was not answered: {error}")))?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(64 << 20).read_to_string();
    let body = body.map_err(|error| Failure::Law(format!("an answer broke off: {error}")))?;
    Ok(Answer { status, body })
}

fn json_of(answer: &Answer) -> Result<Value> {
    serde_json::from_str(&answer.body)
        .map_err(|error| Failure::Law(format!("an answer is not JSON: {error} in {answer:?}")))
}
