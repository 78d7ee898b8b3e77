//! Every export, with a fault in it: the panic stays inside, outputs stay as they were, the handle is poisoned.

// The handles are alive and the outputs are local variables: that is the whole of the safety here.
#![allow(clippy::undocumented_unsafe_blocks)]

use std::collections::BTreeSet;
use std::ffi::{CStr, c_char, c_void};
use std::mem::{MaybeUninit, size_of};
use std::ptr::{null, null_mut};

use super::client::*;
use super::event::{ETUDE_EVENT_END, ETUDE_EVENT_TICK, etude_event};
use super::fault::{Fault, arm};
use super::import::*;
use super::log::*;
use super::notation::*;
use super::performance::*;
use super::place::*;
use super::record::{ETUDE_RECORD_MISSED, etude_record, etude_record_reason};
use super::report::*;
use super::score::*;
use super::session::*;
use super::status::*;
use super::version::*;
use crate::judge::Record;
use crate::protocol::{PROTOCOL, Role, ServerMessage};
use crate::session::{Config, ENGINE, Event, EventKind, Session};
use crate::units::Micros;

/// A piano part, and another that is left out with a warning.
const SCORE: &str = r#"<score-partwise version="4.0">
<work><work-title>Two notes</work-title></work>
<part-list><score-part id="P1"><part-name>Piano</part-name></score-part>
<score-part id="P2"><part-name>Violin</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions><staves>2</staves></attributes><sound tempo="100"/>
<direction><direction-type><dynamics><p/></dynamics></direction-type></direction>
<note id="a"><pitch><step>C</step><octave>5</octave></pitch><duration>1</duration><staff>1</staff></note>
<note id="b"><pitch><step>C</step><octave>3</octave></pitch><duration>1</duration><staff>2</staff></note>
<barline location="right"><repeat direction="backward"/></barline></measure></part>
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
    Client,
    /// A client whose session has sent the report.
    EndedClient,
}

struct Handles {
    score: *mut etude_score,
    performance: *mut etude_performance,
    session: *mut etude_session,
    report: *mut etude_report,
    client: *mut etude_client,
    ended_client: *mut etude_client,
    /// Of the session.
    snapshot: Vec<u8>,
}

type Call = fn(&Handles) -> etude_status;

