//! The functions of the C ABI that are tagged [realtime] never allocate or free.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::CStr;
use std::mem::{size_of, zeroed};
use std::ptr::{null, null_mut};

use etude_engine::capi::event::{ETUDE_EVENT_NOTE_ON, etude_event};
use etude_engine::capi::performance::*;
use etude_engine::capi::report::*;
use etude_engine::capi::score::*;
use etude_engine::capi::session::*;
use etude_engine::capi::status::*;
use etude_engine::capi::version::*;

const SCORE: &[u8] = include_bytes!("../../examples/scores/petzold-menuet-in-g.musicxml");
const PERFORMANCE: &[u8] =
    b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x0c\x00\x90\x48\x40\x60\x80\x48\x40\x00\xff\x2f\x00";

/// Counts what this thread asks of the system's allocator.
struct Counting;

thread_local! { static CALLS: Cell<u64> = const { Cell::new(0) }; }

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        CALLS.set(CALLS.get() + 1);
        // SAFETY: the caller's contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[test]
fn realtime_functions_never_allocate() {
    // SAFETY: the handles are alive and the outputs are local variables, here and below.
    unsafe {
        let (mut score, mut performance, mut session, mut report) =
            (null_mut(), null_mut(), null_mut(), null_mut());
        let ok = |status| assert_eq!(status, ETUDE_OK, "{:?}", CStr::from_ptr(etude_status_str(status)));
        ok(etude_score_new(SCORE.as_ptr(), SCORE.len(), &mut score, null_mut(), 0));
        ok(etude_performance_new(PERFORMANCE.as_ptr(), PERFORMANCE.len(), &mut performance, null_mut(), 0));
        ok(etude_session_new(score, null(), &mut session, null_mut(), 0));
        let note_on = etude_event { kind: ETUDE_EVENT_NOTE_ON, pitch: 74, ..etude_event::default() };
        ok(etude_session_push(session, &note_on, 1, null_mut(), 0));
        ok(etude_report_new(session, &mut report));

        let (mut info, mut note, mut state, mut tally): (
            etude_score_info,
            etude_note,
            etude_session_state,
            etude_tally,
        ) = zeroed();
        info.struct_size = size_of::<etude_score_info>() as u32;
        note.struct_size = size_of::<etude_note>() as u32;
        state.struct_size = size_of::<etude_session_state>() as u32;
        tally.struct_size = size_of::<etude_tally>() as u32;
        let mut events = [etude_event::default(); 2];
        let mut records = [zeroed(); 8];
        let (mut count, mut copied, mut polled) = (0, 0, 0);

        let before = CALLS.get();
        let statuses = [
            etude_abi_check(ETUDE_ABI),
            etude_score_describe(score, &mut info),
            etude_score_note(score, 3, &mut note),
            etude_performance_count(performance, &mut count),
            etude_performance_events(performance, 0, events.as_mut_ptr(), 2, &mut copied),
            etude_session_describe(session, &mut state),
            etude_session_poll(session, records.as_mut_ptr(), 8, &mut polled),
            etude_report_total(report, &mut tally),
        ];
        let others = (etude_version(), etude_abi(), etude_status_str(3));
        let calls = CALLS.get() - before;

        assert_eq!(statuses, [ETUDE_OK; 8]);
        assert!(others.1 == ETUDE_ABI && count == 3 && copied == 2 && polled > 0 && info.notes > 0);
        assert_eq!(calls, 0);
        assert!(before > 0, "the allocator does not count");

        etude_report_free(report);
        etude_session_free(session);
        etude_performance_free(performance);
        etude_score_free(score);
    }
}
