//! Going elsewhere: when the last notes fit badly here, places are looked for where they fit.
//!
//! A place is found from the note just played: each key of its pitch, the nearest to the front first, is taken for
//! it, and the notes before are read backwards from there. How far they fit says with which of them the player would
//! have gone, and what that saves.

use super::candidates::{BEAM, BEAM_WIDTH};
use super::cost::{self, NAT};
use super::hypothesis::{Heard, Hypothesis, NO_FRONT};
use super::onsets::KeyIndex;
use super::trace::{Node, NodeId};
use super::{ANNOUNCED, Follower, Played, RECENT};

/// Only a note that cost this much more than nothing sets off a search.
pub const SURPRISE: i64 = 2 * NAT as i64;
/// Most nodes that one search adds.
pub const NODES_MAX: usize = BACK_MAX as usize + 1;

/// The player may have gone elsewhere with any of this many notes before the last.
const BACK_MAX: u32 = 24;
/// So many gaps before the one before a note say which are usual.
const GAPS: u32 = 8;
/// And with none more recent than this: fewer notes fit somewhere by chance.
const BACK_MIN: u32 = 3;
/// Keys of the last pitch that are looked at, those nearest to the front.
const KEYS_MAX: usize = 32;
/// Reading backwards, the note before may stand so many onsets before, or after if struck out of order.
const BACKWARDS: u32 = 3;
/// So many notes at most may not fit where a place is tried, and so many of the last few.
const MISFITS_MAX: u32 = 2;
const MISFITS_SOON: u32 = 1;
const SOON: u32 = 8;
/// A way must promise to save this much, to be gone with.
const SAVES_MIN: i64 = -BEAM_WIDTH / 2;
/// What a note that fits is taken to cost, and one that does not.
const FITS: i64 = NAT as i64 / 2;
const MISFITS: i64 = 6 * NAT as i64;

/// A way to have gone elsewhere.
#[derive(Clone, Copy)]
pub struct Way {
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
    /// How much in flow the player was: [`cost::in_flow`].
    in_flow: i64,
    /// The least that a jump costs.
    least: cost::Cost,
    /// What has been paid since, but for that.
    paid: i64,
}

/// The gaps before the last notes, by how long ago they were, in microseconds; 0 where there are none.
type Gaps = [i64; (BACK_MAX + 1 + GAPS) as usize + 1];

/// A search for a place that fits the last notes.
struct Search {
    /// For each of the last notes, by how long ago it was: what going elsewhere with it starts from, if it can pay.
    leaves: [Option<Leave>; BACK_MAX as usize + 1],
    /// What a jump with that note or an earlier one saves at most, when all later ones fit.
    most: [i64; BACK_MAX as usize + 2],
    /// How many notes ago the player may have gone.
    back_max: u32,
    /// The rows of the last notes' pitches, by how long ago they were.
    rows: [usize; BACK_MAX as usize + 1],
    /// The best found.
    way: Way,
}

impl Follower {
    /// Adds a hypothesis that went elsewhere a few notes ago, where that could explain the last notes better. One note
    /// finds the way, the next goes it, so that none has to pay for both.
    pub(super) fn relocate(&mut self, surprise: i64) {
        let now = self.beam[0].total;
        if let Some(found) = self.way.take() {
            let way = Way { back: found.back + 1, ..found };
            if let Some(leave) = self.leave(way.back, now, &self.gaps()) {
                self.go(way, &leave);
            }
        } else if surprise >= SURPRISE {
            self.way = self.find_way(now);
        }
    }

    /// The way that promises most.
    fn find_way(&self, now: i64) -> Option<Way> {
        let mut search = Search {
            leaves: [None; BACK_MAX as usize + 1],
            most: [i64::MIN; BACK_MAX as usize + 2],
            back_max: 0,
            rows: [0; BACK_MAX as usize + 1],
            way: Way { saves: SAVES_MIN, back: 0, place: 0 },
        };
        let gaps = self.gaps();
        for back in BACK_MIN..=BACK_MAX.min(self.steps.saturating_sub(1)) {
            let Some(leave) = self.leave(back, now, &gaps) else { continue };
            let saves = leave.paid - FITS * i64::from(back);
            if saves > SAVES_MIN {
                search.leaves[back as usize] = Some(leave);
                search.most[back as usize] = saves;
                search.back_max = back;
            }
        }
        for back in (1..=BACK_MAX as usize).rev() {
            search.most[back] = search.most[back].max(search.most[back + 1]);
        }
        if search.most[1] <= 0 {
            return None;
        }
        for ago in 1..=search.back_max {
            search.rows[ago as usize] = self.onsets.rows().row(self.recent(ago).pitch);
        }
        self.search(&mut search);
        Some(search.way).filter(|way| way.back > 0)
    }