/// Every export that answers with a status.
const CALLS: [(&str, On, Call); 53] = [
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
    ("etude_score_find_measure", On::Score, |it| {
        value(|out| unsafe { etude_score_find_measure(it.score, c"1".as_ptr(), 1, 1, out) })
    }),
    ("etude_score_import", On::Nothing, |_| {
        handle(etude_score_free, |out| unsafe {
            etude_score_import(SCORE.as_ptr(), SCORE.len(), null(), out, null_mut(), 0)
        })
    }),
    ("etude_score_import_info", On::Score, |it| {
        sized(32, |out| unsafe { etude_score_import_info(it.score, out) })
    }),
    ("etude_score_part", On::Score, |it| sized(24, |out| unsafe { etude_score_part(it.score, 0, out) })),
    ("etude_score_part_name", On::Score, |it| {
        text(|b, s, l| unsafe { etude_score_part_name(it.score, 0, b, s, l) })
    }),
    ("etude_score_measure", On::Score, |it| {
        sized(32, |out| unsafe { etude_score_measure(it.score, 0, out) })
    }),
    ("etude_score_tempo", On::Score, |it| sized(16, |out| unsafe { etude_score_tempo(it.score, 0, out) })),
    ("etude_score_freedom", On::Score, |it| {
        sized(40, |out| unsafe { etude_score_freedom(it.score, 0, out) })
    }),
    ("etude_score_warning_measure", On::Score, |it| {
        text(|b, s, l| unsafe { etude_score_warning_measure(it.score, 0, b, s, l) })
    }),
    ("etude_score_warning_reason", On::Score, |it| {
        text(|b, s, l| unsafe { etude_score_warning_reason(it.score, 0, b, s, l) })
    }),
    ("etude_score_mark", On::Score, |it| sized(32, |out| unsafe { etude_score_mark(it.score, 0, out) })),
    ("etude_score_edge", On::Score, |it| sized(16, |out| unsafe { etude_score_edge(it.score, 0, out) })),
    ("etude_score_unison", On::Score, |it| value(|out| unsafe { etude_score_unison(it.score, 0, out) })),
    ("etude_log_set", On::Nothing, |_| unsafe { etude_log_set(None, null_mut()) }),
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
    ("etude_session_snapshot", On::Session, |it| {
        value(|out: *mut ([u8; 4096], usize)| unsafe {
            etude_session_snapshot(it.session, (&raw mut (*out).0).cast(), 4096, &raw mut (*out).1)
        })
    }),
    ("etude_session_restore", On::Score, |it| {
        let (data, size) = (it.snapshot.as_ptr(), it.snapshot.len());
        handle(etude_session_free, |out| unsafe {
            etude_session_restore(it.score, data, size, 8, out, null_mut(), 0)
        })
    }),
    ("etude_session_place", On::Session, |it| {
        sized(48, |out| unsafe { etude_session_place(it.session, 0, out) })
    }),
    ("etude_session_expected", On::Session, |it| {
        value(|out: *mut ([u32; 8], usize)| unsafe {
            etude_session_expected(it.session, 0, (&raw mut (*out).0).cast(), 8, &raw mut (*out).1)
        })
    }),
    ("etude_client_place", On::Client, |it| {
        sized(48, |out| unsafe { etude_client_place(it.client, 0, out) })
    }),
    ("etude_client_expected", On::Client, |it| {
        value(|out: *mut ([u32; 8], usize)| unsafe {
            etude_client_expected(it.client, 0, (&raw mut (*out).0).cast(), 8, &raw mut (*out).1)
        })
    }),
    ("etude_report_new", On::Session, |it| {
        handle(etude_report_free, |out| unsafe { etude_report_new(it.session, out) })
    }),
    ("etude_report_total", On::Report, |it| sized(80, |out| unsafe { etude_report_total(it.report, out) })),
    ("etude_report_json", On::Report, |it| text(|b, s, l| unsafe { etude_report_json(it.report, b, s, l) })),
    ("etude_client_new", On::Score, |it| {
        let (name, size) = (c"test".as_ptr(), 4);
        handle(etude_client_free, |out| unsafe {
            etude_client_new(it.score, null(), name, size, out, null_mut(), 0)
        })
    }),
    ("etude_client_connected", On::Client, |it| unsafe { etude_client_connected(it.client, 0) }),
    ("etude_client_push", On::Client, |it| {
        let event = etude_event { kind: ETUDE_EVENT_TICK, ..etude_event::default() };
        unsafe { etude_client_push(it.client, &event, 1, 0, null_mut(), 0) }
    }),
    ("etude_client_frame", On::Client, |it| {
        text(|b, s, l| unsafe { etude_client_frame(it.client, 0, b, s, l) })
    }),
    ("etude_client_receive", On::Client, |it| unsafe {
        etude_client_receive(it.client, c"{}".as_ptr(), 2, 0, null_mut(), 0)
    }),
    ("etude_client_poll", On::Client, |it| {
        value(|out: *mut ([etude_output; 8], usize)| unsafe {
            etude_client_poll(it.client, (&raw mut (*out).0).cast(), 8, &raw mut (*out).1)
        })
    }),
    ("etude_client_describe", On::Client, |it| {
        sized(40, |out| unsafe { etude_client_describe(it.client, out) })
    }),
    ("etude_client_message", On::Client, |it| {
        text(|b, s, l| unsafe { etude_client_message(it.client, b, s, l) })
    }),
    ("etude_client_disconnected", On::Client, |it| unsafe { etude_client_disconnected(it.client) }),
    ("etude_client_local_report", On::Client, |it| {
        handle(etude_report_free, |out| unsafe { etude_client_local_report(it.client, out) })
    }),
    ("etude_client_report", On::EndedClient, |it| {
        handle(etude_report_free, |out| unsafe { etude_client_report(it.ended_client, out) })
    }),
];

/// Every export that answers with something else, or nothing.
const OTHERS: [&str; 8] = [
    "etude_abi",
    "etude_client_free",
    "etude_performance_free",
    "etude_report_free",
    "etude_score_free",
    "etude_session_free",
    "etude_status_str",
    "etude_version",
];

#[test]
fn the_tables_above_hold_every_export() {
    let header = include_str!("../../../include/etude.h");
    let declarations = header.lines().filter(|line| !line.trim_start().starts_with(['/', '#', ' ']));
    let exports: BTreeSet<&str> = declarations
        .filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("etude_"))
        .collect();
    assert!(exports.len() > 40, "{exports:?}");
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
    faulty(&|| unsafe { etude_client_free(handles.client) });
}

