//! The performed order: repeats, endings and jumps of the page walked through.

use super::edge::{Edge, Edges};
use super::passage::Passages;
use super::sign::{self, Leave, Return, Until, Way};
use super::unfold::UnfoldError;
use super::written::WrittenMeasure;
use super::{MEASURES_MAX, NOTES_MAX};

/// Most warnings of one order; a last one tells how many more there were.
pub const WARNINGS_MAX: usize = 100;

/// One time through one written measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Index of the written measure.
    pub written: usize,
    /// Which time through it, from 1.
    pub pass: u16,
    /// Which time through the innermost repeated passage around it: what voltas count. After a D.C. or D.S. without
    /// repeats it is the last; outside of passages it is the pass.
    pub time: u16,
}

/// Measures in the order in which they are played.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The order.
    pub visits: Vec<Visit>,
    /// Where the player may go on otherwise, in indices of `visits`.
    pub edges: Vec<Edge>,
    /// What was guessed.
    pub warnings: Vec<OrderWarning>,
}

/// A sign that contradicts another or leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderWarning {
    /// Printed number of the measure, where there is one.
    pub measure: Option<String>,
    /// What is wrong, and what was done.
    pub reason: String,
}

impl OrderWarning {
    pub(super) fn new(measure: &WrittenMeasure, reason: impl Into<String>) -> Self {
        Self { measure: Some(measure.number.clone()), reason: reason.into() }
    }
}

/// The order in which the measures are played, with every repeat taken.
///
/// A backward repeat goes with the last open forward repeat; without one, with the end of the last repeated passage,
/// or the beginning. After D.C. or D.S. repeats are not played again unless they say so, and of the voltas the last
/// one is taken; from the coda on, repeats are played. Every D.C., D.S. and "To Coda" is obeyed once, or at the passes
/// that it names, so the walk ends. Where it would pass [`MEASURES_MAX`] or [`NOTES_MAX`], the measures are played as they
/// stand, once, with the last of the voltas, and a warning says so.
///
/// # Errors
/// If even so there are more than [`MEASURES_MAX`] measures or [`NOTES_MAX`] notes.
pub fn performed_order(measures: &[WrittenMeasure]) -> Result<Order, UnfoldError> {
    let mut warnings = Vec::new();
    let passages = Passages::of(measures, &mut warnings);
    let leaves = sign::resolve(measures, &mut warnings);
    let mut walk = Walk::new(measures, &passages, &leaves);
    if walk.run().is_err() {
        let last = walk.visits.last().map_or(0, |visit| visit.written);
        let reason = format!(
            "with all repeats and jumps the score passes the limit of {MEASURES_MAX} measures or {NOTES_MAX} notes here; it is played through once, without them"
        );
        warnings.push(OrderWarning::new(&measures[last], reason));
        walk = Walk { straight: true, ..Walk::new(measures, &passages, &leaves) };
        walk.run()?;
    }
    let Walk { visits, edges, jumps, passes, .. } = walk;
    for (measure, _) in measures.iter().zip(&passes).filter(|(_, passes)| **passes == 0) {
        let reason = "nothing leads to this measure; it is not played";
        warnings.push(OrderWarning::new(measure, reason));
    }
    if let Some(more) = warnings.len().checked_sub(WARNINGS_MAX).filter(|more| *more > 0) {
        warnings.truncate(WARNINGS_MAX);
        warnings.push(OrderWarning { measure: None, reason: format!("{more} more warnings of the order") });
    }
    let edges = edges.finish(&visits, &jumps, measures.len());
    Ok(Order { visits, edges, warnings })
}

/// How a measure is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Via {
    /// From the one before, or past an ending.
    Flow,
    /// By the repeat sign of a passage.
    Repeat(usize),
    /// By D.C., D.S. or "To Coda".
    Jump,
}

/// Where the walk stands.
struct Walk<'a> {
    measures: &'a [WrittenMeasure],
    passages: &'a Passages,
    leaves: &'a [Leave],
    visits: Vec<Visit>,
    /// Notes of `visits`, those counted whose time it is not.
    notes: usize,
    edges: Edges,
    /// Jumps made, with the visit at whose end.
    jumps: Vec<(usize, Leave)>,
    /// How often each measure was played.
    passes: Vec<u16>,
    /// Which time each passage is being played.
    times: Vec<u16>,
    /// Which of `leaves` were obeyed.
    used: Vec<bool>,
    /// The last D.C. or D.S.
    returned: Option<Return>,
    /// Whether repeats are left out because of it.
    plain: bool,
    /// Whether no repeat is played and no jump made at all.
    straight: bool,
}

impl<'a> Walk<'a> {
    fn new(measures: &'a [WrittenMeasure], passages: &'a Passages, leaves: &'a [Leave]) -> Self {
        Self {
            measures,
            passages,
            leaves,
            visits: Vec::with_capacity(measures.len()),
            notes: 0,
            edges: Edges::new(passages.list.len()),
            jumps: Vec::new(),
            passes: vec![0; measures.len()],
            times: vec![1; passages.list.len()],
            used: vec![false; leaves.len()],
            returned: None,
            plain: false,
            straight: false,
        }
    }

