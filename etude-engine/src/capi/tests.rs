//! Every export, with a fault in it: the panic stays inside, outputs stay as they were, the handle is poisoned.

// The handles are alive and the outputs are local variables: that is the whole of the safety here.
#![allow(clippy::undocumented_unsafe_blocks)]

use std::collections::BTreeSet;
use std::ffi::{CStr, c_char};
use std::mem::{MaybeUninit, size_of};
use std::ptr::{null, null_mut};

use super::event::{ETUDE_EVENT_TICK, etude_event};
use super::fault::{Fault, arm};
use super::performance::*;
use super::record::{ETUDE_RECORD_MISSED, etude_record, etude_record_reason};
use super::report::*;
use super::score::*;
use super::session::*;
use super::status::*;
use super::version::*;

/// A piano part, and another that is left out with a warning.
const SCORE: &str = r#"<score-partwise version="4.0">
<work><work-title>Two notes</work-title></work>
<part-list><score-part id="P1"><part-name>Piano</part-name></score-part>
<score-part id="P2"><part-name>Violin</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions><staves>2</staves></attributes>
<note id="a"><pitch><step>C</step><octave>5</octave></pitch><duration>1</duration><staff>1</staff></note>
<note id="b"><pitch><step>C</step><octave>3</octave></pitch><duration>1</duration><staff>2</staff></note>
</measure></part>
<part id="P2"><measure number="1"><attributes><divisions>1</divisions></attributes>
<note><pitch><step>C</step><octave>4</octave></pitch><duration>2</duration></note></measure></part>
</score-partwise>"#;
/// Format 0, 96 ticks a quarter: C5, then C3.
const PERFORMANCE: &[u8] = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x14\
    \x00\x90\x48\x40\x60\x80\x48\x40\x00\x90\x30\x40\x60\x80\x30\x40\x00\xff\x2f\x00";

/// The handle that a call works on.
#[derive(Clone, Copy, PartialEq)]
enum On {
    Nothing,
    Score,
    Performance,
    Session,
    Report,
}

struct Handles {
    score: *mut etude_score,
    performance: *mut etude_performance,
    session: *mut etude_session,
    report: *mut etude_report,
}

type Call = fn(&Handles) -> etude_status;

