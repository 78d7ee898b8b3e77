//! Report
//!
//! The result of a take, counted from final verdicts alone. It never changes: later events of the
//! session do not reach it.
//!
//! ```c
//! etude_report *result;
//! etude_tally total = ETUDE_TALLY_INIT;
//! if (etude_report_new(session, &result) == ETUDE_OK) {
//!     if (etude_report_total(result, &total) == ETUDE_OK) {
//!         printf("%u of %u notes, %.0f %%\n", (unsigned)total.correct, (unsigned)total.expected,
//!                100 * total.combined);
//!     }
//!     etude_report_free(result);
//! }
//! ```

use std::ffi::c_char;

use crate::capi::firewall::firewall;
use crate::capi::handle::{self, Shared};
use crate::capi::memory::{Detail, HandleOut, Sized32, SizedOut, TextOut, reference};
use crate::capi::session::etude_session;
use crate::capi::status::etude_status;
use crate::report::{Report, Tally};

/// A report. [thread-safe]
pub struct etude_report(Shared<Contents>);

struct Contents {
    report: Report,
    json: String,
}

/// Counts and scores of a set of notes. docs/SCORING.md tells how they are reckoned.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct etude_tally {
    /// sizeof(etude_tally).
    pub struct_size: u32,
    /// Score notes that were to be played: correct + missed.
    pub expected: u32,
    /// Score notes played.
    pub correct: u32,
    /// Score notes not played.
    pub missed: u32,
    /// Score notes jumped over. Not expected.
    pub skipped: u32,
    /// Played notes that took the place of another.
    pub wrong: u32,
    /// Played notes with no place in the score.
    pub extra: u32,
    /// Played notes that realise an ornament.
    pub ornaments: u32,
    /// Played notes that struck a note again.
    pub repeats: u32,
    /// Score notes played within the perfect window.
    pub perfect: u32,
    /// Score notes played within the good window.
    pub good: u32,
    /// Score notes played before it.
    pub early: u32,
    /// Score notes played after it.
    pub late: u32,
    /// 0.
    pub reserved: u32,
    /// correct / expected, 0 to 1; 1 where nothing was expected.
    pub note_accuracy: f64,
    /// Mean timing credit over the expected notes, 0 to 1; 1 where nothing was expected.
    pub timing_accuracy: f64,
    /// 0.6 note_accuracy + 0.4 timing_accuracy.
    pub combined: f64,
}

// SAFETY: repr(C), numbers without padding (the C program in tests/ adds them up), struct_size first.
unsafe impl Sized32 for etude_tally {
    const SIZE_MIN: u32 = 80;
}

/// The result so far; complete once the session has ended. Free it with etude_report_free.
/// [one at a time] with the same session
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_report_new(
    session: *const etude_session,
    report: *mut *mut etude_report,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (session, out) = unsafe { (reference(session, "session")?, HandleOut::new(report, "report")?) };
        out.write(session.report()?.into());
        Ok(())
    })
}

/// Frees a report. [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_report_free(report: *mut etude_report) {
    // SAFETY: the rules of the header.
    unsafe { handle::free(report) }
}

/// The whole take. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_report_total(
    report: *const etude_report,
    tally: *mut etude_tally,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (report, out) = unsafe { (reference(report, "report")?, SizedOut::new(tally, "tally")?) };
        report.0.read(|Contents { report, .. }| {
            out.write((&report.total).into());
            Ok(())
        })
    })
}

/// The whole report as a JSON object: settings, digest, totals, by hand, by measure, timing, jumps.
/// docs/PROTOCOL.md describes it. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_report_json(
    report: *const etude_report,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (report, out) = unsafe { (reference(report, "report")?, TextOut::new(buffer, size, length)?) };
        report.0.read(|Contents { json, .. }| out.write(json))
    })
}

impl From<Report> for etude_report {
    fn from(report: Report) -> Self {
        let json = serde_json::to_string(&report).expect("a report has text keys and finite numbers");
        Self(Shared::new(Contents { report, json }))
    }
}

impl From<&Tally> for etude_tally {
    fn from(tally: &Tally) -> Self {
        let Tally {
            expected,
            correct,
            missed,
            skipped,
            wrong,
            extra,
            ornaments,
            repeats,
            perfect,
            good,
            early,
            late,
            note_accuracy,
            timing_accuracy,
            combined,
        } = *tally;
        Self {
            struct_size: size_of::<Self>() as u32,
            expected,
            correct,
            missed,
            skipped,
            wrong,
            extra,
            ornaments,
            repeats,
            perfect,
            good,
            early,
            late,
            reserved: 0,
            note_accuracy,
            timing_accuracy,
            combined,
        }
    }
}
