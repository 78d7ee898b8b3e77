//! Where each pitch stands: a row of bits for each, one bit an onset.

use super::onsets::Key;
use crate::units::Pitch;

/// Onsets before the first and after the last, all empty: a window may reach beyond both ends.
const PADDING: u32 = 64;
/// The row of pitches that do not occur.
const EMPTY: usize = 0;

/// For each pitch the onsets that have it.
#[derive(Debug)]
pub struct Rows {
    /// Words in a row.
    length: usize,
    /// The rows, an empty one first; a bit more significant is an onset later.
    words: Vec<u64>,
    row_of: [u8; 128],
}

impl Rows {
    /// The rows of a score of so many onsets.
    pub fn new(onsets: u32, keys: &[Key]) -> Self {
        let mut row_of = [EMPTY as u8; 128];
        let mut rows = 1;
        for key in keys {
            let row = &mut row_of[usize::from(key.pitch.number())];
            if usize::from(*row) == EMPTY {
                *row = rows;
                rows += 1;
            }
        }
        let length = ((onsets + 2 * PADDING) / 64 + 1) as usize;
        let mut words = vec![0_u64; length * usize::from(rows)];
        for key in keys {
            let row = usize::from(row_of[usize::from(key.pitch.number())]);
            let bit = key.onset + PADDING;
            words[row * length + (bit / 64) as usize] |= 1 << (bit % 64);
        }
        Self { length, words, row_of }
    }

    /// Where the row of a pitch begins, for [`Rows::up_to`].
    pub fn row(&self, pitch: Pitch) -> usize {
        usize::from(self.row_of[usize::from(pitch.number())]) * self.length
    }

    /// Which of the 64 onsets up to and with `last` have the pitch whose row begins here: `last` is the most significant
    /// bit. `last` is at most the number of onsets.
    pub fn up_to(&self, last: u32, row: usize) -> u64 {
        let first = last + PADDING - 63;
        let word = row + (first / 64) as usize;
        let [low, high] = [self.words[word], self.words[word + 1]];
        low >> (first % 64) | high << 1 << (63 - first % 64)
    }
}
