//! The line to a session: the relay that delivers a take, and its spool.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use etude_engine::judge::Record;
use etude_engine::report::Report;
use etude_engine::score::Score;
use etude_engine::session::{Config, Event, EventKind};

use super::Link;
use super::picture::{Connection, Fault};
use super::spool::Spool;
use crate::relay::{Output, Outputs, Relay, RelayConfig, StartError, State};

/// What the host may have to wait for when it closes a plugin that has something undelivered.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Round trips that the median is taken of.
const TRIPS_MAX: usize = 64;

/// One take on its way to its session.
pub(super) struct Line {
    relay: Relay,
    outputs: Outputs,
    spool: Option<Spool>,
    connection: Connection,
    why: String,
    trips: VecDeque<Duration>,
    /// Whether the session has said all there is to say.
    done: bool,
}

/// What came over the line that is not about the line.
pub(super) enum News {
    Official(Record),
    /// The session's verdicts come again from the first.
    Rejudged,
    Report(Arc<Report>),
    Fault(Fault),
}

impl Line {
    /// Connects. `log` is what has been played of the take so far.
    pub(super) fn connect(
        link: &Link,
        score: Arc<Score>,
        config: Config,
        log: Vec<Event>,
        spool: Option<Spool>,
    ) -> Result<Self, StartError> {
        let mut relay = RelayConfig::new(link.socket(), link.token().to_owned(), score, config);
        relay.log = log;
        let (relay, outputs) = Relay::start(relay)?;
        let (connection, why) = (Connection::Connecting, String::new());
        Ok(Self { relay, outputs, spool, connection, why, trips: VecDeque::new(), done: false })
    }

    /// The take has this event. A fault if it cannot be delivered.
    pub(super) fn push(&mut self, event: Event) -> Option<Fault> {
        // The network first: a disk may be slow.
        let pushed = self.relay.push(event);
        if let Some(spool) = &mut self.spool {
            spool.event(event);
        }
        pushed.err().map(|_| Fault::Lost { events: 1 })
    }

    /// What has come, and what had to be written is written.
    pub(super) fn poll(&mut self, mut tell: impl FnMut(News)) {
        while let Some(output) = self.outputs.next_now() {
            match output {
                Output::State(state) => self.state(state),
                // The audio thread's word was there before.
                Output::Local(_) => {}
                Output::Official { record, round_trip } => {
                    if let Some(trip) = round_trip {
                        self.trips.truncate(TRIPS_MAX - 1);
                        self.trips.push_front(trip);
                    }
                    tell(News::Official(record));
                }
                Output::Acked { through } => {
                    if let Some(spool) = &mut self.spool {
                        spool.acked(through.0);
                    }
                }
                Output::Rejudged => tell(News::Rejudged),
                Output::DigestMismatch { events, local, official } => {
                    let (local, official) = (local.to_string(), official.to_string());
                    tell(News::Fault(Fault::Disagreement { events, local, official }));
                }
                Output::Report(report) => {
                    if let Some(spool) = self.spool.take() {
                        spool.remove();
                    }
                    tell(News::Report(Arc::from(report)));
                }
            }
        }
        if let Some(Err(error)) = self.spool.as_mut().map(Spool::flush) {
            // Once is enough: from here on there is none.
            self.spool = None;
            tell(News::Fault(Fault::Spool { why: error.to_string() }));
        }
    }

    /// Ends the line, with a moment's patience for what is under way.
    pub(super) fn close(self) {
        let Self { relay, mut outputs, spool, .. } = self;
        relay.close(PATIENCE);
        let Some(mut spool) = spool else { return };
        let mut over = false;
        while let Some(output) = outputs.next_now() {
            match output {
                Output::Acked { through } => spool.acked(through.0),
                Output::Report(_) => over = true,
                _ => {}
            }
        }
        if over {
            spool.remove();
        } else {
            // There is nobody left to tell.
            let _ = spool.flush();
        }
    }

    /// How the line stands.
    pub(super) fn connection(&self) -> Connection {
        match &self.connection {
            Connection::Resuming { .. } => {
                Connection::Resuming { undelivered: self.relay.undelivered(), why: self.why.clone() }
            }
            other => other.clone(),
        }
    }

    /// The median of the last round trips.
    pub(super) fn round_trip(&self) -> Option<Duration> {
        let mut trips: Vec<_> = self.trips.iter().copied().collect();
        let middle = trips.len().checked_sub(1)? / 2;
        Some(*trips.select_nth_unstable(middle).1)
    }

    /// Events that the session does not have, as far as is known.
    pub(super) fn undelivered(&self) -> usize {
        self.relay.undelivered()
    }

    /// Whether nothing more will come.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    fn state(&mut self, state: State) {
        self.connection = match state {
            // A line that was down stays so until the session has greeted.
            State::Connecting if matches!(self.connection, Connection::Resuming { .. }) => return,
            State::Connecting => Connection::Connecting,
            State::Live { .. } => Connection::Live,
            State::Resuming { why, .. } => {
                self.why.clone_from(&why);
                Connection::Resuming { undelivered: 0, why }
            }
            State::Ended => Connection::Ended,
            State::Refused(refusal) => Connection::Refused { why: refusal.to_string() },
        };
        self.done |= matches!(self.connection, Connection::Ended | Connection::Refused { .. });
    }
}

/// An earlier take that is being delivered from the spool.
pub(super) struct Courier {
    link: Link,
    line: Line,
    ended: bool,
}

impl Courier {
    /// Couriers for all that the spool holds of earlier takes, but for those of the session `but`. What cannot be sent stays
    /// there; why is told.
    pub(super) fn for_orphans(folder: &Path, but: Option<&Link>, mut tell: impl FnMut(String)) -> Vec<Self> {
        let mut couriers = Vec::new();
        for kept in super::spool::orphans(folder) {
            if but.is_some_and(|link| link.session() == kept.link.session()) {
                continue;
            }
            let (link, config) = (kept.link.clone(), kept.config);
            let piece = kept.piece();
            let ended = kept.log.last().is_some_and(|last| last.kind == EventKind::End);
            let (log, spool) = (kept.log, kept.spool);
            let line = piece.and_then(|piece| {
                Line::connect(&link, piece.score, config, log, Some(spool)).map_err(|error| error.to_string())
            });
            match line {
                Ok(line) => couriers.push(Self { link, line, ended }),
                Err(why) => tell(format!("an earlier take cannot be delivered: {why}")),
            }
        }
        couriers
    }

    /// Whether it delivers into this session.
    pub(super) fn is_for(&self, link: &Link) -> bool {
        self.link.session() == link.session()
    }

    /// Goes on. False when its work is done, or cannot be.
    pub(super) fn poll(&mut self) -> bool {
        self.line.poll(|_| {});
        let delivered = !self.ended && self.line.undelivered() == 0;
        !(delivered || self.line.is_done())
    }
}
