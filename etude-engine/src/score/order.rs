//! From written to performed order: repeats, voltas and jumps played, ties joined.

use super::marks::Mark;
use super::ties::{Strike, join_ties};
use super::written::{Jumps, WrittenMeasure, WrittenScore};
use super::{MEASURES_MAX, Measure, NOTES_MAX, Score, ScoreError, ScoreParts, TempoChange, TempoMap};
use crate::units::Ticks;

/// Most times a passage may be repeated by one sign.
pub const TIMES_MAX: u16 = 64;

/// Why a written score has no performed order that can be held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfoldError {
    /// More than [`MEASURES_MAX`] measures.
    #[error(
        "measure {measure}: with its repeats played, the score passes the limit of {MEASURES_MAX} measures"
    )]
    TooManyMeasures {
        /// Printed number of the measure where the limit was passed.
        measure: String,
    },
    /// More than [`NOTES_MAX`] notes.
    #[error("measure {measure}: with its repeats played, the score passes the limit of {NOTES_MAX} notes")]
    TooManyNotes {
        /// Printed number of the measure where the limit was passed.
        measure: String,
    },
    /// More than [`NOTES_MAX`] tempo marks.
    #[error(
        "measure {measure}: with its repeats played, the score passes the limit of {NOTES_MAX} tempo marks"
    )]
    TooManyTempoMarks {
        /// Printed number of the measure where the limit was passed.
        measure: String,
    },
    /// More than [`NOTES_MAX`] marks of expression.
    #[error(
        "measure {measure}: with its repeats played, the score passes the limit of {NOTES_MAX} marks of expression"
    )]
    TooManyMarks {
        /// Printed number of the measure where the limit was passed.
        measure: String,
    },
    /// What came out is no valid score.
    #[error(transparent)]
    Score(#[from] ScoreError),
}

/// One time through one written measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Index of the written measure.
    pub written: usize,
    /// Which time through it, from 1.
    pub pass: u16,
}

pub(super) fn unfold(written: &WrittenScore) -> Result<Score, UnfoldError> {
    let visits = performed_order(&written.measures)?;
    let measures = place(written, &visits);
    let mut strikes = Vec::new();
    for (index, visit) in visits.iter().enumerate() {
        let source = &written.measures[visit.written];
        if strikes.len() + source.notes.len() > NOTES_MAX {
            return Err(UnfoldError::TooManyNotes { measure: source.number.clone() });
        }
        strikes.extend(source.notes.iter().enumerate().map(|(number, note)| Strike {
            onset: Ticks(measures[index].onset.0.saturating_add(note.offset.0)),
            visit: index,
            place: (visit.written, number),
            note,
        }));
    }
    // Grace notes first, so that one tied to its main note comes before it.
    strikes.sort_by_key(|strike| (strike.onset, !strike.note.grace, strike.visit));
    Ok(Score::new(ScoreParts {
        title: written.title.clone(),
        composer: written.composer.clone(),
        ticks_per_quarter: written.ticks_per_quarter,
        notes: join_ties(&strikes, &visits),
        marks: marks(written, &visits, &measures)?,
        tempo: tempo(written, &visits, &measures)?,
        measures,
    })?)
}

