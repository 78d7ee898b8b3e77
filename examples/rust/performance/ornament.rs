//! Ornaments as they are played: which keys, when after the beat, how long.

use std::collections::BTreeMap;

use etude_engine::score::{Ornaments, Score, ScoreNote};
use fastrand::Rng;

/// Measures on either side in which the scale is looked for.
const SCALE_MEASURES: u32 = 2;

/// One key of an ornament.
pub(super) struct Part {
    pub(super) pitch: u8,
    /// Microseconds after the note's beat.
    pub(super) after: i64,
    /// Microseconds the key is down, none for as long as the note lasts.
    pub(super) lasts: Option<i64>,
    /// Whether it is the note itself.
    pub(super) main: bool,
}

/// The keys that play a note of the given length: just itself, if it carries no sign.
pub(super) fn realise(score: &Score, note: &ScoreNote<'_>, sounding: i64, rng: &mut Rng) -> Vec<Part> {
    let pitch = note.pitch.number();
    let signs = note.ornaments;
    let (above, below) = if signs.is_empty() {
        (pitch, pitch)
    } else {
        (neighbour(score, note, 1), neighbour(score, note, -1))
    };
    let keys: Vec<u8> = if signs.intersects(Ornaments::TRILL) {
        let pairs = (sounding * 6 / 10 / 160_000).clamp(2, 40);
        (0..pairs).flat_map(|_| [pitch, above]).chain([pitch]).collect()
    } else if signs.intersects(Ornaments::MORDENT) {
        vec![pitch, if rng.bool() { below } else { above }, pitch]
    } else if signs.intersects(Ornaments::TURN) {
        vec![above, pitch, below, pitch]
    } else if signs.intersects(Ornaments::TREMOLO) {
        vec![pitch; (sounding / 90_000).clamp(2, 60) as usize]
    } else {
        vec![pitch]
    };
    // Never more than three quarters of the note.
    let step = (sounding * 3 / 4 / keys.len() as i64).clamp(30_000, 80_000) + i64::from(rng.u16(..6_000));
    let first = keys.iter().position(|&key| key == pitch).unwrap_or(0);
    let last = keys.len() - 1;
    let part = |(index, &pitch): (usize, &u8)| Part {
        pitch,
        after: index as i64 * step,
        lasts: (index < last).then_some(step * 9 / 10),
        main: index == first,
    };
    keys.iter().enumerate().map(part).collect()
}

/// The next key up or down in the scale of the measures around: the one that sounds there more often.
fn neighbour(score: &Score, note: &ScoreNote<'_>, direction: i32) -> u8 {
    let mut heard: BTreeMap<u8, u32> = BTreeMap::new();
    for other in score.notes().iter().filter(|other| other.measure.abs_diff(note.measure) <= SCALE_MEASURES) {
        *heard.entry(other.pitch.number() % 12).or_default() += 1;
    }
    let key = |by: i32| (i32::from(note.pitch.number()) + by * direction).clamp(0, 127) as u8;
    let count = |key: u8| heard.get(&(key % 12)).copied().unwrap_or(0);
    if count(key(1)) > count(key(2)) { key(1) } else { key(2) }
}
