//! What must be so of every file that is read as a score.

use etude_engine::import::{self, Limits};

/// An error, or a score with times in order, sane hands, and warnings within their limit.
pub fn read(bytes: &[u8]) {
    // Low, so that a round takes no longer than it must.
    let limits = Limits { notes: 20_000, measures: 5_000, inflated_bytes: 1 << 20, ..Limits::default() };
    let Ok(imported) = import::score_with(bytes, &limits.into()) else { return };
    let score = imported.score;
    let onsets = score.notes().iter().map(|note| note.onset);
    assert!(score.tempo().micros_of(onsets, score.ticks_per_quarter()).is_sorted());
    assert!(score.notes().iter().all(|note| note.duration.0 >= 0));
    assert!(score.measures().is_sorted_by_key(|measure| measure.onset));
    assert!((50..=100).contains(&imported.hands.right_percent));
    assert!((50..=100).contains(&imported.hands.left_percent));
}
