//! Where the player is at a moment between two notes, and what is to be struck next. Asking changes nothing.

use super::clock::{Clock, Run};
use super::hypothesis::{Hypothesis, NO_FRONT};
use super::onsets::{KeyIndex, Onsets};
use super::{Follower, TIME_MAX_US, Wait};
use crate::units::{Micros, Ticks};

/// A place on the way from one onset to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// In millionths of a quarter, never outside the score.
    pub position: i64,
    /// The onset begun last, or under a clock the one that was due last.
    pub behind: Option<u32>,
    /// The onset that comes next; `None` after the last.
    pub ahead: Option<u32>,
    /// Length of a quarter as it is played, if there is a tempo.
    pub micros_per_quarter: Option<u32>,
    /// Whether the place moves on with time until the next onset is struck.
    pub moving: bool,
}

impl Follower {
    /// Where the player is at `now`, or at the latest time seen if that is later.
    ///
    /// A player is taken to go on at the tempo of late, as far as the next onset, and there to wait until it is struck.
    /// A clock does not wait.
    pub fn spot(&self, now: Micros) -> Spot {
        let now = self.clamp(now);
        match &self.clock {
            None => self.player_at(now),
            Some(clock) => self.clock_at(clock, now),
        }
    }

    /// The keys to be struck next at `now`: what is left of the onset begun or due last, up to half-way to the
    /// next one, and then that.
    pub fn due(&self, now: Micros) -> impl Iterator<Item = KeyIndex> + '_ {
        let now = self.clamp(now);
        let best = &self.beam[0];
        let (onset, fresh) = match &self.clock {
            None => self.due_of_player(best, now),
            Some(clock) => self.due_by_clock(clock, best, now),
        };
        keys(&self.onsets, onset).filter(move |&key| fresh || !best.has_played(key))
    }

    fn clamp(&self, now: Micros) -> i64 {
        self.now.max(now.0.min(TIME_MAX_US))
    }

    fn player_at(&self, now: i64) -> Spot {
        let (onsets, best) = (&*self.onsets, &self.beam[0]);
        if best.front == NO_FRONT {
            return standing(onsets, None, best.open(onsets), best.pace());
        }
        let front = best.front;
        let reached = onsets.onset(front).nominal + best.nominal_since(now);
        let limit = match front + 1 < onsets.count() {
            true => onsets.position(front + 1),
            false => onsets.end(),
        };
        let position = onsets.between(front, reached).min(limit);
        let tempo = best.pace().map(|ratio| by_ratio(onsets.quarter_at(position), ratio));
        Spot {
            position,
            behind: Some(front),
            ahead: self.after(front),
            micros_per_quarter: tempo,
            moving: position < limit,
        }
    }

    fn clock_at(&self, clock: &Clock, now: i64) -> Spot {
        let onsets = &*self.onsets;
        let (position, tempo, end) = match clock.run {
            Some(Run::Metronome { .. }) => {
                let (nominal, _) = self.metronome_at(clock, now);
                let behind = onsets.partition_point(|onset| onsets.onset(onset).nominal <= nominal);
                let position = onsets.between(behind.saturating_sub(1), nominal);
                let tempo = i64::from(onsets.quarter_at(position)) * 100 / i64::from(clock.tempo_percent);
                (position, tempo as u32, onsets.end())
            }
            Some(Run::Transport { at, position, micros_per_quarter }) => {
                let gone = i128::from(now - at) * 1_000_000 / i128::from(micros_per_quarter.max(1));
                let position = i128::from(position) + gone;
                let position = position.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
                (position, micros_per_quarter, onsets.within(i64::MAX))
            }
            None => {
                let next = self.beam[0].open(onsets);
                let Some(position) = clock.shown else { return standing(onsets, None, next, None) };
                let position = onsets.within(position);
                let next = onsets.partition_point(|onset| onsets.position(onset) < position);
                return Spot { position, ..standing(onsets, next.checked_sub(1), next, None) };
            }
        };
        let within = onsets.within(position);
        let next = onsets.partition_point(|onset| onsets.position(onset) <= within);
        Spot {
            position: within,
            behind: next.checked_sub(1),
            ahead: if next < onsets.count() { Some(next) } else { self.looping.then_some(0) },
            micros_per_quarter: Some(tempo),
            moving: position < end,
        }
    }

    /// The nominal time of a metronome, and how many laps it is ahead of the player: -1 where the first note of the lap
    /// was played before its time.
    fn metronome_at(&self, clock: &Clock, now: i64) -> (i64, i64) {
        let Some(Run::Metronome { at, nominal }) = clock.run else { return (0, 0) };
        let gone = i128::from(now - at) * i128::from(clock.tempo_percent) / 100;
        let nominal = (i128::from(nominal) + gone) as i64;
        let first = self.onsets.onset(0).nominal;
        let laps = if self.looping { (nominal - first).div_euclid(self.onsets.length()) } else { 0 };
        (nominal - laps * self.onsets.length(), laps)
    }

    /// The onset after this one; after the last the first, if it comes again.
    fn after(&self, onset: u32) -> Option<u32> {
        if onset + 1 < self.onsets.count() { Some(onset + 1) } else { self.looping.then_some(0) }
    }

    /// The onset due, and whether it is that of a new lap, in which nothing has been played.
    fn due_of_player(&self, best: &Hypothesis, now: i64) -> (Option<u32>, bool) {
        let onsets = &*self.onsets;
        if best.front == NO_FRONT {
            return (Some(best.open(onsets)).filter(|&onset| onset < onsets.count()), false);
        }
        let left = keys(onsets, Some(best.front)).any(|key| !best.has_played(key));
        let Some(next) = self.after(best.front) else { return (left.then_some(best.front), false) };
        // Across the end of a loop there is no way to measure.
        let way = (onsets.onset(next).nominal - onsets.onset(best.front).nominal).max(0);
        match left && best.nominal_since(now) < way / 2 {
            true => (Some(best.front), false),
            false => (Some(next), next <= best.front),
        }
    }

    /// As above.
    fn due_by_clock(&self, clock: &Clock, best: &Hypothesis, now: i64) -> (Option<u32>, bool) {
        let onsets = &*self.onsets;
        let Some(run) = clock.run else {
            let next = self.spot(Micros(now)).ahead;
            return (next, false);
        };
        let (run, laps) = match run {
            Run::Metronome { .. } => {
                let (nominal, laps) = self.metronome_at(clock, now);
                (Run::Metronome { at: now, nominal }, laps)
            }
            Run::Transport { .. } => (run, 0),
        };
        let fresh = laps > 0;
        let next = if laps < 0 { 0 } else { clock.first_due(run, now, onsets) };
        let has_left = |onset: u32| keys(onsets, Some(onset)).any(|key| fresh || !best.has_played(key));
        if let Some(last) = next.checked_sub(1)
            && has_left(last)
        {
            let late = now - clock.due(run, last, onsets);
            let half = match next < onsets.count() {
                true => (clock.due(run, next, onsets) - clock.due(run, last, onsets)) / 2,
                false => i64::MAX,
            };
            if late <= half.min(clock.window.0) {
                return (Some(last), fresh);
            }
        }
        match (next..onsets.count()).take(2).find(|&onset| has_left(onset)) {
            Some(onset) => (Some(onset), fresh),
            None if next >= onsets.count() && self.looping => (Some(0), true),
            None => (None, false),
        }
    }
}

