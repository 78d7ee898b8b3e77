//! The player's end of the wire, sans-IO.
//!
//! Keeps every event until the session has it on disk, judges at once with its own [`Session`], and compares digests.
//! Run loop: after any call, [`SessionClient::poll_frame`] until it is empty, then [`SessionClient::poll_output`]
//! until it is empty, then sleep until [`SessionClient::next_timeout`]. Time is the caller's monotonic clock.
//!
//! After [`Output::Refused`] and [`Output::Stalled`] nothing leaves until [`SessionClient::connected`]: close the
//! connection, and if the refusal is recoverable open another after a back-off.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::judge::Record;
use crate::protocol::{
    ClientMessage, EVENTS_PER_FRAME_MAX, EVENTS_PER_SESSION_MAX, ErrorCode, NAME_BYTES_MAX, PROTOCOL,
    RECORDS_PER_FRAME_MAX, ServerMessage,
};
use crate::report::Report;
use crate::score::{Score, ScoreDigest};
use crate::session::{Config, ConfigError, ENGINE, Event, EventKind, Seq, Session, VerdictDigest};
use crate::units::Micros;

/// Most events that wait for an ack, the end not counted. Reached only after hours offline.
pub const OUTBOX_EVENTS_MAX: usize = 200_000;
/// With fewer frames on their way than this nothing waits: a session that answers is told each note at once, those of a chord
/// too.
pub const AT_ONCE_FRAMES: usize = 4;
/// With more on their way, events are gathered this long before the next frame leaves, unless that is full.
pub const BATCH: Micros = Micros::from_millis(10);
/// Most events sent and not acked: a longer outbox is sent at the pace of the acks.
pub const IN_FLIGHT_EVENTS_MAX: usize = 4 * EVENTS_PER_FRAME_MAX;
/// Most frames sent and not acked. A session that is slow to answer is so sent fewer and longer frames, which cost it less a
/// note; where an ack takes less than this many times [`BATCH`] nothing waits for longer than that.
pub const IN_FLIGHT_FRAMES_MAX: usize = 8;
/// With no word from the session for this long while one is due, the connection is given up ([`Output::Stalled`]).
pub const ACK_TIMEOUT: Micros = Micros::from_millis(10_000);

/// The player's end.
pub struct SessionClient {
    name: String,
    session: Session,
    /// Events from `acked` on.
    outbox: VecDeque<Kept>,
    /// How many events the session has on disk.
    acked: u64,
    /// The local engine's digest after that many.
    acked_digest: VerdictDigest,
    /// How many events have left on this connection or are on disk; `acked <= sent <= session.events()`.
    sent: u64,
    /// How many had left after each frame that is not acked.
    in_flight: VecDeque<u64>,
    /// How many official records have been passed on.
    records: u64,
    /// Version of the engine that made them.
    judged_by: Option<String>,
    /// Hellos said.
    attempt: u32,
    link: Link,
    /// When the oldest event not sent has waited long enough.
    batch_due: Option<Micros>,
    /// Since when the session owes a word.
    owed_since: Option<Micros>,
    reported: bool,
    diverged: bool,
    outputs: VecDeque<Output>,
}

/// An event until it is acked.
struct Kept {
    event: Event,
    /// The local engine's digest after it.
    digest: VerdictDigest,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Down,
    /// Hello is to be said.
    HelloDue,
    /// Hello was said, welcome has not come.
    Greeting,
    /// Welcome came; records up to here follow.
    CatchingUp(u64),
    Live,
}

/// What the client's owner should know.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// A verdict of the local engine, at once. The session's word counts; this one is for the eye.
    Local(Record),
    /// A verdict of the session, in stream order, each exactly once over all connections.
    Official(Record),
    /// The session has everything before this event on disk.
    Acked {
        /// First event not yet on disk.
        through: Seq,
    },
    /// The handshake is done and all records of the events on disk have come; `missing` events are being sent again.
    Live {
        /// Events the session lacked.
        missing: u64,
    },
    /// The session is judged by another version of the engine since the last connection: forget all
    /// [`Output::Official`] so far, the stream comes again from its beginning.
    Rejudged,
    /// The session's digest differs from the local engine's at this point of the log: unless the two run different
    /// versions, one of them is broken. Said once, at the first difference seen.
    DigestMismatch {
        /// Number of events both had folded.
        events: u64,
        /// What this end computed.
        local: VerdictDigest,
        /// What the session computed.
        official: VerdictDigest,
    },
    /// The take is over and this is the session's result. Comes once, and once more after [`Output::Rejudged`].
    Report(Box<Report>),
    /// The session refused. Unless `recoverable`, do not reconnect.
    Refused {
        /// The kind of refusal.
        code: ErrorCode,
        /// For a person.
        message: String,
        /// Whether reconnecting can help.
        recoverable: bool,
    },
    /// No ack came in time: close the connection and open a new one.
    Stalled,
}

