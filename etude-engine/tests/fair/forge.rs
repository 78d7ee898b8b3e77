//! Takes as they come in from honest players, and as they do from others.

use std::sync::Arc;

use etude_engine::fair::{Batch, Delivered, Evidence, Kind, Plausibility, examine};
use etude_engine::report::Report;
use etude_engine::score::Score;
use etude_engine::session::{Config, Event, EventKind, Session};
use etude_engine::units::{Micros, Velocity};

pub(crate) const OPENED_MS: u64 = 1_790_000_000_000;
const RELAY_US: i64 = 10_000;

/// A log and when it came.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    pub(crate) log: Vec<Event>,
    pub(crate) batches: Vec<Batch>,
}

impl Came {
    /// Each 10 ms a batch, after 20 to 200 ms on the way; some seconds after the session was opened.
    pub(crate) fn live(log: Vec<Event>, seed: u64) -> Self {
        Self::at_speed(log, 1_000, seed)
    }

    /// The same by a clock that says so many milliseconds for each second that passes.
    pub(crate) fn at_speed(log: Vec<Event>, permille: i64, seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let first = log.first().map_or(0, |event| event.at.0);
        let mut batches: Vec<Batch> = Vec::new();
        let (mut slot, mut arrived) = (i64::MIN, 0);
        for event in &log {
            let passed = (event.at.0 - first) * 1_000 / permille;
            if passed / RELAY_US > slot {
                slot = passed / RELAY_US;
                let sent = 4_000 + (slot + 1) as u64 * RELAY_US as u64 / 1_000;
                arrived = arrived.max(OPENED_MS + sent + random.u64(20..200));
                batches.push(Batch { events: 0, arrived_ms: arrived });
            }
            batches.last_mut().unwrap().events += 1;
        }
        Self { log, batches }
    }

    /// What would have come in a time without network comes when it is over.
    pub(crate) fn with_outage(mut self, from_ms: u64, to_ms: u64) -> Self {
        for batch in &mut self.batches {
            let since = batch.arrived_ms - OPENED_MS;
            if (from_ms..to_ms).contains(&since) {
                batch.arrived_ms = OPENED_MS + to_ms;
            }
        }
        self
    }

    /// All of it within a second, some time after the session was opened.
    pub(crate) fn pasted(log: Vec<Event>, after_ms: u64) -> Self {
        let batches = log.chunks(256).zip(0_u64..);
        let batch = |(events, n): (&[Event], u64)| Batch {
            events: events.len() as u64,
            arrived_ms: OPENED_MS + after_ms + n * 20,
        };
        let batches = batches.map(batch).collect();
        Self { log, batches }
    }

    pub(crate) fn evidence(&self) -> Evidence {
        examine(&Delivered { log: &self.log, batches: &self.batches, opened_ms: OPENED_MS })
    }

    pub(crate) fn weigh(&self, report: &Report) -> Plausibility {
        self.evidence().weigh(report.config.mode, &report.timing)
    }

    pub(crate) fn findings(&self, report: &Report) -> Vec<Kind> {
        self.weigh(report).findings().map(|check| check.check).collect()
    }
}

/// What the engine says of a log.
pub(crate) fn judge(score: &Arc<Score>, config: Config, log: &[Event]) -> Report {
    let mut session = Session::new(Arc::clone(score), config).unwrap();
    for event in log {
        session.handle(*event).unwrap();
        while session.poll().is_some() {}
    }
    session.report()
}

/// The same take, so many times as fast in percent.
pub(crate) fn sped_up(log: &[Event], percent: i64) -> Vec<Event> {
    log.iter().map(|event| Event { at: Micros(event.at.0 * 100 / percent), kind: event.kind }).collect()
}

/// Every time moved to the nearest of a grid, as an editor does it.
pub(crate) fn quantised(log: &[Event], grid_us: i64) -> Vec<Event> {
    let to = |at: i64| (at + grid_us / 2).div_euclid(grid_us) * grid_us;
    log.iter().map(|event| Event { at: Micros(to(event.at.0)), kind: event.kind }).collect()
}

/// The score as a machine plays it: each note at its time, all equally loud.
pub(crate) fn machine(score: &Score) -> Vec<Event> {
    let onsets = score.notes().iter().map(|note| note.onset);
    let times = score.tempo().micros_of(onsets, score.ticks_per_quarter());
    let velocity = Velocity::new(80).unwrap();
    let mut log = Vec::new();
    for (note, at) in score.notes().iter().zip(times) {
        log.push(Event { at, kind: EventKind::NoteOn { pitch: note.pitch, velocity } });
        log.push(Event { at: Micros(at.0 + 60_000), kind: EventKind::NoteOff { pitch: note.pitch } });
    }
    log.sort_by_key(|event| event.at);
    let end = log.last().map_or(Micros(0), |last| last.at);
    log.push(Event { at: end, kind: EventKind::End });
    log
}
