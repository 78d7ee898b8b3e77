//! One explanation of everything played so far, and the ways it can explain the next note.

use super::candidates::{Candidate, Candidates};
use super::cost::{Cost, NAT, Weights, timing};
use super::onsets::{KeyIndex, Onsets};
use super::trace::NodeId;
use crate::units::Pitch;

/// How many onsets behind the front stay open for keys that come late.
pub const OPEN_BEHIND: u32 = 6;
/// How many onsets ahead of the front a note may be.
const OPEN_AHEAD: u32 = 8;
/// Tempo ratios are kept in 1/65536 of the nominal tempo.
pub const RATIO_ONE: i64 = 1 << 16;
/// A note this many semitones from one that is due was meant for it.
pub const WRONG_NEAR: std::ops::RangeInclusive<u8> = 1..=4;
/// For how many onsets from the front on a note may be a wrong one.
const WRONG_ONSETS: u32 = 2;
/// A note that costs no more than this where it stands is not explained otherwise.
const PLAIN: i64 = 3 * NAT as i64 / 4;
/// The front before the first match.
pub const NO_FRONT: u32 = u32::MAX;
/// With no more onsets than this to learn from, the tempo is a guess, and learnt fast.
const LEARNING: u8 = 2;
/// An ornament may go on for so long after the written end of its note, in nominal microseconds.
pub const ORNAMENT_OVER_US: i64 = 500_000;
/// More than a day between two notes is as good as a day.
const ELAPSED_MAX_US: i64 = 100_000_000_000;
/// No player is slower than a sixteenth of the nominal tempo, or faster than sixteen times.
const RATIO_RANGE: std::ops::RangeInclusive<i64> = RATIO_ONE / 16..=RATIO_ONE * 16;

/// What a played note was, in the eyes of a hypothesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key was struck for this key of the score.
    Match {
        /// The key.
        key: KeyIndex,
        /// Played minus expected time, in microseconds.
        offset_us: i32,
    },
    /// It took the place of this key.
    Wrong {
        /// The key.
        key: KeyIndex,
    },
    /// It belongs to the ornament of this key.
    Ornament {
        /// The key.
        key: KeyIndex,
    },
    /// It struck this key again.
    Repeat {
        /// The key.
        key: KeyIndex,
    },
    /// It has no place.
    Extra,
}

/// An explanation of everything played so far.
#[derive(Clone, Copy, Debug)]
pub struct Hypothesis {
    /// Cost of all that is certain.
    pub base: i64,
    /// `base` and the charge for keys overdue.
    pub total: i64,
    /// When the front onset was struck, in microseconds.
    pub front_at: i64,
    /// When a key of the front onset was last struck, in microseconds.
    front_last: i64,
    /// Player's time over nominal time, in 1/65536.
    ratio: i64,
    /// Keys played, counted from `low_key`.
    pub played: u128,
    /// First key that is still open.
    pub low_key: KeyIndex,
    /// The latest onset begun, or [`NO_FRONT`].
    pub front: u32,
    /// Onsets that `ratio` has been learnt from, saturating.
    learnt: u8,
    /// What the last note was.
    pub node: NodeId,
}

/// A note that was struck, and what it is held against.
#[derive(Clone, Copy)]
pub struct Heard<'a> {
    /// When, in microseconds.
    pub at: i64,
    /// Which key.
    pub pitch: Pitch,
    /// The score.
    pub onsets: &'a Onsets,
    /// What explanations cost.
    pub weights: &'a Weights,
}

/// What nothing that is still to come can tell two hypotheses apart by, but for their cost: the onset reached, and the
/// keys of it and after that have been played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    front: u32,
    /// Counted from the front's first key; before the first match, the first open key.
    played: u128,
}

impl State {
    /// Before the first note.
    pub const START: Self = Self { front: NO_FRONT, played: 0 };
}

impl Hypothesis {
    /// Before the first note.
    pub const START: Self = Self {
        base: 0,
        total: 0,
        front_at: 0,
        front_last: 0,
        ratio: RATIO_ONE,
        played: 0,
        low_key: 0,
        front: NO_FRONT,
        learnt: 0,
        node: NodeId::NONE,
    };

    /// Begins anew at an onset about to be played: nothing there has been played yet.
    pub fn at_place(onset: u32, onsets: &Onsets, like: &Self, base: i64, node: NodeId) -> Self {
        let learnt = like.learnt.min(LEARNING);
        Self {
            base,
            total: base,
            ratio: like.ratio,
            learnt,
            low_key: onsets.first_key(onset),
            node,
            ..Self::START
        }
    }

