//! Any bytes as a score: an error or a score, and a score has times in order.
#![no_main]

use etude_engine::import;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(imported) = import::score(bytes) {
        let score = imported.score;
        let times = score.tempo().micros_of(score.notes().iter().map(|note| note.onset), score.ticks_per_quarter());
        assert!(times.is_sorted());
    }
});
