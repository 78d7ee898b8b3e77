//! Following a clock: a metronome, or the host's transport. The time says where in the score the player should be.

use super::Follower;
use super::candidates::{Candidate, Candidates};
use super::cost::timing;
use super::hypothesis::{Heard, Hypothesis, NO_FRONT, Part, WRONG_NEAR};
use super::onsets::Onsets;
use crate::units::{Micros, Pitch};

/// Deviations of this size are common among players with a metronome, in microseconds.
const SPREAD_US: i64 = 60_000;
/// No note is due further off than this.
const DUE_MAX_US: i128 = 1 << 60;
/// The first note of a take may be for any of this many onsets.
const STARTS: u32 = 8;

/// When each onset is due.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Furthest a note may be from its due time, in microseconds.
    pub window: Micros,
    /// Speed of the metronome, in percent of the score's tempo.
    pub tempo_percent: u16,
    /// Where the clock stands; `None` before the first note of a metronome, and while a transport is stopped.
    pub run: Option<Run>,
    /// Whether a transport has taken the clock over.
    pub transport: bool,
    /// Where the clock stood when it was stopped.
    stood: Option<Stand>,
    /// The place of a transport that stands, in millionths of a quarter. For the eye.
    pub shown: Option<i64>,
}

/// Where a clock stands.
#[derive(Clone, Copy, Debug)]
struct Stand {
    /// The onset that is due next.
    next: u32,
    /// A transport's place, in millionths of a quarter.
    position: Option<i64>,
}

/// A running clock.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// The nominal time `nominal` is at `at`.
    Metronome {
        /// Time on the take's clock, in microseconds.
        at: i64,
        /// Nominal time of the score, in microseconds.
        nominal: i64,
    },
    /// The place `position` is at `at`.
    Transport {
        /// Time on the take's clock, in microseconds.
        at: i64,
        /// Place, in millionths of a quarter.
        position: i64,
        /// Microseconds per quarter.
        micros_per_quarter: u32,
    },
}

impl Clock {
    /// A clock that has not begun.
    pub fn new(window: Micros, tempo_percent: u16) -> Self {
        Self { window, tempo_percent, run: None, transport: false, stood: None, shown: None }
    }

    /// Where it stands at `time`; where it stood, if it has been stopped.
    fn stand(&self, time: i64, onsets: &Onsets) -> Option<Stand> {
        let Some(run) = self.run else { return self.stood };
        let position = match run {
            Run::Metronome { .. } => None,
            Run::Transport { at, position, micros_per_quarter } => {
                let gone = i128::from(time - at) * 1_000_000 / i128::from(micros_per_quarter.max(1));
                let bounds = (i128::from(i64::MIN), i128::from(i64::MAX));
                Some((i128::from(position) + gone).clamp(bounds.0, bounds.1) as i64)
            }
        };
        Some(Stand { next: self.first_due(run, time, onsets), position })
    }

    /// When an onset is due on the take's clock.
    pub(super) fn due(&self, run: Run, onset: u32, onsets: &Onsets) -> i64 {
        let (at, distance, numerator, denominator) = match run {
            Run::Metronome { at, nominal } => {
                (at, onsets.onset(onset).nominal - nominal, 100, i128::from(self.tempo_percent))
            }
            Run::Transport { at, position, micros_per_quarter } => (
                at,
                onsets.position(onset).saturating_sub(position),
                i128::from(micros_per_quarter),
                1_000_000,
            ),
        };
        let distance = i128::from(distance) * numerator / denominator;
        at + distance.clamp(-DUE_MAX_US, DUE_MAX_US) as i64
    }

    /// The first onset that is due at `time` or later.
    pub(super) fn first_due(&self, run: Run, time: i64, onsets: &Onsets) -> u32 {
        onsets.partition_point(|onset| self.due(run, onset, onsets) < time)
    }
}

impl Follower {
    /// The host's transport has moved. Returns the onset it went to, if it did not just go on: the number of onsets for
    /// what lies beyond the last.
    pub fn transport(
        &mut self,
        at: Micros,
        playing: bool,
        position: i64,
        micros_per_quarter: u32,
    ) -> Option<u32> {
        self.advance(at);
        let clock = self.clock.as_mut()?;
        clock.stood = clock.stand(self.now, &self.onsets);
        clock.transport = true;
        clock.shown = (!playing).then_some(position);
        clock.run = playing.then_some(Run::Transport { at: self.now, position, micros_per_quarter });
        let next = clock.first_due(clock.run?, self.now, &self.onsets);
        // A seek or a loop shows as another onset being next. The very next may be so by rounding.
        let before = clock.stood.map_or(0, |stood| stood.next);
        let leapt = clock.stood.and_then(|stood| stood.position).is_some_and(|stood| {
            let quarters = i128::from(position) - i128::from(stood);
            (quarters * i128::from(micros_per_quarter) / 1_000_000).abs() > i128::from(clock.window.0)
        });
        if before == next || (before.abs_diff(next) == 1 && !leapt) {
            return None;
        }
        self.go_to(next);
        Some(next)
    }

