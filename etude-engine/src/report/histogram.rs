//! Counts in bins of equal width, for medians of more values than one would keep.

/// Bins of a histogram. The first and the last also hold what lies beyond.
const BINS: usize = 64;

/// A histogram.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    low: i64,
    width: i64,
    counts: [u32; BINS],
}

impl Histogram {
    /// Bins of `width`, the first beginning at `low`.
    pub(super) fn new(low: i64, width: i64) -> Self {
        Self { low, width, counts: [0; BINS] }
    }

    pub(super) fn add(&mut self, value: i64) {
        let bin = (value - self.low).div_euclid(self.width).clamp(0, BINS as i64 - 1);
        self.counts[bin as usize] += 1;
    }

    /// How many values there are.
    pub(super) fn count(&self) -> u32 {
        self.counts.iter().sum()
    }

    /// The value below which so many percent lie, to within half a bin; `None` without values.
    pub(super) fn percentile(&self, percent: u32) -> Option<i64> {
        let count = u64::from(self.count());
        let rank = count.checked_sub(1)? * u64::from(percent) / 100;
        let mut below = 0;
        let bin = self.counts.iter().position(|&count| {
            below += u64::from(count);
            below > rank
        })?;
        Some(self.low + bin as i64 * self.width + (self.width - 1) / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_half_a_bin() {
        let mut histogram = Histogram::new(-160, 5);
        assert_eq!(histogram.percentile(50), None);
        (0..=100).for_each(|value| histogram.add(value));
        assert_eq!(histogram.count(), 101);
        for percent in [0, 10, 50, 90, 100] {
            let found = histogram.percentile(percent).unwrap();
            assert!((found - i64::from(percent)).abs() <= 2, "{percent}: {found}");
        }
        histogram.add(i64::MAX / 2);
        histogram.add(i64::MIN / 2);
        assert_eq!(histogram.count(), 103);
        assert_eq!(histogram.percentile(0), Some(-158));
    }
}
