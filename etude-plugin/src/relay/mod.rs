//! The relay client: takes a player's events to the session and brings the verdicts back.
//!
//! A [`Relay`] owns one thread. On it runs a [`SessionClient`], which
//! judges each event at once and keeps it until the session has it on disk, and a connection, which is
//! made again, with jittered back-off, for as long as that can help. [`Relay::push`] never waits for the network and
//! an event it took is delivered exactly once, or counted in [`Relay::close`]. What happens comes out of [`Outputs`].
//!
//! Not for the audio thread: `push` allocates now and then.
//!
//! ```no_run
//! # use std::{sync::Arc, time::Duration};
//! # use etude_engine::{score::Score, session::{Config, Event, EventKind}, units::Micros};
//! # use etude_plugin::relay::{Output, Relay, RelayConfig};
//! # fn practise(score: Arc<Score>, token: String) -> Result<(), Box<dyn std::error::Error>> {
//! let url = "wss://etude.example/v1/sessions/3f2a/socket".to_owned();
//! let (mut relay, mut outputs) = Relay::start(RelayConfig::new(url, token, score, Config::default()))?;
//! relay.push(Event { at: Micros(0), kind: EventKind::End })?;
//! while let Some(output) = outputs.next_blocking() {
//!     if let Output::Report(report) = output {
//!         println!("{} of {} notes", report.total.correct, report.total.expected);
//!         break;
//!     }
//! }
//! assert_eq!(relay.close(Duration::from_secs(5)), 0);
//! # Ok(())
//! # }
//! ```

mod backoff;
mod delivery;
mod endpoint;
mod flights;
mod proxy;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use etude_engine::judge::Record;
use etude_engine::protocol::{EVENTS_PER_SESSION_MAX, ErrorCode, SUBPROTOCOL};
use etude_engine::report::Report;
use etude_engine::score::Score;
use etude_engine::session::client::SessionClient;
use etude_engine::session::{Config, ConfigError, Event, EventKind, Seq, VerdictDigest};
use tokio::sync::mpsc;
use tokio::time::Instant;

pub use backoff::Backoff;
use delivery::{Command, Delivery};
use endpoint::Endpoint;
pub use etude_engine::session::client::{OUTBOX_EVENTS_MAX, PushError};
#[cfg(feature = "practice")]
pub(crate) use proxy::is_here;

/// Outputs that may wait to be taken. While more wait, the relay reads nothing from the network.
pub const OUTPUTS_MAX: usize = 65_536;

/// Longer than anyone waits, and short enough for a clock to hold.
const PATIENCE_MAX: Duration = Duration::from_secs(365 * 24 * 3_600);

/// What a relay needs to know.
#[derive(Clone)]
pub struct RelayConfig {
    /// The session's socket: `ws://` or, with the cargo feature `tls`, `wss://`.
    pub url: String,
    /// The token that the service gave for it. It travels in a header, never in the address.
    pub token: String,
    /// Name and version of this client, for the service's log.
    pub client: String,
    /// The score, equal to the session's.
    pub score: Arc<Score>,
    /// The settings, equal to the session's.
    pub config: Config,
    /// The take so far, if it was begun before: by an earlier relay, whose end the session may not have seen.
    pub log: Vec<Event>,
    /// Bounds of the wait before connecting again.
    pub backoff: Backoff,
}

impl RelayConfig {
    /// With this crate's name and version, and the usual back-off.
    pub fn new(url: String, token: String, score: Arc<Score>, config: Config) -> Self {
        let client = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned();
        Self { url, token, client, score, config, log: Vec::new(), backoff: Backoff::default() }
    }
}

/// Why a relay could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not one of a WebSocket.
    #[error("session address {url:?}: {why}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The token has characters that no token of the service has.
    #[error("the session token is empty or has characters that a header cannot carry")]
    Token,
    /// The settings are out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The take so far is longer than a session takes, or goes on after its end.
    #[error(transparent)]
    Log(#[from] PushError),
    /// TLS could not be set up.
    #[error("TLS: {0}")]
    Tls(String),
    /// No thread, or no event loop on it.
    #[error("the relay's thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// The connection changed.
    State(State),
    /// A verdict of the local engine, at once. The session's word counts; this one is for the eye.
    Local(Record),
    /// A verdict of the session, in stream order, each exactly once over all connections.
    Official {
        /// The verdict.
        record: Record,
        /// From the push of the note-on to here, if this is its first verdict.
        round_trip: Option<Duration>,
    },
    /// The session has everything before this event on disk.
    Acked {
        /// First event not yet on disk.
        through: Seq,
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
    /// The take is over and this is the session's result. [`State::Ended`] follows.
    Report(Box<Report>),
}

/// How the connection stands.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// A connection is being made.
    Connecting,
    /// The session has greeted.
    Live {
        /// Events the session lacked; they are being sent again.
        missing: u64,
    },
    /// There is no connection; the next attempt comes `after` this long.
    Resuming {
        /// The wait.
        after: Duration,
        /// Why there is none.
        why: String,
    },
    /// The report is here. Nothing more will come.
    Ended,
    /// The session will not have this player. Events are still judged locally; none are delivered any more.
    Refused(Refusal),
}