impl Wait {
    /// Where the player is: at the onset waited for.
    pub fn spot(&self) -> Spot {
        standing(self.onsets(), self.front(), self.position(), None)
    }

    /// The keys waited for, and those of the same onset that may be left out.
    pub fn due(&self) -> impl Iterator<Item = KeyIndex> + '_ {
        let over = self.position() == self.onsets().count();
        let onset = if over && self.is_over() { self.waited_from(0) } else { self.position() };
        let onset = Some(onset).filter(|&onset| onset < self.onsets().count());
        keys(self.onsets(), onset).filter(move |&key| over || !self.has_struck(key))
    }
}

impl Onsets {
    /// The place within the score, played or not, that is nearest to this one.
    fn within(&self, position: i64) -> i64 {
        let measures = self.score().measures();
        let (first, last) = (&measures[0], &measures[measures.len() - 1]);
        let end = self.uq(Ticks(last.onset.0 + last.duration.0)).max(self.end());
        position.clamp(self.uq(first.onset).min(self.position(0)), end)
    }

    /// Where what is to be played ends, in millionths of a quarter: not before its last onset.
    fn end(&self) -> i64 {
        let measures = self.score().measures();
        let last = self.selection().range.map_or(measures.len() - 1, |range| range.to as usize);
        let end = Ticks(measures[last].onset.0 + measures[last].duration.0);
        self.uq(end).max(self.position(self.count() - 1))
    }

    /// The place at a nominal time after `onset`, in millionths of a quarter. From one onset to the next it moves evenly.
    fn between(&self, onset: u32, nominal: i64) -> i64 {
        let from = self.position(onset);
        let gone = i128::from(nominal - self.onset(onset).nominal);
        let (way, length) = match onset + 1 < self.count() {
            true => {
                let next = self.onset(onset + 1).nominal;
                (self.position(onset + 1) - from, next - self.onset(onset).nominal)
            }
            false => (1_000_000, i64::from(self.quarter_at(from))),
        };
        let reached = i128::from(from) + gone * i128::from(way) / i128::from(length.max(1));
        reached.min(i128::from(self.end())) as i64
    }

    /// Nominal length of a quarter at a place, in microseconds.
    fn quarter_at(&self, position: i64) -> u32 {
        self.score().tempo().micros_per_quarter_at(ticks_of(position, self.score().ticks_per_quarter()))
    }

    /// A place in millionths of a quarter, rounded down.
    fn uq(&self, ticks: Ticks) -> i64 {
        (i128::from(ticks.0) * 1_000_000).div_euclid(i128::from(self.score().ticks_per_quarter())) as i64
    }
}

/// A place in ticks. Of a tick itself it gives that tick, although its place was rounded down.
pub fn ticks_of(position: i64, ticks_per_quarter: u32) -> Ticks {
    let scaled = (i128::from(position) + 1) * i128::from(ticks_per_quarter) - 1;
    Ticks(scaled.div_euclid(1_000_000) as i64)
}

/// At an onset that is waited for, or at the end.
fn standing(onsets: &Onsets, behind: Option<u32>, next: u32, pace: Option<i64>) -> Spot {
    let ahead = Some(next).filter(|&next| next < onsets.count());
    let position = ahead.map_or_else(|| onsets.end(), |next| onsets.position(next));
    let tempo = pace.map(|ratio| by_ratio(onsets.quarter_at(position), ratio));
    Spot { position, behind, ahead, micros_per_quarter: tempo, moving: false }
}

/// The keys of an onset, if there is one.
fn keys(onsets: &Onsets, onset: Option<u32>) -> std::ops::Range<KeyIndex> {
    onset.map_or(0..0, |onset| onsets.first_key(onset)..onsets.first_key(onset + 1))
}

fn by_ratio(quarter: u32, ratio: i64) -> u32 {
    ((i64::from(quarter) * ratio) >> 16).clamp(1, i64::from(u32::MAX)) as u32
}
