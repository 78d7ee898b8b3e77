//! Going elsewhere: when the last notes fit badly here, places are looked for where they fit.
//!
//! A place is found from the note just played: each key of its pitch, the nearest to the front first, is taken for
//! it, and the notes before are read backwards from there. How far they fit says with which of them the player would
//! have gone, and what that saves.

use super::cost::{self, NAT};
use super::hypothesis::{BEAM_WIDTH, Heard, Hypothesis, NO_FRONT};
use super::onsets::{KeyIndex, sketched};
use super::trace::{Node, NodeId};
use super::{ANNOUNCED, BEAM, Follower, Played, RECENT};
use crate::units::Pitch;

/// Only a note that cost this much more than nothing sets off a search.
pub const SURPRISE: i64 = 2 * NAT as i64;
/// Most nodes that one search adds.
pub const NODES_MAX: usize = TRIES * BACK_MAX as usize;

/// The player may have gone elsewhere with any of this many notes before the last.
const BACK_MAX: u32 = 24;
/// And with none more recent than this: fewer notes fit somewhere by chance.
const BACK_MIN: u32 = 3;
/// Places that the notes are played again at.
const TRIES: usize = 3;
/// Keys of the last pitch that are looked at, those nearest to the front.
const KEYS_MAX: usize = 192;
/// Reading backwards, the note before may stand so many onsets before, or after if struck out of order.
const BACKWARDS: u32 = 3;
/// Notes in a sketch of what was played last.
const SKETCHED: u32 = 6;
/// What a note that fits is taken to cost, and one that does not.
const FITS: i64 = NAT as i64 / 2;
const MISFITS: i64 = 6 * NAT as i64;

/// A way to have gone elsewhere.
#[derive(Clone, Copy)]
struct Way {
    /// What it is taken to save.
    saves: i64,
    /// How many notes ago.
    back: u32,
    /// The onset where that note was struck.
    place: u32,
}

/// What going elsewhere with one of the last notes starts from.
#[derive(Clone, Copy)]
struct Leave {
    /// What was said of the note before.
    node: NodeId,
    /// What it had cost until then.
    total: i64,
    /// The front then.
    front: u32,
    /// The gap before the note, and the longest of those shortly before, in microseconds.
    gap: (i64, i64),
}

impl Follower {
    /// Adds hypotheses that went elsewhere a few notes ago, where that could explain the last notes better.
    pub(super) fn relocate(&mut self) {
        let now = self.beam[0].total;
        let back_max = BACK_MAX.min(self.steps.saturating_sub(1));
        let mut leaves = [None; BACK_MAX as usize + 1];
        let mut worth_it = false;
        for back in BACK_MIN..=back_max {
            let Some(leave) = self.leave(back) else { break };
            let least = cost::jump_least(&self.weights.jump, leave.gap.0, leave.gap.1);
            let saves = now - leave.total - i64::from(least) - FITS * i64::from(back);
            if saves > -BEAM_WIDTH / 2 {
                worth_it |= saves > 0;
                leaves[back as usize] = Some(leave);
            }
        }
        if !worth_it {
            return;
        }
        let mut ways = [Way { saves: -BEAM_WIDTH / 2, back: 0, place: 0 }; TRIES];
        self.search(now, back_max, &leaves, &mut ways);
        for way in ways {
            if let Some(leave) = leaves[way.back as usize] {
                self.go(way, &leave);
            }
        }
    }

    /// Where going elsewhere `back` notes ago starts from. The first note of a take starts from nowhere.
    fn leave(&self, back: u32) -> Option<Leave> {
        let step = self.steps.checked_sub(back + 1)?;
        let node = self.announced[step as usize % ANNOUNCED];
        let said = self.trace.get(node);
        let mut usual = 0;
        for ago in back + 1..(back + 9).min(self.steps) {
            usual = usual.max(self.recent(ago).at - self.recent(ago + 1).at);
        }
        let gap = self.recent(back).at - self.recent(back + 1).at;
        Some(Leave { node, total: said.total(self.beam[0].total), front: said.front, gap: (gap, usual) })
    }

    /// Finds the ways that are taken to save most, best first.
    fn search(
        &self,
        now: i64,
        back_max: u32,
        leaves: &[Option<Leave>; BACK_MAX as usize + 1],
        ways: &mut [Way; TRIES],
    ) {
        let pitch = self.recent(1).pitch;
        let sketch =
            (1..=SKETCHED.min(self.steps)).fold(0, |all, ago| all | sketched(self.recent(ago).pitch));
        let enough = sketch.count_ones() - sketch.count_ones() / 4;
        let same = self.onsets.keys_of(pitch);
        let here = if self.beam[0].front == NO_FRONT { 0 } else { self.beam[0].front };
        let here = self.onsets.first_key(here);
        let (mut after, mut before) = (same.partition_point(|&key| key < here), 0);
        before += after;
        for _ in 0..KEYS_MAX {
            let distance = |key: Option<&KeyIndex>| key.map_or(u32::MAX, |key| key.abs_diff(here));
            let (next, last) = (same.get(after), before.checked_sub(1).and_then(|place| same.get(place)));
            let key = match (next, last) {
                (None, None) => break,
                _ if distance(next) < distance(last) => {
                    after += 1;
                    same[after - 1]
                }
                _ => {
                    before -= 1;
                    same[before]
                }
            };
            let onset = self.onsets.key(key).onset;
            if (self.onsets.onset(onset).around & sketch).count_ones() >= enough {
                self.read_back(onset, now, back_max, leaves, ways);
            }
        }
    }

