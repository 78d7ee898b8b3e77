//! Counting: from the settled state of a judge to a [`Report`].

use super::{HandTally, Jump, MeasureTally, Report, Tally, Timing};
use crate::follow::Onsets;
use crate::judge::{Grade, Judge, State, Verdict};
use crate::score::{Hand, NoteIndex, Score};
use crate::session::{Config, ENGINE, Scoring, TimingWindows, VerdictDigest};
use crate::units::Micros;

/// Width of a histogram bin, in microseconds.
const BIN_US: i64 = 25_000;
/// Bins on either side of zero.
const BINS: i64 = 12;

/// Counts what is final.
pub(crate) fn count(
    score: &Score,
    config: &Config,
    events: u64,
    digest: VerdictDigest,
    judge: &Judge,
) -> Report {
    let onsets = judge.onsets();
    let mut total = Sum::default();
    let mut hands = [Sum::default(), Sum::default()];
    let mut measures = vec![Sum::default(); score.measures().len()];
    let mut offsets = Vec::new();
    for key in 0..onsets.key_count() {
        let state = judge.settled(key);
        if let State::Played { offset_us, .. } = state {
            offsets.push(i64::from(offset_us));
        }
        for index in onsets.notes_of(key).map(NoteIndex) {
            let note = score.note(index);
            let hand = &mut hands[matches!(note.hand, Hand::Left) as usize];
            for sum in [&mut total, hand, &mut measures[note.measure as usize]] {
                sum.note(state, config);
            }
        }
    }
    for &(verdict, onset) in &judge.strays {
        let named = match verdict {
            Verdict::Wrong { instead_of } => Some(instead_of),
            Verdict::Ornament { of } | Verdict::Repeat { of } => Some(of),
            Verdict::Matched { .. } | Verdict::Extra => None,
        };
        total.stray(verdict);
        let place = named.unwrap_or_else(|| onsets.place(onset.min(onsets.count() - 1)));
        measures[score.note(place).measure as usize].stray(verdict);
        // An extra note belongs to no hand.
        if let Some(note) = named {
            hands[matches!(score.note(note).hand, Hand::Left) as usize].stray(verdict);
        }
    }
    let tempi = tempi(score, onsets, judge);
    Report {
        engine: ENGINE.to_owned(),
        score: score.digest(),
        config: *config,
        events,
        digest,
        total: total.tally(&config.scoring),
        hands: [Hand::Right, Hand::Left]
            .into_iter()
            .zip(&hands)
            .filter(|&(hand, _)| onsets.notes().any(|note| note.hand == hand))
            .map(|(hand, sum)| HandTally { hand, tally: sum.tally(&config.scoring) })
            .collect(),
        measures: score
            .measures()
            .iter()
            .zip(measures.iter().zip(tempi))
            .map(|(measure, (sum, quarters_per_minute))| MeasureTally {
                number: measure.number.clone(),
                pass: measure.pass,
                tally: sum.tally(&config.scoring),
                quarters_per_minute,
            })
            .collect(),
        timing: timing(offsets),
        jumps: judge.jumps.iter().map(|&(from, to)| Jump { from, to }).collect(),
    }
}

/// A tally in the making.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    tally: Tally,
    /// Timing credit, in millionths of a note.
    credit: u64,
}

impl Sum {
    fn note(&mut self, state: State, config: &Config) {
        let tally = &mut self.tally;
        match state {
            State::Played { offset_us, grade } => {
                tally.expected += 1;
                tally.correct += 1;
                self.credit += credit(Micros(i64::from(offset_us)), &config.windows, &config.scoring);
                *match grade {
                    Grade::Perfect => &mut tally.perfect,
                    Grade::Good => &mut tally.good,
                    Grade::Early => &mut tally.early,
                    Grade::Late => &mut tally.late,
                } += 1;
            }
            State::Skipped => tally.skipped += 1,
            // Before the end, what is still to come is not expected yet.
            State::Pending => {}
            State::Missed => {
                tally.expected += 1;
                tally.missed += 1;
            }
        }
    }

    fn stray(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Wrong { .. } => &mut self.tally.wrong,
            Verdict::Ornament { .. } => &mut self.tally.ornaments,
            Verdict::Repeat { .. } => &mut self.tally.repeats,
            Verdict::Extra | Verdict::Matched { .. } => &mut self.tally.extra,
        } += 1;
    }

    fn tally(&self, scoring: &Scoring) -> Tally {
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
fn credit(offset: Micros, windows: &TimingWindows, scoring: &Scoring) -> u64 {
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
    credit as u64
}

fn timing(mut offsets: Vec<i64>) -> Timing {
    let mut histogram = vec![0; 2 * BINS as usize];
    for offset in &offsets {
        let bin = (offset.div_euclid(BIN_US) + BINS).clamp(0, 2 * BINS - 1);
        histogram[bin as usize] += 1;
    }
    let median_us = median(&mut offsets);
    offsets.iter_mut().for_each(|offset| *offset = offset.abs());
    Timing { median_us, median_abs_us: median(&mut offsets), histogram }
}

fn median(values: &mut [i64]) -> i64 {
    if values.is_empty() {
        return 0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable(middle).1
}

/// The player's tempo by measure: from the first to the last onset played in it, at its latest playing.
fn tempi(score: &Score, onsets: &Onsets, judge: &Judge) -> Vec<Option<f64>> {
    let measure_of = |onset: u32| score.note(onsets.place(onset)).measure as usize;
    let mut spans: Vec<Option<[(u32, Micros); 2]>> = vec![None; score.measures().len()];
    for &(onset, at) in &judge.pace {
        let span = &mut spans[measure_of(onset)];
        match span {
            Some([_, last]) if onset > last.0 => *last = (onset, at),
            // The same onset again is the rest of a chord; an earlier one begins the measure anew.
            Some([_, last]) if onset == last.0 => {}
            _ => *span = Some([(onset, at); 2]),
        }
    }
    spans
        .into_iter()
        .map(|span| {
            let [from, to] = span?;
            let place = |onset: u32| score.note(onsets.place(onset)).onset.0;
            let quarters = (place(to.0) - place(from.0)) as f64 / f64::from(score.ticks_per_quarter());
            let minutes = (to.1.0 - from.1.0) as f64 / 60e6;
            (quarters > 0.0 && minutes > 0.0).then(|| quarters / minutes)
        })
        .collect()
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
        let played = State::Played { offset_us: 400_000, grade: Grade::Late };
        sum.note(played, &Config { scoring, ..Config::default() });
        assert_eq!(sum.tally(&scoring).combined, 0.9);
    }

    #[test]
    fn nothing_expected_is_all_right() {
        assert_eq!(Sum::default().tally(&Scoring::default()).combined, 1.0);
    }

    #[test]
    fn extra_notes_give_no_accuracy_above_one() {
        let mut sum = Sum::default();
        let played = State::Played { offset_us: 0, grade: Grade::Perfect };
        sum.note(played, &Config::default());
        sum.stray(Verdict::Extra);
        sum.stray(Verdict::Extra);
        assert_eq!(sum.tally(&Scoring::default()).note_accuracy, 1.0);
        assert_eq!(sum.tally(&Scoring::default()).combined, 1.0);
    }
}