    /// Adds the ways to explain a note.
    pub fn explain(&self, by: u8, heard: &Heard<'_>, out: &mut Candidates) {
        let onsets = heard.onsets;
        let from = if self.front == NO_FRONT { self.open(onsets) } else { self.front };
        let last = (from + OPEN_AHEAD).min(onsets.count() - 1);
        let mut again = None;
        // Whether it is a note that is due: then it is no wrong one.
        let mut due = false;
        let mut plain = false;
        let same = onsets.keys_of(heard.pitch);
        let first = same.partition_point(|&key| key < self.low_key);
        // Of at most 15 onsets.
        for &key in same[first..].iter().take_while(|&&key| onsets.key(key).onset <= last) {
            let onset = onsets.key(key).onset;
            if self.has_played(key) {
                // What was struck longer ago is no slip of the finger.
                again = Some(key).filter(|_| onset + 1 >= self.front);
            } else {
                due |= onset <= from;
                let total = self.strike(key, None, by, heard, out);
                plain |= total.is_some_and(|total| total - self.total <= PLAIN);
                if plain && out.is_one_wanted() {
                    return;
                }
            }
        }
        if !plain {
            self.stray(again, due, by, heard, out);
        }
    }

    /// The first onset that is still open.
    pub fn open(&self, onsets: &Onsets) -> u32 {
        if self.low_key < onsets.key_count() { onsets.key(self.low_key).onset } else { onsets.count() }
    }

    /// Player's time over nominal time, in 1/65536, once there was something to learn it from.
    pub fn pace(&self) -> Option<i64> {
        (self.learnt > 0).then_some(self.ratio)
    }

    /// Nominal time from when the front was struck to a later time, at the player's tempo.
    pub fn nominal_since(&self, at: i64) -> i64 {
        (at - self.front_at).clamp(0, ELAPSED_MAX_US) * RATIO_ONE / self.ratio
    }

    /// Whether a key that is still open has been played.
    pub fn has_played(&self, key: KeyIndex) -> bool {
        let place = key.wrapping_sub(self.low_key);
        let half = if place < 64 { self.played } else { self.played >> 64 };
        place < 128 && (half as u64 >> (place % 64)) & 1 == 1
    }

    /// What it comes to.
    pub fn state(&self, onsets: &Onsets) -> State {
        if self.front == NO_FRONT {
            return State { front: NO_FRONT, played: u128::from(self.low_key) };
        }
        State { front: self.front, played: self.played_from(onsets.first_key(self.front)) }
    }

    /// What it comes to when a key is struck, one that is open.
    pub fn state_with(&self, key: KeyIndex, onsets: &Onsets) -> State {
        let onset = onsets.key(key).onset;
        let front = if self.front == NO_FRONT { onset } else { onset.max(self.front) };
        let first = onsets.first_key(front);
        let mut played = self.played_from(first);
        if key >= first {
            played |= 1_u128.checked_shl(key - first).unwrap_or(0);
        }
        State { front, played }
    }

    /// The keys played, counted from `first`; those before it left out.
    fn played_from(&self, first: KeyIndex) -> u128 {
        self.played.checked_shr(first.saturating_sub(self.low_key)).unwrap_or(0)
    }

    /// The hypothesis that the candidate makes of this one, but for its node.
    pub fn with(&self, candidate: &Candidate, heard: &Heard<'_>) -> Self {
        let mut next = Self { base: candidate.base, total: candidate.total, ..*self };
        if let Part::Match { key, .. } | Part::Wrong { key } = candidate.part {
            next.take(key, heard);
        }
        next
    }