/// The event was judged by nobody and is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// [`OUTBOX_EVENTS_MAX`] events wait. The end is still taken.
    #[error("{OUTBOX_EVENTS_MAX} events wait for the session; no more can be kept")]
    Full,
    /// The take has [`EVENTS_PER_SESSION_MAX`] events less one. The end is still taken.
    #[error("a take holds at most {EVENTS_PER_SESSION_MAX} events, its end included")]
    TooLong,
    /// The end was pushed before.
    #[error("the take has ended")]
    Ended,
}

impl SessionClient {
    /// A client at the beginning of a take. Of the name, what exceeds [`NAME_BYTES_MAX`] is cut.
    pub fn new(name: &str, score: Arc<Score>, config: Config) -> Result<Self, ConfigError> {
        let session = Session::new(score, config)?;
        let end = (0..=NAME_BYTES_MAX.min(name.len())).rev().find(|&at| name.is_char_boundary(at));
        Ok(Self {
            name: name[..end.unwrap_or(0)].to_owned(),
            acked_digest: session.digest(),
            session,
            outbox: VecDeque::new(),
            acked: 0,
            sent: 0,
            in_flight: VecDeque::with_capacity(IN_FLIGHT_FRAMES_MAX),
            records: 0,
            judged_by: None,
            attempt: 0,
            link: Link::Down,
            batch_due: None,
            owed_since: None,
            reported: false,
            diverged: false,
            outputs: VecDeque::new(),
        })
    }

    /// Judges an event at once and keeps it for the session.
    pub fn push(&mut self, event: Event, now: Micros) -> Result<Seq, PushError> {
        let ends = event.kind == EventKind::End;
        if self.session.has_ended() {
            return Err(PushError::Ended);
        }
        if !ends && self.outbox.len() >= OUTBOX_EVENTS_MAX {
            return Err(PushError::Full);
        }
        if !ends && self.session.events() + 1 >= EVENTS_PER_SESSION_MAX {
            return Err(PushError::TooLong);
        }
        let seq = self.session.handle(event).map_err(|_| PushError::Ended)?;
        while let Some(record) = self.session.poll() {
            self.outputs.push_back(Output::Local(record));
        }
        self.outbox.push_back(Kept { event, digest: self.session.digest() });
        let due = if ends { now } else { Micros(now.0.saturating_add(BATCH.0)) };
        self.batch_due = Some(self.batch_due.map_or(due, |earlier| earlier.min(due)));
        Ok(seq)
    }

    /// A connection is open: the hello waits in [`Self::poll_frame`].
    pub fn connected(&mut self, now: Micros) {
        self.link = Link::HelloDue;
        self.sent = self.acked;
        self.in_flight.clear();
        self.owed_since = Some(now);
    }

    /// The connection is gone: nothing leaves until [`Self::connected`].
    pub fn disconnected(&mut self) {
        self.link = Link::Down;
        self.sent = self.acked;
        self.in_flight.clear();
        self.owed_since = None;
    }

    /// Takes a frame from the session. A frame that makes no sense becomes [`Output::Refused`] with
    /// [`ErrorCode::Malformed`].
    pub fn receive(&mut self, frame: &str, now: Micros) {
        if self.link == Link::Down {
            return;
        }
        let taken = match ServerMessage::from_frame(frame) {
            Ok(message) => self.take(message, now),
            Err(error) => Err(Refusal::new(error.code(), format!("from the session: {error}"))),
        };
        if let Err(Refusal { code, message, recoverable }) = taken {
            self.disconnected();
            self.outputs.push_back(Output::Refused { code, message, recoverable });
        }
    }

    /// The next frame to send.
    pub fn poll_frame(&mut self, now: Micros) -> Option<String> {
        if self.stall_due().is_some_and(|due| due <= now) {
            self.disconnected();
            self.outputs.push_back(Output::Stalled);
        }
        match self.link {
            Link::HelloDue => Some(self.hello()),
            Link::Live if self.frame_due().is_some_and(|due| due <= now) => Some(self.events_frame(now)),
            _ => None,
        }
    }

