//! Trills that are written out note by note. Nobody counts their strokes, so too few or too many are no mistake.

use super::onsets::{Key, Onset};

/// Two strokes of one pitch in a trill are at most this far apart, in nominal microseconds.
const STROKES_APART_US: i64 = 200_000;
/// Keys looked at for the next stroke.
const KEYS_AHEAD: usize = 40;

/// One bit for each key, whether it is a stroke of a written-out trill: of two pitches at most a tone apart, each
/// comes twice in turn. Padded by two words.
pub(super) fn written_out(onsets: &[Onset], keys: &[Key]) -> Vec<u64> {
    let when = |key: usize| onsets[keys[key].onset as usize].nominal;
    let next = |key: usize, pitch: i16| {
        let near = (key + 1)..keys.len().min(key + KEYS_AHEAD);
        near.take_while(|&later| when(later) - when(key) <= STROKES_APART_US).find(|&later| {
            i16::from(keys[later].pitch.number()) == pitch && when(later) > when(key) && !keys[later].grace()
        })
    };
    let mut marks = vec![0_u64; keys.len() / 64 + 3];
    for first in (0..keys.len()).filter(|&key| !keys[key].grace()) {
        let pitch = i16::from(keys[first].pitch.number());
        for other in [pitch - 2, pitch - 1, pitch + 1, pitch + 2] {
            let Some(second) = next(first, other) else { continue };
            let Some(third) = next(second, pitch) else { continue };
            let Some(fourth) = next(third, other) else { continue };
            if when(third) - when(first) <= STROKES_APART_US
                && when(fourth) - when(second) <= STROKES_APART_US
            {
                for key in [first, second, third, fourth] {
                    marks[key / 64] |= 1 << (key % 64);
                }
            }
        }
    }
    marks
}
