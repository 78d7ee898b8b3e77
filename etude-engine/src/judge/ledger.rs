//! The state of every score note, as far as the take has come.
//!
//! Kept twice: once for what has been said so far and may still change, once for what is final. The second is what
//! reports count. Every change gives the keys it may have touched, so that nobody need look at all of them.

use std::ops::Range;

use crate::follow::{KeyIndex, Onsets};

/// What became of a score note's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Not reached yet.
    Pending,
    /// Played.
    Played {
        /// Played minus expected time, in microseconds; at least [`OFFSET_MIN_US`].
        offset_us: i32,
    },
    /// Passed and not played.
    Missed,
    /// Jumped over.
    Skipped,
}

/// No offset is less: what is below means something else in a [`Ledger`]. It is minus 35 minutes.
pub(crate) const OFFSET_MIN_US: i32 = i32::MIN + 3;

/// Number of an event plus one; 0 is none.
pub(crate) type Claimant = u32;

/// States by key, and how far the present attempt has swept.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    keys: Vec<Entry>,
    sweep: Sweep,
}

/// How far the present attempt has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sweep {
    /// The first onset that may still be played.
    open: u32,
    /// The latest onset begun, if any.
    front: Option<u32>,
    /// What claimed a key before this claimed it in an earlier attempt.
    since: Claimant,
}

/// Eight bytes a key: two ledgers of them are the most a session keeps of each note.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The offset, or one of the three numbers below all offsets.
    state: i32,
    /// The event that last claimed the key.
    claimant: Claimant,
}

const PENDING: i32 = i32::MIN;
const MISSED: i32 = i32::MIN + 1;
const SKIPPED: i32 = i32::MIN + 2;

impl Ledger {
    pub(crate) fn new(onsets: &Onsets) -> Self {
        let keys = vec![Entry { state: PENDING, claimant: 0 }; onsets.key_count() as usize];
        Self { keys, sweep: Sweep { open: 0, front: None, since: 1 } }
    }

    pub(crate) fn state(&self, key: KeyIndex) -> State {
        match self.keys[key as usize].state {
            PENDING => State::Pending,
            MISSED => State::Missed,
            SKIPPED => State::Skipped,
            offset_us => State::Played { offset_us },
        }
    }

    /// The latest onset begun in this attempt.
    pub(crate) fn front(&self) -> Option<u32> {
        self.sweep.front
    }

    /// How far the present attempt has come.
    pub(crate) fn sweep(&self) -> Sweep {
        self.sweep
    }

    /// Whether the present attempt has matched this key: it must not do so again.
    pub(crate) fn is_claimed(&self, key: KeyIndex) -> bool {
        self.keys[key as usize].claimant >= self.sweep.since
    }

    /// What played a played key.
    pub(crate) fn claimant(&self, key: KeyIndex) -> Claimant {
        self.keys[key as usize].claimant
    }

    /// An event was matched to the key, this much off.
    pub(crate) fn claim(&mut self, key: KeyIndex, claimant: Claimant, offset_us: i32) {
        debug_assert!(!self.is_claimed(key), "a score note is matched at most once an attempt");
        debug_assert!(claimant >= self.sweep.since && offset_us >= OFFSET_MIN_US);
        self.keys[key as usize] = Entry { state: offset_us, claimant };
    }

    /// The match is taken back: behind the sweep the key is missed again, ahead of it, pending.
    pub(crate) fn release(&mut self, key: KeyIndex, onsets: &Onsets) {
        if self.is_claimed(key) {
            let missed = onsets.key(key).onset < self.sweep.open;
            self.keys[key as usize] = Entry { state: if missed { MISSED } else { PENDING }, claimant: 0 };
        }
    }

    /// The front has reached an onset, and onsets before `open` can no longer be played: those of their keys that
    /// this attempt did not claim are missed. Gives the keys swept.
    pub(crate) fn advance(&mut self, front: Option<u32>, open: u32, onsets: &Onsets) -> Range<KeyIndex> {
        let swept = self.sweep.advance(front, open, onsets);
        self.miss(swept.clone());
        swept
    }

