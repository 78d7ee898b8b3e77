//! Regularity that no hand has.

use super::NOTES_MIN;
use crate::session::{Event, EventKind};

/// Strokes closer than this belong to one onset, in microseconds.
const CHORD_US: i64 = 30_000;
/// A longer step is a pause, in microseconds.
const STEP_US: i64 = 2_000_000;
/// Steps are equal that differ by no more, in microseconds.
const EQUAL_US: i64 = 1_000;
/// Steps that all lie closer together say nothing about a grid, in milliseconds.
const RANGE_MS: usize = 100;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Regular {
    /// Share of steps that are as long as the one before, in thousandths.
    pub(super) even_permille: Option<i64>,
    /// How many different lengths the steps have, to the millisecond, of those that as many would have by chance between
    /// the shortest and the longest twentieth, in thousandths.
    pub(super) lengths_permille: Option<i64>,
    /// Share of notes with the most frequent velocity, in thousandths.
    pub(super) velocity_permille: Option<i64>,
}

pub(super) fn measure(log: &[Event]) -> Regular {
    let mut velocities = [0_i64; 128];
    let mut onset: Option<i64> = None;
    let mut before: Option<i64> = None;
    let (mut pairs, mut equal) = (0_i64, 0_i64);
    let mut lengths = vec![0_usize; (STEP_US / 1_000) as usize];
    let mut now = i64::MIN;
    for event in log {
        now = now.max(event.at.0);
        let EventKind::NoteOn { velocity, .. } = event.kind else { continue };
        velocities[usize::from(velocity.value())] += 1;
        let Some(began) = onset else {
            onset = Some(now);
            continue;
        };
        let step = now.saturating_sub(began);
        if step <= CHORD_US {
            continue;
        }
        onset = Some(now);
        let step = (step < STEP_US).then_some(step);
        if let Some(step) = step {
            lengths[(step / 1_000) as usize] += 1;
        }
        if let (Some(before), Some(step)) = (before, step) {
            pairs += 1;
            equal += i64::from((step - before).abs() <= EQUAL_US);
        }
        before = step;
    }
    let notes: i64 = velocities.iter().sum();
    let most = velocities.iter().copied().max().unwrap_or(0);
    let enough = NOTES_MIN as i64;
    Regular {
        even_permille: (pairs >= enough).then(|| equal * 1_000 / pairs),
        lengths_permille: different(&lengths),
        velocity_permille: (notes >= enough).then(|| most * 1_000 / notes),
    }
}

/// See [`Regular::lengths_permille`]; `counts` are of each millisecond.
fn different(counts: &[usize]) -> Option<i64> {
    let steps: usize = counts.iter().sum();
    let twentieth = steps / 20;
    let reached = |mut counts: Box<dyn Iterator<Item = &usize> + '_>| {
        let mut sum = 0;
        counts.position(|count| {
            sum += count;
            sum > twentieth
        })
    };
    let low = reached(Box::new(counts.iter()))?;
    let high = counts.len() - reached(Box::new(counts.iter().rev()))?;
    let within = counts.get(low..high)?;
    if steps < NOTES_MIN || within.len() < RANGE_MS {
        return None;
    }
    let found = within.iter().filter(|count| **count > 0).count();
    // n draws among as many values find 1 - 1/e of them.
    let chance = within.len().min(within.iter().sum()) * 632 / 1_000;
    Some((found * 1_000 / chance.max(1)) as i64)
}
