//! The session's end of the wire, sans-IO.
//!
//! Nothing is judged before it is on disk: [`SessionServer::receive`] hands out an [`Append`]; its owner puts the events
//! on disk and only then calls [`SessionServer::commit`], whose frames are the acknowledgement. If the disk
//! refuses, [`SessionServer::storage_failed`] answers, and the session is as if the frame had never come.

use std::sync::Arc;

use crate::fair::{Earlier, Evidence};
use crate::judge::{Record, Verdict};
use crate::protocol::{
    CLOSE_REFUSED, CLOSE_RESUME, ClientMessage, EVENTS_PER_FRAME_MAX, EVENTS_PER_SESSION_MAX, ErrorCode,
    FrameError, PROTOCOL, RECORDS_PER_FRAME_MAX, RECORDS_PER_HELLO_MAX, RECORDS_PER_SESSION_MAX,
    REPORT_BYTES_MAX, Role, ServerMessage,
};
use crate::report::Report;
use crate::score::{NoteIndex, Score, ScoreDigest};
use crate::session::{Config, ConfigError, ENGINE, Event, EventKind, Seq, Session};

/// The session's end. One for all connections of a session; each connection has a [`Connection`].
pub struct SessionServer {
    name: String,
    session: Session,
    /// The whole verdict stream: a client may lack any part of it.
    records: Vec<Record>,
    /// The score note matched last.
    position: Option<NoteIndex>,
    /// Whether the take can have been played as it says, once its owner has looked.
    evidence: Option<Evidence>,
}

/// What the server must remember of a player's connection, small enough to survive hibernation in a socket attachment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Connection {
    /// Whether hello came.
    pub greeted: bool,
    /// The record up to which its hellos have been answered: a hello that goes behind it is refused, so that no client
    /// can have the stream queued again and again without reading it.
    #[serde(default)]
    pub told: u64,
}

/// What to do with a frame.
#[derive(Debug)]
pub enum Received {
    /// Send these frames, in order.
    Reply(Vec<String>),
    /// Put these events on disk, then [`SessionServer::commit`].
    Append(Append),
    /// Send this error, then close with this code.
    Refuse {
        /// The frame to send.
        frame: String,
        /// WebSocket close code.
        close: u16,
    },
}

/// Events that are to be put on disk. Only a server makes these, and they are good for its next commit only.
#[derive(Debug)]
pub struct Append {
    first: Seq,
    events: Vec<Event>,
}

impl Append {
    /// Number of the first.
    pub fn first(&self) -> Seq {
        self.first
    }

    /// The events, never empty.
    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

/// Why a session could not be rebuilt from its log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RebuildError {
    /// The settings were refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Events stand after the end.
    #[error("the log goes on after its end, at event {0}")]
    AfterEnd(u64),
}

impl SessionServer {
    /// A server with what its log holds: none for a new session.
    pub fn rebuild(
        name: &str,
        score: Arc<Score>,
        config: Config,
        log: impl IntoIterator<Item = Event>,
    ) -> Result<Self, RebuildError> {
        let session = Session::new(score, config)?;
        let mut server =
            Self { name: name.to_owned(), session, records: Vec::new(), position: None, evidence: None };
        for event in log {
            if !server.judge(event) {
                return Err(RebuildError::AfterEnd(server.session.events()));
            }
        }
        Ok(server)
    }

    /// Takes a frame of a player's connection. Changes nothing but the connection.
    ///
    /// Commit or give up an [`Append`] before the next frame is taken, whichever connection that comes from.
    pub fn receive(&self, connection: &mut Connection, frame: &str) -> Received {
        match self.answer(connection, frame) {
            Ok(received) => received,
            Err(refusal) => {
                let (frame, close) = refusal.into_last_words();
                Received::Refuse { frame, close }
            }
        }
    }

    /// Judges events that are now on disk. Returns the frames for the player: for its newest connection, if that is
    /// not the one the events came by.
    pub fn commit(&mut self, append: Append) -> Vec<String> {
        let before = self.records.len();
        // What another commit has judged since the Append was made is not judged again.
        let judged = self.session.events().saturating_sub(append.first.0);
        for event in append.events.into_iter().skip(usize::try_from(judged).unwrap_or(usize::MAX)) {
            self.judge(event);
        }
        self.frames(before, self.records.len())
    }