/// The order in which the measures are played, with every repeat taken.
///
/// A backward repeat goes to the last forward repeat, or to where the last repeated passage ended, or to the
/// beginning. After D.C. or D.S. repeats are not played again, and of the voltas the last one is taken.
pub fn performed_order(measures: &[WrittenMeasure]) -> Result<Vec<Visit>, UnfoldError> {
    let mut visits = Vec::with_capacity(measures.len());
    let mut passes = vec![0_u16; measures.len()];
    let mut walk = Walk {
        start: 0,
        time: 1,
        returning: false,
        used: vec![false; measures.len()],
        last_times: last_times(measures),
    };
    let mut at = 0;
    while let Some(measure) = measures.get(at) {
        if !walk.enters(measures, at) {
            at += 1;
            continue;
        }
        if visits.len() == MEASURES_MAX {
            return Err(UnfoldError::TooManyMeasures { measure: measure.number.clone() });
        }
        passes[at] += 1;
        visits.push(Visit { written: at, pass: passes[at] });
        match walk.leaves(measures, at) {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(visits)
}

/// Where the walk through the repeats stands.
struct Walk {
    /// First measure of the passage being repeated.
    start: usize,
    /// Which time through that passage.
    time: u16,
    /// Whether a D.C. or D.S. was taken.
    returning: bool,
    /// Jumps that were taken: each is taken once, so the walk ends.
    used: Vec<bool>,
    last_times: Vec<u16>,
}

impl Walk {
    /// Whether the measure is played this time; false under another time's volta.
    fn enters(&mut self, measures: &[WrittenMeasure], at: usize) -> bool {
        let measure = &measures[at];
        if measure.repeat_start && self.start != at {
            (self.start, self.time) = (at, 1);
        }
        if measure.volta.is_empty() {
            // The bracket of the last time ends without a sign of its own.
            if at > self.start && self.time > 1 && !measures[at - 1].volta.is_empty() {
                (self.start, self.time) = (at, 1);
            }
            return true;
        }
        let time = if self.returning { self.last_times[at] } else { self.time };
        measure.volta.contains(&time)
    }

    /// The measure to be looked at next, or `None` at the end.
    fn leaves(&mut self, measures: &[WrittenMeasure], at: usize) -> Option<usize> {
        let measure = &measures[at];
        if let Some(times) = measure.repeat_end {
            let times = if measure.volta.is_empty() { times } else { self.last_times[at] };
            if !self.returning && self.time < times.min(TIMES_MAX) {
                self.time += 1;
                return Some(self.start);
            }
            (self.start, self.time) = (at + 1, 1);
        }
        let Jumps { to_coda, fine, da_capo, dal_segno, .. } = measure.jumps;
        if self.returning && fine {
            return None;
        }
        let coda = || find_after(measures, at, |jumps| jumps.coda);
        if let Some(coda) = (self.returning && to_coda && !self.used[at]).then(coda).flatten() {
            self.used[at] = true;
            (self.start, self.time) = (coda, 1);
            return Some(coda);
        }
        if (da_capo || dal_segno) && !self.used[at] {
            let segno = || measures[..=at].iter().rposition(|measure| measure.jumps.segno);
            if let Some(target) = if da_capo { Some(0) } else { segno() } {
                self.used[at] = true;
                self.returning = true;
                (self.start, self.time) = (target, 1);
                return Some(target);
            }
        }
        Some(at + 1)
    }
}

/// The coda stands after the place where one leaves for it; some pieces write it elsewhere.
fn find_after(measures: &[WrittenMeasure], at: usize, sign: impl Fn(&Jumps) -> bool) -> Option<usize> {
    let found = |measure: &WrittenMeasure| sign(&measure.jumps);
    let after = measures[at + 1..].iter().position(found).map(|i| at + 1 + i);
    after.or_else(|| measures[..at].iter().rposition(found))
}

/// For each measure, the last time through that the run of voltas around it provides for. A lone first volta is
/// left out the second time.
fn last_times(measures: &[WrittenMeasure]) -> Vec<u16> {
    // A bracket that begins again at a lower number belongs to another passage.
    let lowest = |measure: &WrittenMeasure| measure.volta.iter().min().copied().unwrap_or(0);
    let one_passage = |a: &WrittenMeasure, b: &WrittenMeasure| {
        a.volta.is_empty() == b.volta.is_empty() && lowest(a) <= lowest(b)
    };
    let last =
        |run: &[WrittenMeasure]| run.iter().flat_map(|measure| &measure.volta).max().copied().unwrap_or(1);
    measures.chunk_by(one_passage).flat_map(|run| std::iter::repeat_n(last(run).max(2), run.len())).collect()
}

fn place(written: &WrittenScore, visits: &[Visit]) -> Vec<Measure> {
    let pickup = written.measures.first().filter(|_| written.pickup).map_or(0, |measure| measure.duration.0);
    let mut onset = -pickup;
    let measure = |visit: &Visit| {
        let source = &written.measures[visit.written];
        let measure = Measure {
            number: source.number.clone(),
            pass: visit.pass,
            written: visit.written as u32,
            onset: Ticks(onset),
            duration: source.duration,
        };
        // A sum past the limit is refused by `Score::new`, which needs no exact value for that.
        onset = onset.saturating_add(source.duration.0);
        measure
    };
    visits.iter().map(measure).collect()
}

fn marks(written: &WrittenScore, visits: &[Visit], measures: &[Measure]) -> Result<Vec<Mark>, UnfoldError> {
    let mut marks = Vec::new();
    for (index, (visit, measure)) in visits.iter().zip(measures).enumerate() {
        let source = &written.measures[visit.written].marks;
        if marks.len() + source.len() > NOTES_MAX {
            return Err(UnfoldError::TooManyMarks { measure: measure.number.clone() });
        }
        marks.extend(source.iter().map(|mark| Mark {
            kind: mark.kind,
            at: Ticks(measure.onset.0.saturating_add(mark.offset.0)),
            measure: index as u32,
            staff: mark.staff,
        }));
    }
    Ok(marks)
}

/// Tempo marks of each time through; a jump restores the tempo that holds at its target.
fn tempo(written: &WrittenScore, visits: &[Visit], measures: &[Measure]) -> Result<TempoMap, UnfoldError> {
    let marks_of = |measure: &WrittenMeasure| {
        let mut marks = measure.tempo.clone();
        marks.sort_by_key(|mark| mark.offset);
        marks
    };
    let mut in_force = Vec::with_capacity(written.measures.len());
    let mut current = None;
    for measure in &written.measures {
        in_force.push(current);
        current = marks_of(measure).last().map(|mark| mark.micros_per_quarter).or(current);
    }
    // Before the first mark the first mark holds.
    let first = written.measures.iter().flat_map(marks_of).map(|mark| mark.micros_per_quarter).next();
    let mut changes = Vec::new();
    let mut expected = 0;
    for (visit, measure) in visits.iter().zip(measures) {
        if changes.len() + written.measures[visit.written].tempo.len() > NOTES_MAX {
            return Err(UnfoldError::TooManyTempoMarks { measure: measure.number.clone() });
        }
        if visit.written != expected {
            changes.extend(
                in_force[visit.written]
                    .or(first)
                    .map(|micros_per_quarter| TempoChange { at: measure.onset, micros_per_quarter }),
            );
        }
        changes.extend(marks_of(&written.measures[visit.written]).iter().map(|mark| TempoChange {
            at: Ticks(measure.onset.0.saturating_add(mark.offset.0)),
            micros_per_quarter: mark.micros_per_quarter,
        }));
        expected = visit.written + 1;
    }
    Ok(TempoMap::new(changes))
}
