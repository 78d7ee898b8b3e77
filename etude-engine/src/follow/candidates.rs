//! The cheapest ways to explain a note, one of each state.

use super::cost::NAT;
use super::hypothesis::{Part, State};

/// Candidates this much worse than the best are dropped.
pub const BEAM_WIDTH: i64 = 12 * NAT as i64;
/// Hypotheses kept.
pub const BEAM: usize = 12;

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
    /// What that hypothesis would come to.
    pub state: State,
}

/// The cheapest ways to explain a note. Of those that come to the same state only the cheapest is kept, and of equal
/// ones the first.
#[derive(Debug)]
pub struct Candidates {
    slots: [Candidate; BEAM],
    /// The slots in use, the cheapest first, then the others.
    order: [u8; BEAM],
    count: usize,
    /// How many are wanted.
    wanted: usize,
    /// What costs more is not wanted.
    limit: i64,
}

impl Candidates {
    /// None yet.
    pub fn new() -> Self {
        let blank = Candidate { total: 0, base: 0, part: Part::Extra, by: 0, state: State::START };
        Self { slots: [blank; BEAM], order: [0; BEAM], count: 0, wanted: BEAM, limit: i64::MAX }
    }

    /// Those found, cheapest first.
    pub fn list(&self) -> impl Iterator<Item = &Candidate> {
        self.order[..self.count].iter().map(|&slot| &self.slots[usize::from(slot)])
    }

    /// Forgets all; from now on so many are wanted, at least 1 and at most [`BEAM`].
    pub fn restart(&mut self, wanted: usize) {
        (self.count, self.wanted, self.limit) = (0, wanted, i64::MAX);
    }

    /// Whether only the cheapest is wanted.
    pub fn is_one_wanted(&self) -> bool {
        self.wanted == 1
    }

    /// Whether a candidate of this cost would not be kept.
    pub fn is_hopeless(&self, total: i64) -> bool {
        total > self.limit
    }

    /// Adds a candidate, unless it is hopeless.
    pub fn push(&mut self, candidate: Candidate) {
        if self.is_hopeless(candidate.total) {
            return;
        }
        let mut place = self.count;
        while place > 0 && self.at(place - 1).total > candidate.total {
            place -= 1;
        }
        let mut twins = self.slots[..self.count].iter();
        let Some(slot) = twins.position(|other| other.state == candidate.state) else {
            let last = self.count.min(self.wanted - 1);
            if self.count < self.wanted {
                self.order[last] = last as u8;
                self.count += 1;
            }
            self.insert(place, last, candidate);
            return;
        };
        let twin =
            self.order.iter().position(|&of| usize::from(of) == slot).expect("each slot has its place");
        if twin >= place {
            self.insert(place, twin, candidate);
        }
    }

    /// Puts a candidate in the slot of the one at `instead`, and that at `place`, which is not after it.
    fn insert(&mut self, place: usize, instead: usize, candidate: Candidate) {
        let slot = self.order[instead];
        self.slots[usize::from(slot)] = candidate;
        for later in (place..instead).rev() {
            self.order[later + 1] = self.order[later];
        }
        self.order[place] = slot;
        self.limit = self.at(0).total + BEAM_WIDTH;
        if self.count == self.wanted {
            // An equal one comes too late.
            self.limit = self.limit.min(self.at(self.count - 1).total - 1);
        }
    }

    fn at(&self, place: usize) -> &Candidate {
        &self.slots[usize::from(self.order[place])]
    }
}
