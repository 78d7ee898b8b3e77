//! Performance
//!
//! A take read from a file, as events. It never changes.
//!
//! ```c
//! etude_performance *played;
//! etude_event events[64];
//! size_t copied = 64;
//! if (etude_performance_new(data, size, &played, NULL, 0) == ETUDE_OK) {
//!     for (size_t first = 0; copied == 64; first += copied) {
//!         if (etude_performance_events(played, first, events, 64, &copied) != ETUDE_OK) {
//!             break;
//!         }
//!     }
//!     etude_performance_free(played);
//! }
//! ```

use std::ffi::c_char;

use crate::capi::event::etude_event;
use crate::capi::firewall::firewall;
use crate::capi::handle::{self, Shared};
use crate::capi::memory::{Detail, HandleOut, Out, array, array_out, reference};
use crate::capi::status::etude_status;
use crate::import;

/// A performance. [thread-safe]
pub struct etude_performance(Shared<Vec<etude_event>>);

/// Reads a performance from the bytes of a Standard MIDI File: all its tracks and channels as one take,
/// with an ETUDE_EVENT_END last. Free it with etude_performance_free. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_performance_new(
    data: *const u8,
    size: usize,
    performance: *mut *mut etude_performance,
    detail: *mut c_char,
    detail_size: usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    let detail = unsafe { Detail::new(detail, detail_size) };
    firewall(detail, || {
        // SAFETY: the rules of the header.
        let (bytes, out) =
            unsafe { (array(data, size, "data")?, HandleOut::new(performance, "performance")?) };
        let events = import::performance(bytes)?.iter().map(etude_event::from).collect();
        out.write(etude_performance(Shared::new(events)));
        Ok(())
    })
}

/// Frees a performance. [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_performance_free(performance: *mut etude_performance) {
    // SAFETY: the rules of the header.
    unsafe { handle::free(performance) }
}

/// How many events there are. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_performance_count(
    performance: *const etude_performance,
    count: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (performance, out) =
            unsafe { (reference(performance, "performance")?, Out::new(count, "count")?) };
        performance.0.read(|events| {
            out.write(events.len());
            Ok(())
        })
    })
}

/// Copies events, from number `first` on, into an array of `capacity` elements, and tells in `count`
/// how many: fewer than `capacity` only at the end, and 0 beyond it. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_performance_events(
    performance: *const etude_performance,
    first: usize,
    events: *mut etude_event,
    capacity: usize,
    count: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (performance, room, out) = unsafe {
            (
                reference(performance, "performance")?,
                array_out(events, capacity, "events")?,
                Out::new(count, "count")?,
            )
        };
        performance.0.read(|events| {
            let rest = events.get(first..).unwrap_or_default();
            for (place, event) in room.iter_mut().zip(rest) {
                place.write(*event);
            }
            out.write(rest.len().min(capacity));
            Ok(())
        })
    })
}
