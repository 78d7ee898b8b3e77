//! When things happen: the score's tempo bent by phrases, drift and a final ritardando.
//!
//! Only sums, products and quotients, so that every machine writes the same file.

use std::collections::BTreeMap;

use etude_engine::score::Score;
use etude_engine::units::Ticks;
use fastrand::Rng;

/// Measures in a phrase.
const PHRASE_MEASURES: usize = 4;
/// Measures over which the end slows down.
const RITARDANDO_MEASURES: usize = 2;

/// Score places to performed microseconds.
pub(super) struct Course {
    knots: BTreeMap<Ticks, i64>,
    phrases: Vec<(Ticks, Ticks)>,
    measures: Vec<(Ticks, Ticks)>,
}

impl Course {
    pub(super) fn new(score: &Score, tempo_percent: u32, rng: &mut Rng) -> Self {
        let measures: Vec<(Ticks, Ticks)> = score
            .measures()
            .iter()
            .map(|measure| (measure.onset, Ticks(measure.onset.0 + measure.duration.0)))
            .collect();
        let mut places: Vec<Ticks> = measures.iter().flat_map(|&(from, to)| [from, to]).collect();
        places.extend(
            score.notes().iter().flat_map(|note| [note.onset, Ticks(note.onset.0 + note.duration.0)]),
        );
        places.sort_unstable();
        places.dedup();
        let nominal = score.tempo().micros_of(places.iter().copied(), score.ticks_per_quarter());

        let mut course = Self { knots: BTreeMap::new(), phrases: phrases(score), measures };
        let last = course.measures.len().saturating_sub(RITARDANDO_MEASURES);
        let slowing = course.measures.get(last).map_or(Ticks(i64::MAX), |&(from, _)| from);
        let end = places.last().copied().unwrap_or_default();
        let (mut drift, mut now, mut measure) = (0.0, 0.0, 0);
        for (index, &place) in places.iter().enumerate() {
            course.knots.insert(place, now as i64);
            let Some(&next) = nominal.get(index + 1) else { break };
            while course.measures.get(measure).is_some_and(|&(from, _)| from <= place) {
                (drift, measure) = (0.7 * drift + 0.012 * gauss(rng), measure + 1);
            }
            let edge = course.edge(place);
            let mut slow = 1.0 + drift + edge * edge * if edge > 0.0 { 0.08 } else { 0.03 };
            if place >= slowing {
                let along = (place.0 - slowing.0) as f64 / (end.0 - slowing.0).max(1) as f64;
                slow *= 1.0 + 0.7 * along * along;
            }
            now += (next.0 - nominal[index].0) as f64 * slow.max(0.5) * 100.0 / f64::from(tempo_percent);
        }
        course
    }

    /// Performed time of a place; between the known ones in proportion.
    pub(super) fn at(&self, place: Ticks) -> i64 {
        let before = self.knots.range(..=place).next_back();
        let after = self.knots.range(place..).next();
        match (before, after) {
            (Some((from, start)), Some((to, end))) if from < to => {
                let product = i128::from(end - start) * i128::from(place.0 - from.0);
                start + (product / i128::from(to.0 - from.0)) as i64
            }
            (Some((_, time)), _) | (None, Some((_, time))) => *time,
            (None, None) => 0,
        }
    }

    /// Swell of the phrase at a place, from 0 at its edges to 1 in its middle, and whether a measure begins there.
    pub(super) fn emphasis(&self, place: Ticks) -> (f64, bool) {
        let edge = self.edge(place);
        (1.0 - edge * edge, self.measures.iter().any(|&(from, _)| from == place))
    }

    /// Performed beginning and end of each measure.
    pub(super) fn measures(&self) -> impl Iterator<Item = (i64, i64)> {
        self.measures.iter().map(|&(from, to)| (self.at(from), self.at(to)))
    }

    /// From -1 at the beginning of a phrase to 1 at its end.
    fn edge(&self, place: Ticks) -> f64 {
        let index = self.phrases.partition_point(|&(from, _)| from <= place);
        let Some(&(from, to)) = self.phrases.get(index.saturating_sub(1)) else { return 0.0 };
        (2.0 * (place.0 - from.0) as f64 / (to.0 - from.0).max(1) as f64 - 1.0).clamp(-1.0, 1.0)
    }
}

/// About normally distributed, mean 0, deviation 1, never beyond 3.5.
pub(super) fn gauss(rng: &mut Rng) -> f64 {
    let sum: f64 = (0..4).map(|_| rng.f64()).sum();
    (sum - 2.0) * 1.732_050_807_568_877_2
}

/// Groups of measures, a new one after each repeat; a pickup belongs to the phrase that it opens.
fn phrases(score: &Score) -> Vec<(Ticks, Ticks)> {
    let measures = score.measures();
    let mut phrases: Vec<(Ticks, Ticks)> = Vec::new();
    let mut count = 0;
    for (index, measure) in measures.iter().enumerate() {
        let end = Ticks(measure.onset.0 + measure.duration.0);
        let jumped = index > 0 && measure.written != measures[index - 1].written + 1;
        let pickup = measures.get(index + 1).is_some_and(|next| measure.duration.0 * 2 < next.duration.0);
        match phrases.last_mut() {
            Some(phrase) if !jumped && count < PHRASE_MEASURES => phrase.1 = end,
            _ => {
                phrases.push((measure.onset, end));
                count = 0;
            }
        }
        count += usize::from(!pickup);
    }
    phrases
}
