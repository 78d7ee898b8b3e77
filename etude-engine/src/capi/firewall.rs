//! No panic leaves the library.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::capi::fault::{self, Fault};
use crate::capi::log::{self, ETUDE_LOG_ERROR};
use crate::capi::memory::Detail;
use crate::capi::status::{ETUDE_ERROR_PANIC, ETUDE_OK, Failure, etude_status};

/// Runs the body of an export that answers with a status.
#[inline]
pub(super) fn firewall(detail: Detail, body: impl FnOnce() -> Result<(), Failure>) -> etude_status {
    // Unwind safety: a handle that a panic passes through poisons itself (see `handle`), and outputs are written last.
    // The failure is told inside: handed through `catch_unwind` in memory, one byte of it was written and eight read at once,
    // which stalls every call.
    match catch_unwind(AssertUnwindSafe(|| {
        fault::point(Fault::Entry);
        match body() {
            Ok(()) => ETUDE_OK,
            Err(failure) => tell(detail, failure),
        }
    })) {
        Ok(status) => status,
        Err(payload) => {
            detail.write("", &message(&*payload));
            log::tell(ETUDE_LOG_ERROR, format_args!("a defect of the library: {}", message(&*payload)));
            // Its destructor is foreign code that could panic once more.
            std::mem::forget(payload);
            ETUDE_ERROR_PANIC
        }
    }
}

/// Apart, so that what is done of every call stays small.
#[cold]
#[inline(never)]
fn tell(detail: Detail, failure: Failure) -> etude_status {
    detail.write(failure.subject, &failure.detail);
    failure.status
}

/// Runs the body of an export that answers with a value; `fallback` is the answer after a panic.
pub(super) fn guarded<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(|| {
        fault::point(Fault::Entry);
        body()
    }))
    .unwrap_or_else(|payload| {
        std::mem::forget(payload);
        fallback
    })
}

fn message(payload: &(dyn Any + Send)) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "a panic without a message",
    }
}
