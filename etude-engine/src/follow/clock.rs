//! Following a clock: a metronome, or the host's transport. The time says where in the score the player should be.

use super::Follower;
use super::cost::timing;
use super::hypothesis::{Candidate, Candidates, Heard, Hypothesis, Part};
use super::onsets::{Onset, Onsets};
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
    /// When an onset is due on the take's clock.
    fn due(&self, run: Run, onset: &Onset) -> i64 {
        let (at, distance, numerator, denominator) = match run {
            Run::Metronome { at, nominal } => {
                (at, onset.nominal - nominal, 100, i128::from(self.tempo_percent))
            }
            Run::Transport { at, position, micros_per_quarter } => {
                (at, onset.position.saturating_sub(position), i128::from(micros_per_quarter), 1_000_000)
            }
        };
        let distance = i128::from(distance) * numerator / denominator;
        at + distance.clamp(-DUE_MAX_US, DUE_MAX_US) as i64
    }

    /// The first onset that is due at `time` or later.
    fn first_due(&self, run: Run, time: i64, onsets: &Onsets) -> u32 {
        onsets.partition_point(|onset| self.due(run, onset) < time)
    }
}

impl Follower {
    /// The host's transport has moved. Returns the place it went to, if it did not just go on.
    pub fn transport(
        &mut self,
        at: Micros,
        playing: bool,
        position: i64,
        micros_per_quarter: u32,
    ) -> Option<u32> {
        self.advance(at);
        let clock = self.clock.as_mut()?;
        let before =
            clock.run.filter(|_| clock.transport).map(|run| clock.first_due(run, self.now, &self.onsets));
        clock.transport = true;
        clock.run = playing.then_some(Run::Transport { at: self.now, position, micros_per_quarter });
        let run = clock.run?;
        let place = clock.first_due(run, self.now, &self.onsets).min(self.onsets.count() - 1);
        // A seek or a loop shows as another onset being next.
        if before.is_none_or(|before| before.abs_diff(place) <= 1) {
            return None;
        }
        let best = self.beam[0];
        let mut here = Hypothesis::at_place(place, &self.onsets, &best, best.base, best.node);
        here.front = None;
        self.beam.clear();
        self.beam.push(here);
        Some(place)
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
    /// All explanations of a note under a clock: the open keys of its pitch that are due within the window, or none.
    pub(super) fn explain_by_clock(&self, clock: &Clock, heard: &Heard<'_>, out: &mut Candidates) {
        let Heard { at, pitch, onsets, weights } = *heard;
        let mut here = *self;
        let mut again = None;
        let mut nearest = None;
        if let Some(run) = clock.run {
            let low = clock.first_due(run, at - clock.window.0, onsets);
            let end = clock.first_due(run, at + clock.window.0 + 1, onsets);
            here.open_from(onsets.first_key(low), onsets, weights);
            let first = here.low_key;
            let last = onsets.first_key(end).min(first + 128);
            let same = onsets.keys_of(pitch);
            let from = same.partition_point(|&key| key < first);
            for &key in same[from..].iter().take_while(|&&key| key < last) {
                if here.has_played(key) {
                    again = Some(key);
                    continue;
                }
                let offset = at - clock.due(run, onsets.onset(onsets.key(key).onset));
                let mut next = here;
                next.strike_at(onsets.key(key).onset, at);
                next.played |= 1 << (key - first);
                next.base += i64::from(timing(offset, SPREAD_US));
                next.total = next.base;
                out.push(Candidate { hypothesis: next, part: Part::Match { key, offset_us: offset as i32 } });
            }
            nearest = (first..last)
                .filter(|&key| !here.has_played(key))
                .filter(|&key| (1..=2).contains(&onsets.key(key).pitch.number().abs_diff(pitch.number())))
                .min_by_key(|&key| (at - clock.due(run, onsets.onset(onsets.key(key).onset))).abs());
        }
        let (cost, part) = match (again, nearest) {
            (Some(key), _) => (weights.repeat, Part::Repeat { key }),
            // Not marked as played: the right key may still come, and then it counts.
            (None, Some(key)) => (weights.extra, Part::Wrong { key }),
            (None, None) => (weights.extra, Part::Extra),
        };
        here.base += i64::from(cost);
        here.total = here.base;
        out.push(Candidate { hypothesis: here, part });
    }

    fn strike_at(&mut self, onset: u32, at: i64) {
        if self.front.is_none_or(|front| onset >= front) {
            (self.front, self.front_at) = (Some(onset), at);
        }
    }
}
