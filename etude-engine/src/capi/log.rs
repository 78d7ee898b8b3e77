//! Log
//!
//! What the library would tell the developer of a program, if asked: nothing is told unless a function is
//! set. It is called during calls of functions that are not [realtime], on their thread; by a [realtime]
//! function only when it fails with ETUDE_ERROR_PANIC.
//!
//! ```c
//! etude_log_set(NULL, NULL); // tells nobody, which is how it begins
//! ```

use std::ffi::{c_char, c_void};
use std::fmt::Display;
use std::sync::{PoisonError, RwLock};

use crate::capi::firewall::firewall;
use crate::capi::memory::Detail;
use crate::capi::status::{ETUDE_ERROR_BUSY, Failure, etude_status};

/// One of ETUDE_LOG_*.
pub type etude_log_level = i32;

/// The library has a defect, or two ends of a session judge differently.
pub const ETUDE_LOG_ERROR: etude_log_level = 1;
/// Something in a file was left out or guessed; a session refused or did not answer.
pub const ETUDE_LOG_WARNING: etude_log_level = 2;
/// A session greeted its client, or sent its report.
pub const ETUDE_LOG_INFO: etude_log_level = 3;

/// Takes a message: UTF-8, ended by NUL, valid during the call. It may be called from several threads at
/// once, and must not call the library.
pub type etude_log_function =
    Option<unsafe extern "C" fn(context: *mut c_void, level: etude_log_level, message: *const c_char)>;

/// Sets the function that messages are given to, for the whole process, and what it is called with; NULL for
/// none. Once this returns ETUDE_OK the function set before is not called any more. ETUDE_ERROR_BUSY while a
/// message is being told: nothing was set, call it again. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_log_set(log: etude_log_function, context: *mut c_void) -> etude_status {
    firewall(Detail::NONE, || {
        let mut sink = match SINK.try_write() {
            Ok(sink) => sink,
            Err(std::sync::TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(std::sync::TryLockError::WouldBlock) => {
                return Err(Failure::new(ETUDE_ERROR_BUSY, "a message is being told"));
            }
        };
        *sink = log.map(|function| Sink { function, context });
        Ok(())
    })
}

#[derive(Clone, Copy)]
struct Sink {
    function: unsafe extern "C" fn(*mut c_void, etude_log_level, *const c_char),
    context: *mut c_void,
}

// SAFETY: the header says that the function may be called from any thread, with this context.
unsafe impl Send for Sink {}
// SAFETY: as above.
unsafe impl Sync for Sink {}

static SINK: RwLock<Option<Sink>> = RwLock::new(None);

/// Tells it to whoever listens. The lock is held meanwhile, so that a function which was replaced is not running.
pub(super) fn tell(level: etude_log_level, message: impl Display) {
    let sink = SINK.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(Sink { function, context }) = *sink {
        let text = message.to_string().replace('\0', " ") + "\0";
        // SAFETY: the text ends with NUL; the function is the caller's, who keeps it callable while it is set.
        unsafe { function(context, level, text.as_ptr().cast()) };
    }
}
