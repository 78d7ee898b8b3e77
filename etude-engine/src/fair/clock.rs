//! The take's clock beside the service's, and how late its events came.

use super::{Batch, Delivered, LATE_US, NOTES_MIN};
use crate::session::{Event, EventKind};

/// Shorter than this the service's clock says nothing about the speed of another, in microseconds.
const RATE_OVER_US: i64 = 10_000_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clock {
    /// The largest step back, in microseconds.
    pub(super) back_us: i64,
    /// How much longer the take lasted than the session was open at its end, in microseconds; negative as a rule.
    pub(super) ahead_us: Option<i64>,
    /// How much faster than the service's it ran, in thousandths.
    pub(super) rate_permille: Option<i64>,
    /// How far that took the two apart, in microseconds.
    pub(super) drift_us: i64,
    /// Share of the notes that were late, in thousandths.
    pub(super) late_permille: Option<i64>,
    /// The latest of them, in microseconds after its own time.
    pub(super) latest_us: i64,
}

pub(super) fn measure(Delivered { log, batches, opened_ms }: &Delivered<'_>) -> Clock {
    let mut clock = Clock { back_us: back(log), ..Clock::default() };
    let whole = batches.iter().try_fold(0_u64, |sum, batch| sum.checked_add(batch.events));
    if log.is_empty() || whole.and_then(|whole| usize::try_from(whole).ok()) != Some(log.len()) {
        return clock;
    }
    let arrivals = arrivals(log, batches);
    let (first, last) = (log.iter().map(|event| event.at.0).min(), log.iter().map(|event| event.at.0).max());
    if let (Some(first), Some(last), Some(arrived)) = (first, last, arrivals.last()) {
        let open = micros(arrived.0).saturating_sub(micros(*opened_ms));
        clock.ahead_us = Some(last.saturating_sub(first).saturating_sub(open));
    }
    if let Some((apart, over)) = drift(&arrivals) {
        clock.rate_permille = Some((i128::from(-apart) * 1_000 / i128::from(over)) as i64);
        clock.drift_us = apart.saturating_abs();
    }
    late(&mut clock, &arrivals);
    clock
}

fn back(log: &[Event]) -> i64 {
    let mut latest = i64::MIN;
    let mut largest = 0;
    for event in log {
        latest = latest.max(event.at.0);
        largest = largest.max(latest.saturating_sub(event.at.0));
    }
    largest
}

/// Each batch: when it came, and its events.
fn arrivals<'a>(log: &'a [Event], batches: &[Batch]) -> Vec<(u64, &'a [Event])> {
    let mut rest = log;
    let take = |batch: &Batch| {
        let (events, after) = rest.split_at(usize::try_from(batch.events).unwrap_or(0).min(rest.len()));
        rest = after;
        (batch.arrived_ms, events)
    };
    batches.iter().map(take).filter(|(_, events)| !events.is_empty()).collect()
}

/// How far the clocks went apart, and over how long: positive where the take's was slower. Between the quickest delivery of
/// the first third of the time and that of the last, so that no outage in between counts.
fn drift(arrivals: &[(u64, &[Event])]) -> Option<(i64, i64)> {
    let delay = |&(arrived, events): &(u64, &[Event])| {
        let at = events.iter().map(|event| event.at.0).max()?;
        Some((micros(arrived).saturating_sub(at), micros(arrived)))
    };
    let delays: Vec<(i64, i64)> = arrivals.iter().filter_map(delay).collect();
    let (begin, end) = (delays.first()?.1, delays.last()?.1);
    let third = end.saturating_sub(begin) / 3;
    let early = delays.iter().filter(|(_, arrived)| *arrived <= begin.saturating_add(third)).min()?;
    let late = delays.iter().filter(|(_, arrived)| *arrived >= end.saturating_sub(third)).min()?;
    let over = late.1.saturating_sub(early.1);
    (over >= RATE_OVER_US).then(|| (late.0.saturating_sub(early.0), over))
}

/// An event is late by how much longer it took than the quickest of all.
fn late(clock: &mut Clock, arrivals: &[(u64, &[Event])]) {
    let delays = || {
        arrivals.iter().flat_map(|&(arrived, events)| {
            events.iter().map(move |event| (event, micros(arrived).saturating_sub(event.at.0)))
        })
    };
    let Some(quickest) = delays().map(|(_, delay)| delay).min() else { return };
    let (mut notes, mut late) = (0_i64, 0_i64);
    for (event, delay) in delays() {
        if matches!(event.kind, EventKind::NoteOn { .. }) {
            let after = delay.saturating_sub(quickest);
            notes += 1;
            late += i64::from(after > LATE_US);
            clock.latest_us = clock.latest_us.max(after);
        }
    }
    clock.late_permille = (notes >= NOTES_MIN as i64).then(|| late * 1_000 / notes);
}

fn micros(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000)
}