/// Every export that answers with a status.
const CALLS: [(&str, On, Call); 22] = [
    ("etude_abi_check", On::Nothing, |_| etude_abi_check(ETUDE_ABI)),
    ("etude_score_new", On::Nothing, |_| {
        handle(etude_score_free, |out| unsafe {
            etude_score_new(SCORE.as_ptr(), SCORE.len(), out, null_mut(), 0)
        })
    }),
    ("etude_score_describe", On::Score, |it| sized(24, |out| unsafe { etude_score_describe(it.score, out) })),
    ("etude_score_title", On::Score, |it| text(|b, s, l| unsafe { etude_score_title(it.score, b, s, l) })),
    ("etude_score_composer", On::Score, |it| {
        text(|b, s, l| unsafe { etude_score_composer(it.score, b, s, l) })
    }),
    ("etude_score_digest", On::Score, |it| text(|b, s, l| unsafe { etude_score_digest(it.score, b, s, l) })),
    ("etude_score_warning", On::Score, |it| {
        text(|b, s, l| unsafe { etude_score_warning(it.score, 0, b, s, l) })
    }),
    ("etude_score_note", On::Score, |it| sized(40, |out| unsafe { etude_score_note(it.score, 0, out) })),
    ("etude_score_note_id", On::Score, |it| {
        text(|b, s, l| unsafe { etude_score_note_id(it.score, 0, b, s, l) })
    }),
    ("etude_score_measure_number", On::Score, |it| {
        text(|b, s, l| unsafe { etude_score_measure_number(it.score, 0, b, s, l) })
    }),
    ("etude_performance_new", On::Nothing, |_| {
        let (data, size) = (PERFORMANCE.as_ptr(), PERFORMANCE.len());
        handle(etude_performance_free, |out| unsafe { etude_performance_new(data, size, out, null_mut(), 0) })
    }),
    ("etude_performance_count", On::Performance, |it| {
        value(|out| unsafe { etude_performance_count(it.performance, out) })
    }),
    ("etude_performance_events", On::Performance, |it| {
        value(|out: *mut ([etude_event; 2], usize)| unsafe {
            etude_performance_events(it.performance, 0, (&raw mut (*out).0).cast(), 2, &raw mut (*out).1)
        })
    }),
    ("etude_record_reason", On::Score, |it| {
        let mut record: etude_record = unsafe { std::mem::zeroed() };
        record.kind = ETUDE_RECORD_MISSED;
        text(|b, s, l| unsafe { etude_record_reason(&record, it.score, b, s, l) })
    }),
    ("etude_session_new", On::Score, |it| {
        let config = etude_config::default();
        handle(etude_session_free, |out| unsafe { etude_session_new(it.score, &config, out, null_mut(), 0) })
    }),
    ("etude_session_push", On::Session, |it| {
        let event = etude_event { kind: ETUDE_EVENT_TICK, ..etude_event::default() };
        unsafe { etude_session_push(it.session, &event, 1, null_mut(), 0) }
    }),
    ("etude_session_poll", On::Session, |it| {
        value(|out: *mut ([etude_record; 8], usize)| unsafe {
            etude_session_poll(it.session, (&raw mut (*out).0).cast(), 8, &raw mut (*out).1)
        })
    }),
    ("etude_session_describe", On::Session, |it| {
        sized(24, |out| unsafe { etude_session_describe(it.session, out) })
    }),
    ("etude_session_digest", On::Session, |it| {
        text(|b, s, l| unsafe { etude_session_digest(it.session, b, s, l) })
    }),
    ("etude_report_new", On::Session, |it| {
        handle(etude_report_free, |out| unsafe { etude_report_new(it.session, out) })
    }),
    ("etude_report_total", On::Report, |it| sized(80, |out| unsafe { etude_report_total(it.report, out) })),
    ("etude_report_json", On::Report, |it| text(|b, s, l| unsafe { etude_report_json(it.report, b, s, l) })),
];

/// Every export that answers with something else, or nothing.
const OTHERS: [&str; 7] = [
    "etude_abi",
    "etude_performance_free",
    "etude_report_free",
    "etude_score_free",
    "etude_session_free",
    "etude_status_str",
    "etude_version",
];

#[test]
fn the_tables_above_hold_every_export() {
    let sources = [
        include_str!("event.rs"),
        include_str!("performance.rs"),
        include_str!("record.rs"),
        include_str!("report.rs"),
        include_str!("score.rs"),
        include_str!("session.rs"),
        include_str!("status.rs"),
        include_str!("version.rs"),
    ];
    let exports: BTreeSet<&str> = sources
        .iter()
        .flat_map(|source| source.split("extern \"C\" fn ").skip(1))
        .filter_map(|rest| rest.split('(').next())
        .collect();
    let tables: BTreeSet<&str> = CALLS.iter().map(|(name, ..)| *name).chain(OTHERS).collect();
    assert_eq!(exports, tables);
}

#[test]
fn without_a_fault_every_call_succeeds() {
    let handles = Handles::new();
    for (name, _, call) in CALLS {
        assert_eq!(call(&handles), ETUDE_OK, "{name}");
    }
}

#[test]
fn a_panic_at_the_entry_of_a_call_harms_no_handle() {
    let handles = Handles::new();
    for (name, _, call) in CALLS {
        arm(Some(Fault::Entry));
        assert_eq!(call(&handles), ETUDE_ERROR_PANIC, "{name}");
        assert!(!arm(None), "{name} did not come to the fault");
        assert_eq!(call(&handles), ETUDE_OK, "{name}");
    }
}

#[test]
fn a_panic_with_a_handle_in_use_poisons_it_and_no_other() {
    for (name, on, call) in CALLS.into_iter().filter(|(_, on, _)| *on != On::Nothing) {
        let handles = Handles::new();
        arm(Some(Fault::Handle));
        assert_eq!(call(&handles), ETUDE_ERROR_PANIC, "{name}");
        assert!(!arm(None), "{name} did not come to the fault");
        for (other, its, call) in CALLS {
            let expected = if its == on { ETUDE_ERROR_POISONED } else { ETUDE_OK };
            assert_eq!(call(&handles), expected, "{other} after a panic in {name}");
        }
    }
}

