//! Where a player may go on otherwise than in performed order.

use serde::{Deserialize, Serialize};

use super::order::Visit;
use super::sign::{Leave, Way};

/// A written alternative to going on with the next measure of the performed order.
///
/// From the end of a measure the player may legitimately go to the beginning of another, because a repeat sign, a
/// volta, a D.C. or the like can be obeyed otherwise than the performed order does. What is no edge is no
/// alternative of the page: who goes there has jumped.
///
/// What each kind promises is said at [`EdgeKind`]. A passage played once more than the performed order has it stands
/// at no pass of its own: such an edge leads back into the last pass, whose notes are then played anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Edge {
    /// The measure at whose end the player may leave: an index into [`Score::measures`](super::Score::measures).
    pub from: u32,
    /// The measure at whose beginning the player goes on, never another pass of the one after `from`; `None` if the piece may end.
    pub to: Option<u32>,
    /// Which liberty is taken.
    pub kind: EdgeKind,
}

/// Which liberty an [`Edge`] takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EdgeKind {
    /// A repeat is not taken, or once less: forward, over whole passes of a passage. With endings: from before the
    /// first ending to a later ending, or from the end of the first ending on to what follows the last time.
    RepeatSkipped,
    /// A repeat is taken once more than the performed order has it: back to the beginning of the passage in its last
    /// pass, or, with endings, into the first ending again. After a D.C. or D.S., where the performed order has
    /// no repeats, this is the repeat as written.
    RepeatAdded,
    /// A jump that the performed order makes is not made: forward past a D.C. or D.S.; past "To Coda" or "Fine" on
    /// into music that was played before the D.C. or D.S.
    JumpSkipped,
    /// A jump is made earlier than the performed order makes it: to the coda, or to the end at the Fine, without the
    /// D.C. or D.S. in between.
    JumpEarly,
}

/// The edges of a performed order while it is being walked.
#[derive(Default)]
pub(super) struct Edges {
    found: Vec<(usize, usize, EdgeKind)>,
    passages: Vec<Run>,
}

/// One way through all the times of a passage, in indices of visits.
#[derive(Default)]
struct Run {
    /// Where each time began.
    starts: Vec<usize>,
    /// Where each time but the last ended.
    backs: Vec<usize>,
    /// The last measure before the endings, each time.
    forks: Vec<usize>,
    /// The first fork of the run before.
    fork_before: Option<usize>,
}

impl Edges {
    pub(super) fn new(passages: usize) -> Self {
        Self { found: Vec::new(), passages: (0..passages).map(|_| Run::default()).collect() }
    }

    /// The passage begins at this visit, for the first time or again.
    pub(super) fn begins(&mut self, passage: usize, again: bool, visit: usize) {
        let run = &mut self.passages[passage];
        if !again {
            run.fork_before = run.forks.first().copied().or(run.fork_before);
            run.starts.clear();
            run.backs.clear();
            run.forks.clear();
        }
        run.starts.push(visit);
    }

    /// The passage is begun again after this visit.
    pub(super) fn goes_back(&mut self, passage: usize, visit: usize) {
        self.passages[passage].backs.push(visit);
    }

    /// The passage is left at the end of this visit, which has a sign to go back.
    pub(super) fn leaves(&mut self, passage: usize, visit: usize) {
        let Self { found, passages } = self;
        let run = &passages[passage];
        if run.forks.is_empty() {
            found.extend(run.backs.iter().map(|&back| (back, visit + 1, EdgeKind::RepeatSkipped)));
        }
        found.extend(run.starts.last().map(|&start| (visit, start, EdgeKind::RepeatAdded)));
    }

    /// After this visit come the endings of the passage; `last` if none leads back any more.
    pub(super) fn forks(&mut self, passage: usize, visit: usize, last: bool) {
        let Self { found, passages } = self;
        let run = &mut passages[passage];
        let before = run.forks.last().copied();
        if let Some(before) = before {
            found.push((before, visit + 1, EdgeKind::RepeatSkipped));
        }
        if last {
            let skipped = run.forks.iter().chain(&run.backs);
            found.extend(skipped.map(|&from| (from, visit + 1, EdgeKind::RepeatSkipped)));
            let again = before.or(run.fork_before);
            found.extend(again.map(|fork| (visit, fork + 1, EdgeKind::RepeatAdded)));
        }
        run.forks.push(visit);
    }

    /// All edges in order, with those of the jumps that were made at the end of the given visits.
    pub(super) fn finish(self, visits: &[Visit], jumps: &[(usize, Leave)], measures: usize) -> Vec<Edge> {
        let mut found = self.found;
        let mut at: Vec<Vec<usize>> = vec![Vec::new(); measures + 1];
        for (index, visit) in visits.iter().enumerate() {
            at[visit.written].push(index);
        }
        let before = |written: usize, visit: usize| {
            let all: &[usize] = &at[written];
            all[..all.partition_point(|other| *other < visit)].last().copied()
        };
        for &(visit, leave) in jumps {
            let next = leave.at + 1;
            if let Way::Back { .. } = leave.way {
                let after = at[next].iter().copied().find(|other| *other > visit);
                let end = (next == measures).then_some(visits.len());
                found.extend(after.or(end).map(|to| (visit, to, EdgeKind::JumpSkipped)));
            } else {
                found.extend(before(next, visit).map(|to| (visit, to, EdgeKind::JumpSkipped)));
                found.extend(before(leave.at, visit).map(|from| (from, visit + 1, EdgeKind::JumpEarly)));
            }
        }
        // To where one goes anyway, or to another pass of it, is no alternative.
        let written = |visit: usize| visits.get(visit).map(|visit| visit.written);
        found.retain(|&(from, to, _)| written(to) != written(from + 1));
        found.sort_unstable();
        found.dedup_by_key(|(from, to, _)| (*from, *to));
        let place = |to: usize| (to < visits.len()).then_some(to as u32);
        found.into_iter().map(|(from, to, kind)| Edge { from: from as u32, to: place(to), kind }).collect()
    }
}
