//! An allocator that counts.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Counts what is asked of the system's allocator, and what is in use.
pub struct Counting {
    calls: AtomicU64,
    live: AtomicUsize,
    peak: AtomicUsize,
}

impl Counting {
    /// Nothing counted yet.
    pub const fn new() -> Self {
        Self { calls: AtomicU64::new(0), live: AtomicUsize::new(0), peak: AtomicUsize::new(0) }
    }

    /// How often memory was asked for, made larger, or given back.
    pub fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }

    /// Bytes in use.
    pub fn live(&self) -> usize {
        self.live.load(Relaxed)
    }

    /// Most bytes that were in use since [`Counting::restart_peak`].
    pub fn peak(&self) -> usize {
        self.peak.load(Relaxed)
    }

    /// From here on the peak counts.
    pub fn restart_peak(&self) {
        self.peak.store(self.live(), Relaxed);
    }
}

#[allow(unsafe_code)]
// SAFETY: the system's allocator does the work; the counters are beside it. `realloc` is the trait's own, made of the
// two here.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.calls.fetch_add(1, Relaxed);
        let live = self.live.fetch_add(layout.size(), Relaxed) + layout.size();
        self.peak.fetch_max(live, Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.calls.fetch_add(1, Relaxed);
        self.live.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}
