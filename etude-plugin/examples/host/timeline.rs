//! The transport of a user who works: it rolls, loops, is put elsewhere, changes its tempo, stops and rolls again.

use super::plugin::Transport;

/// Blocks in each of its moods.
const MOOD: u32 = 120;
/// Blocks in a turn of the loop.
const LOOP: u32 = 30;
const ALLEGRO: f64 = 120.0;
const ANDANTE: f64 = 90.0;

/// Where the transport is from block to block. Calls nothing: it is the audio thread's.
pub(crate) struct Timeline {
    block: u32,
    quarters: f64,
    /// Minutes in a block.
    minutes: f64,
}

impl Timeline {
    /// At its beginning, for blocks of so many seconds.
    pub(crate) fn new(seconds: f64) -> Self {
        Self { block: 0, quarters: 0.0, minutes: seconds / 60.0 }
    }

    /// The transport at the start of the next block.
    pub(crate) fn next(&mut self) -> Transport {
        let (mood, at) = (self.block / MOOD % 5, self.block % MOOD);
        let tempo = if mood == 3 { ANDANTE } else { ALLEGRO };
        let playing = mood != 4;
        match (mood, at) {
            (1, _) if at % LOOP == 0 => self.quarters -= f64::from(LOOP) * self.minutes * tempo,
            (2, 0) => self.quarters += 16.0,
            (0, 0) => self.quarters = 0.0,
            _ => {}
        }
        let now = Transport { playing, quarters: self.quarters, tempo };
        if playing {
            self.quarters += self.minutes * tempo;
        }
        self.block += 1;
        now
    }
}
