//! How much may come in a time: buckets that fill slowly and can be emptied at once.

use serde::{Deserialize, Serialize};

/// What a bucket holds when it is full, and how fast it fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// What may be taken at once.
    pub burst: u64,
    /// What flows in each minute.
    pub per_minute: u64,
}

/// A bucket as it was left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// What was taken from it and has not flowed in again, in 60,000ths.
    taken: u64,
    /// When that was, in milliseconds since 1970.
    at_ms: u64,
}

/// The bucket holds too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFast {
    /// When it will hold enough, in seconds from now, rounded up.
    pub wait_seconds: u64,
}

/// Units in a bucket, so that each millisecond brings a whole number.
const UNITS: u64 = 60_000;

impl Rate {
    /// A rate by the minute that lets two minutes' worth come at once.
    pub fn per_minute(per_minute: u64) -> Self {
        Self { burst: per_minute.saturating_mul(2), per_minute }
    }

    /// Takes from a bucket, at a time in milliseconds since 1970; or leaves it as it is. Time that runs
    /// back brings nothing in.
    pub fn take(&self, bucket: &mut Bucket, amount: u64, now_ms: u64) -> Result<(), TooFast> {
        let flowed = now_ms.saturating_sub(bucket.at_ms).saturating_mul(self.per_minute);
        let taken = bucket.taken.saturating_sub(flowed).saturating_add(amount.saturating_mul(UNITS));
        let full = self.burst.saturating_mul(UNITS);
        if taken <= full {
            *bucket = Bucket { taken, at_ms: now_ms };
            return Ok(());
        }
        let wait_ms = (taken - full).div_ceil(self.per_minute.max(1));
        Err(TooFast { wait_seconds: wait_ms.div_ceil(1_000).max(1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_taken_at_once_and_the_rest_as_it_flows_in() {
        let rate = Rate { burst: 10, per_minute: 60 };
        let mut bucket = Bucket::default();
        for _ in 0..10 {
            assert_eq!(rate.take(&mut bucket, 1, 1_000_000), Ok(()));
        }
        assert_eq!(rate.take(&mut bucket, 1, 1_000_000), Err(TooFast { wait_seconds: 1 }));
        assert_eq!(rate.take(&mut bucket, 5, 1_000_000), Err(TooFast { wait_seconds: 5 }));
        assert_eq!(rate.take(&mut bucket, 1, 1_000_999), Err(TooFast { wait_seconds: 1 }));
        assert_eq!(rate.take(&mut bucket, 1, 1_001_000), Ok(()));
        assert_eq!(rate.take(&mut bucket, 10, 1_011_000), Ok(()), "it does not hold more than its burst");
        assert!(rate.take(&mut bucket, 1, 1_011_000).is_err());
    }

    #[test]
    fn no_clock_and_no_amount_breaks_it() {
        let rate = Rate::per_minute(u64::MAX);
        let mut bucket = Bucket::default();
        for now in [u64::MAX, 0, 1] {
            assert_eq!(rate.take(&mut bucket, 1, now), Ok(()));
        }
        let none = Rate { burst: 0, per_minute: 0 };
        assert!(none.take(&mut Bucket::default(), u64::MAX, 0).is_err());
    }
}
