//! The relay against the real session over real sockets, and, where time matters, over memory in virtual time.

mod delivered;
mod patience;
mod refused;
mod stage;

use std::net::SocketAddr;
use std::time::Duration;

use etude_engine::judge::Record;
use etude_engine::report::Report;
use etude_engine::session::{Event, EventKind, Seq};
use tokio::net::TcpListener;

use super::{Backoff, Output, Outputs, Refusal, Relay, RelayConfig, State};
use stage::{Stage, TOKEN};

/// So long that only a test that fails sees the end of it.
const FOREVER: Duration = Duration::from_secs(120);
/// Tests do not wait out a real back-off.
const BRISK: Backoff = Backoff { first: Duration::from_millis(1), longest: Duration::from_millis(4) };

/// All that came out of a relay so far.
#[derive(Default)]
struct Heard {
    local: Vec<Record>,
    official: Vec<Record>,
    round_trips: usize,
    acked: u64,
    states: Vec<State>,
    mismatches: usize,
    report: Option<Box<Report>>,
}

impl Heard {
    fn hear(&mut self, output: Output) {
        match output {
            Output::State(state) => self.states.push(state),
            Output::Local(record) => self.local.push(record),
            Output::Official { record, round_trip } => {
                self.official.push(record);
                self.round_trips += usize::from(round_trip.is_some());
            }
            Output::Acked { through: Seq(through) } => {
                assert!(self.acked < through, "acks rise");
                self.acked = through;
            }
            Output::Rejudged => panic!("there is one engine here"),
            Output::DigestMismatch { .. } => self.mismatches += 1,
            Output::Report(report) => assert!(self.report.replace(report).is_none(), "one report"),
        }
    }

    /// Takes outputs until something has come.
    fn until(&mut self, outputs: &mut Outputs, come: impl Fn(&Self) -> bool) {
        while !come(self) {
            let output = outputs.next_blocking();
            self.hear(output.unwrap_or_else(|| panic!("the relay is silent after {:?}", self.states)));
        }
    }

    fn refusal(&self) -> Option<&Refusal> {
        match self.states.last() {
            Some(State::Refused(refusal)) => Some(refusal),
            _ => None,
        }
    }

    fn has_ended(&self) -> bool {
        self.states.last() == Some(&State::Ended)
    }
}

/// Runs a stage's server on a thread of its own, for as long as the test process lives.
fn on_air(stage: &Stage) -> SocketAddr {
    let stage = stage.clone();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            tell.send(listener.local_addr().expect("an address")).expect("the test waits");
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a fresh socket");
                let stage = stage.clone();
                tokio::task::spawn_local(async move { stage.serve(stream).await });
            }
        });
    });
    told.recv().expect("the server starts")
}

fn start(stage: &Stage, address: SocketAddr) -> (Relay, Outputs) {
    let url = format!("ws://{address}/v1/sessions/stage/socket");
    let config = RelayConfig::new(url, TOKEN.to_owned(), stage.score.clone(), stage.config);
    Relay::start(RelayConfig { backoff: BRISK, ..config }).expect("a relay")
}

fn note_ons(events: &[Event]) -> usize {
    events.iter().filter(|event| matches!(event.kind, EventKind::NoteOn { .. })).count()
}
