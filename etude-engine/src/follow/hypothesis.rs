//! One explanation of everything played so far, and the ways it can explain the next note.

use super::cost::{Cost, NAT, Weights, timing};
use super::onsets::{KeyIndex, Onsets};
use super::trace::NodeId;
use crate::units::Pitch;

/// How many onsets behind the front stay open for keys that come late.
const OPEN_BEHIND: u32 = 6;
/// How many onsets ahead of the front a note may be.
const OPEN_AHEAD: u32 = 10;
/// Tempo ratios are kept in 1/65536 of the nominal tempo.
pub const RATIO_ONE: i64 = 1 << 16;
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
    /// The latest onset begun; `None` before the first.
    pub front: Option<u32>,
    /// When the front onset was struck, in microseconds.
    pub front_at: i64,
    /// Player's time over nominal time, in 1/65536.
    pub ratio: i64,
    /// Onsets that `ratio` has been learnt from, saturating.
    pub learnt: u8,
    /// Keys played, counted from `low_key`.
    pub played: u128,
    /// First key that is still open.
    pub low_key: KeyIndex,
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

/// What a hypothesis would become.
#[derive(Clone, Copy, Debug)]
pub struct Candidate {
    /// Its state with the note explained; `node` is still that of the parent.
    pub hypothesis: Hypothesis,
    /// How the note is explained.
    pub part: Part,
}

/// The candidates of one note that can still make it into the beam.
#[derive(Debug)]
pub struct Candidates {
    /// In the order in which they were found.
    pub list: Vec<Candidate>,
    limit: i64,
}

impl Candidates {
    /// None yet. Allocates room for all there can be.
    pub fn new() -> Self {
        Self { list: Vec::with_capacity(CANDIDATES_MAX), limit: i64::MAX }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.list.clear();
        self.limit = i64::MAX;
    }

    /// Whether a candidate of this cost would be too far behind the best.
    pub fn is_hopeless(&self, total: i64) -> bool {
        total > self.limit
    }

    /// Adds a candidate unless it is hopeless.
    pub fn push(&mut self, candidate: Candidate) {
        let total = candidate.hypothesis.total;
        if !self.is_hopeless(total) && self.list.len() < CANDIDATES_MAX {
            self.limit = self.limit.min(total + BEAM_WIDTH);
            self.list.push(candidate);
        }
    }
}

/// Candidates this much worse than the best are dropped.
pub const BEAM_WIDTH: i64 = 12 * NAT as i64;
/// Most explanations one note can have over the whole beam.
const CANDIDATES_MAX: usize = 2_048;

impl Hypothesis {
    /// Before the first note.
    pub const START: Self = Self {
        base: 0,
        total: 0,
        front: None,
        front_at: 0,
        ratio: RATIO_ONE,
        learnt: 0,
        played: 0,
        low_key: 0,
        node: NodeId::NONE,
    };

    /// Begins anew at an onset about to be played: nothing there has been played yet.
    pub fn at_place(onset: u32, onsets: &Onsets, like: &Self, base: i64, node: NodeId) -> Self {
        Self {
            base,
            total: base,
            front: None,
            front_at: 0,
            ratio: like.ratio,
            learnt: like.learnt.min(2),
            played: 0,
            low_key: onsets.first_key(onset),
            node,
        }
    }

    /// All explanations of a note struck at `at`.
    pub fn explain(&self, heard: &Heard<'_>, out: &mut Candidates) {
        let onsets = heard.onsets;
        let ahead = self.front.unwrap_or(self.open(onsets)) + OPEN_AHEAD;
        let end = onsets.first_key(ahead.min(onsets.count() - 1) + 1);
        let same = onsets.keys_of(heard.pitch);
        let from = same.partition_point(|&key| key < self.low_key);
        let mut again = None;
        for &key in same[from..].iter().take_while(|&&key| key < end) {
            if self.has_played(key) {
                again = Some(key);
            } else {
                self.strike(key, None, heard, out);
            }
        }
        self.mistake(again, heard, out);
    }

    /// The first onset that is still open.
    pub fn open(&self, onsets: &Onsets) -> u32 {
        if self.low_key < onsets.key_count() { onsets.key(self.low_key).onset } else { onsets.count() }
    }

    /// The charge for keys behind the front that have not been played yet, bounded.
    pub fn overdue(&self, onsets: &Onsets, weights: &Weights) -> Cost {
        let Some(front) = self.front else { return 0 };
        let end = onsets.first_key(front);
        let mut sum = 0;
        let mut open = !self.played;
        if end - self.low_key < 128 {
            open &= (1u128 << (end - self.low_key)) - 1;
        }
        let mut last_onset = u32::MAX;
        while open != 0 {
            let key = onsets.key(self.low_key + open.trailing_zeros());
            open &= open - 1;
            let cost = weights.missed;
            sum += if key.onset == last_onset { cost / 4 } else { cost / 2 };
            last_onset = key.onset;
        }
        sum.min(weights.skip_cap)
    }

    pub fn has_played(&self, key: KeyIndex) -> bool {
        key - self.low_key < 128 && (self.played >> (key - self.low_key)) & 1 == 1
    }

