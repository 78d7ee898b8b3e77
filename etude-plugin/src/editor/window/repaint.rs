//! When the window is drawn anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use baseview::WindowWaker;

/// Asks for a frame, from any thread. Clones ask for one of the same window.
///
/// The waker's own request for a frame has one place for all: baseview 0.4.2 lets a later one, for half a second later, take the place of
/// one for now. So what is asked for is kept here, and the window is only told to look.
#[derive(Clone)]
pub(super) struct Repaint {
    due: Arc<AtomicBool>,
    waker: WindowWaker,
}

impl Repaint {
    pub(super) fn new(due: Arc<AtomicBool>, waker: WindowWaker) -> Self {
        Self { due, waker }
    }

    /// As soon as there can be one.
    pub(super) fn request(&self) {
        self.due.store(true, Ordering::Release);
        self.waker.request_poll();
    }

    /// Whether one has been asked for since the last time.
    pub(super) fn take(&self) -> bool {
        self.due.swap(false, Ordering::AcqRel)
    }
}
