//! How long each note-on has been on its way.

use std::collections::VecDeque;
use std::time::Duration;

use etude_engine::judge::Record;
use etude_engine::session::Seq;
use tokio::time::Instant;

/// The note-ons that the session has not judged yet, in order.
#[derive(Debug, Default)]
pub(super) struct Flights {
    departures: VecDeque<(Seq, Instant)>,
}

impl Flights {
    /// A note-on was pushed. Numbers rise.
    pub(super) fn departed(&mut self, seq: Seq, at: Instant) {
        self.departures.push_back((seq, at));
    }

    /// A record came from the session. If it is the first about its note-on, gives the time since the push.
    pub(super) fn landed(&mut self, record: &Record, now: Instant) -> Option<Duration> {
        let Record::Played { event, .. } = record else { return None };
        // First verdicts come in the order of their events. A revision names an event that has already left the queue.
        while self.departures.front().is_some_and(|(seq, _)| seq < event) {
            self.departures.pop_front();
        }
        let (_, at) = self.departures.pop_front_if(|(seq, _)| *seq == *event)?;
        Some(now - at)
    }
}

#[cfg(test)]
mod tests {
    use etude_engine::judge::Verdict;

    use super::*;

    fn extra(event: u64) -> Record {
        Record::Played { event: Seq(event), verdict: Verdict::Extra }
    }

    #[test]
    fn only_the_first_verdict_of_a_note_on_has_a_round_trip() {
        let mut flights = Flights::default();
        let start = Instant::now();
        let later = start + Duration::from_millis(7);
        for seq in [0, 2, 4] {
            flights.departed(Seq(seq), start);
        }
        assert_eq!(flights.landed(&extra(0), later), Some(Duration::from_millis(7)));
        assert_eq!(flights.landed(&extra(0), later), None);
        assert_eq!(flights.landed(&Record::Final { through: Seq(4) }, later), None);
        assert_eq!(flights.landed(&extra(4), later), Some(Duration::from_millis(7)));
        assert_eq!(flights.landed(&extra(2), later), None);
        assert!(flights.departures.is_empty());
    }
}
