//! The functions of the C ABI that are tagged [realtime] never allocate or free.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::mem::{size_of, zeroed};
use std::ptr::{null, null_mut};

use etude_engine::capi::client::*;
use etude_engine::capi::event::{ETUDE_EVENT_END, ETUDE_EVENT_NOTE_ON, etude_event};
use etude_engine::capi::import::*;
use etude_engine::capi::notation::*;
use etude_engine::capi::performance::*;
use etude_engine::capi::place::*;
use etude_engine::capi::record::etude_record;
use etude_engine::capi::report::*;
use etude_engine::capi::score::*;
use etude_engine::capi::session::*;
use etude_engine::capi::status::*;
use etude_engine::capi::version::*;

const SCORE: &[u8] = include_bytes!("../../examples/scores/petzold-menuet-in-g.musicxml");
const PERFORMANCE: &[u8] = include_bytes!("../../examples/scores/petzold-menuet-in-g.mid");

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

/// The functions that the header says are realtime, as they are called below.
const REALTIME: [&str; 26] = [
    "etude_abi",
    "etude_abi_check",
    "etude_client_describe",
    "etude_client_expected",
    "etude_client_place",
    "etude_client_poll",
    "etude_performance_count",
    "etude_performance_events",
    "etude_report_total",
    "etude_score_describe",
    "etude_score_edge",
    "etude_score_freedom",
    "etude_score_import_info",
    "etude_score_mark",
    "etude_score_measure",
    "etude_score_note",
    "etude_score_part",
    "etude_score_tempo",
    "etude_score_unison",
    "etude_session_describe",
    "etude_session_expected",
    "etude_session_place",
    "etude_session_poll",
    "etude_session_push",
    "etude_status_str",
    "etude_version",
];

#[test]
fn the_list_above_is_that_of_the_header() {
    let header = include_str!("../../include/etude.h");
    let mut tagged: Vec<&str> = header
        .split("\n\n")
        .filter(|block| block.starts_with("//") && block.contains("[realtime]"))
        .filter_map(|block| block.lines().find(|line| !line.starts_with("//")))
        .filter_map(|line| line.split('(').next()?.rsplit([' ', '*']).next())
        .collect();
    tagged.sort_unstable();
    tagged.retain(|name| name.starts_with("etude_"));
    assert_eq!(tagged, REALTIME);
}

/// Handles of every kind.
struct Handles {
    score: *mut etude_score,
    performance: *mut etude_performance,
    session: *mut etude_session,
    report: *mut etude_report,
    client: *mut etude_client,
}

impl Handles {
    fn new() -> Self {
        let mut it = Self {
            score: null_mut(),
            performance: null_mut(),
            session: null_mut(),
            report: null_mut(),
            client: null_mut(),
        };
        let end = etude_event { kind: ETUDE_EVENT_END, ..etude_event::default() };
        let config = etude_config { log_events: 50, ..etude_config::default() };
        // SAFETY: the handles are alive and the outputs are local variables, here and below.
        let statuses = unsafe {
            [
                etude_score_new(SCORE.as_ptr(), SCORE.len(), &mut it.score, null_mut(), 0),
                etude_performance_new(
                    PERFORMANCE.as_ptr(),
                    PERFORMANCE.len(),
                    &mut it.performance,
                    null_mut(),
                    0,
                ),
                etude_session_new(it.score, &config, &mut it.session, null_mut(), 0),
                etude_report_new(it.session, &mut it.report),
                etude_client_new(it.score, null(), null(), 0, &mut it.client, null_mut(), 0),
                etude_client_push(it.client, &end, 1, 0, null_mut(), 0),
            ]
        };
        assert_eq!(statuses, [ETUDE_OK; 6]);
        it
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        // SAFETY: see `new`.
        unsafe {
            etude_client_free(self.client);
            etude_report_free(self.report);
            etude_session_free(self.session);
            etude_performance_free(self.performance);
            etude_score_free(self.score);
        }
    }
}

/// A struct with its size set, or with none.
fn sized<T: Copy>(size: usize) -> T {
    // SAFETY: the structs of the interface are integers and begin with their size.
    unsafe {
        let mut value: T = zeroed();
        (&raw mut value).cast::<u32>().write(size as u32);
        value
    }
}

