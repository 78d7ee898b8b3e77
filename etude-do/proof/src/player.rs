//! A player: the relay client of the plugin, and the laws that hold for what it is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use etude_engine::session::Config;
use etude_plugin::relay::{Backoff, Output, Outputs, Relay, RelayConfig, State};

use crate::failure::{Failure, Result, hold, law};
use crate::repertoire::Take;
use crate::service::Opened;

/// So that a proof that waits for what never comes fails instead of hanging. Says nothing about speed.
const PATIENCE: Duration = Duration::from_secs(180);
/// Short waits: the service comes back on the same machine.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(20), longest: Duration::from_millis(200) };

/// A take on its way into a session.
pub(crate) struct Player {
    pub(crate) take: Arc<Take>,
    opened: Opened,
    /// `None` between two relays.
    line: Option<(Relay, Outputs)>,
    pushed: usize,
    acked: u64,
    /// The most that was acknowledged, by any relay of this player.
    promised: u64,
    /// Official records of the present relay, all as they should be.
    official: usize,
    /// Connections that were greeted.
    pub(crate) greeted: u32,
    /// Connections that were lost.
    pub(crate) lost: u32,
    pub(crate) reported: bool,
    /// From a note to its verdict.
    pub(crate) round_trips: Vec<Duration>,
}

impl Player {
    /// Connects to an open session.
    pub(crate) fn new(take: Arc<Take>, opened: Opened) -> Result<Self> {
        let mut player = Self {
            take,
            opened,
            line: None,
            pushed: 0,
            acked: 0,
            promised: 0,
            official: 0,
            greeted: 0,
            lost: 0,
            reported: false,
            round_trips: Vec::new(),
        };
        player.connect()?;
        Ok(player)
    }

    /// Begins with a new relay that knows what was played.
    pub(crate) fn connect(&mut self) -> Result<()> {
        let (url, token) = (self.opened.socket.clone(), self.opened.token.clone());
        let mut config = RelayConfig::new(url, token, self.take.score.clone(), Config::default());
        config.backoff = BACKOFF;
        config.log = self.take.events[..self.pushed].to_vec();
        let relay = Relay::start(config).map_err(|error| Failure::Law(format!("no relay: {error}")))?;
        // It has to learn anew what is on disk, and the verdicts from their beginning.
        (self.line, self.official, self.acked) = (Some(relay), 0, 0);
        Ok(())
    }

    /// Lets go of the connection, as a host does that closes.
    pub(crate) fn disconnect(&mut self) {
        self.line = None;
    }

    /// Plays on, up to an event.
    pub(crate) fn play_to(&mut self, until: usize) -> Result<()> {
        if let Some((relay, _)) = &mut self.line {
            while self.pushed < until.min(self.take.events.len()) {
                relay
                    .push(self.take.events[self.pushed])
                    .map_err(|error| Failure::Law(format!("{}: not taken: {error}", self.take.name)))?;
                self.pushed += 1;
            }
        }
        self.listen()
    }

    /// The name of the session.
    pub(crate) fn session(&self) -> &str {
        &self.opened.session
    }

    /// How many events were played.
    pub(crate) fn pushed(&self) -> usize {
        self.pushed
    }

    /// Takes in what is there.
    pub(crate) fn listen(&mut self) -> Result<()> {
        while let Some(output) = self.line.as_mut().and_then(|(_, outputs)| outputs.next_now()) {
            self.heed(output)?;
        }
        Ok(())
    }

    /// Waits until the session has all that was played, and the report if that was the whole take.
    pub(crate) fn settle(&mut self) -> Result<()> {
        let begun = Instant::now();
        let whole = self.pushed == self.take.events.len();
        while self.acked < self.pushed as u64 || (whole && !self.reported) {
            self.listen()?;
            hold(begun.elapsed() < PATIENCE, || {
                format!(
                    "{}: after {} s the session has {} of {} events, and {} report",
                    self.take.name,
                    PATIENCE.as_secs(),
                    self.acked,
                    self.pushed,
                    if self.reported { "a" } else { "no" }
                )
            })?;
            std::thread::sleep(Duration::from_millis(2));
        }
        if whole {
            hold(self.official == self.take.records.len(), || {
                let (name, records) = (&self.take.name, self.take.records.len());
                format!("{name}: {} records came of {records}", self.official)
            })?;
        }
        Ok(())
    }

    fn heed(&mut self, output: Output) -> Result<()> {
        let name = &self.take.name;
        match output {
            Output::Official { record, round_trip } => {
                let due = self.take.records.get(self.official);
                hold(due == Some(&record), || {
                    format!("{name}: record {} is {record:?} and should be {due:?}", self.official)
                })?;
                self.official += 1;
                self.round_trips.extend(round_trip);
            }
            Output::Acked { through } => {
                hold(through.0 > self.acked && through.0 <= self.pushed as u64, || {
                    format!("{name}: {} acknowledged after {} of {}", through.0, self.acked, self.pushed)
                })?;
                self.acked = through.0;
                self.promised = self.promised.max(self.acked);
            }
            Output::State(State::Live { .. }) => {
                hold(self.acked >= self.promised, || {
                    format!("{name}: {} were acknowledged, and {} are left", self.promised, self.acked)
                })?;
                self.greeted += 1;
            }
            Output::State(State::Resuming { .. }) => self.lost += 1,
            Output::State(State::Refused(refusal)) => return law(format!("{name}: {refusal}")),
            Output::Report(report) => {
                // What the service adds on how the take came in is its own.
                let judged = etude_engine::report::Report { plausibility: None, ..*report };
                hold(judged == self.take.report, || {
                    format!("{name}: the report is {judged:?} and should be {:?}", self.take.report)
                })?;
                self.reported = true;
            }
            Output::DigestMismatch { events, local, official } => {
                return law(format!("{name}: after {events} events digest {official}, here {local}"));
            }
            Output::Rejudged => return law(format!("{name}: judged by another engine")),
            Output::Local(_) | Output::State(State::Connecting | State::Ended) => {}
        }
        Ok(())
    }
}