    /// The answer when the disk refused; recoverable. Send it and close with [`CLOSE_RESUME`], so that the client comes
    /// back after its back-off and sends these events again. If it is not certain that nothing was written, rebuild the
    /// server from the log: it must never be behind its disk.
    pub fn storage_failed(&self, append: Append, reason: &str) -> ServerMessage {
        let last = append.first.0 + append.events.len() as u64 - 1;
        let message = format!("events {} to {last} could not be put on disk: {reason}", append.first.0);
        Refusal { code: ErrorCode::Storage, message, recoverable: true }.into_message()
    }

    /// Adds the evidence on how the take came in to its report: before the commit of its end, so that the report that is
    /// sent has it.
    pub fn set_evidence(&mut self, evidence: Evidence) {
        self.evidence = Some(evidence);
    }

    /// Adds what a studio found beside earlier takes, where there is evidence already.
    pub fn compare(&mut self, earlier: Earlier) {
        if let Some(evidence) = &mut self.evidence {
            evidence.compare(earlier);
        }
    }

    /// The result, once the end is on disk.
    pub fn report(&self) -> Option<Report> {
        let mut report = self.session.has_ended().then(|| self.session.report())?;
        let evidence = self.evidence.as_ref();
        report.plausibility = evidence.map(|evidence| evidence.weigh(report.config.mode, &report.timing));
        Some(report)
    }

    /// The engine's state.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The verdict stream so far.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    fn answer(&self, connection: &mut Connection, frame: &str) -> Result<Received, Refusal> {
        match ClientMessage::from_frame(frame)? {
            ClientMessage::Hello {
                protocol,
                attempt,
                client: _,
                engine: _,
                score,
                records,
                judged_by,
                ..
            } => {
                let from = self.greet(protocol, score, records, judged_by.as_deref())?;
                if connection.greeted && (from as u64) < connection.told {
                    let message = format!(
                        "this connection was told {} records and asks again from {from}; open a new one",
                        connection.told
                    );
                    return Err(Refusal::new(ErrorCode::Gap, message));
                }
                let to = self.records.len().min(from + RECORDS_PER_HELLO_MAX);
                *connection = Connection { greeted: true, told: to as u64 };
                let mut frames = vec![self.welcome(Role::Player, attempt, to)];
                frames.extend(self.frames(from, to));
                Ok(Received::Reply(frames))
            }
            ClientMessage::Events { first, events } => {
                if !connection.greeted {
                    return Err(Refusal::new(
                        ErrorCode::HelloExpected,
                        "events came before hello".to_owned(),
                    ));
                }
                let new = self.new_events(first, events)?;
                if new.events.is_empty() {
                    return Ok(Received::Reply(self.frames(self.records.len(), self.records.len())));
                }
                Ok(Received::Append(new))
            }
        }
    }

    /// Checks a hello. Returns which record the client lacks first.
    pub(super) fn greet(
        &self,
        protocol: u32,
        score: Option<ScoreDigest>,
        records: u64,
        judged_by: Option<&str>,
    ) -> Result<usize, Refusal> {
        if protocol != PROTOCOL {
            return Err(FrameError::Protocol { theirs: protocol }.into());
        }
        self.check_score(score)?;
        self.resume_from(records, judged_by)
    }

    fn check_score(&self, theirs: Option<ScoreDigest>) -> Result<(), Refusal> {
        let ours = self.session.score().digest();
        match theirs {
            Some(theirs) if theirs != ours => {
                let message =
                    format!("the client judges against score {theirs}, this session against {ours}");
                Err(Refusal::new(ErrorCode::ScoreMismatch, message))
            }
            _ => Ok(()),
        }
    }

    /// Which record the client lacks first.
    fn resume_from(&self, records: u64, judged_by: Option<&str>) -> Result<usize, Refusal> {
        if judged_by.is_some_and(|engine| engine != ENGINE) {
            return Ok(0);
        }
        match usize::try_from(records) {
            Ok(from) if from <= self.records.len() => Ok(from),
            _ => Err(Refusal {
                code: ErrorCode::Gap,
                message: format!("the client has {records} records; the session made {}", self.records.len()),
                recoverable: false,
            }),
        }
    }

    /// `to` is how many records the client will have.
    pub(super) fn welcome(&self, role: Role, attempt: u32, to: usize) -> String {
        let welcome = ServerMessage::Welcome {
            protocol: PROTOCOL,
            attempt,
            session: self.name.clone(),
            engine: ENGINE.to_owned(),
            score: self.session.score().digest(),
            config: *self.session.config(),
            high_water: self.session.events(),
            records: to as u64,
            role,
            position: self.position,
        };
        welcome.to_frame()
    }

    /// The frames that carry these records: one at least, since the ack and the digest travel with them. The report
    /// follows on the last record of a take.
    pub(super) fn frames(&self, from: usize, to: usize) -> Vec<String> {
        let mut frames = Vec::new();
        let mut at = from;
        loop {
            let next = to.min(at + RECORDS_PER_FRAME_MAX);
            let verdicts = ServerMessage::Verdicts {
                ack: self.session.events(),
                first: at as u64,
                records: self.records[at..next].to_vec(),
                digest: (next == self.records.len()).then(|| self.session.digest()),
            };
            frames.push(verdicts.to_frame());
            at = next;
            if at == to {
                break;
            }
        }
        if at == self.records.len()
            && let Some(report) = self.report()
        {
            frames.push(report_frame(report));
        }
        frames
    }

    /// What of a batch is not on disk yet, or why the batch cannot be taken.
    fn new_events(&self, first: Seq, mut events: Vec<Event>) -> Result<Append, Refusal> {
        let high_water = self.session.events();
        if events.len() > EVENTS_PER_FRAME_MAX {
            let message =
                format!("the frame has {} events; the limit is {EVENTS_PER_FRAME_MAX}", events.len());
            return Err(Refusal::new(ErrorCode::TooLarge, message));
        }
        if first.0 > high_water {
            let message = format!("the frame begins with event {}; event {high_water} is next", first.0);
            return Err(Refusal::new(ErrorCode::Gap, message));
        }
        let known = usize::try_from(high_water - first.0).unwrap_or(usize::MAX).min(events.len());
        events.drain(..known);
        if events.is_empty() {
            return Ok(Append { first: Seq(high_water), events });
        }
        if self.session.has_ended() {
            let message = format!("event {high_water} came after the end of the take");
            return Err(Refusal::new(ErrorCode::Ended, message));
        }
        let end = events.iter().position(|event| event.kind == EventKind::End);
        if let Some(end) = end.filter(|end| end + 1 < events.len()) {
            let message = format!("events[{}] came after the end of the take", known + end + 1);
            return Err(Refusal::new(ErrorCode::Ended, message));
        }
        if high_water + events.len() as u64 > EVENTS_PER_SESSION_MAX {
            let message = format!("a session takes at most {EVENTS_PER_SESSION_MAX} events");
            return Err(Refusal::new(ErrorCode::TooLarge, message));
        }
        if self.records.len() > RECORDS_PER_SESSION_MAX && end != Some(0) {
            let message = format!(
                "the session has {} records; past {RECORDS_PER_SESSION_MAX} it takes only the end",
                self.records.len()
            );
            return Err(Refusal::new(ErrorCode::TooLarge, message));
        }
        Ok(Append { first: Seq(high_water), events })
    }

    /// False if the take had ended.
    fn judge(&mut self, event: Event) -> bool {
        let taken = self.session.handle(event).is_ok();
        while let Some(record) = self.session.poll() {
            if let Record::Played { verdict: Verdict::Matched { note, .. }, .. } = record {
                self.position = Some(note);
            }
            self.records.push(record);
        }
        taken
    }
}