/// Why connecting again cannot help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A newer connection of this player took over.
    #[error("another connection of this player took over")]
    Superseded,
    /// The session said why.
    #[error("the session refused: {message}")]
    Session {
        /// The kind of refusal, if the session named one.
        code: Option<ErrorCode>,
        /// For a person.
        message: String,
    },
    /// The service did not open the connection: a bad token, or no such session.
    #[error("the service refused the connection: {status} {message}")]
    Upgrade {
        /// HTTP status.
        status: u16,
        /// For a person.
        message: String,
    },
    /// There is a WebSocket server, but not of Etude.
    #[error("the server does not speak {SUBPROTOCOL}")]
    Subprotocol,
}

/// A player's line to a session. See the [module](self).
///
/// Dropping it closes the connection at once; [`Relay::close`] delivers first.
pub struct Relay {
    commands: mpsc::UnboundedSender<Command>,
    undelivered: Arc<AtomicUsize>,
    pushed: u64,
    ended: bool,
    thread: Option<JoinHandle<()>>,
}

/// What a [`Relay`] has to say, in order.
pub struct Outputs(mpsc::Receiver<Output>);

impl Relay {
    /// Starts the thread and connects.
    pub fn start(config: RelayConfig) -> Result<(Self, Outputs), StartError> {
        let RelayConfig { url, token, client, score, config, log, backoff } = config;
        let endpoint = Endpoint::new(&url, &token)?;
        let client = SessionClient::new(&client, score, config)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (mut relay, outputs, delivery) = Self::new(client, backoff);
        // They wait in the queue when the thread starts, and it takes them before it connects.
        for event in log {
            relay.push(event)?;
        }
        let builder = std::thread::Builder::new().name("etude relay".to_owned());
        relay.thread = Some(builder.spawn(move || {
            runtime.block_on(delivery.run(endpoint));
            // A name lookup may hang for minutes; nobody waits for it.
            runtime.shutdown_background();
        })?);
        Ok((relay, outputs))
    }

    fn new(client: SessionClient, backoff: Backoff) -> (Self, Outputs, Delivery) {
        let (commands, orders) = mpsc::unbounded_channel();
        let (sink, outputs) = mpsc::channel(OUTPUTS_MAX);
        let undelivered = Arc::new(AtomicUsize::new(0));
        let delivery = Delivery::new(client, orders, sink, undelivered.clone(), backoff);
        let relay = Self { commands, undelivered, pushed: 0, ended: false, thread: None };
        (relay, Outputs(outputs), delivery)
    }

    /// Hands over an event. Never waits. Gives the event's number in the session's log.
    pub fn push(&mut self, event: Event) -> Result<Seq, PushError> {
        if self.ended {
            return Err(PushError::Ended);
        }
        // Room is taken here and given back when the session acknowledges, so that neither the queue to the thread nor
        // the client's outbox can outgrow the bound.
        let ends = event.kind == EventKind::End;
        if !ends && self.undelivered.load(Ordering::Relaxed) >= OUTBOX_EVENTS_MAX {
            return Err(PushError::Full);
        }
        if !ends && self.pushed + 1 >= EVENTS_PER_SESSION_MAX {
            return Err(PushError::TooLong);
        }
        self.undelivered.fetch_add(1, Ordering::Relaxed);
        self.ended = ends;
        let seq = Seq(self.pushed);
        self.pushed += 1;
        // The thread is gone only if it panicked; then the event stays undelivered and `close` counts it.
        let _ = self.commands.send(Command::Event(event, Instant::now()));
        Ok(seq)
    }

    /// Events pushed that the session does not have on disk yet, as far as this end knows.
    pub fn undelivered(&self) -> usize {
        self.undelivered.load(Ordering::Relaxed)
    }

    /// Closes the connection and waits for the thread to end.
    ///
    /// Before that it waits until the session has every event on disk and, if the end was pushed, has sent the report,
    /// but no longer than `patience` and not after a refusal. Returns how many events the session does not have.
    /// Outputs can still be taken afterwards; while it waits, someone must take them if more than [`OUTPUTS_MAX`] come.
    pub fn close(mut self, patience: Duration) -> usize {
        self.ask_to_close(patience);
        self.join();
        self.undelivered()
    }

    fn ask_to_close(&mut self, patience: Duration) {
        let _ = self.commands.send(Command::Close(Instant::now() + patience.min(PATIENCE_MAX)));
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic there was reported on standard error; the undelivered events tell the rest.
            let _ = thread.join();
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.ask_to_close(Duration::ZERO);
        self.join();
    }
}

impl Outputs {
    /// The next output, if one is there.
    pub fn next_now(&mut self) -> Option<Output> {
        self.0.try_recv().ok()
    }

    /// The next output; waits for it. `None` once the relay is closed and everything was taken.
    ///
    /// # Panics
    /// If called on a thread that runs an async event loop: use [`Self::next`] there.
    pub fn next_blocking(&mut self) -> Option<Output> {
        self.0.blocking_recv()
    }

    /// The next output; waits for it. `None` once the relay is closed and everything was taken.
    pub async fn next(&mut self) -> Option<Output> {
        self.0.recv().await
    }
}