    /// Explains the note as this key, or as a wrong note in its place. Returns the total, unless it is hopeless.
    fn strike(
        &self,
        key: KeyIndex,
        wrong: Option<Cost>,
        by: u8,
        heard: &Heard<'_>,
        out: &mut Candidates,
    ) -> Option<i64> {
        let Heard { at, onsets, weights, .. } = *heard;
        let mut base = self.base + i64::from(wrong.unwrap_or(0));
        // The best of timing is worth far less than a nat.
        if out.is_hopeless(base - i64::from(NAT)) {
            return None;
        }
        let struck = onsets.key(key);
        let advances = self.front == NO_FRONT || struck.onset > self.front;
        let low = if advances { self.low_after(struck.onset, onsets) } else { self.low_key };
        if key.wrapping_sub(low) >= 128 {
            return None;
        }
        // Keys behind the front cost half of what they will if they stay away.
        let owed = if advances {
            base += i64::from(self.closing(low, onsets, weights));
            let end = onsets.first_key(struck.onset);
            i64::from(missing(self.played_from(low), low, end, onsets, weights) / 2)
        } else if struck.onset == self.front {
            self.total - self.base
        } else {
            let played = self.played | 1 << (key - self.low_key);
            let end = onsets.first_key(self.front);
            i64::from(missing(played, self.low_key, end, onsets, weights) / 2)
        };
        if out.is_hopeless(base + owed - i64::from(NAT)) {
            return None;
        }
        let mut offset = 0;
        if self.front != NO_FRONT {
            let (_, expected) = self.expected(struck.onset, onsets);
            offset = at - (self.front_at + expected);
            let mut surprise = offset;
            if struck.onset == self.front {
                // Of a chord that is broken, the second stroke is late; those with it are not late once more.
                let since = at - self.front_last;
                if since < surprise.abs() {
                    surprise = since;
                }
            }
            let growth =
                if self.learnt <= LEARNING { 2 * weights.spread_growth } else { weights.spread_growth };
            let mut scale = weights.spread_us + ((expected.abs() * growth) >> 8);
            if struck.loose() {
                scale *= 2;
            }
            let cost = timing(surprise, scale);
            // Who pauses before going on is no surprise beyond that.
            base += i64::from(if advances && offset > 0 { cost.min(weights.pause) } else { cost });
        }
        let total = base + owed;
        if out.is_hopeless(total) {
            return None;
        }
        let part = match wrong {
            Some(_) => Part::Wrong { key },
            None => {
                // What there was no tempo to time by was on time: it gives the tempo.
                let offset = if self.learnt == 0 { 0 } else { offset };
                Part::Match { key, offset_us: offset.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32 }
            }
        };
        out.push(Candidate { total, base, part, by, state: self.state_with(key, onsets) });
        Some(total)
    }

    /// Explains the note as no key of the score: ornament, repeat, extra or, unless it is itself `due`, wrong.
    fn stray(&self, again: Option<KeyIndex>, due: bool, by: u8, heard: &Heard<'_>, out: &mut Candidates) {
        let Heard { pitch, onsets, weights, .. } = *heard;
        let extra = weights.extra;
        let (cost, part) = match (self.ornamented(pitch, onsets), again) {
            (Some(key), _) => (weights.ornament, Part::Ornament { key }),
            (None, Some(key)) => (weights.repeat.min(extra), Part::Repeat { key }),
            (None, None) => (extra, Part::Extra),
        };
        let (total, base) = (self.total + i64::from(cost), self.base + i64::from(cost));
        if !out.is_hopeless(total) {
            out.push(Candidate { total, base, part, by, state: self.state(onsets) });
        }
        let may_be_wrong = !due && self.front != NO_FRONT && !matches!(part, Part::Ornament { .. });
        if may_be_wrong && !out.is_hopeless(self.base + i64::from(extra - NAT)) {
            for onset in self.front..(self.front + WRONG_ONSETS).min(onsets.count()) {
                let (mut nearest, mut least) = (None, WRONG_NEAR.end() + 1);
                for (key, struck) in onsets.numbered_keys_at(onset) {
                    let far = struck.pitch.number().abs_diff(pitch.number());
                    if far >= *WRONG_NEAR.start() && far < least && !self.has_played(key) {
                        (nearest, least) = (Some(key), far);
                    }
                }
                if let Some(key) = nearest {
                    self.strike(key, Some(extra), by, heard, out);
                }
            }
        }
    }

    /// The key near the front to whose ornament the pitch may belong, while that lasts.
    fn ornamented(&self, pitch: Pitch, onsets: &Onsets) -> Option<KeyIndex> {
        if self.front == NO_FRONT {
            return None;
        }
        if !onsets.onset(self.front).may_be_ornamented() {
            return None;
        }
        let now = onsets.onset(self.front).nominal;
        (self.open(onsets)..=self.front).rev().find_map(|onset| {
            if onsets.onset(onset).ornament_us() == 0
                || onsets.onset(onset).ornament_end() + ORNAMENT_OVER_US <= now
            {
                return None;
            }
            let mut keys = onsets.numbered_keys_at(onset);
            keys.find(|(_, key)| onsets.ornament_of(key).has(pitch)).map(|(key, _)| key)
        })
    }

    /// The key has been struck.
    fn take(&mut self, key: KeyIndex, heard: &Heard<'_>) {
        let Heard { at, onsets, .. } = *heard;
        let struck = onsets.key(key);
        if self.front == NO_FRONT || struck.onset > self.front {
            if self.front != NO_FRONT {
                let (distance, expected) = self.expected(struck.onset, onsets);
                self.learn(at, distance, expected);
            }
            let low = self.low_after(struck.onset, onsets);
            if low > self.low_key {
                self.played = self.played_from(low);
                self.low_key = low;
            }
            (self.front, self.front_at, self.front_last) = (struck.onset, at, at);
        } else if struck.onset == self.front {
            self.front_last = at;
            let offset = at - self.front_at;
            if !struck.grace() && offset > 0 {
                // The chord's place in time settles towards its middle.
                self.front_at += offset / 4;
            }
        }
        self.played |= 1 << (key - self.low_key);
    }

