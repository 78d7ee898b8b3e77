//! One explanation of everything played so far, and the ways it can explain the next note.

use super::cost::{Cost, NAT, Weights, timing};
use super::onsets::{KeyIndex, Onsets};
use super::trace::NodeId;
use crate::units::Pitch;

/// How many onsets behind the front stay open for keys that come late.
const OPEN_BEHIND: u32 = 6;
/// How many onsets ahead of the front a note may be.
const OPEN_AHEAD: u32 = 8;
/// Tempo ratios are kept in 1/65536 of the nominal tempo.
pub const RATIO_ONE: i64 = 1 << 16;
/// A note this many semitones from one that is due was meant for it.
pub const WRONG_NEAR: std::ops::RangeInclusive<u8> = 1..=4;
/// Candidates this much worse than the best are dropped.
pub const BEAM_WIDTH: i64 = 12 * NAT as i64;
/// The front before the first match.
pub const NO_FRONT: u32 = u32::MAX;
/// With no more onsets than this to learn from, the tempo is a guess, and learnt fast.
const LEARNING: u8 = 2;
/// So many matches after a stray note, the player is on track again.
const ON_TRACK: u8 = 2;
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
    /// How lately a note had no place.
    stray: u8,
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

/// A way to explain a note.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// What the hypothesis would cost with it.
    pub total: i64,
    /// That without the charge for keys overdue.
    pub base: i64,
    /// How the note is explained.
    pub part: Part,
    /// Which hypothesis explains it so.
    pub by: u8,
}

/// The best ways to explain a note, cheapest first.
#[derive(Debug)]
pub struct Candidates {
    list: [Candidate; CANDIDATES],
    count: usize,
}

/// Candidates kept: some fall to the same state.
const CANDIDATES: usize = 36;

impl Candidates {
    /// None yet.
    pub fn new() -> Self {
        let blank = Candidate { total: 0, base: 0, part: Part::Extra, by: 0 };
        Self { list: [blank; CANDIDATES], count: 0 }
    }

    /// Those found, cheapest first; equal ones in the order in which they were found.
    pub fn list(&self) -> &[Candidate] {
        &self.list[..self.count]
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.count = 0;
    }

    /// Whether a candidate of this cost would be too far behind the best.
    pub fn is_hopeless(&self, total: i64) -> bool {
        self.count > 0 && total > self.list[0].total + BEAM_WIDTH
    }

    /// Adds a candidate, unless it is hopeless.
    pub fn push(&mut self, candidate: Candidate) {
        if self.is_hopeless(candidate.total) {
            return;
        }
        let mut place = self.count;
        while place > 0 && self.list[place - 1].total > candidate.total {
            place -= 1;
        }
        if place == CANDIDATES {
            return;
        }
        self.count = (self.count + 1).min(CANDIDATES);
        self.list.copy_within(place..self.count - 1, place + 1);
        self.list[place] = candidate;
    }
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
        stray: 0,
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

    /// Adds the ways to explain a note. `hint` is about where, among the keys of its pitch, the open ones begin.
    pub fn explain(&self, by: u8, heard: &Heard<'_>, hint: &mut u32, out: &mut Candidates) {
        let onsets = heard.onsets;
        let from = if self.front == NO_FRONT { self.open(onsets) } else { self.front };
        let end = onsets.first_key((from + OPEN_AHEAD).min(onsets.count() - 1) + 1);
        let same = onsets.keys_of(heard.pitch);
        *hint = seek(same, self.low_key, *hint);
        let mut again = None;
        for &key in same[*hint as usize..].iter().take_while(|&&key| key < end) {
            if self.has_played(key) {
                // What was struck longer ago is no slip of the finger.
                again = Some(key).filter(|_| onsets.key(key).onset + 1 >= self.front);
            } else {
                self.strike(key, None, by, heard, out);
            }
        }
        self.stray(again, by, heard, out);
    }

    /// The first onset that is still open.
    pub fn open(&self, onsets: &Onsets) -> u32 {
        if self.low_key < onsets.key_count() { onsets.key(self.low_key).onset } else { onsets.count() }
    }

    /// Whether a key that is still open has been played.
    pub fn has_played(&self, key: KeyIndex) -> bool {
        key - self.low_key < 128 && (self.played >> (key - self.low_key)) & 1 == 1
    }

    /// Whether nothing that is still to come can tell the two apart, but for the cost: they have reached the same
    /// onset, and played the same keys of it and after.
    pub fn is_twin(&self, other: &Self, onsets: &Onsets) -> bool {
        if self.front != other.front {
            return false;
        }
        if self.front == NO_FRONT {
            return self.low_key == other.low_key;
        }
        let from = onsets.first_key(self.front);
        let ahead = |of: &Self| of.played.checked_shr(from.saturating_sub(of.low_key)).unwrap_or(0);
        ahead(self) == ahead(other)
    }