#[test]
fn realtime_functions_never_allocate_whether_they_succeed_or_fail() {
    let it = Handles::new();
    let mut info: etude_score_info = sized(size_of::<etude_score_info>());
    let mut found: etude_import_info = sized(size_of::<etude_import_info>());
    let mut note: etude_note = sized(size_of::<etude_note>());
    let mut part: etude_part = sized(size_of::<etude_part>());
    let mut measure: etude_measure = sized(size_of::<etude_measure>());
    let mut tempo: etude_tempo = sized(size_of::<etude_tempo>());
    let mut freedom: etude_freedom = sized(size_of::<etude_freedom>());
    let mut state: etude_session_state = sized(size_of::<etude_session_state>());
    let mut tally: etude_tally = sized(size_of::<etude_tally>());
    let mut client: etude_client_state = sized(size_of::<etude_client_state>());
    let mut mark: etude_mark = sized(size_of::<etude_mark>());
    let mut edge: etude_edge = sized(size_of::<etude_edge>());
    let mut place: etude_place = sized(size_of::<etude_place>());
    let (mut unison, mut due, mut notes) = (0, 0, [0; 8]);
    let mut events = [etude_event::default(); 2];
    // SAFETY: integers only.
    let (mut records, mut outputs): ([etude_record; 8], [etude_output; 8]) = unsafe { zeroed() };
    let (mut count, mut copied, mut polled, mut told) = (0, 0, 0, 0);
    let note_on = etude_event { kind: ETUDE_EVENT_NOTE_ON, pitch: 74, ..etude_event::default() };
    let wrong = etude_event { kind: 99, ..note_on };
    let mut detail = [0; 64];

    let before = CALLS.get();
    // SAFETY: see `Handles::new`.
    let successes = unsafe {
        [
            etude_abi_check(ETUDE_ABI),
            etude_score_describe(it.score, &mut info),
            etude_score_import_info(it.score, &mut found),
            etude_score_note(it.score, 3, &mut note),
            etude_score_part(it.score, 0, &mut part),
            etude_score_measure(it.score, 0, &mut measure),
            etude_score_tempo(it.score, 0, &mut tempo),
            etude_score_freedom(it.score, 0, &mut freedom),
            etude_score_edge(it.score, 0, &mut edge),
            etude_score_unison(it.score, 0, &mut unison),
            etude_session_place(it.session, 0, &mut place),
            etude_session_expected(it.session, 0, notes.as_mut_ptr(), 8, &mut due),
            etude_client_place(it.client, 0, &mut place),
            etude_client_expected(it.client, 0, notes.as_mut_ptr(), 8, &mut due),
            etude_performance_count(it.performance, &mut count),
            etude_performance_events(it.performance, 0, events.as_mut_ptr(), 2, &mut copied),
            etude_session_push(it.session, &note_on, 1, null_mut(), 0),
            etude_session_describe(it.session, &mut state),
            etude_session_poll(it.session, records.as_mut_ptr(), 8, &mut polled),
            etude_report_total(it.report, &mut tally),
            etude_client_describe(it.client, &mut client),
            etude_client_poll(it.client, outputs.as_mut_ptr(), 8, &mut told),
        ]
    };
    let others = (etude_version(), etude_abi(), etude_status_str(3));
    let after_success = CALLS.get();

    let mut unset: etude_score_info = sized(0);
    // SAFETY: see `Handles::new`. What is wrong here is what the interface checks.
    let failures = unsafe {
        [
            etude_abi_check(ETUDE_ABI + 1),
            etude_score_describe(it.score, &mut unset),
            etude_score_import_info(null(), &mut found),
            etude_score_note(it.score, u32::MAX, &mut note),
            etude_score_part(it.score, u32::MAX, &mut part),
            etude_score_measure(it.score, u32::MAX, &mut measure),
            etude_score_tempo(it.score, u32::MAX, &mut tempo),
            etude_score_freedom(it.score, u32::MAX, &mut freedom),
            etude_score_mark(it.score, u32::MAX, &mut mark),
            etude_score_edge(it.score, u32::MAX, &mut edge),
            etude_score_unison(it.score, u32::MAX, &mut unison),
            etude_session_place(it.session, 0, null_mut()),
            etude_session_expected(it.session, 0, null_mut(), 8, &mut due),
            etude_client_place(null(), 0, &mut place),
            etude_client_expected(it.client, 0, notes.as_mut_ptr(), 8, null_mut()),
            etude_performance_count(it.performance, null_mut()),
            etude_performance_events(it.performance, 0, events.as_mut_ptr(), usize::MAX, &mut copied),
            etude_session_push(it.session, &wrong, 1, detail.as_mut_ptr(), detail.len()),
            etude_session_push(it.session, null(), 1, detail.as_mut_ptr(), detail.len()),
            etude_session_describe(it.session, null_mut()),
            etude_session_poll(it.session, null_mut(), 8, &mut polled),
            etude_report_total(null(), &mut tally),
            etude_client_describe(it.client, null_mut()),
            etude_client_poll(null_mut(), outputs.as_mut_ptr(), 8, &mut told),
        ]
    };
    let after_failure = CALLS.get();

    // The score has no marks: to read one is below, where it fails.
    assert_eq!(successes, [ETUDE_OK; 22]);
    assert!(others.1 == ETUDE_ABI && count > 2 && copied == 2 && polled > 0 && told > 0 && info.notes > 0);
    assert!(failures.iter().all(|status| *status != ETUDE_OK), "{failures:?}");
    assert_eq!((after_success - before, after_failure - after_success), (0, 0));
    assert!(before > 0, "the allocator does not count");
}

#[test]
fn a_take_is_pushed_and_polled_from_the_audio_callback() {
    let it = Handles::new();
    let mut events = vec![etude_event::default(); 10_000];
    let mut count = 0;
    // SAFETY: see `Handles::new`.
    let copied =
        unsafe { etude_performance_events(it.performance, 0, events.as_mut_ptr(), events.len(), &mut count) };
    assert!(copied == ETUDE_OK && count > 100);
    let mut records = 0;
    let before = CALLS.get();
    for batch in events[..count].chunks(16) {
        // SAFETY: see `Handles::new`; integers only.
        unsafe {
            assert_eq!(etude_session_push(it.session, batch.as_ptr(), batch.len(), null_mut(), 0), ETUDE_OK);
            let mut room: [etude_record; 16] = zeroed();
            let mut polled = room.len();
            while polled == room.len() {
                assert_eq!(
                    etude_session_poll(it.session, room.as_mut_ptr(), room.len(), &mut polled),
                    ETUDE_OK
                );
                records += polled;
            }
        }
    }
    assert_eq!(CALLS.get() - before, 0);
    assert!(records > count / 2, "{records} records of {count} events");
}
