//! Counters of this isolate, in the text format that Prometheus reads.
//!
//! On one's own machine there is one isolate, so these are the whole service since it was started. On Cloudflare there are
//! many, and each tells of itself; the platform's own figures are the ones to look at there.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::studio_store::Inventory;

/// A number that only grows.
pub(crate) struct Counter {
    name: &'static str,
    help: &'static str,
    value: AtomicU64,
}

macro_rules! counters {
    ($($counter:ident $name:literal $help:literal)*) => {
        $(pub(crate) static $counter: Counter = Counter::new($name, $help);)*
        static ALL: &[&Counter] = &[$(&$counter),*];
    };
}

counters! {
    REQUESTS "etude_requests_total" "HTTP requests answered"
    REFUSED "etude_requests_refused_total" "HTTP requests refused with a status of 400 to 499"
    FAILED "etude_requests_failed_total" "HTTP requests that failed with a status of 500 or more"
    OPENED "etude_sessions_opened_total" "sessions opened"
    CONNECTED "etude_connections_total" "WebSockets accepted"
    FRAMES "etude_frames_total" "frames received"
    FRAMES_REFUSED "etude_frames_refused_total" "frames that ended their connection with an error"
    EVENTS "etude_events_total" "events put on disk"
    REBUILT "etude_sessions_rebuilt_total" "sessions rebuilt from their log"
    DISK_REFUSED "etude_disk_refused_total" "batches that the disk refused"
    DELIVERED "etude_reports_delivered_total" "reports that reached the studio"
    UNDELIVERED "etude_reports_undelivered_total" "deliveries that failed and are tried again"
    DELETED "etude_sessions_deleted_total" "sessions deleted"
    RATE_LIMITED "etude_rate_limited_total" "requests and frames refused because they came too fast"
}

impl Counter {
    const fn new(name: &'static str, help: &'static str) -> Self {
        Self { name, help, value: AtomicU64::new(0) }
    }

    pub(crate) fn count(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, number: u64) {
        self.value.fetch_add(number, Ordering::Relaxed);
    }
}

/// All counters.
pub(crate) fn counters() -> String {
    let mut text = String::new();
    for Counter { name, help, value } in ALL {
        metric(&mut text, name, help, "counter", value.load(Ordering::Relaxed));
    }
    text
}

/// What a studio holds.
pub(crate) fn inventory(inventory: &Inventory) -> String {
    let mut text = String::new();
    let mut gauge =
        |name, help, value: i64| metric(&mut text, name, help, "gauge", value.max(0).cast_unsigned());
    gauge("etude_pieces", "pieces kept", inventory.pieces);
    gauge("etude_piece_bytes", "bytes of pieces kept", inventory.piece_bytes);
    gauge("etude_attempts", "attempts kept", inventory.attempts);
    gauge("etude_studio_database_bytes", "size of the studio's database", inventory.database_bytes as i64);
    text
}

fn metric(text: &mut String, name: &str, help: &str, kind: &str, value: u64) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
}