#[test]
fn a_panic_and_a_warning_are_told_to_the_log() {
    static HEARD: std::sync::Mutex<Vec<(i32, String)>> = std::sync::Mutex::new(Vec::new());
    unsafe extern "C" fn hear(context: *mut c_void, level: i32, message: *const c_char) {
        let text = unsafe { CStr::from_ptr(message) }.to_str().expect("UTF-8").to_owned();
        HEARD.lock().unwrap().push((level + context as i32, text));
    }
    // Other tests run at the same time, and are heard too.
    while unsafe { etude_log_set(Some(hear), 100 as *mut c_void) } == ETUDE_ERROR_BUSY {}
    let handles = Handles::new();
    arm(Some(Fault::Entry));
    assert_eq!(unsafe { etude_client_disconnected(handles.client) }, ETUDE_ERROR_PANIC);
    while unsafe { etude_log_set(None, null_mut()) } == ETUDE_ERROR_BUSY {}
    let heard = HEARD.lock().unwrap().clone();
    for (level, text) in
        [(ETUDE_LOG_ERROR, "injected fault"), (ETUDE_LOG_WARNING, "Violin"), (ETUDE_LOG_INFO, "report")]
    {
        assert!(
            heard.iter().any(|(its, said)| *its == level + 100 && said.contains(text)),
            "{text} in {heard:?}"
        );
    }
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
        let mut it = Self {
            score: null_mut(),
            performance: null_mut(),
            session: null_mut(),
            report: null_mut(),
            client: null_mut(),
            ended_client: null_mut(),
            snapshot: vec![0; 4096],
        };
        let config = etude_config { log_events: 8, ..etude_config::default() };
        let mut length = 0;
        let (score, take) = (SCORE.as_bytes(), PERFORMANCE);
        let statuses = unsafe {
            [
                etude_score_new(score.as_ptr(), score.len(), &mut it.score, null_mut(), 0),
                etude_performance_new(take.as_ptr(), take.len(), &mut it.performance, null_mut(), 0),
                etude_session_new(it.score, &config, &mut it.session, null_mut(), 0),
                etude_session_snapshot(it.session, it.snapshot.as_mut_ptr(), 4096, &mut length),
                etude_report_new(it.session, &mut it.report),
                etude_client_new(it.score, null(), null(), 0, &mut it.client, null_mut(), 0),
                etude_client_new(it.score, null(), null(), 0, &mut it.ended_client, null_mut(), 0),
                it.end(),
            ]
        };
        assert_eq!(statuses, [ETUDE_OK; 8]);
        it.snapshot.truncate(length);
        it
    }

    /// Plays a take of nothing but its end to a session, and hands in what that answers.
    unsafe fn end(&self) -> etude_status {
        let score = unsafe { &*self.score }.share().expect("a score");
        let mut session = Session::new(score.clone(), Config::default()).expect("a session");
        session.handle(Event { at: Micros(0), kind: EventKind::End }).expect("the first event");
        let records: Vec<Record> = std::iter::from_fn(|| session.poll()).collect();
        let end = etude_event { kind: ETUDE_EVENT_END, ..etude_event::default() };
        let welcome = ServerMessage::Welcome {
            protocol: PROTOCOL,
            attempt: 1,
            session: String::new(),
            engine: ENGINE.to_owned(),
            score: score.digest(),
            config: Config::default(),
            high_water: 1,
            records: records.len() as u64,
            role: Role::Player,
            position: None,
        };
        let verdicts = ServerMessage::Verdicts { ack: 1, first: 0, records, digest: Some(session.digest()) };
        let report = ServerMessage::Report { report: Box::new(session.report()) };
        let mut hello = [0; 4096];
        let client = self.ended_client;
        let mut status = unsafe {
            etude_client_push(client, &end, 1, 0, null_mut(), 0)
                | etude_client_connected(client, 0)
                | etude_client_frame(client, 0, hello.as_mut_ptr(), hello.len(), null_mut())
        };
        for message in [welcome, verdicts, report] {
            let frame = message.to_frame();
            status |=
                unsafe { etude_client_receive(client, frame.as_ptr().cast(), frame.len(), 0, null_mut(), 0) };
        }
        status
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        unsafe {
            etude_client_free(self.ended_client);
            etude_client_free(self.client);
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
