//! What an open window costs, and that it ends with it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::repaint::Repaint;
use crate::practice::Practice;

/// How many windows are open in this process.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Whether a window of any plugin in this process is open.
pub fn is_any_open() -> bool {
    OPEN.load(Ordering::Acquire) > 0
}

/// Has the room keep a picture for a window, for as long as this lives: as long as the window.
pub(super) struct Open(Practice);

impl Open {
    pub(super) fn new(practice: Practice, repaint: Repaint) -> Self {
        OPEN.fetch_add(1, Ordering::Release);
        practice.on_change(Some(Box::new(move || repaint.request())));
        practice.start();
        Self(practice)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Release);
        self.0.on_change(None);
    }
}