    /// The player went to `place` with this event: what was begun is closed, a new attempt opens, and what a jump
    /// forward passed over is skipped unless it was played. Gives the keys swept and those passed over.
    pub(crate) fn jump(&mut self, place: u32, claimant: Claimant, onsets: &Onsets) -> [Range<KeyIndex>; 2] {
        // Before a new attempt begins: what this one claimed is not missed.
        let [swept, passed] = self.sweep.closing(place, onsets);
        self.miss(swept.clone());
        self.skip(passed.clone());
        self.sweep.jump(place, claimant, onsets);
        [swept, passed]
    }

    /// [`Ledger::advance`], but that it leaves all keys but these as they are.
    pub(crate) fn advance_among(
        &mut self,
        among: &[Range<KeyIndex>],
        front: Option<u32>,
        open: u32,
        onsets: &Onsets,
    ) {
        let swept = self.sweep.advance(front, open, onsets);
        among.iter().for_each(|keys| self.miss(overlap(keys, &swept)));
    }

    /// [`Ledger::jump`], but that it leaves all keys but these as they are.
    pub(crate) fn jump_among(
        &mut self,
        among: &[Range<KeyIndex>],
        place: u32,
        claimant: Claimant,
        onsets: &Onsets,
    ) {
        let [swept, passed] = self.sweep.closing(place, onsets);
        among.iter().for_each(|keys| self.miss(overlap(keys, &swept)));
        among.iter().for_each(|keys| self.skip(overlap(keys, &passed)));
        self.sweep.jump(place, claimant, onsets);
    }

    /// Nothing more will come: what was not reached is missed. Gives the keys swept on the way to the front.
    pub(crate) fn finish(&mut self, onsets: &Onsets) -> Range<KeyIndex> {
        let reached = self.sweep.front.map_or(self.sweep.open, |front| front + 1);
        let swept = self.advance(None, reached, onsets);
        for key in &mut self.keys[onsets.first_key(self.sweep.open) as usize..] {
            if key.state == PENDING {
                key.state = MISSED;
            }
        }
        swept
    }

    /// Goes back to where another ledger stands, and takes these keys as they stand there. The others are the caller's
    /// to answer for.
    pub(crate) fn rewind(&mut self, to: &Self, keys: &[Range<KeyIndex>]) {
        self.sweep = to.sweep;
        for keys in keys {
            let keys = keys.start as usize..keys.end as usize;
            self.keys[keys.clone()].copy_from_slice(&to.keys[keys]);
        }
    }

    fn miss(&mut self, swept: Range<KeyIndex>) {
        for key in &mut self.keys[swept.start as usize..swept.end as usize] {
            if key.claimant < self.sweep.since {
                key.state = MISSED;
            }
        }
    }

    fn skip(&mut self, passed: Range<KeyIndex>) {
        for key in &mut self.keys[passed.start as usize..passed.end as usize] {
            if matches!(key.state, PENDING | MISSED) {
                key.state = SKIPPED;
            }
        }
    }
}

/// What two stretches have in common.
fn overlap(a: &Range<KeyIndex>, b: &Range<KeyIndex>) -> Range<KeyIndex> {
    let start = a.start.max(b.start);
    start..a.end.min(b.end).max(start)
}

impl Sweep {
    /// See [`Ledger::advance`].
    pub(crate) fn advance(&mut self, front: Option<u32>, open: u32, onsets: &Onsets) -> Range<KeyIndex> {
        self.front = front.or(self.front);
        let from = self.open;
        self.open = open.max(from);
        onsets.first_key(from)..onsets.first_key(self.open)
    }

    /// See [`Ledger::jump`].
    pub(crate) fn jump(&mut self, place: u32, claimant: Claimant, onsets: &Onsets) -> [Range<KeyIndex>; 2] {
        let touched = self.closing(place, onsets);
        *self = Self { open: place, front: None, since: claimant };
        touched
    }

    /// What a jump sweeps, and what it passes over.
    fn closing(&self, place: u32, onsets: &Onsets) -> [Range<KeyIndex>; 2] {
        let reached = self.front.map_or(0, |front| front + 1);
        let swept_to = reached.min(place.max(self.open)).max(self.open);
        let swept = onsets.first_key(self.open)..onsets.first_key(swept_to);
        let passed = onsets.first_key(reached)..onsets.first_key(place.max(reached));
        [swept, passed]
    }
}
