//! Where in the score is the player, and what was each note?
//!
//! A beam search over explanations ([`Hypothesis`]): each says which onset the player has reached, which keys near it
//! have been played, and how fast the player goes. A new note is explained in every way that each hypothesis
//! allows (this key, a wrong one, an ornament, an extra); the cheapest few live on. The best one's reading is the
//! verdict at once; when another overtakes it, the notes they disagree on are revised, up to [`LAG`] notes back.
//! When even the best explains the last notes badly, places elsewhere that fit them are tried ([`relocate`]).
//!
//! Knows nothing of grades, reports or sessions. After construction nothing allocates, and the cost of a note does not
//! depend on the length of the score.

mod branches;
mod candidates;
mod clock;
mod cost;
mod hypothesis;
mod onsets;
mod place;
mod reader;
mod relocate;
mod round;
mod rows;
mod trace;
mod trills;
mod wait;

use std::sync::Arc;

use crate::units::{Micros, Pitch};
use branches::{BRANCHES_MAX, Branch};
use candidates::{BEAM, Candidates};
pub use clock::Clock;
pub use cost::Weights;
pub use hypothesis::Part;
use hypothesis::{Heard, Hypothesis, NO_FRONT};
pub use onsets::{KeyIndex, Onsets};
pub use place::{Spot, ticks_of};
pub use reader::Reader;
use relocate::Way;
use trace::{Node, NodeId, Trace};
pub use wait::Wait;

/// A note's reading is final once this many notes have been played after it.
pub const LAG: u32 = 128;

/// What the follower says of one played note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Which played note, counted from 0.
    pub step: u32,
    /// What it was.
    pub part: Part,
    /// The latest onset begun, after it; `None` before the first match.
    pub front: Option<u32>,
    /// The first onset that can still be played, after it.
    pub open: u32,
    /// Whether the player went elsewhere with this note.
    pub jump: bool,
}

/// Follows one take through one score.
pub struct Follower {
    onsets: Arc<Onsets>,
    /// `None` follows the player's own tempo.
    clock: Option<Clock>,
    /// Whether the first onset comes after the last.
    looping: bool,
    /// Where the page allows to go on elsewhere; not asked under a clock.
    branches: Vec<Branch>,
    weights: Weights,
    /// Cheapest first; never empty, never more than [`BEAM`].
    beam: Vec<Hypothesis>,
    /// The beam being made.
    next: Vec<Hypothesis>,
    candidates: Candidates,
    trace: Trace,
    /// The notes played last, by step, as a ring.
    played: [Played; RECENT],
    /// The node announced for each of the last notes, by step, as a ring.
    announced: [NodeId; ANNOUNCED],
    /// A way elsewhere that the next note will try.
    way: Option<Way>,
    /// Notes played.
    steps: u32,
    /// Latest time seen.
    now: i64,
    changed: Vec<Reading>,
}

/// Times are kept within plus and minus this, so that differences cannot overflow: 285 years.
const TIME_MAX_US: i64 = 1 << 53;
const RECENT: usize = 64;
const ANNOUNCED: usize = LAG as usize * 2;

#[derive(Clone, Copy)]
struct Played {
    at: i64,
    pitch: Pitch,
}

impl Follower {
    /// A follower before the first note.
    ///
    /// Without a clock, the player's own tempo is the reference. With `looping`, the first onset comes after the last.
    pub fn new(onsets: Arc<Onsets>, clock: Option<Clock>, looping: bool, weights: Weights) -> Self {
        let low = Pitch::new(0).expect("0 is a pitch");
        // Besides those kept, those that go elsewhere with the note that comes.
        let abreast = BEAM + 1 + BRANCHES_MAX;
        let mut beam = Vec::with_capacity(abreast);
        beam.push(Hypothesis::START);
        Self {
            branches: Branch::all(&onsets),
            onsets,
            clock,
            looping,
            weights,
            beam,
            next: Vec::with_capacity(abreast),
            candidates: Candidates::new(),
            trace: Trace::new(),
            played: [Played { at: 0, pitch: low }; RECENT],
            announced: [NodeId::NONE; ANNOUNCED],
            way: None,
            steps: 0,
            now: -TIME_MAX_US,
            changed: Vec::with_capacity(LAG as usize + 1),
        }
    }

    /// The score as it is followed.
    pub fn onsets(&self) -> &Arc<Onsets> {
        &self.onsets
    }

    /// Moves the clock and gives what an event of that time is judged by. One that steps back is read as standing still,
    /// and one beyond all bounds as at the bound, so that differences cannot overflow.
    pub fn advance(&mut self, at: Micros) -> Micros {
        self.now = self.now.max(at.0.min(TIME_MAX_US));
        Micros(self.now)
    }

