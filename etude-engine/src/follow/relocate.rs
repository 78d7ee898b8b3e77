//! Going elsewhere: when the last notes fit badly here, places are looked for where they fit.

use super::cost;
use super::hypothesis::{BEAM_WIDTH, Heard, Hypothesis};
use super::onsets::Onsets;
use super::trace::{Node, NodeId};
use super::{Follower, Played, RECENT};
use crate::units::Pitch;

/// How many of the last notes may have been played at the new place when it is found.
const LOOKS_BACK: [u32; 4] = [3, 4, 6, 8];
/// Places tried for each of them.
const PLACES: usize = 4;

impl Follower {
    /// Adds hypotheses that went elsewhere a few notes ago, where that could explain the last notes better.
    pub(super) fn relocate(&mut self) {
        let Some(best) = self.beam.first().copied() else { return };
        for back in LOOKS_BACK {
            if self.steps <= back {
                break;
            }
            let parent = self.announced[(self.steps - 1 - back) as usize % RECENT];
            if parent == NodeId::NONE {
                continue;
            }
            let base = self.trace.get(parent).total;
            // Even a perfect fit next door costs a jump.
            let pause = self.recent(back).at - self.recent(back + 1).at;
            if best.total - base <= i64::from(cost::jump(&self.weights, 0, pause, true)) {
                continue;
            }
            let mut places = [(0u32, u32::MAX); PLACES];
            self.places(back, best.front.unwrap_or(0), &mut places);
            for (_, place) in places.into_iter().filter(|&(_, place)| place != u32::MAX) {
                let distance = place.abs_diff(best.front.unwrap_or(0));
                let downbeat = self.onsets.onset(place).downbeat;
                let jump = cost::jump(&self.weights, distance, pause, downbeat);
                self.go(place, back, &best, base + i64::from(jump), parent);
            }
        }
    }

    /// The places where the last `back` notes fit best, as (fit, onset); nearer ones first among equals.
    fn places(&self, back: u32, front: u32, places: &mut [(u32, u32); PLACES]) {
        let first = self.recent(back);
        for &key in self.onsets.keys_of(first.pitch) {
            let place = self.onsets.key(key).onset;
            let fit = self.fit(place, back) * 1_000_000 / back;
            let fit = fit.saturating_sub(place.abs_diff(front).min(1_000));
            if 10 * fit < 7_500_000 {
                continue;
            }
            let worst = places.iter_mut().min_by_key(|&&mut (fit, _)| fit).expect("there are places");
            if fit > worst.0 {
                *worst = (fit, place);
            }
        }
    }

    /// How many of the last `back` notes stand, in order, from this onset on.
    fn fit(&self, place: u32, back: u32) -> u32 {
        let mut found = 0;
        let mut onset = place;
        for ago in (1..=back).rev() {
            let pitch = self.recent(ago).pitch;
            if let Some(at) = (onset.saturating_sub(1)..(onset + 4).min(self.onsets.count()))
                .find(|&onset| has(&self.onsets, onset, pitch))
            {
                found += 1;
                onset = at.max(onset);
            }
        }
        found
    }

    /// Plays the last `back` notes again as if they had been struck at this place, each in its cheapest way.
    fn go(&mut self, place: u32, back: u32, best: &Hypothesis, base: i64, parent: NodeId) {
        let mut here = Hypothesis::at_place(place, &self.onsets, best, base, parent);
        for ago in (1..=back).rev() {
            let Played { at, pitch } = self.recent(ago);
            let heard = Heard { at, pitch, onsets: &self.onsets, weights: &self.weights };
            self.candidates.clear();
            here.explain(&heard, &mut self.candidates);
            let Some(next) = self.candidates.list.iter().min_by_key(|next| next.hypothesis.total) else {
                return;
            };
            here = Hypothesis {
                node: self.trace.push(Node {
                    parent: here.node,
                    step: self.steps - ago,
                    part: next.part,
                    front: next.hypothesis.front.unwrap_or(u32::MAX),
                    open: next.hypothesis.open(&self.onsets),
                    jump: ago == back,
                    total: next.hypothesis.total,
                }),
                ..next.hypothesis
            };
        }
        let worst = self.beam.last().expect("the beam is never empty").total;
        if self.beam.len() == super::BEAM {
            if here.total >= worst {
                return;
            }
            self.beam.pop();
        }
        if self.beam[0].total + BEAM_WIDTH < here.total {
            return;
        }
        let twin = |kept: &Hypothesis| {
            kept.front == here.front && kept.played == here.played && kept.low_key == here.low_key
        };
        match self.beam.iter_mut().find(|kept| twin(kept)) {
            Some(kept) if kept.total > here.total => *kept = here,
            Some(_) => {}
            None => self.beam.push(here),
        }
        self.beam.sort_by_key(|hypothesis| hypothesis.total);
    }

    /// The note played `ago` notes ago; 1 is the last.
    fn recent(&self, ago: u32) -> Played {
        self.played[(self.steps - ago) as usize % RECENT]
    }
}

fn has(onsets: &Onsets, onset: u32, pitch: Pitch) -> bool {
    (onsets.first_key(onset)..onsets.first_key(onset + 1)).any(|key| onsets.key(key).pitch == pitch)
}
