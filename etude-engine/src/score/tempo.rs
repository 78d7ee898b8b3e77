//! Tempo over the performed timeline: ticks to microseconds, exactly and without drift.

use serde::{Deserialize, Serialize};

use crate::sorted::sort;
use crate::units::{Micros, Ticks};

/// Slowest tempo a score may ask for: 4 beats a minute.
pub const MICROS_PER_QUARTER_MAX: u32 = 15_000_000;
/// Fastest tempo a score may ask for: 1,000 beats a minute.
pub const MICROS_PER_QUARTER_MIN: u32 = 60_000;
/// No place is further from the start than this, in microseconds: 285 years.
const NOMINAL_MAX_US: i128 = 1 << 53;
/// 120 quarters a minute: what MusicXML players and Standard MIDI Files assume where nothing is written.
pub const MICROS_PER_QUARTER_DEFAULT: u32 = 500_000;

/// From here on, a quarter lasts this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TempoChange {
    /// Where it takes effect.
    pub at: Ticks,
    /// Length of a quarter, in microseconds.
    pub micros_per_quarter: u32,
}

/// The tempo of a whole score. Constant between changes; ritardandi in words are left to the player.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<TempoChange>", into = "Vec<TempoChange>")]
pub struct TempoMap {
    changes: Vec<TempoChange>,
}

impl From<Vec<TempoChange>> for TempoMap {
    fn from(changes: Vec<TempoChange>) -> Self {
        Self::new(changes)
    }
}

impl From<TempoMap> for Vec<TempoChange> {
    fn from(tempo: TempoMap) -> Self {
        tempo.changes
    }
}

impl TempoMap {
    /// Sorts the changes; of several at one place the last given counts. Tempi outside
    /// [`MICROS_PER_QUARTER_MIN`] to [`MICROS_PER_QUARTER_MAX`] are moved to the nearer bound.
    pub fn new(mut changes: Vec<TempoChange>) -> Self {
        sort(&mut changes, &|one, other| one.at.cmp(&other.at));
        let mut kept: Vec<TempoChange> = Vec::with_capacity(changes.len());
        for mut change in changes {
            change.micros_per_quarter =
                change.micros_per_quarter.clamp(MICROS_PER_QUARTER_MIN, MICROS_PER_QUARTER_MAX);
            match kept.last_mut() {
                Some(last) if last.at == change.at => *last = change,
                Some(last) if last.micros_per_quarter == change.micros_per_quarter => {}
                _ => kept.push(change),
            }
        }
        Self { changes: kept }
    }

    /// The changes in order of place, at most one a place.
    pub fn changes(&self) -> &[TempoChange] {
        &self.changes
    }

    /// The tempo in force at a place. Before the first change, the first tempo holds.
    pub fn micros_per_quarter_at(&self, at: Ticks) -> u32 {
        let after = self.changes.partition_point(|change| change.at <= at);
        match self.changes.get(after.saturating_sub(1)) {
            Some(change) => change.micros_per_quarter,
            None => MICROS_PER_QUARTER_DEFAULT,
        }
    }

    /// Nominal time of each of the given places, counted from tick 0 and rounded down.
    ///
    /// `places` must not fall. Exact products are summed and divided once a place, so a place's time does not
    /// depend on how many changes or notes stood before it.
    pub fn micros_of(&self, places: impl Iterator<Item = Ticks>, ticks_per_quarter: u32) -> Vec<Micros> {
        let mut walk = Walk::new(self);
        let zero = Walk::new(self).tick_micros(Ticks(0));
        places
            .map(|place| {
                let exact = walk.tick_micros(place) - zero;
                let micros = exact.div_euclid(i128::from(ticks_per_quarter));
                Micros(micros.clamp(-NOMINAL_MAX_US, NOMINAL_MAX_US) as i64)
            })
            .collect()
    }
}

/// Walks forward over the changes, summing ticks x microseconds per quarter.
struct Walk<'a> {
    ahead: &'a [TempoChange],
    from: Ticks,
    tempo: u32,
    sum: i128,
}

impl<'a> Walk<'a> {
    fn new(map: &'a TempoMap) -> Self {
        let from = map.changes.first().map_or(Ticks(0), |change| change.at);
        Self { ahead: &map.changes, from, tempo: map.micros_per_quarter_at(from), sum: 0 }
    }

    /// Places must not fall between calls.
    fn tick_micros(&mut self, place: Ticks) -> i128 {
        while let Some((next, rest)) = self.ahead.split_first().filter(|(next, _)| next.at <= place) {
            self.sum += i128::from(next.at.0 - self.from.0) * i128::from(self.tempo);
            (self.from, self.tempo, self.ahead) = (next.at, next.micros_per_quarter, rest);
        }
        self.sum + i128::from(place.0 - self.from.0) * i128::from(self.tempo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_tempo_change_leaves_earlier_times_alone() {
        let slow = TempoChange { at: Ticks(0), micros_per_quarter: 600_000 };
        let fast = TempoChange { at: Ticks(960), micros_per_quarter: 300_000 };
        let places = || [0, 480, 960, 1440].map(Ticks).into_iter();
        let one = TempoMap::new(vec![slow]).micros_of(places(), 480);
        let two = TempoMap::new(vec![fast, slow]).micros_of(places(), 480);
        assert_eq!(one[..3], two[..3]);
        assert_eq!(two[3], Micros(1_500_000));
    }

    #[test]
    fn thirds_do_not_drift() {
        let map = TempoMap::new(vec![TempoChange { at: Ticks(0), micros_per_quarter: 500_001 }]);
        let times = map.micros_of((0..=30_000).map(Ticks), 3);
        assert_eq!(times[30_000], Micros(500_001 * 10_000));
    }

    #[test]
    fn a_pickup_before_zero_has_negative_time() {
        let map = TempoMap::new(vec![TempoChange { at: Ticks(0), micros_per_quarter: 500_000 }]);
        assert_eq!(map.micros_of([Ticks(-1)].into_iter(), 1), vec![Micros(-500_000)]);
    }
}
