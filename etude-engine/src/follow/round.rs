//! Playing in a loop: after the last onset comes the first.

use super::Follower;
use super::clock::Run;
use super::cost::{NAT, Weights};
use super::hypothesis::{Hypothesis, NO_FRONT};
use super::onsets::Onsets;
use crate::units::Micros;

/// What it costs to begin again, besides the keys left out before the end: less than any note without a place.
const AGAIN: i64 = 2 * NAT as i64;
/// Who has reached one of this many last onsets may begin again; from further away it is a jump like any other.
const ENDING: u32 = 6;

impl Follower {
    /// Lets the cheapest hypothesis that has come to the end begin again. It joins the beam as its last, for the note
    /// that comes: whatever follows from it is a jump.
    pub(super) fn go_round(&mut self) {
        let ended = self.beam.iter().filter_map(|hypothesis| hypothesis.again(&self.onsets, &self.weights));
        if let Some(again) = ended.min_by_key(|hypothesis| hypothesis.base) {
            self.beam.push(again);
        }
    }

    /// A metronome that loops has come to a new lap by this time. Returns the place where it began.
    ///
    /// Laps part half-way between the last onset of one and the first of the next, but no more than a window before
    /// the latter. Laps that nobody played in are no laps: this is only asked when a note comes.
    pub fn lap(&mut self, at: Micros) -> Option<u32> {
        self.advance(at);
        let clock = self.clock.as_mut().filter(|_| self.looping)?;
        let Some(Run::Metronome { at, nominal }) = clock.run else { return None };
        let (first, length) = (self.onsets.onset(0).nominal, self.onsets.length());
        let last = self.onsets.onset(self.onsets.count() - 1).nominal;
        let percent = i128::from(clock.tempo_percent);
        let gap = i128::from(first + length - last) * 100 / percent;
        let early = (gap / 2).min(i128::from(clock.window.0));
        let now = i128::from(nominal) + (i128::from(self.now - at) + early) * percent / 100;
        let laps = (now - i128::from(first)) / i128::from(length);
        if laps < 1 {
            return None;
        }
        // Time and laps are bounded, and so is their product.
        let nominal = nominal - (laps * i128::from(length)) as i64;
        clock.run = Some(Run::Metronome { at, nominal });
        self.go_to(0);
        Some(0)
    }

    /// The player has been sent to an onset, or beyond the last.
    pub(super) fn go_to(&mut self, onset: u32) {
        let best = self.beam[0];
        let here = Hypothesis::at_place(onset, &self.onsets, &best, best.base, best.node);
        self.beam.clear();
        self.beam.push(here);
    }
}

impl Hypothesis {
    /// Begins again, if it has come to the end.
    fn again(&self, onsets: &Onsets, weights: &Weights) -> Option<Self> {
        if self.front == NO_FRONT || onsets.count() - self.front > ENDING {
            return None;
        }
        let mut ended = *self;
        ended.open_from(onsets.key_count(), onsets, weights);
        Some(Self::at_place(0, onsets, self, ended.base + AGAIN, self.node))
    }
}