    /// Reads the last notes backwards from an onset, and notes with which of them it pays most to have gone there.
    fn read_back(
        &self,
        onset: u32,
        now: i64,
        back_max: u32,
        leaves: &[Option<Leave>; BACK_MAX as usize + 1],
        ways: &mut [Way; TRIES],
    ) {
        let mut best = Way { saves: i64::MIN, back: 0, place: 0 };
        let mut place = onset;
        let mut cost = FITS;
        for back in 2..=back_max {
            match self.stands_before(place, self.recent(back).pitch) {
                Some(earlier) => {
                    place = earlier;
                    cost += FITS;
                }
                None => cost += MISFITS,
            }
            if cost > 3 * MISFITS {
                break;
            }
            let Some(leave) = leaves[back as usize] else { continue };
            let from = if leave.front == NO_FRONT { 0 } else { leave.front };
            let distance = i64::from(place) - i64::from(from);
            // Next door is no jump.
            if (-1..=1).contains(&distance) {
                continue;
            }
            let downbeat = self.onsets.onset(place).downbeat();
            let jump = cost::jump(&self.weights.jump, distance, leave.gap.0, leave.gap.1, downbeat);
            let saves = now - leave.total - cost - i64::from(jump);
            if saves > best.saves {
                best = Way { saves, back, place };
            }
        }
        if ways.iter().any(|way| way.place == best.place && way.saves >= best.saves) {
            return;
        }
        let worst = ways.len() - 1;
        if best.saves > ways[worst].saves {
            ways[worst] = best;
            ways.sort_by_key(|way| std::cmp::Reverse(way.saves));
        }
    }

    /// The onset at or near `place`, looking backwards, that has this pitch.
    fn stands_before(&self, place: u32, pitch: Pitch) -> Option<u32> {
        let has = |onset: u32| self.onsets.keys_at(onset).iter().any(|key| key.pitch == pitch);
        let first = place.saturating_sub(BACKWARDS);
        if (self.onsets.onset(place).around & sketched(pitch)) == 0 {
            return None;
        }
        (first..=place).rev().find(|&onset| has(onset)).or_else(|| {
            let next = place + 1;
            (next < self.onsets.count() && has(next)).then_some(place)
        })
    }

    /// Plays the last notes again as if they had been struck there, each in its cheapest way, and adds what comes of it
    /// to the beam.
    fn go(&mut self, way: Way, leave: &Leave) {
        let from = if leave.front == NO_FRONT { 0 } else { leave.front };
        let distance = i64::from(way.place) - i64::from(from);
        let downbeat = self.onsets.onset(way.place).downbeat();
        let jump = cost::jump(&self.weights.jump, distance, leave.gap.0, leave.gap.1, downbeat);
        let base = leave.total + i64::from(jump);
        let mut here = Hypothesis::at_place(way.place, &self.onsets, &self.beam[0], base, leave.node);
        let mut replayed = [None; BACK_MAX as usize];
        for ago in (1..=way.back).rev() {
            let Played { at, pitch } = self.recent(ago);
            let heard = Heard { at, pitch, onsets: &self.onsets, weights: &self.weights };
            self.candidates.clear();
            here.explain(0, &heard, &mut 0, &mut self.candidates);
            let Some(&next) = self.candidates.list().first() else { return };
            here = here.with(&next, &heard);
            replayed[(way.back - ago) as usize] =
                Some((next.part, here.front, here.open(&self.onsets), here.total));
            if here.total > self.beam[0].total + BEAM_WIDTH {
                return;
            }
        }
        if !self.has_place_for(&here) {
            return;
        }
        for (index, (part, front, open, total)) in replayed.into_iter().flatten().enumerate() {
            here.node = self.trace.push(Node::new(here.node, part, index == 0, (front, open), total));
        }
        let place = self.beam.partition_point(|kept| kept.total <= here.total);
        self.beam.insert(place, here);
    }

    /// Makes place for a hypothesis in the beam, if it is better than its twin or than the last.
    fn has_place_for(&mut self, here: &Hypothesis) -> bool {
        if let Some(twin) = self.beam.iter().position(|kept| kept.is_twin(here, &self.onsets)) {
            let better = here.total < self.beam[twin].total;
            if better {
                self.beam.remove(twin);
            }
            return better;
        }
        if self.beam.len() == BEAM {
            let better = here.total < self.beam[BEAM - 1].total;
            if better {
                self.beam.pop();
            }
            return better;
        }
        true
    }

    /// The note played `ago` notes ago; 1 is the last.
    fn recent(&self, ago: u32) -> Played {
        self.played[(self.steps - ago) as usize % RECENT]
    }
}