/// The report, or if it is too long for a frame the word that it must be fetched.
fn report_frame(report: Report) -> String {
    let frame = ServerMessage::Report { report: Box::new(report) }.to_frame();
    if frame.len() <= REPORT_BYTES_MAX {
        return frame;
    }
    let message = format!(
        "the report has {} bytes, and a frame at most {REPORT_BYTES_MAX}; fetch it over HTTP",
        frame.len()
    );
    Refusal::new(ErrorCode::TooLarge, message).into_message().to_frame()
}

pub(super) struct Refusal {
    pub(super) code: ErrorCode,
    pub(super) message: String,
    pub(super) recoverable: bool,
}

impl Refusal {
    pub(super) fn new(code: ErrorCode, message: String) -> Self {
        Self { code, message, recoverable: code.is_recoverable() }
    }

    /// The frame to send, and the code to close with.
    pub(super) fn into_last_words(self) -> (String, u16) {
        let close = if self.recoverable { CLOSE_RESUME } else { CLOSE_REFUSED };
        (self.into_message().to_frame(), close)
    }

    fn into_message(self) -> ServerMessage {
        ServerMessage::Error { code: self.code, message: self.message, recoverable: self.recoverable }
    }
}

impl From<FrameError> for Refusal {
    fn from(error: FrameError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