    /// What happened.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Self::poll_frame`] again at the latest.
    pub fn next_timeout(&self) -> Option<Micros> {
        match self.link {
            Link::Down => None,
            Link::HelloDue => self.owed_since,
            _ => [self.frame_due(), self.stall_due()].into_iter().flatten().min(),
        }
    }

    /// The local engine.
    pub fn local(&self) -> &Session {
        &self.session
    }

    /// How many events the session does not have on disk, as far as this end knows.
    pub fn waiting(&self) -> usize {
        self.outbox.len()
    }

    fn stall_due(&self) -> Option<Micros> {
        self.owed_since.map(|since| Micros(since.0.saturating_add(ACK_TIMEOUT.0)))
    }

    /// When the next events should leave, if the link is up and the window has room for them.
    fn frame_due(&self) -> Option<Micros> {
        let unsent = self.session.events() - self.sent;
        let has_room = self.sent - self.acked < IN_FLIGHT_EVENTS_MAX as u64
            && self.in_flight.len() < IN_FLIGHT_FRAMES_MAX;
        if self.link != Link::Live || unsent == 0 || !has_room {
            return None;
        }
        let at_once = self.in_flight.len() < AT_ONCE_FRAMES || unsent >= EVENTS_PER_FRAME_MAX as u64;
        // Then since the oldest of them came.
        let came = |due: Micros| Micros(due.0.saturating_sub(BATCH.0));
        if at_once { self.batch_due.map(came).or(Some(Micros(i64::MIN))) } else { self.batch_due }
    }

    fn hello(&mut self) -> String {
        self.attempt = self.attempt.wrapping_add(1);
        self.link = Link::Greeting;
        let hello = ClientMessage::Hello {
            protocol: PROTOCOL,
            attempt: self.attempt,
            client: self.name.clone(),
            engine: ENGINE.to_owned(),
            score: Some(self.session.score().digest()),
            records: self.records,
            judged_by: self.judged_by.clone(),
            heard: 0,
        };
        hello.to_frame()
    }

    fn events_frame(&mut self, now: Micros) -> String {
        let in_flight = (self.sent - self.acked) as usize;
        let room = (IN_FLIGHT_EVENTS_MAX - in_flight).min(EVENTS_PER_FRAME_MAX);
        let events: Vec<Event> =
            self.outbox.iter().skip(in_flight).take(room).map(|kept| kept.event).collect();
        let first = Seq(self.sent);
        self.sent += events.len() as u64;
        self.in_flight.push_back(self.sent);
        if self.sent == self.session.events() {
            self.batch_due = None;
        }
        self.owed_since = self.owed_since.or(Some(now));
        ClientMessage::Events { first, events }.to_frame()
    }

    fn take(&mut self, message: ServerMessage, now: Micros) -> Result<(), Refusal> {
        match message {
            ServerMessage::Welcome {
                protocol, attempt, engine, score, config, high_water, records, ..
            } => {
                if self.link != Link::Greeting || attempt != self.attempt {
                    return Ok(()); // The answer to an earlier hello.
                }
                self.check_welcome(protocol, score, config)?;
                self.ack(high_water)?;
                if self.judged_by.as_ref().is_some_and(|earlier| *earlier != engine) {
                    (self.records, self.reported, self.diverged) = (0, false, false);
                    self.outputs.push_back(Output::Rejudged);
                }
                self.judged_by = Some(engine);
                self.link = Link::CatchingUp(records);
            }
            ServerMessage::Verdicts { ack, first, records, digest } => {
                // Before the welcome it is a word of an earlier connection, as it can be after it: then it repeats
                // what is known.
                if matches!(self.link, Link::HelloDue | Link::Greeting) {
                    return Ok(());
                }
                self.take_records(first, &records)?;
                if ack > self.acked {
                    self.ack(ack)?;
                }
                if let Some(official) = digest.filter(|_| ack == self.acked) {
                    self.compare(official);
                }
                self.catch_up(digest.is_some(), now);
            }
            ServerMessage::Report { report } => {
                let complete = matches!(self.link, Link::Live) && self.all_acked();
                if complete && !self.reported {
                    self.reported = true;
                    self.outputs.push_back(Output::Report(report));
                }
            }
            // Said to viewers only.
            ServerMessage::Heard { .. } | ServerMessage::Presence { .. } => {}
            ServerMessage::Error { code, message, recoverable } => {
                return Err(Refusal { code, message, recoverable });
            }
        }
        self.owed_since = self.is_owed().then_some(now);
        Ok(())
    }