    /// The hypothesis that the candidate makes of this one, but for its node.
    pub fn with(&self, candidate: &Candidate, heard: &Heard<'_>) -> Self {
        let mut next = Self { base: candidate.base, total: candidate.total, ..*self };
        match candidate.part {
            Part::Match { key, .. } => {
                next.stray = self.stray.saturating_sub(1);
                next.take(key, heard);
            }
            Part::Wrong { key } => {
                next.stray = ON_TRACK;
                next.take(key, heard);
            }
            Part::Extra => next.stray = ON_TRACK,
            Part::Ornament { .. } | Part::Repeat { .. } => {}
        }
        next
    }

    /// Explains the note as this key, or as a wrong note in its place.
    fn strike(&self, key: KeyIndex, wrong: Option<Cost>, by: u8, heard: &Heard<'_>, out: &mut Candidates) {
        let Heard { at, onsets, weights, .. } = *heard;
        let struck = onsets.key(key);
        let low = self.low_after(struck.onset, onsets);
        if key - low.max(self.low_key) >= 128 {
            return;
        }
        let mut base = self.base + i64::from(wrong.unwrap_or(0));
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
            base += i64::from(timing(surprise, scale));
        }
        if out.is_hopeless(base) {
            return;
        }
        // Keys behind the front cost half of what they will if they stay away.
        let advances = self.front == NO_FRONT || struck.onset > self.front;
        let total = if advances {
            base += i64::from(self.closing(low, onsets, weights));
            let played = self.played.checked_shr(low.saturating_sub(self.low_key)).unwrap_or(0);
            let low = low.max(self.low_key);
            let end = onsets.first_key(struck.onset);
            base + i64::from(missing(played, low, end, onsets, weights) / 2)
        } else {
            let played = self.played | 1 << (key - self.low_key);
            let end = onsets.first_key(self.front);
            base + i64::from(missing(played, self.low_key, end, onsets, weights) / 2)
        };
        let part = match wrong {
            Some(_) => Part::Wrong { key },
            None => {
                // What there was no tempo to time by was on time: it gives the tempo.
                let offset = if self.learnt == 0 { 0 } else { offset };
                Part::Match { key, offset_us: offset.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32 }
            }
        };
        out.push(Candidate { total, base, part, by });
    }

    /// Explains the note as no key of the score: ornament, repeat, wrong or extra.
    fn stray(&self, again: Option<KeyIndex>, by: u8, heard: &Heard<'_>, out: &mut Candidates) {
        let Heard { pitch, onsets, weights, .. } = *heard;
        let extra = if self.stray > 0 { weights.extra_again } else { weights.extra };
        let (cost, part) = match (self.ornamented(pitch, onsets), again) {
            (Some(key), _) => (weights.ornament, Part::Ornament { key }),
            (None, Some(key)) => (weights.repeat.min(extra), Part::Repeat { key }),
            (None, None) => (extra, Part::Extra),
        };
        let cost = i64::from(cost);
        out.push(Candidate { total: self.total + cost, base: self.base + cost, part, by });
        let may_be_wrong = self.front != NO_FRONT && !matches!(part, Part::Ornament { .. });
        if may_be_wrong && !out.is_hopeless(self.base + i64::from(extra)) {
            for onset in self.front..(self.front + 2).min(onsets.count()) {
                let first = onsets.first_key(onset);
                let open = (first..).zip(onsets.keys_at(onset)).filter(|(key, _)| !self.has_played(*key));
                let far = |key: &super::onsets::Key| key.pitch.number().abs_diff(pitch.number());
                let near = open.filter(|(_, key)| WRONG_NEAR.contains(&far(key)));
                if let Some((key, _)) = near.min_by_key(|(_, key)| far(key)) {
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
        let now = onsets.onset(self.front).nominal;
        (self.open(onsets)..=self.front).rev().find_map(|onset| {
            if onsets.onset(onset).ornament_us() == 0
                || onsets.onset(onset).ornament_end() + ORNAMENT_OVER_US <= now
            {
                return None;
            }
            let first = onsets.first_key(onset);
            let mut keys = (first..).zip(onsets.keys_at(onset));
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
                self.played = self.played.checked_shr(low - self.low_key).unwrap_or(0);
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
            self.played = self.played.checked_shr(low - self.low_key).unwrap_or(0);
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
    let within = if count < 128 { (1 << count) - 1 } else { u128::MAX };
    let open = !played & within;
    if open == 0 {
        return 0;
    }
    let trills = open & onsets.trills_from(low);
    let beyond = count.saturating_sub(128).min(64) as Cost;
    let (trills, all) = (trills.count_ones() as Cost, open.count_ones() as Cost);
    let cost = weights.missed * (all - trills + beyond) + weights.missed_trill * trills;
    cost.min(weights.skip_cap)
}

/// The first place in a rising list that is not below `key`, searched from near `hint`.
fn seek(list: &[KeyIndex], key: KeyIndex, hint: u32) -> u32 {
    const NEAR: usize = 8;
    let hint = (hint as usize).min(list.len());
    let window = hint.saturating_sub(NEAR)..(hint + NEAR).min(list.len());
    let starts_before = window.start == 0 || list[window.start - 1] < key;
    let ends_after = window.end == list.len() || list[window.end] >= key;
    if starts_before && ends_after {
        let near = &list[window.clone()];
        return (window.start + near.iter().take_while(|&&other| other < key).count()) as u32;
    }
    list.partition_point(|&other| other < key) as u32
}
