//! The scores in memory: one of a piece, however many sessions of this isolate practise it.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use etude_engine::score::Score;

thread_local! {
    /// By the name of the piece, which is the SHA-256 of its file. Who has the session keeps its score.
    static SCORES: RefCell<Vec<(String, Weak<Score>)>> = const { RefCell::new(Vec::new()) };
}

/// The score of a piece: the one in memory where there is one, or read from its file.
pub(crate) fn of<E>(piece: &str, read: impl FnOnce() -> Result<Score, E>) -> Result<Arc<Score>, E> {
    let known = SCORES.with_borrow(|scores| {
        let known = scores.iter().find(|(of, _)| of == piece);
        known.and_then(|(_, score)| score.upgrade())
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let score = Arc::new(read()?);
    SCORES.with_borrow_mut(|scores| {
        scores.retain(|(_, score)| score.strong_count() > 0);
        scores.push((piece.to_owned(), Arc::downgrade(&score)));
    });
    Ok(score)
}