    /// Time has passed. In clock mode, the first onset that can still be played.
    pub fn open_at(&mut self, at: Micros) -> Option<u32> {
        self.advance(at);
        let clock = self.clock.as_ref()?;
        Some(clock.first_due(clock.run?, self.now.saturating_sub(clock.window.0), &self.onsets))
    }

    /// The first note starts a metronome: it is taken for the first of the opening onsets that has its pitch.
    pub(super) fn start_metronome(&mut self, pitch: Pitch) {
        let Some(clock) = self.clock.as_mut().filter(|clock| clock.run.is_none() && !clock.transport) else {
            return;
        };
        let first = self.onsets.keys_of(pitch).first().map_or(0, |&key| self.onsets.key(key).onset);
        let first = if first < STARTS { first } else { 0 };
        clock.run = Some(Run::Metronome { at: self.now, nominal: self.onsets.onset(first).nominal });
    }
}

impl Hypothesis {
    /// Adds the ways to explain a note under a clock: the open keys of its pitch that are due within the window, or
    /// none.
    pub(super) fn explain_by_clock(&self, clock: &Clock, by: u8, heard: &Heard<'_>, out: &mut Candidates) {
        let Heard { at, pitch, onsets, weights } = *heard;
        let mut here = *self;
        let mut again = None;
        let mut nearest = None;
        if let Some(run) = clock.run {
            let last = here.open_by_clock(clock, run, heard);
            let first = here.low_key;
            let same = onsets.keys_of(pitch);
            let from = same.partition_point(|&key| key < first);
            for &key in same[from..].iter().take_while(|&&key| key < last) {
                if here.has_played(key) {
                    again = Some(key);
                    continue;
                }
                let offset = at - clock.due(run, onsets.key(key).onset, onsets);
                let base = here.base + i64::from(timing(offset, SPREAD_US));
                let offset_us = offset.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
                let (part, state) = (Part::Match { key, offset_us }, here.state_with(key, onsets));
                out.push(Candidate { total: base, base, part, by, state });
            }
            nearest = (first..last)
                .filter(|&key| !here.has_played(key))
                .filter(|&key| WRONG_NEAR.contains(&onsets.key(key).pitch.number().abs_diff(pitch.number())))
                .min_by_key(|&key| (at - clock.due(run, onsets.key(key).onset, onsets)).abs());
        }
        let (cost, part) = match (again, nearest) {
            (Some(key), _) => (weights.repeat, Part::Repeat { key }),
            // Not marked as played: the right key may still come, and then it counts.
            (None, Some(key)) => (weights.extra, Part::Wrong { key }),
            (None, None) => (weights.extra, Part::Extra),
        };
        let base = here.base + i64::from(cost);
        out.push(Candidate { total: base, base, part, by, state: here.state(onsets) });
    }

    /// The hypothesis that the candidate makes of this one under a clock, but for its node.
    pub(super) fn with_clock(&self, clock: &Clock, candidate: &Candidate, heard: &Heard<'_>) -> Self {
        let mut next = *self;
        if let Some(run) = clock.run {
            next.open_by_clock(clock, run, heard);
        }
        (next.base, next.total) = (candidate.base, candidate.total);
        if let Part::Match { key, .. } = candidate.part {
            let onset = heard.onsets.key(key).onset;
            if next.front == NO_FRONT || onset >= next.front {
                (next.front, next.front_at) = (onset, heard.at);
            }
            next.played |= 1 << (key - next.low_key);
        }
        next
    }

    /// Closes the keys whose window is over; the first key that is not due yet, or out of reach.
    fn open_by_clock(&mut self, clock: &Clock, run: Run, heard: &Heard<'_>) -> u32 {
        let Heard { at, onsets, weights, .. } = *heard;
        let low = clock.first_due(run, at - clock.window.0, onsets);
        let end = clock.first_due(run, at + clock.window.0 + 1, onsets);
        self.open_from(onsets.first_key(low), onsets, weights);
        onsets.first_key(end).min(self.low_key + 128)
    }
}
