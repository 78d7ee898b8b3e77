//! Sample positions to microseconds.

use etude_engine::units::Micros;

/// The clock of one take: microseconds since its first event, counted in samples.
///
/// It never falls, whatever the host does with its transport; a change of the sample rate goes on from where it is. The
/// time of an event is a function of its distance from the first in samples and of nothing else, so that the same notes
/// at the same samples are the same take, wherever in the session they were played.
#[derive(Clone, Copy, Debug)]
pub(super) struct SampleClock {
    base: Micros,
    /// Samples since `base` at the start of the block; negative in the block of the first event.
    samples: i64,
    millihertz: i64,
}

impl SampleClock {
    /// A clock that shows zero at this sample of the present block.
    pub(super) fn starting_at(offset: u32, rate: SampleRate) -> Self {
        Self { base: Micros(0), samples: -i64::from(offset), millihertz: rate.millihertz() }
    }

    /// The same clock, showing this time where it would show zero.
    pub(super) fn from(self, base: Micros) -> Self {
        Self { base, ..self }
    }

    /// The time at this sample of the present block, to the nearest microsecond.
    pub(super) fn at(&self, offset: u32) -> Micros {
        let samples = i128::from(self.samples) + i128::from(offset);
        let half = i128::from(self.millihertz) / 2;
        let micros = (samples * 1_000_000_000 + half).div_euclid(i128::from(self.millihertz));
        Micros(self.base.0.saturating_add(micros as i64))
    }

    /// The block is over.
    pub(super) fn advance(&mut self, samples: u32) {
        self.samples += i64::from(samples);
    }

    /// From the present block on samples come at this rate.
    pub(super) fn set_rate(&mut self, rate: SampleRate) {
        if rate.millihertz() != self.millihertz {
            *self = Self { base: self.at(0), samples: 0, millihertz: rate.millihertz() };
        }
    }
}

/// Samples per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleRate(u32);

impl SampleRate {
    /// What is assumed until the host says otherwise.
    pub const DEFAULT: Self = Self(48_000_000);

    /// A rate in hertz. What no host can mean becomes the default.
    pub fn new(hertz: f32) -> Self {
        let millihertz = f64::from(hertz) * 1e3;
        if (1e6..=4e9).contains(&millihertz) { Self(millihertz.round() as u32) } else { Self::DEFAULT }
    }

    /// Samples in so long a time, rounded down.
    pub fn samples_in(self, time: Micros) -> i64 {
        (i128::from(time.0) * i128::from(self.0) / 1_000_000_000) as i64
    }

    fn millihertz(self) -> i64 {
        i64::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_depends_on_the_distance_from_the_first_event_alone() {
        for (offset, blocks) in
            [(0, vec![64; 400]), (63, vec![64, 1, 127, 4_096, 30_000]), (7, vec![480_000])]
        {
            let mut clock = SampleClock::starting_at(offset, SampleRate::new(44_100.0));
            assert_eq!(clock.at(offset), Micros(0));
            let mut start = -i64::from(offset);
            for block in blocks {
                for sample in [0, block / 2, block - 1] {
                    let distance = start + i64::from(sample);
                    if distance >= 0 {
                        let exact = distance as f64 * 1e6 / 44_100.0;
                        assert!((clock.at(sample).0 as f64 - exact).abs() <= 0.5, "{distance}");
                    }
                }
                clock.advance(block);
                start += i64::from(block);
            }
        }
    }

    #[test]
    fn a_change_of_rate_goes_on_from_where_the_clock_is() {
        let mut clock = SampleClock::starting_at(0, SampleRate::new(48_000.0));
        clock.advance(48_000);
        clock.set_rate(SampleRate::new(96_000.0));
        assert_eq!(clock.at(0), Micros(1_000_000));
        clock.advance(96_000);
        assert_eq!(clock.at(0), Micros(2_000_000));
    }

    #[test]
    fn a_rate_that_makes_no_sense_does_no_harm() {
        for rate in [0.0, -48_000.0, f32::NAN, f32::INFINITY, 1e30, 1.0] {
            assert_eq!(SampleRate::new(rate), SampleRate::DEFAULT, "{rate}");
        }
    }

    #[test]
    fn a_week_of_samples_is_a_week() {
        let mut clock = SampleClock::starting_at(0, SampleRate::new(192_000.0));
        for _ in 0..7 * 24 * 3_600 {
            clock.advance(192_000);
        }
        assert_eq!(clock.at(0), Micros(7 * 24 * 3_600 * 1_000_000));
    }
}