    /// Where going elsewhere `back` notes ago starts from, if it can pay. The first note of a take starts from nowhere.
    fn leave(&self, back: u32, now: i64, gaps: &Gaps) -> Option<Leave> {
        let step = self.steps.checked_sub(back + 1)?;
        let node = self.announced[step as usize % ANNOUNCED];
        let said = self.trace.get(node);
        let total = said.total(now);
        let weights = &self.weights.jump;
        if now - total - i64::from(weights.least) - FITS * i64::from(back) <= SAVES_MIN {
            return None;
        }
        let before = back as usize + 1..(back + 1 + GAPS) as usize;
        let usual = gaps[before].iter().fold(0, |usual, &gap| usual.max(gap));
        let in_flow = cost::in_flow(gaps[back as usize], usual);
        let least = cost::jump_least(weights, in_flow);
        Some(Leave { node, total, front: said.front, in_flow, least, paid: now - total - i64::from(least) })
    }

    fn gaps(&self) -> Gaps {
        let mut gaps: Gaps = [0; _];
        for ago in 1..(gaps.len() as u32).min(self.steps) {
            gaps[ago as usize] = self.recent(ago).at - self.recent(ago + 1).at;
        }
        gaps
    }

    /// Looks at the places nearest to the front.
    fn search(&self, search: &mut Search) {
        let same = self.onsets.keys_of(self.recent(1).pitch);
        let here = if self.beam[0].front == NO_FRONT { 0 } else { self.beam[0].front };
        let here = self.onsets.first_key(here);
        let mut after = same.partition_point(|&key| key < here);
        let mut before = after;
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
            self.read_back(self.onsets.key(key).onset, search);
        }
    }

    /// Reads the last notes backwards from an onset, and notes with which of them it pays most to have gone there.
    fn read_back(&self, onset: u32, search: &mut Search) {
        let mut place = onset;
        let mut misfits = 0;
        for back in 2..=search.back_max {
            match self.stands_before(place, search.rows[back as usize]) {
                Some(earlier) => place = earlier,
                None => {
                    misfits += 1;
                    let most = if back <= SOON { MISFITS_SOON } else { MISFITS_MAX };
                    let lost = i64::from(misfits) * (MISFITS - FITS);
                    if misfits > most || search.most[back as usize] - lost <= search.way.saves {
                        break;
                    }
                }
            }
            let Some(leave) = &search.leaves[back as usize] else { continue };
            let cost = FITS * i64::from(back) + (MISFITS - FITS) * i64::from(misfits);
            if leave.paid - cost <= search.way.saves {
                continue;
            }
            let Some(jump) = self.jump_to(place, leave) else { continue };
            let saves = leave.paid - cost - i64::from(jump);
            if saves > search.way.saves {
                search.way = Way { saves, back, place };
            }
        }
    }

    /// What it costs to go to `place`, over the least it could; `None` if that is next door.
    fn jump_to(&self, place: u32, leave: &Leave) -> Option<cost::Cost> {
        let from = if leave.front == NO_FRONT { 0 } else { leave.front };
        let distance = i64::from(place) - i64::from(from);
        let downbeat = || self.onsets.onset(place).downbeat();
        let jump = || cost::jump(&self.weights.jump, distance, leave.in_flow, downbeat());
        (distance.abs() > 1).then(|| jump() - leave.least)
    }

    /// The onset at or near `place`, looking backwards, that has the pitch of this row.
    fn stands_before(&self, place: u32, row: usize) -> Option<u32> {
        let have = self.onsets.rows().up_to(place + 1, row);
        // The onset after `place` is the highest bit.
        let before = (have << 1) >> (63 - BACKWARDS);
        if before != 0 {
            return Some(place - (BACKWARDS - before.ilog2()));
        }
        (have >> 63 == 1).then_some(place)
    }

    /// Plays the last notes again as if they had been struck there, each in its cheapest way, and adds what comes of it
    /// to the beam.
    fn go(&mut self, way: Way, leave: &Leave) {
        let from = if leave.front == NO_FRONT { 0 } else { leave.front };
        let distance = i64::from(way.place) - i64::from(from);
        let downbeat = self.onsets.onset(way.place).downbeat();
        let jump = cost::jump(&self.weights.jump, distance, leave.in_flow, downbeat);
        let base = leave.total + i64::from(jump);
        let mut here = Hypothesis::at_place(way.place, &self.onsets, &self.beam[0], base, leave.node);
        let mut replayed = [None; BACK_MAX as usize + 1];
        for ago in (1..=way.back).rev() {
            let Played { at, pitch } = self.recent(ago);
            let heard = Heard { at, pitch, onsets: &self.onsets, weights: &self.weights };
            self.candidates.restart(1);
            here.explain(0, &heard, &mut self.candidates);
            let Some(&next) = self.candidates.list().next() else { return };
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
        let state = here.state(&self.onsets);
        if let Some(twin) = self.beam.iter().position(|kept| kept.state(&self.onsets) == state) {
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
