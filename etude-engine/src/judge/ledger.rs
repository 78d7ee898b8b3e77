//! The state of every score note, as far as the take has come.
//!
//! Kept twice: once for what has been said so far and may still change, once for what is final. The second is what
//! reports count.

use super::verdict::Grade;
use crate::follow::{KeyIndex, Onsets};
use crate::session::Seq;

/// What became of a score note's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Not reached yet.
    Pending,
    /// Played.
    Played {
        /// Played minus expected time, in microseconds.
        offset_us: i32,
        /// What that is worth.
        grade: Grade,
    },
    /// Passed and not played.
    Missed,
    /// Jumped over.
    Skipped,
}

/// States by key, and how far the present attempt has swept.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    states: Vec<State>,
    /// The attempt in which each key was last claimed; 0 is none.
    claimed: Vec<u32>,
    /// The event that last claimed each key.
    claimants: Vec<Seq>,
    attempt: u32,
    swept: u32,
    front: Option<u32>,
}

impl Ledger {
    pub(crate) fn new(onsets: &Onsets) -> Self {
        let keys = onsets.key_count() as usize;
        Self {
            states: vec![State::Pending; keys],
            claimed: vec![0; keys],
            claimants: vec![Seq(0); keys],
            attempt: 1,
            swept: 0,
            front: None,
        }
    }

    pub(crate) fn state(&self, key: KeyIndex) -> State {
        self.states[key as usize]
    }

    pub(crate) fn front(&self) -> Option<u32> {
        self.front
    }

    /// Whether the present attempt has matched this key: it must not do so again.
    pub(crate) fn is_claimed(&self, key: KeyIndex) -> bool {
        self.claimed[key as usize] == self.attempt
    }

    /// The event that played a played key.
    pub(crate) fn claimant(&self, key: KeyIndex) -> Seq {
        self.claimants[key as usize]
    }

    /// An event was matched to the key.
    pub(crate) fn claim(&mut self, key: KeyIndex, event: Seq, state: State) {
        debug_assert!(!self.is_claimed(key), "a score note is matched at most once an attempt");
        self.claimed[key as usize] = self.attempt;
        self.claimants[key as usize] = event;
        self.states[key as usize] = state;
    }

    /// The match is taken back: behind the sweep the key is missed again, ahead of it, pending.
    pub(crate) fn release(&mut self, key: KeyIndex, onsets: &Onsets) {
        if self.is_claimed(key) {
            self.claimed[key as usize] = 0;
            let missed = onsets.key(key).onset < self.swept;
            self.states[key as usize] = if missed { State::Missed } else { State::Pending };
        }
    }

    /// The front has reached an onset, and onsets before `open` can no longer be played: calls `missed` for each
    /// of their keys that this attempt did not claim.
    pub(crate) fn advance(
        &mut self,
        front: Option<u32>,
        open: u32,
        onsets: &Onsets,
        missed: impl FnMut(KeyIndex),
    ) {
        self.front = front.or(self.front);
        self.sweep(open, onsets, missed);
    }

    /// The player went to `place`: what was begun is closed, a new attempt opens, and what a jump forward passed over is
    /// skipped unless it was played.
    pub(crate) fn jump(&mut self, place: u32, onsets: &Onsets) {
        let reached = self.front.map_or(0, |front| front + 1);
        self.sweep(reached.min(place.max(self.swept)), onsets, |_| {});
        if place > reached {
            let (from, to) = (onsets.first_key(reached), onsets.first_key(place));
            for state in &mut self.states[from as usize..to as usize] {
                if !matches!(state, State::Played { .. }) {
                    *state = State::Skipped;
                }
            }
        }
        self.attempt += 1;
        self.swept = place;
        self.front = None;
    }

    /// Nothing more will come.
    pub(crate) fn finish(&mut self, onsets: &Onsets, mut missed: impl FnMut(KeyIndex)) {
        let reached = self.front.map_or(self.swept, |front| front + 1);
        self.sweep(reached, onsets, &mut missed);
        for key in onsets.first_key(self.swept)..onsets.key_count() {
            if matches!(self.states[key as usize], State::Pending) {
                self.states[key as usize] = State::Missed;
                missed(key);
            }
        }
    }

    fn sweep(&mut self, open: u32, onsets: &Onsets, mut missed: impl FnMut(KeyIndex)) {
        if open <= self.swept {
            return;
        }
        for key in onsets.first_key(self.swept)..onsets.first_key(open) {
            let state = &mut self.states[key as usize];
            if self.claimed[key as usize] != self.attempt && *state != State::Missed {
                *state = State::Missed;
                missed(key);
            }
        }
        self.swept = open;
    }
}