    /// Notes that are final: no reading before this step changes any more.
    pub fn final_steps(&self) -> u32 {
        self.steps.saturating_sub(LAG)
    }

    /// Reads a note; the readings that are new or changed, oldest first, this note's own last.
    pub fn note_on(&mut self, at: Micros, pitch: Pitch) -> &[Reading] {
        self.advance(at);
        self.make_room();
        self.played[self.steps as usize % RECENT] = Played { at: self.now, pitch };
        self.announced[self.steps as usize % ANNOUNCED] = NodeId::NONE;
        self.start_metronome(pitch);
        let before = self.beam[0].total;
        let abreast = self.beam.len();
        if self.clock.is_none() {
            if self.looping {
                self.go_round();
            }
            self.branch_off(abreast);
        }
        self.candidates.restart(BEAM);
        let heard = Heard { at: self.now, pitch, onsets: &self.onsets, weights: &self.weights };
        for (by, hypothesis) in self.beam.iter().enumerate() {
            let out = &mut self.candidates;
            // No explanation costs less than nothing, but for the best of timing.
            if out.is_hopeless(hypothesis.base - i64::from(cost::NAT)) {
                continue;
            }
            match &self.clock {
                None => hypothesis.explain(by as u8, &heard, out),
                Some(clock) => hypothesis.explain_by_clock(clock, by as u8, &heard, out),
            }
        }
        self.select(pitch, abreast);
        self.steps += 1;
        if self.clock.is_none() {
            self.relocate(self.beam[0].total - before);
        }
        // Until this note came, one less was final.
        self.announce(self.final_steps().saturating_sub(1))
    }

    /// Frees nodes that no path of the last notes leads to, if one note more could need them.
    fn make_room(&mut self) {
        if self.trace.room() < BEAM + relocate::NODES_MAX {
            let said = self.announced[self.steps.wrapping_sub(1) as usize % ANNOUNCED];
            let ends = self.beam.iter().map(|hypothesis| hypothesis.node).chain([said]);
            self.trace.sweep(ends, self.steps.min(LAG));
        }
    }

    /// The take is over: keys never reached count, so that of two readings the fuller one wins.
    pub fn finish(&mut self) -> &[Reading] {
        let (onsets, weights) = (&self.onsets, &self.weights);
        for hypothesis in &mut self.beam {
            let front = if hypothesis.front == NO_FRONT { 0 } else { hypothesis.front + 1 };
            // In a loop, the end is no fuller than the beginning.
            let rest = if self.looping { 0 } else { onsets.key_count() - onsets.first_key(front) };
            let rest = i64::from(rest) * i64::from(weights.missed);
            let open = onsets.first_key(front).saturating_sub(hypothesis.low_key);
            let open = open - hypothesis.played.count_ones().min(open);
            let open = i64::from(open) * i64::from(weights.missed);
            hypothesis.total = hypothesis.base + rest.min(i64::from(weights.jump.least)) + open;
        }
        self.beam.sort_by_key(|hypothesis| hypothesis.total);
        // No note has come, so none more is final than after the last.
        self.announce(self.final_steps());
        &self.changed
    }

    /// Makes the candidates the new beam. Those of hypotheses beyond the first `abreast` went elsewhere; what strikes
    /// no key there went nowhere.
    fn select(&mut self, pitch: Pitch, abreast: usize) {
        let heard = Heard { at: self.now, pitch, onsets: &self.onsets, weights: &self.weights };
        self.next.clear();
        for candidate in self.candidates.list() {
            let jump = usize::from(candidate.by) >= abreast;
            if jump && !matches!(candidate.part, Part::Match { .. }) {
                continue;
            }
            let parent = &self.beam[usize::from(candidate.by)];
            let mut made = match self.clock {
                None => parent.with(candidate, &heard),
                Some(clock) => parent.with_clock(&clock, candidate, &heard),
            };
            let reached = (made.front, made.open(&self.onsets));
            made.node = self.trace.push(Node::new(parent.node, candidate.part, jump, reached, made.total));
            self.next.push(made);
        }
        std::mem::swap(&mut self.beam, &mut self.next);
    }

    /// Compares the best hypothesis with what was said, and says what has changed from the step `since` on. What is final
    /// stays as it was said.
    fn announce(&mut self, since: u32) -> &[Reading] {
        self.changed.clear();
        let mut id = self.beam[0].node;
        let mut step = self.steps;
        while step > since {
            step -= 1;
            let said = &mut self.announced[step as usize % ANNOUNCED];
            if *said == id {
                break;
            }
            *said = id;
            let node = self.trace.get(id);
            self.changed.push(Reading {
                step,
                part: node.part(),
                front: Some(node.front).filter(|&front| front != NO_FRONT),
                open: node.open,
                jump: node.jump(),
            });
            id = node.parent;
        }
        self.changed.reverse();
        &self.changed
    }
}
