//! How long to wait before connecting again.

use std::time::Duration;

/// Bounds of the wait between two attempts to connect.
///
/// Attempt n after a loss waits a random time between half and all of `first * 2^n`, at most `longest`: when a deploy
/// closes every socket at once, the players do not come back at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Longest wait before the first attempt.
    pub first: Duration,
    /// Longest wait before any attempt.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(500), longest: Duration::from_secs(30) }
    }
}

/// The waits since the last success.
#[derive(Debug)]
pub(super) struct Attempts {
    bounds: Backoff,
    failed: u32,
}

impl Attempts {
    pub(super) fn new(bounds: Backoff) -> Self {
        Self { bounds, failed: 0 }
    }

    /// The connection proved good: the next loss starts from the shortest wait again.
    pub(super) fn succeeded(&mut self) {
        self.failed = 0;
    }

    /// How long to wait before the next attempt, by `chance`, any random number.
    pub(super) fn next_wait(&mut self, chance: u32) -> Duration {
        let doubled = self.bounds.first.saturating_mul(1 << self.failed.min(20));
        self.failed = self.failed.saturating_add(1);
        let whole = doubled.min(self.bounds.longest);
        let half = whole / 2;
        half + (whole - half).mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(30) };

    #[test]
    fn waits_double_up_to_the_bound_and_start_again_after_success() {
        let mut attempts = Attempts::new(BOUNDS);
        let waits: Vec<u128> = (0..8).map(|_| attempts.next_wait(u32::MAX).as_millis()).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        attempts.succeeded();
        assert_eq!(attempts.next_wait(u32::MAX).as_millis(), 500);
    }

    #[test]
    fn chance_spreads_the_wait_over_its_upper_half() {
        let wait = |chance| Attempts::new(BOUNDS).next_wait(chance).as_millis();
        assert_eq!(wait(0), 250);
        assert_eq!(wait(u32::MAX / 2), 375);
    }

    #[test]
    fn very_many_failures_do_not_overflow() {
        let mut attempts = Attempts::new(Backoff { first: Duration::MAX, longest: Duration::MAX });
        attempts.failed = u32::MAX;
        assert!(attempts.next_wait(0) >= Duration::from_secs(1));
    }
}