    fn check_welcome(&self, protocol: u32, score: ScoreDigest, config: Config) -> Result<(), Refusal> {
        if protocol != PROTOCOL {
            let message = format!("the session speaks protocol {protocol}; this client speaks {PROTOCOL}");
            return Err(Refusal::new(ErrorCode::Protocol, message));
        }
        let ours = self.session.score().digest();
        if score != ours {
            let message = format!("the session judges against score {score}, this client against {ours}");
            return Err(Refusal::new(ErrorCode::ScoreMismatch, message));
        }
        if config != *self.session.config() {
            let ours = self.session.config();
            let message = format!("the session judges by {config:?}, this client by {ours:?}");
            return Err(Refusal::new(ErrorCode::ConfigMismatch, message));
        }
        Ok(())
    }

    /// The session has this many events on disk.
    fn ack(&mut self, through: u64) -> Result<(), Refusal> {
        if through > self.session.events() {
            return Err(Refusal {
                code: ErrorCode::Gap,
                message: format!(
                    "the session has {through} events, this client played {}",
                    self.session.events()
                ),
                recoverable: false,
            });
        }
        if through < self.acked {
            return Err(Refusal {
                code: ErrorCode::Gap,
                message: format!("the session has {through} events and acknowledged {} before", self.acked),
                recoverable: false,
            });
        }
        let fresh = (through - self.acked) as usize;
        if let Some(last) = self.outbox.drain(..fresh).next_back() {
            self.acked_digest = last.digest;
            self.acked = through;
            self.sent = self.sent.max(through);
            while self.in_flight.pop_front_if(|end| *end <= through).is_some() {}
            self.outputs.push_back(Output::Acked { through: Seq(through) });
        }
        Ok(())
    }

    /// Passes on the records not seen before.
    fn take_records(&mut self, first: u64, records: &[Record]) -> Result<(), Refusal> {
        if records.len() > RECORDS_PER_FRAME_MAX {
            let message =
                format!("a frame with {} records; the limit is {RECORDS_PER_FRAME_MAX}", records.len());
            return Err(Refusal::new(ErrorCode::TooLarge, message));
        }
        let Some(known) = self.records.checked_sub(first) else {
            let message = format!("the frame begins with record {first}; record {} is next", self.records);
            return Err(Refusal::new(ErrorCode::Gap, message));
        };
        for &record in records.iter().skip(usize::try_from(known).unwrap_or(usize::MAX)) {
            self.records += 1;
            self.outputs.push_back(Output::Official(record));
        }
        Ok(())
    }

    /// Both engines have folded the same events.
    fn compare(&mut self, official: VerdictDigest) {
        if official != self.acked_digest && !self.diverged {
            self.diverged = true;
            let (events, local) = (self.acked, self.acked_digest);
            self.outputs.push_back(Output::DigestMismatch { events, local, official });
        }
    }

    /// `complete` is whether the last verdicts reached to the end of the stream.
    fn catch_up(&mut self, complete: bool, now: Micros) {
        let Link::CatchingUp(until) = self.link else { return };
        if self.records < until {
            return;
        }
        if complete {
            self.link = Link::Live;
            self.batch_due = (!self.outbox.is_empty()).then_some(now);
            self.outputs.push_back(Output::Live { missing: self.outbox.len() as u64 });
        } else {
            self.link = Link::HelloDue;
        }
    }

    fn all_acked(&self) -> bool {
        self.session.has_ended() && self.outbox.is_empty()
    }

    /// Whether the session has yet to answer something.
    fn is_owed(&self) -> bool {
        match self.link {
            Link::Down => false,
            Link::HelloDue | Link::Greeting | Link::CatchingUp(_) => true,
            Link::Live => self.sent > self.acked || (self.all_acked() && !self.reported),
        }
    }
}

struct Refusal {
    code: ErrorCode,
    message: String,
    recoverable: bool,
}

impl Refusal {
    fn new(code: ErrorCode, message: String) -> Self {
        Self { code, message, recoverable: code.is_recoverable() }
    }
}