    /// Explains the note as this key, or as a wrong note in its place.
    fn strike(&self, key: KeyIndex, wrong: Option<Cost>, heard: &Heard<'_>, out: &mut Candidates) {
        let Heard { at, onsets, weights, .. } = *heard;
        let mut next = *self;
        let struck = *onsets.key(key);
        let mut offset = 0;
        match self.front {
            None => {
                // The first note: whatever came before it in the score is skipped.
                next.front = Some(struck.onset);
                next.front_at = at;
                next.open_up_to(struck.onset, onsets, weights);
            }
            Some(front) => {
                let distance = onsets.onset(struck.onset).nominal - onsets.onset(front).nominal;
                let distance = distance.clamp(-ELAPSED_MAX_US, ELAPSED_MAX_US);
                let expected = distance * self.ratio / RATIO_ONE;
                offset = at - (self.front_at + expected);
                let growth = if self.learnt < 3 { 2 * weights.spread_growth } else { weights.spread_growth };
                let mut scale = weights.spread_us + ((expected.abs() * growth) >> 8);
                if struck.is_loose() {
                    scale *= 2;
                }
                next.base += i64::from(timing(offset, scale));
                if struck.onset > front {
                    next.learn(at, distance, expected, offset);
                    next.front = Some(struck.onset);
                    next.front_at = at;
                    next.open_up_to(struck.onset, onsets, weights);
                } else if struck.onset == front && !struck.grace && offset > 0 {
                    // The chord's place in time settles towards its middle.
                    next.front_at += offset / 4;
                }
            }
        }
        if key < next.low_key || key - next.low_key >= 128 {
            return;
        }
        next.played |= 1 << (key - next.low_key);
        let part = match wrong {
            Some(cost) => {
                next.base += i64::from(cost);
                Part::Wrong { key }
            }
            None => {
                Part::Match { key, offset_us: offset.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32 }
            }
        };
        if out.is_hopeless(next.base) {
            return;
        }
        next.total = next.base + i64::from(next.overdue(onsets, weights));
        out.push(Candidate { hypothesis: next, part });
    }

    /// Explains the note as no key of the score: ornament, repeat, wrong or extra.
    fn mistake(&self, again: Option<KeyIndex>, heard: &Heard<'_>, out: &mut Candidates) {
        let Heard { pitch, onsets, weights, .. } = *heard;
        let mut best = (weights.extra, Part::Extra);
        if let Some(key) = again {
            best = (weights.repeat, Part::Repeat { key });
        }
        if let Some(front) = self.front {
            let low = self.open(onsets);
            for onset in (low..=front).rev() {
                if onsets.onset(onset).ornament_end > onsets.onset(front).nominal
                    && best.0 > weights.ornament
                    && let Some(key) = (onsets.first_key(onset)..onsets.first_key(onset + 1))
                        .find(|&key| onsets.key(key).ornament_has(pitch))
                {
                    best = (weights.ornament, Part::Ornament { key });
                }
            }
            if !matches!(best.1, Part::Ornament { .. })
                && !out.is_hopeless(self.base + i64::from(weights.extra))
            {
                for key in onsets.first_key(front)..onsets.first_key((front + 2).min(onsets.count())) {
                    let near = onsets.key(key).pitch.number().abs_diff(pitch.number());
                    if (1..=2).contains(&near) && !self.has_played(key) {
                        let cost = weights.extra + weights.wrong;
                        self.strike(key, Some(cost), heard, out);
                    }
                }
            }
        }
        let mut next = *self;
        next.base += i64::from(best.0);
        next.total += i64::from(best.0);
        out.push(Candidate { hypothesis: next, part: best.1 });
    }

    /// Moves the open part of the score so that it ends with `front`, and charges for keys left behind.
    fn open_up_to(&mut self, front: u32, onsets: &Onsets, weights: &Weights) {
        let end = onsets.first_key(front + 1);
        let mut low = onsets.first_key(front.saturating_sub(OPEN_BEHIND));
        if end - low > 128 {
            low = onsets.first_key(front).max(end.saturating_sub(128));
        }
        self.open_from(low, onsets, weights);
    }

    /// Closes all keys before `low`, and charges for those not played.
    pub fn open_from(&mut self, low: KeyIndex, onsets: &Onsets, weights: &Weights) {
        if low <= self.low_key {
            return;
        }
        let mut charge = 0;
        let mut last_onset = u32::MAX;
        // Beyond the cap nothing is added, so a long skip costs no long walk.
        for key in self.low_key..low {
            if charge >= weights.skip_cap {
                break;
            }
            if !self.has_played(key) {
                let key = onsets.key(key);
                let cost = weights.missed;
                charge += if key.onset == last_onset { cost / 2 } else { cost };
                last_onset = key.onset;
            }
        }
        self.base += i64::from(charge.min(weights.skip_cap));
        self.played = self.played.checked_shr(low - self.low_key).unwrap_or(0);
        self.low_key = low;
    }

    /// Learns the tempo from an advance over `distance` nominal microseconds that came `offset` late.
    fn learn(&mut self, at: i64, distance: i64, expected: i64, offset: i64) {
        if distance < 20_000 {
            return;
        }
        // Clamped so that no clock, however far it leaps, overflows the product.
        let elapsed = (at - self.front_at).min(ELAPSED_MAX_US);
        let seen = (elapsed * RATIO_ONE / distance).clamp(self.ratio / 2, self.ratio * 2);
        self.learnt = self.learnt.saturating_add(1);
        // One long advance tells more than a short one: a second's worth moves the ratio half of the way.
        let weight =
            if self.learnt <= 3 { 140 } else { (expected * 256 / (expected + 1_000_000)).clamp(8, 160) };
        // A pause is not a tempo.
        let weight = if offset > 2 * expected.max(200_000) { weight / 8 } else { weight };
        self.ratio =
            (self.ratio + (seen - self.ratio) * weight / 256).clamp(*RATIO_RANGE.start(), *RATIO_RANGE.end());
    }
}
