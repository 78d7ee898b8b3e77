//! From written to performed order: measures laid out, tempo carried, ties joined.

use super::marks::Mark;
use super::order::{self, Order, OrderWarning, Visit};
use super::ties::{self, Strike};
use super::written::{WrittenMeasure, WrittenScore};
use super::{MEASURES_MAX, Measure, NOTES_MAX, Score, ScoreError, ScoreParts, TempoChange, TempoMap};
use crate::sorted::sort;
use crate::units::Ticks;

/// A score in performed order, and what of the order was guessed.
#[derive(Clone, Debug)]
pub struct Unfolded {
    /// What is to be played.
    pub score: Score,
    /// Signs that contradict each other or lead nowhere, and what was done; in order of measures.
    pub warnings: Vec<OrderWarning>,
}

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

pub(super) fn unfold(written: &WrittenScore) -> Result<Unfolded, UnfoldError> {
    let Order { visits, edges, warnings } = order::performed_order(&written.measures)?;
    let measures = place(written, &visits);
    let mut strikes = Vec::new();
    for (index, visit) in visits.iter().enumerate() {
        let source = &written.measures[visit.written];
        let played = source.notes.iter().enumerate().filter(|(_, note)| note.times.counts(visit.time));
        strikes.extend(played.map(|(number, note)| Strike {
            onset: Ticks(measures[index].onset.0.saturating_add(note.offset.0)),
            visit: index,
            place: (visit.written, number),
            note,
        }));
    }
    // Grace notes first, so that one tied to its main note comes before it.
    let place = |strike: &Strike<'_>| (strike.onset, !strike.note.grace, strike.visit);
    sort(&mut strikes, &|one, other| place(one).cmp(&place(other)));
    let score = Score::new(ScoreParts {
        title: written.title.clone(),
        composer: written.composer.clone(),
        ticks_per_quarter: written.ticks_per_quarter,
        notes: ties::join(&strikes, &visits),
        edges,
        marks: marks(written, &visits, &measures)?,
        tempo: tempo(written, &visits, &measures)?,
        measures,
    })?;
    Ok(Unfolded { score, warnings })
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

/// Tempo marks of each time through; a jump restores the tempo that holds at its target.
fn tempo(written: &WrittenScore, visits: &[Visit], measures: &[Measure]) -> Result<TempoMap, UnfoldError> {
    let marks_of = |measure: &WrittenMeasure| {
        let mut marks = measure.tempo.clone();
        sort(&mut marks, &|one, other| one.offset.cmp(&other.offset));
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
        changes.extend(
            marks_of(&written.measures[visit.written])
                .iter()
                .filter(|mark| mark.times.counts(visit.time))
                .map(|mark| TempoChange {
                    at: Ticks(measure.onset.0.saturating_add(mark.offset.0)),
                    micros_per_quarter: mark.micros_per_quarter,
                }),
        );
        expected = visit.written + 1;
    }
    Ok(TempoMap::new(changes))
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
