//! Sums of notes, and what they are worth.

use super::Tally;
use crate::judge::{Grade, State, Verdict, grade};
use crate::session::{Config, Scoring, TimingWindows};
use crate::units::Micros;

/// A tally in the making.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    tally: Tally,
    /// Timing credit, in millionths of a note.
    credit: u64,
}

impl Sum {
    /// Counts a score note by what became of it.
    pub(super) fn note(&mut self, state: State, config: &Config) {
        match state {
            State::Played { offset_us } => {
                let offset = Micros(i64::from(offset_us));
                self.matched(
                    grade(offset, &config.windows),
                    credit(offset, &config.windows, &config.scoring),
                );
            }
            State::Skipped => self.tally.skipped += 1,
            // Before the end, what is still to come is not expected yet.
            State::Pending => {}
            State::Missed => self.missed(),
        }
    }

    /// Counts a score note that was played, worth so many millionths.
    pub(super) fn matched(&mut self, grade: Grade, credit: u32) {
        let tally = &mut self.tally;
        tally.expected += 1;
        tally.correct += 1;
        self.credit += u64::from(credit);
        *match grade {
            Grade::Perfect => &mut tally.perfect,
            Grade::Good => &mut tally.good,
            Grade::Early => &mut tally.early,
            Grade::Late => &mut tally.late,
        } += 1;
    }

    /// Counts a score note that was not played.
    pub(super) fn missed(&mut self) {
        self.tally.expected += 1;
        self.tally.missed += 1;
    }

    /// Counts a played note that matches none.
    pub(super) fn stray(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Wrong { .. } => &mut self.tally.wrong,
            Verdict::Ornament { .. } => &mut self.tally.ornaments,
            Verdict::Repeat { .. } => &mut self.tally.repeats,
            Verdict::Extra | Verdict::Matched { .. } => &mut self.tally.extra,
        } += 1;
    }

    /// Adds what another counted of played notes that match none.
    pub(super) fn add_strays(&mut self, wrong: u32, extra: u32, ornaments: u32, repeats: u32) {
        self.tally.wrong += wrong;
        self.tally.extra += extra;
        self.tally.ornaments += ornaments;
        self.tally.repeats += repeats;
    }

    /// The counts, and what they are worth.
    pub(super) fn tally(&self, scoring: &Scoring) -> Tally {
        let expected = f64::from(self.tally.expected);
        let (note_accuracy, timing_accuracy) = match self.tally.expected {
            0 => (1.0, 1.0),
            _ => (f64::from(self.tally.correct) / expected, self.credit as f64 / 1e6 / expected),
        };
        let note_percent = f64::from(scoring.note_percent);
        // Divided last, so that two full accuracies make exactly one.
        let combined = (note_percent * note_accuracy + (100.0 - note_percent) * timing_accuracy) / 100.0;
        Tally { note_accuracy, timing_accuracy, combined, ..self.tally }
    }
}

/// What an offset is worth, in millionths: all within the perfect window, falling in two lines to the end of the good
/// window and to the end of the last, and no further beyond.
pub(crate) fn credit(offset: Micros, windows: &TimingWindows, scoring: &Scoring) -> u32 {
    let (good, least) = (i64::from(scoring.good_percent) * 10_000, i64::from(scoring.match_percent) * 10_000);
    let size = offset.0.abs();
    let fall = |from: Micros, to: Micros, high: i64, low: i64| {
        let width = (to.0 - from.0).max(1);
        high - (high - low) * (size - from.0).min(width) / width
    };
    let credit = match () {
        () if size <= windows.perfect.0 => 1_000_000,
        () if size <= windows.good.0 => fall(windows.perfect, windows.good, 1_000_000, good),
        () => fall(windows.good, windows.match_, good, least),
    };
    credit as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_falls_from_one_to_a_quarter_without_a_step() {
        let windows = TimingWindows::default();
        let credit = |offset, windows| credit(offset, windows, &Scoring::default());
        assert_eq!(credit(Micros(75_000), &windows), 1_000_000);
        assert_eq!(credit(Micros(-150_000), &windows), 500_000);
        assert_eq!(credit(Micros(300_000), &windows), 250_000);
        assert_eq!(credit(Micros(9_000_000), &windows), 250_000);
        let mut last = 1_000_000;
        for offset in 0..400_000 {
            let credit = credit(Micros(offset), &windows);
            assert!(credit <= last && last - credit <= 7);
            last = credit;
        }
    }

    #[test]
    fn windows_without_width_do_not_divide_by_zero() {
        let zero = TimingWindows { perfect: Micros(0), good: Micros(0), match_: Micros(0) };
        assert_eq!(credit(Micros(0), &zero, &Scoring::default()), 1_000_000);
        assert_eq!(credit(Micros(1), &zero, &Scoring::default()), 250_000);
    }

    #[test]
    fn credits_and_weight_are_the_settings() {
        let windows = TimingWindows::default();
        let scoring = Scoring { good_percent: 80, match_percent: 0, note_percent: 90 };
        assert_eq!(credit(Micros(150_000), &windows, &scoring), 800_000);
        assert_eq!(credit(Micros(-225_000), &windows, &scoring), 400_000);
        assert_eq!(credit(Micros(400_000), &windows, &scoring), 0);
        let mut sum = Sum::default();
        sum.note(State::Played { offset_us: 400_000 }, &Config { scoring, ..Config::default() });
        assert_eq!(sum.tally(&scoring).combined, 0.9);
    }

    #[test]
    fn nothing_expected_is_nothing_wrong() {
        assert_eq!(Sum::default().tally(&Scoring::default()).combined, 1.0);
    }

    #[test]
    fn extra_notes_give_no_accuracy_above_one() {
        let mut sum = Sum::default();
        sum.note(State::Played { offset_us: 0 }, &Config::default());
        sum.stray(Verdict::Extra);
        sum.stray(Verdict::Extra);
        let tally = sum.tally(&Scoring::default());
        assert_eq!((tally.note_accuracy, tally.combined), (1.0, 1.0));
    }
}
