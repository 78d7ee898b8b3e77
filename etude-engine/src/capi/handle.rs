//! What stands behind an opaque pointer.

use std::cell::UnsafeCell;
use std::mem::forget;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::capi::fault::{self, Fault};
use crate::capi::firewall::guarded;
use crate::capi::memory;
use crate::capi::status::{ETUDE_ERROR_BUSY, ETUDE_ERROR_POISONED, Failure};

const IDLE: u8 = 0;
const BUSY: u8 = 1;
const POISONED: u8 = 2;

/// A value that is only read, by any number of threads at once.
pub(super) struct Shared<T> {
    state: AtomicU8,
    value: T,
}

/// A value with one user at a time. The state is the lock, so a second user is refused and never waits.
pub(super) struct Exclusive<T> {
    state: AtomicU8,
    value: UnsafeCell<T>,
}

impl<T: Send + Sync> Shared<T> {
    pub(super) fn new(value: T) -> Self {
        Self { state: AtomicU8::new(IDLE), value }
    }

    pub(super) fn read<R>(&self, body: impl FnOnce(&T) -> Result<R, Failure>) -> Result<R, Failure> {
        if self.state.load(Ordering::Acquire) == POISONED {
            return Err(refused(POISONED));
        }
        let guard = PoisonOnDrop(&self.state);
        fault::point(Fault::Handle);
        let result = body(&self.value);
        forget(guard);
        result
    }
}

impl<T: Send> Exclusive<T> {
    pub(super) fn new(value: T) -> Self {
        Self { state: AtomicU8::new(IDLE), value: UnsafeCell::new(value) }
    }

    #[inline]
    pub(super) fn enter<R>(&self, body: impl FnOnce(&mut T) -> Result<R, Failure>) -> Result<R, Failure> {
        match self.state.compare_exchange(IDLE, BUSY, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => {}
            Err(state) => return Err(refused(state)),
        }
        let guard = PoisonOnDrop(&self.state);
        fault::point(Fault::Handle);
        // SAFETY: only the one call that moved the state from IDLE to BUSY gets here, and it leaves BUSY after its
        // last use of the reference; Acquire and Release order the calls of different threads.
        let result = body(unsafe { &mut *self.value.get() });
        forget(guard);
        self.state.store(IDLE, Ordering::Release);
        result
    }
}

/// Gives a handle back. `null` is let through; a destructor's panic ends here.
///
/// # Safety
/// `handle` is null or came from [`memory::HandleOut::write`] and is not used again.
pub(super) unsafe fn free<H>(handle: *mut H) {
    guarded((), || {
        if memory::is_usable(handle) {
            // SAFETY: by the contract this box was given out once and comes back once.
            drop(unsafe { Box::from_raw(handle) });
        }
    });
}

/// Forgotten when the body returned; dropped only by a panic on its way out.
struct PoisonOnDrop<'a>(&'a AtomicU8);

impl Drop for PoisonOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(POISONED, Ordering::Release);
    }
}

/// Apart, so that what is done of every call stays small.
#[cold]
#[inline(never)]
fn refused(state: u8) -> Failure {
    match state {
        POISONED => {
            let detail = "an earlier call with this handle failed inside the library; free it";
            Failure::new(ETUDE_ERROR_POISONED, detail)
        }
        _ => Failure::new(ETUDE_ERROR_BUSY, "another thread is using this handle"),
    }
}