#[test]
fn a_panic_where_there_is_no_status_stays_inside_too() {
    let handles = Handles::new();
    let faulty = |call: &dyn Fn()| {
        arm(Some(Fault::Entry));
        call();
        assert!(!arm(None), "did not come to the fault");
    };
    faulty(&|| assert_eq!(etude_abi(), 0));
    faulty(&|| assert_eq!(unsafe { CStr::from_ptr(etude_version()) }, c""));
    faulty(&|| assert!(!unsafe { CStr::from_ptr(etude_status_str(0)) }.is_empty()));
    // Each leaks what it was given, which is all that it can do. `handles` then gives it back.
    faulty(&|| unsafe { etude_score_free(handles.score) });
    faulty(&|| unsafe { etude_performance_free(handles.performance) });
    faulty(&|| unsafe { etude_session_free(handles.session) });
    faulty(&|| unsafe { etude_report_free(handles.report) });
}

#[test]
fn the_detail_of_a_panic_is_its_message() {
    let mut detail = [0x55; 10];
    let mut score = null_mut();
    arm(Some(Fault::Entry));
    let status = unsafe {
        etude_score_new(SCORE.as_ptr(), SCORE.len(), &mut score, detail.as_mut_ptr(), detail.len())
    };
    assert_eq!(status, ETUDE_ERROR_PANIC);
    assert_eq!(unsafe { CStr::from_ptr(detail.as_ptr()) }, c"injected ");
}

impl Handles {
    fn new() -> Self {
        let mut it =
            Self { score: null_mut(), performance: null_mut(), session: null_mut(), report: null_mut() };
        let (score, take) = (SCORE.as_bytes(), PERFORMANCE);
        let statuses = unsafe {
            [
                etude_score_new(score.as_ptr(), score.len(), &mut it.score, null_mut(), 0),
                etude_performance_new(take.as_ptr(), take.len(), &mut it.performance, null_mut(), 0),
                etude_session_new(it.score, null(), &mut it.session, null_mut(), 0),
                etude_report_new(it.session, &mut it.report),
            ]
        };
        assert_eq!(statuses, [ETUDE_OK; 4]);
        it
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        unsafe {
            etude_report_free(self.report);
            etude_session_free(self.session);
            etude_performance_free(self.performance);
            etude_score_free(self.score);
        }
    }
}

/// Calls with an output that is written if and only if the call succeeds.
fn value<T>(call: impl FnOnce(*mut T) -> etude_status) -> etude_status {
    sized(0x5555_5555, call)
}

/// The same for a struct that tells its size.
fn sized<T>(struct_size: u32, call: impl FnOnce(*mut T) -> etude_status) -> etude_status {
    let mut out = MaybeUninit::<T>::uninit();
    let bytes = |out: &MaybeUninit<T>| {
        unsafe { std::slice::from_raw_parts(out.as_ptr().cast::<u8>(), size_of::<T>()) }.to_vec()
    };
    unsafe {
        out.as_mut_ptr().write_bytes(0x55, 1);
        out.as_mut_ptr().cast::<u32>().write(struct_size);
    }
    let before = bytes(&out);
    let status = call(out.as_mut_ptr());
    assert_eq!(bytes(&out) != before, status == ETUDE_OK, "status {status}");
    status
}

/// The same for a text and its length.
fn text(call: impl FnOnce(*mut c_char, usize, *mut usize) -> etude_status) -> etude_status {
    value(|out: *mut ([c_char; 4096], usize)| unsafe {
        call((&raw mut (*out).0).cast(), 4096, &raw mut (*out).1)
    })
}

/// The same for a handle, which is given back.
fn handle<H>(
    free: unsafe extern "C" fn(*mut H),
    call: impl FnOnce(*mut *mut H) -> etude_status,
) -> etude_status {
    value(|out| {
        let status = call(out);
        if status == ETUDE_OK {
            unsafe { free(*out) };
        }
        status
    })
}
