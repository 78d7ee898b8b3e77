//! Going on where the page allows it, otherwise than the performed order does: past a repeat, or once more through it.

use super::Follower;
use super::cost::{NAT, Weights};
use super::hypothesis::{Hypothesis, NO_FRONT};
use super::onsets::Onsets;

/// What it costs to take a branch, besides the keys left out before it: less than a note without a place, so that one
/// note of the other way tells; more than two, for most go on as is written.
const BRANCH: i64 = 4 * NAT as i64;
/// Who has reached the last onset before a branch, or so many before it, may take it.
const EARLY: u32 = 1;
/// Most branches that are tried at one note.
pub const BRANCHES_MAX: usize = 4;

/// Where the page allows to go on elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Branch {
    /// The last onset before it.
    from: u32,
    /// The onset one goes on with.
    to: u32,
}

impl Branch {
    /// All of a score, in order, between notes that are to be played.
    pub fn all(onsets: &Onsets) -> Vec<Self> {
        let measure = |onset: u32| onsets.score().note(onsets.place(onset)).measure;
        let branch = |from: u32, to: u32| {
            let from = onsets.partition_point(|onset| measure(onset) <= from).checked_sub(1)?;
            let to = onsets.partition_point(|onset| measure(onset) < to);
            (to < onsets.count() && to != from + 1).then_some(Self { from, to })
        };
        let within = |measure: u32| onsets.selection().range.is_none_or(|range| range.has(measure));
        let edges = onsets.score().edges().iter().filter_map(|edge| Some((edge.from, edge.to?)));
        let mut all: Vec<Self> = edges
            .filter(|&(from, to)| within(from) && within(to))
            .filter_map(|(from, to)| branch(from, to))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

impl Follower {
    /// Lets hypotheses that have come to a branch take it: of those that may take the same, the cheapest. They join the
    /// beam as its last, for the note that comes: whatever follows from them is a jump.
    pub(super) fn branch_off(&mut self, abreast: usize) {
        let mut found: [Option<(u32, Hypothesis)>; BRANCHES_MAX] = [None; BRANCHES_MAX];
        for hypothesis in self.beam[..abreast].iter().filter(|hypothesis| hypothesis.front != NO_FRONT) {
            let first = self.branches.partition_point(|branch| branch.from < hypothesis.front);
            let near = |branch: &&Branch| branch.from - hypothesis.front <= EARLY;
            for branch in self.branches[first..].iter().take_while(near) {
                let taken = hypothesis.take_branch(*branch, &self.onsets, &self.weights);
                let same = |slot: &&mut Option<(u32, Hypothesis)>| slot.is_none_or(|(to, _)| to == branch.to);
                if let Some(slot) = found.iter_mut().find(same)
                    && slot.is_none_or(|(_, other)| taken.base < other.base)
                {
                    *slot = Some((branch.to, taken));
                }
            }
        }
        self.beam.extend(found.into_iter().flatten().map(|(_, hypothesis)| hypothesis));
    }
}

impl Hypothesis {
    fn take_branch(&self, branch: Branch, onsets: &Onsets, weights: &Weights) -> Self {
        let mut left = *self;
        left.open_from(onsets.first_key(branch.from + 1), onsets, weights);
        Self::at_place(branch.to, onsets, self, left.base + BRANCH, self.node)
    }
}
