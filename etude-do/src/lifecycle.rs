//! When a session delivers its report, and when it goes. Decided from what is on disk, so a crash changes nothing.
//!
//! A take that has ended is delivered at once. One that was left without an end is delivered as unfinished after a while
//! of silence, and again if it goes on: its log stays open, so that a player who was offline loses nothing. A session that
//! owes the studio nothing is deleted some time after its last event.

/// Times that the operator sets, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Silence after which a take counts as left.
    pub idle_ms: u64,
    /// Time from the last event to the deletion of the session.
    pub keep_ms: u64,
}

/// Where a session stands. Times are in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// When the last event came, or the session was opened.
    pub last_ms: u64,
    /// Events on disk.
    pub events: u64,
    /// Whether the end is among them.
    pub ended: bool,
    /// How many events the report had that the studio has.
    pub delivered: u64,
    /// Attempts to deliver that failed since then.
    pub failures: u32,
    /// When the last of them was.
    pub failed_ms: u64,
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Deliver the report to the studio.
    Delivery,
    /// Delete the session.
    Deletion,
    /// Look again at this time.
    Nothing(u64),
}

/// First wait after a failed delivery; doubled by each further one.
const RETRY_MS: u64 = 1_000;
/// Longest wait.
const RETRY_MS_MAX: u64 = 3_600_000;

impl Standing {
    /// What is due at a time.
    pub fn due(&self, times: &Times, now_ms: u64) -> Due {
        let deletion = self.last_ms.saturating_add(times.keep_ms);
        if self.events <= self.delivered {
            return if now_ms >= deletion { Due::Deletion } else { Due::Nothing(deletion) };
        }
        let left = if self.ended {
            self.last_ms
        } else {
            self.last_ms.saturating_add(times.idle_ms.min(times.keep_ms))
        };
        let delivery = left.max(self.retry_ms());
        if now_ms >= delivery { Due::Delivery } else { Due::Nothing(delivery) }
    }

    fn retry_ms(&self) -> u64 {
        match self.failures {
            0 => 0,
            failures => {
                let wait = RETRY_MS.saturating_mul(1 << (failures - 1).min(32)).min(RETRY_MS_MAX);
                self.failed_ms.saturating_add(wait)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times { idle_ms: 1_000_000, keep_ms: 10_000_000 };

    fn standing() -> Standing {
        Standing { last_ms: 5_000, events: 7, ended: false, delivered: 0, failures: 0, failed_ms: 0 }
    }

    #[test]
    fn a_take_that_has_ended_is_delivered_at_once_and_once() {
        let ended = Standing { ended: true, ..standing() };
        assert_eq!(ended.due(&TIMES, 5_000), Due::Delivery);
        let delivered = Standing { delivered: 7, ..ended };
        assert_eq!(delivered.due(&TIMES, 5_000), Due::Nothing(10_005_000));
        assert_eq!(delivered.due(&TIMES, 10_005_000), Due::Deletion);
    }

    #[test]
    fn a_take_that_was_left_is_delivered_after_a_while_and_again_if_it_goes_on() {
        let left = standing();
        assert_eq!(left.due(&TIMES, 6_000), Due::Nothing(1_005_000));
        assert_eq!(left.due(&TIMES, 1_005_000), Due::Delivery);
        let resumed = Standing { delivered: 7, events: 9, last_ms: 2_000_000, ..left };
        assert_eq!(resumed.due(&TIMES, 2_000_000), Due::Nothing(3_000_000));
        assert_eq!(resumed.due(&TIMES, 3_000_000), Due::Delivery);
    }

    #[test]
    fn a_delivery_that_fails_is_tried_again_less_and_less_often_and_never_given_up() {
        let mut now = 5_000;
        let mut waits = Vec::new();
        for failures in 1..100 {
            let failed = Standing { ended: true, failures, failed_ms: now, ..standing() };
            let Due::Nothing(next) = failed.due(&TIMES, now) else { panic!("too soon") };
            assert_eq!(failed.due(&TIMES, next), Due::Delivery);
            waits.push(next - now);
            now = next;
        }
        assert_eq!(waits[..4], [1_000, 2_000, 4_000, 8_000]);
        assert_eq!(waits.last(), Some(&RETRY_MS_MAX));
        assert!(now > 5_000 + TIMES.keep_ms, "nothing is deleted that is owed");
    }

    #[test]
    fn a_session_in_which_nothing_was_played_is_not_delivered() {
        let silent = Standing { events: 0, ..standing() };
        assert_eq!(silent.due(&TIMES, 9_000_000), Due::Nothing(10_005_000));
        assert_eq!(silent.due(&TIMES, 10_005_000), Due::Deletion);
    }
}
