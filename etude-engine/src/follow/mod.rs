//! Where in the score is the player, and what was each note?
//!
//! A beam search over explanations ([`Hypothesis`]): each says which onset the player has reached, which keys near it
//! have been played, and how fast the player goes. A new note is explained in every way that each hypothesis
//! allows (this key, a wrong one, an ornament, an extra); the cheapest few live on. The best one's reading is the
//! verdict at once; when another overtakes it, the notes they disagree on are revised, up to [`LAG`] notes back.
//! When even the best explains the last notes badly, places elsewhere that fit them are tried ([`relocate`]).
//!
//! Knows nothing of grades, reports or sessions.

mod clock;
mod cost;
mod hypothesis;
mod onsets;
mod relocate;
mod trace;

use std::sync::Arc;

use crate::units::{Micros, Pitch};
pub use clock::Clock;
pub use cost::Weights;
pub use hypothesis::Part;
use hypothesis::{BEAM_WIDTH, Candidate, Candidates, Heard, Hypothesis};
pub use onsets::{KeyIndex, Onsets};
use trace::{Node, NodeId, Trace};

/// A note's reading is final once this many notes have been played after it.
pub const LAG: u32 = 128;
/// Hypotheses kept.
const BEAM: usize = 16;

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
    weights: Weights,
    beam: Vec<Hypothesis>,
    candidates: Candidates,
    order: Vec<u32>,
    trace: Trace,
    /// The notes played last, by step, as a ring.
    played: [Played; RECENT],
    /// The node announced for each of the last notes, by step, as a ring.
    announced: [NodeId; RECENT],
    /// Notes played.
    steps: u32,
    /// Latest time seen.
    now: i64,
    changed: Vec<Reading>,
}

/// Times are kept within plus and minus this, so that differences cannot overflow: 285 years.
const TIME_MAX_US: i64 = 1 << 53;
const RECENT: usize = LAG as usize * 2;

#[derive(Clone, Copy)]
struct Played {
    at: i64,
    pitch: Pitch,
}

impl Follower {
    /// A follower before the first note.
    ///
    /// Without a clock, the player's own tempo is the reference.
    pub fn new(onsets: Arc<Onsets>, clock: Option<Clock>, weights: Weights) -> Self {
        let low = Pitch::new(0).expect("0 is a pitch");
        Self {
            onsets,
            clock,
            weights,
            beam: vec![Hypothesis::START],
            candidates: Candidates::new(),
            order: Vec::new(),
            trace: Trace::new(),
            played: [Played { at: 0, pitch: low }; RECENT],
            announced: [NodeId::NONE; RECENT],
            steps: 0,
            now: -TIME_MAX_US,
            changed: Vec::with_capacity(RECENT),
        }
    }

    /// The score as it is followed.
    pub fn onsets(&self) -> &Arc<Onsets> {
        &self.onsets
    }

    /// The latest time seen, within bounds whose differences cannot overflow: what an event is judged by.
    pub fn now(&self) -> Micros {
        Micros(self.now)
    }

    /// Notes that are final: no reading before this step changes any more.
    pub fn final_steps(&self) -> u32 {
        self.steps.saturating_sub(LAG)
    }

    /// Reads a note; the readings that are new or changed, oldest first, this note's own last.
    pub fn note_on(&mut self, at: Micros, pitch: Pitch) -> &[Reading] {
        self.advance(at);
        self.played[self.steps as usize % RECENT] = Played { at: self.now, pitch };
        self.start_metronome(pitch);
        self.candidates.clear();
        let heard = Heard { at: self.now, pitch, onsets: &self.onsets, weights: &self.weights };
        for hypothesis in &self.beam {
            let out = &mut self.candidates;
            match &self.clock {
                None => hypothesis.explain(&heard, out),
                Some(clock) => hypothesis.explain_by_clock(clock, &heard, out),
            }
        }
        self.select();
        self.steps += 1;
        if self.clock.is_none() {
            self.relocate();
        }
        self.announce()
    }