    /// Nominal distance from the front to an onset, and how long that takes this player, in microseconds.
    fn expected(&self, onset: u32, onsets: &Onsets) -> (i64, i64) {
        let distance = onsets.onset(onset).nominal - onsets.onset(self.front).nominal;
        let distance = distance.clamp(-ELAPSED_MAX_US, ELAPSED_MAX_US);
        (distance, (distance * self.ratio) >> 16)
    }

    /// The first open key once the front has reached an onset.
    fn low_after(&self, front: u32, onsets: &Onsets) -> KeyIndex {
        if self.front != NO_FRONT && front <= self.front {
            return self.low_key;
        }
        let end = onsets.first_key(front + 1);
        let low = onsets.first_key(front.saturating_sub(OPEN_BEHIND));
        let low = if end - low > 128 { onsets.first_key(front).max(end.saturating_sub(128)) } else { low };
        low.max(self.low_key)
    }

    /// What it costs to close all keys before `low`.
    fn closing(&self, low: KeyIndex, onsets: &Onsets, weights: &Weights) -> Cost {
        missing(self.played, self.low_key, low, onsets, weights)
    }

    /// Closes all keys before `low`, and charges for those not played.
    pub fn open_from(&mut self, low: KeyIndex, onsets: &Onsets, weights: &Weights) {
        if low > self.low_key {
            self.base += i64::from(self.closing(low, onsets, weights));
            self.played = self.played_from(low);
            self.low_key = low;
        }
    }

    /// Learns the tempo from an advance over `distance` nominal microseconds that was expected to take `expected`.
    fn learn(&mut self, at: i64, distance: i64, expected: i64) {
        if distance < 20_000 {
            return;
        }
        let offset = at - (self.front_at + expected);
        // Clamped so that no clock, however far it leaps, overflows the product.
        let elapsed = (at - self.front_at).min(ELAPSED_MAX_US);
        let seen = elapsed * RATIO_ONE / distance;
        if self.learnt == 0 {
            self.learnt = 1;
            self.ratio = seen.clamp(*RATIO_RANGE.start(), *RATIO_RANGE.end());
            return;
        }
        let seen = seen.clamp(self.ratio / 2, self.ratio * 2);
        // A pause is not a tempo; if it is one after all, the next advance will say so, and is heard.
        if self.learnt > LEARNING && offset > 2 * expected.max(200_000) {
            self.learnt = LEARNING;
            return;
        }
        self.learnt = self.learnt.saturating_add(1);
        // One long advance tells more than a short one: a second's worth moves the ratio half of the way.
        let weight = if self.learnt <= LEARNING + 1 {
            140
        } else {
            (expected * 256 / (expected + 1_000_000)).clamp(8, 160)
        };
        self.ratio =
            (self.ratio + (seen - self.ratio) * weight / 256).clamp(*RATIO_RANGE.start(), *RATIO_RANGE.end());
    }
}

/// The cost of the keys from `low` up to `end` that are not among those played, bounded.
fn missing(played: u128, low: KeyIndex, end: KeyIndex, onsets: &Onsets, weights: &Weights) -> Cost {
    if end <= low {
        return 0;
    }
    let count = end - low;
    if count > 64 {
        return missing_of_many(played, low, count, onsets, weights);
    }
    let open = !(played as u64) & (u64::MAX >> (64 - count));
    if open == 0 {
        return 0;
    }
    let trills = open & onsets.trills_from(low);
    price(open.count_ones(), if trills == 0 { 0 } else { trills.count_ones() }, weights)
}

/// The same of more keys than a word has bits, which is rare.
#[cold]
fn missing_of_many(played: u128, low: KeyIndex, count: u32, onsets: &Onsets, weights: &Weights) -> Cost {
    let within = if count < 128 { (1 << count) - 1 } else { u128::MAX };
    let open = !played & within;
    let beyond = if open == 0 { 0 } else { count.saturating_sub(128).min(64) };
    let trills = u128::from(onsets.trills_from(low)) | u128::from(onsets.trills_from(low + 64)) << 64;
    price(open.count_ones() + beyond, (open & trills).count_ones(), weights)
}

/// What it costs to leave so many keys out, of which so many are strokes of trills.
fn price(keys: u32, trills: u32, weights: &Weights) -> Cost {
    let cost = weights.missed * keys as Cost - (weights.missed - weights.missed_trill) * trills as Cost;
    cost.min(weights.skip_cap)
}