    fn run(&mut self) -> Result<(), UnfoldError> {
        let (mut at, mut via) = (0, Via::Flow);
        while let Some(measure) = self.measures.get(at) {
            let begun = self.passages.marks[at].start;
            if begun.is_some_and(|passage| via != Via::Repeat(passage)) {
                begun.into_iter().for_each(|passage| self.times[passage] = 1);
            }
            if let Some(past) = self.skips_ending(at, via) {
                (at, via) = (past, Via::Flow);
                continue;
            }
            self.notes += measure.notes.len();
            if self.visits.len() == MEASURES_MAX {
                return Err(UnfoldError::TooManyMeasures { measure: measure.number.clone() });
            }
            if self.notes > NOTES_MAX {
                return Err(UnfoldError::TooManyNotes { measure: measure.number.clone() });
            }
            if let Some(passage) = begun {
                self.edges.begins(passage, via == Via::Repeat(passage), self.visits.len());
            }
            self.passes[at] += 1;
            let pass = self.passes[at];
            let time = self.passages.marks[at].inside.map_or(pass, |passage| self.time(passage));
            self.visits.push(Visit { written: at, pass, time });
            match self.leave(at) {
                Some(next) => (at, via) = next,
                None => break,
            }
        }
        Ok(())
    }

    /// Whether the passage is repeated now.
    fn repeats(&self, passage: usize) -> bool {
        !self.straight && (!self.plain || self.passages.list[passage].after_jump)
    }

    /// Which time through the passage it is, for its endings.
    fn time(&self, passage: usize) -> u16 {
        if self.repeats(passage) { self.times[passage] } else { self.passages.list[passage].total }
    }

    /// The measure after the ending that begins here, if it is another time's.
    fn skips_ending(&mut self, at: usize, via: Via) -> Option<usize> {
        let (passage, number) = self.passages.marks[at].ending_from?;
        let endings = &self.passages.list[passage].endings;
        let time = self.time(passage);
        // Whoever jumps into an ending is to play it, and so is who repeats a passage that begins in it.
        if via == Via::Jump || matches!(via, Via::Repeat(other) if other != passage) {
            return None;
        }
        if number == 0 && via == Via::Flow && !self.visits.is_empty() {
            let last = time >= self.passages.list[passage].total || !self.repeats(passage);
            self.edges.forks(passage, self.visits.len() - 1, last);
        }
        (!endings[number].times.contains(time)).then(|| endings[number].to + 1)
    }

    /// Where to go from the end of a measure; `None` at the end of the piece.
    fn leave(&mut self, at: usize) -> Option<(usize, Via)> {
        let marks = self.passages.marks[at];
        let ending =
            marks.ending_to.filter(|&(passage, number)| self.passages.list[passage].endings[number].back);
        for passage in [marks.end, ending.map(|(passage, _)| passage)].into_iter().flatten() {
            let visit = self.visits.len() - 1;
            if self.repeats(passage) && self.times[passage] < self.passages.list[passage].total {
                self.times[passage] += 1;
                self.edges.goes_back(passage, visit);
                return Some((self.passages.list[passage].start, Via::Repeat(passage)));
            }
            self.edges.leaves(passage, visit);
        }
        let first = self.leaves.partition_point(|leave| leave.at < at);
        let here = self.leaves[first..].iter().take_while(|leave| leave.at == at);
        let jump = here
            .enumerate()
            .map(|(i, leave)| (first + i, *leave))
            .find(|&(index, leave)| self.obeys(index, leave));
        let Some((index, leave)) = jump else { return Some((at + 1, Via::Flow)) };
        self.used[index] = true;
        self.jumps.push((self.visits.len() - 1, leave));
        let target = match leave.way {
            Way::Fine { coda } => coda.filter(|_| self.until() == Some(Until::FineThenCoda))?,
            Way::ToCoda { target } => target,
            Way::Back { target, how } => {
                self.returned = Some(how);
                self.plain = !how.repeats;
                self.times.fill(1);
                return Some((target, Via::Jump));
            }
        };
        // What follows is new, up to the next D.C. or D.S.; only a Fine still ends it.
        self.returned = Some(Return { until: Until::Fine, repeats: true });
        self.plain = false;
        self.times.fill(1);
        Some((target, Via::Jump))
    }

    fn until(&self) -> Option<Until> {
        self.returned.map(|how| how.until)
    }

    fn obeys(&self, index: usize, leave: Leave) -> bool {
        if self.straight {
            return false;
        }
        if !leave.times.is_any() {
            return leave.times.contains(self.passes[leave.at]);
        }
        match (leave.way, self.until()) {
            (Way::Back { .. }, _) => !self.used[index],
            (_, None) => false,
            (Way::Fine { .. }, Some(until)) => until != Until::Coda,
            (Way::ToCoda { .. }, Some(until)) => {
                matches!(until, Until::Any | Until::Coda) && !self.used[index]
            }
        }
    }
}