    /// Moves the clock. One that steps back is read as standing still, and one beyond all bounds as at the bound.
    fn advance(&mut self, at: Micros) {
        self.now = self.now.max(at.0.min(TIME_MAX_US));
    }

    /// The take is over: keys never reached count, so that of two readings the fuller one wins.
    pub fn finish(&mut self) -> &[Reading] {
        for hypothesis in &mut self.beam {
            let front = hypothesis.front.map_or(0, |front| front + 1);
            let rest = self.onsets.key_count() - self.onsets.first_key(front.min(self.onsets.count()));
            let rest = i64::from(rest) * i64::from(self.weights.missed);
            let open = self.onsets.first_key(front).saturating_sub(hypothesis.low_key);
            let open = open - (hypothesis.played.count_ones()).min(open);
            let open = i64::from(open) * i64::from(self.weights.missed);
            hypothesis.total = hypothesis.base + rest.min(i64::from(self.weights.jump)) + open;
        }
        self.beam.sort_by_key(|hypothesis| hypothesis.total);
        if self.steps > 0 {
            self.announce();
        }
        &self.changed
    }

    /// Keeps the cheapest candidates as the new beam, one of each state.
    fn select(&mut self) {
        self.order.clear();
        self.order.extend(0..self.candidates.list.len() as u32);
        let candidates = &self.candidates.list;
        self.order.sort_unstable_by_key(|&i| (candidates[i as usize].hypothesis.total, i));
        self.beam.clear();
        let best = candidates[self.order[0] as usize].hypothesis.total;
        for &i in &self.order {
            let Candidate { mut hypothesis, part } = self.candidates.list[i as usize];
            if hypothesis.total > best + BEAM_WIDTH || self.beam.len() == BEAM {
                break;
            }
            let twin = |kept: &Hypothesis| {
                kept.front == hypothesis.front
                    && kept.played == hypothesis.played
                    && kept.low_key == hypothesis.low_key
            };
            if self.beam.iter().any(twin) {
                continue;
            }
            hypothesis.node = self.trace.push(Node {
                parent: hypothesis.node,
                step: self.steps,
                part,
                front: hypothesis.front.unwrap_or(u32::MAX),
                open: hypothesis.open(&self.onsets),
                jump: false,
                total: hypothesis.total,
            });
            self.beam.push(hypothesis);
        }
    }

    /// Compares the best hypothesis with what was said, and says what has changed.
    fn announce(&mut self) -> &[Reading] {
        self.changed.clear();
        let mut id = self.beam[0].node;
        while id != NodeId::NONE {
            let node = *self.trace.get(id);
            let said = &mut self.announced[node.step as usize % RECENT];
            if *said == id {
                break;
            }
            *said = id;
            let front = Some(node.front).filter(|&front| front != u32::MAX);
            self.changed.push(Reading {
                step: node.step,
                part: node.part,
                front,
                open: node.open,
                jump: node.jump,
            });
            id = node.parent;
        }
        self.changed.reverse();
        self.forget();
        &self.changed
    }

    /// Drops the hypotheses that contradict what is final at the next note. The best one is what was said, so it stays,
    /// and whatever follows from those kept agrees too.
    fn forget(&mut self) {
        let final_steps = self.final_steps();
        let mut beam = std::mem::take(&mut self.beam);
        beam.retain(|hypothesis| self.agrees(hypothesis.node, final_steps));
        self.beam = beam;
        debug_assert!(!self.beam.is_empty(), "the best hypothesis agrees with itself");
    }

    /// Whether the path to this node holds what was said of the notes before `final_steps`.
    fn agrees(&self, mut id: NodeId, final_steps: u32) -> bool {
        while id != NodeId::NONE {
            let node = self.trace.get(id);
            if node.step + 1 < self.steps && self.announced[node.step as usize % RECENT] == id {
                return true;
            }
            if node.step < final_steps {
                return false;
            }
            id = node.parent;
        }
        final_steps == 0
    }
}
