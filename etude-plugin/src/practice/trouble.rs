//! Which measures to practise next, and how far the player came.

use etude_engine::report::{Report, Tally};
use etude_engine::score::MeasureRange;

/// So many places are named: more would be the whole piece again.
const SPOTS_MAX: usize = 5;
/// Longest place, in measures: what can be kept in mind and in the fingers.
const MEASURES_MAX: u32 = 4;

/// Measures in which much went wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trouble {
    /// The measures.
    pub range: MeasureRange,
    /// What happened in them. Counts only: the shares are left at nought.
    pub tally: Tally,
}

/// The index of the measure in which the player stopped. None if nothing was to be played after it, or nothing was played.
pub fn stopped_in(report: &Report) -> Option<u32> {
    let begun = begun(report);
    let rest = &report.measures[begun..];
    let last = u32::try_from(begun.checked_sub(1)?).ok()?;
    rest.iter().any(|measure| measure.tally.expected > 0).then_some(last)
}

/// How many measures were begun, from the first: up to the last in which anything was played. The notes after them count as
/// missed, but are no trouble: the player was not there.
pub fn begun(report: &Report) -> usize {
    let is_played = |tally: &Tally| tally.correct + tally.wrong + tally.extra > 0;
    report.measures.iter().rposition(|measure| is_played(&measure.tally)).map_or(0, |last| last + 1)
}

/// The places where most went wrong, the worst first, among the measures that were begun. None after a clean take.
///
/// A missed, wrong or extra note weighs one, a note at the wrong time a half. Each place is a measure that is worst among
/// those not yet named, and neighbours at least half as bad.
pub fn trouble_spots(report: &Report) -> Vec<Trouble> {
    // In halves of a note.
    let weight = |tally: &Tally| 2 * (tally.missed + tally.wrong + tally.extra) + tally.early + tally.late;
    let begun = &report.measures[..begun(report)];
    let mut weights: Vec<u32> = begun.iter().map(|measure| weight(&measure.tally)).collect();
    let mut spots = Vec::new();
    while spots.len() < SPOTS_MAX {
        // The first of equals, so that practice goes from front to back.
        let worst =
            (0u32..).zip(&weights).max_by_key(|(index, weight)| (**weight, std::cmp::Reverse(*index)));
        let Some((at, &most)) = worst.filter(|(_, weight)| **weight > 0) else { break };
        let bad = |index: u32| weights.get(index as usize).is_some_and(|weight| 2 * weight >= most.max(2));
        let (mut from, mut to) = (at, at);
        while to - from + 1 < MEASURES_MAX {
            match (from > 0 && bad(from - 1), bad(to + 1)) {
                (_, true) => to += 1,
                (true, _) => from -= 1,
                (false, false) => break,
            }
        }
        let mut tally = Tally::default();
        let range = from as usize..=to as usize;
        for (measure, weight) in begun[range.clone()].iter().zip(&mut weights[range]) {
            let of = &measure.tally;
            tally.expected += of.expected;
            tally.correct += of.correct;
            tally.missed += of.missed;
            tally.wrong += of.wrong;
            tally.extra += of.extra;
            tally.early += of.early;
            tally.late += of.late;
            *weight = 0;
        }
        spots.push(Trouble { range: MeasureRange { from, to }, tally });
    }
    spots
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use etude_engine::session::{Config, Session};

    use super::*;
    use crate::practice::{Piece, PieceSource};

    /// A report of a take in which so many notes were missed and one was played in each of the first measures, and after them
    /// nothing.
    fn report(missed: &[u32]) -> Report {
        let piece = Piece::open(PieceSource::Bundled("petzold-menuet-in-g".to_owned())).unwrap();
        let mut report = Session::new(Arc::clone(&piece.score), Config::default()).unwrap().report();
        for measure in &mut report.measures {
            measure.tally = Tally { expected: 9, missed: 9, ..Tally::default() };
        }
        for (measure, missed) in report.measures.iter_mut().zip(missed) {
            measure.tally = Tally { expected: missed + 1, correct: 1, missed: *missed, ..Tally::default() };
        }
        report
    }

    fn ranges(missed: &[u32]) -> Vec<(u32, u32)> {
        trouble_spots(&report(missed)).iter().map(|spot| (spot.range.from, spot.range.to)).collect()
    }

    #[test]
    fn a_clean_take_has_no_trouble_and_neither_has_what_was_not_begun() {
        assert_eq!(ranges(&[0; 10]), []);
        assert_eq!(ranges(&[]), []);
    }

    #[test]
    fn the_worst_comes_first_with_neighbours_as_bad() {
        assert_eq!(ranges(&[0, 1, 0, 3, 6, 4, 0, 2]), [(3, 5), (7, 7), (1, 1)]);
        assert_eq!(trouble_spots(&report(&[0, 0, 3, 4]))[0].tally.missed, 7);
    }

    #[test]
    fn no_place_is_longer_than_can_be_practised_at_once_and_no_measure_stands_in_two() {
        let spots = ranges(&[2; 30]);
        assert_eq!(spots, [(0, 3), (4, 7), (8, 11), (12, 15), (16, 19)]);
    }

    #[test]
    fn the_player_stopped_in_the_last_measure_in_which_anything_was_played() {
        assert_eq!(stopped_in(&report(&[0, 2, 0])), Some(2));
        let mut wrong = report(&[0, 2, 0]);
        wrong.measures[4].tally.wrong = 1;
        assert_eq!(stopped_in(&wrong), Some(4));
        // A measure that was left out on the way is trouble.
        assert_eq!(trouble_spots(&wrong)[0].range, MeasureRange { from: 3, to: 4 });
    }

    #[test]
    fn who_played_to_the_end_of_what_was_asked_for_or_nothing_at_all_did_not_stop() {
        assert_eq!(stopped_in(&report(&[1; 1_000])), None);
        assert_eq!(stopped_in(&report(&[])), None);
        let mut range = report(&[0, 2, 0]);
        for measure in &mut range.measures[3..] {
            measure.tally = Tally::default();
        }
        assert_eq!(stopped_in(&range), None);
    }
}
