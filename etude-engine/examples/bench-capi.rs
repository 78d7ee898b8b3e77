//! What does the C interface cost over the Rust one? `cargo xtask bench capi` runs it:
//!
//! ```text
//! cargo run --release -p etude-engine --features capi --example bench-capi
//! ```
//!
//! Plays one take into a Rust session and into a C one, in turns, and compares the least time of each for the whole take:
//! with each event pushed and its records polled by calls of their own, and with 16 events a call. A note is at least
//! two events, for the key goes up again. Exits with 1 when a note in a batch costs more than is allowed over the Rust calls.

#![allow(unsafe_code)]

use std::process::ExitCode;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use etude_engine::capi::event::etude_event;
use etude_engine::capi::performance::*;
use etude_engine::capi::record::etude_record;
use etude_engine::capi::score::*;
use etude_engine::capi::session::*;
use etude_engine::capi::status::ETUDE_OK;
use etude_engine::import;
use etude_engine::session::{Config, Event, EventKind, Session};

const SCORE: &[u8] = include_bytes!("../../examples/scores/beethoven-fuer-elise.musicxml");
const PERFORMANCE: &[u8] = include_bytes!("../../examples/scores/beethoven-fuer-elise.mid");
/// Most that a note in a batch may cost more through C.
const ALLOWED_NANOS: f64 = 20.0;

/// Measure what the C interface costs over the Rust one.
#[derive(Parser)]
struct Args {
    /// How often the take is played each way; the least time counts
    #[arg(long, default_value_t = 61, value_parser = clap::value_parser!(u32).range(1..))]
    passes: u32,
}

fn main() -> ExitCode {
    let passes = Args::parse().passes;
    let score = Arc::new(import::score(SCORE).expect("the bundled score").score);
    let events = import::performance(PERFORMANCE).expect("the bundled take");
    let c_events = events_for_c(events.len());
    let notes = events.iter().filter(|event| matches!(event.kind, EventKind::NoteOn { .. })).count();
    let handle = score_for_c();

    let (mut rust, mut one, mut batch) = (Duration::MAX, Duration::MAX, Duration::MAX);
    let (mut rust_records, mut c_records) = (0, 0);
    for _ in 0..passes {
        let (time, records) = in_rust(&score, &events);
        (rust, rust_records) = (rust.min(time), records);
        let (time, records) = in_c(handle, &c_events, 1);
        (one, c_records) = (one.min(time), records);
        batch = batch.min(in_c(handle, &c_events, 16).0);
    }
    // SAFETY: it was given out once and comes back once.
    unsafe { etude_score_free(handle) };
    assert_eq!(rust_records, c_records, "the two sessions say different things");

    let over =
        |time: Duration, count: usize| (time.as_nanos() as f64 - rust.as_nanos() as f64) / count as f64;
    let per_note = |time: Duration| time.as_nanos() as f64 / notes as f64;
    println!("{notes} notes, {} events, {rust_records} records; least of {passes} passes", events.len());
    println!("Rust, an event a call       {:8.1} ns a note", per_note(rust));
    println!("C, an event a call          {:8.1} ns a note, {:.1} more", per_note(one), over(one, notes));
    println!("C, 16 events a call         {:8.1} ns a note, {:.1} more", per_note(batch), over(batch, notes));
    let (call, batched) = (over(one, events.len()), over(batch, notes));
    println!("To push one event and poll  {call:8.1} ns more");
    println!("A note in a batch           {batched:8.1} ns more; allowed are {ALLOWED_NANOS}");
    if batched <= ALLOWED_NANOS { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The take through the Rust interface: how long, and how many records.
fn in_rust(score: &Arc<etude_engine::score::Score>, events: &[Event]) -> (Duration, usize) {
    let mut session = Session::new(Arc::clone(score), Config::default()).expect("the defaults are valid");
    let mut records = 0;
    let start = Instant::now();
    for event in events {
        session.handle(*event).expect("no event after the end");
        while let Some(record) = session.poll() {
            std::hint::black_box(record);
            records += 1;
        }
    }
    (start.elapsed(), records)
}

/// The same through the C interface, so many events a call.
fn in_c(score: *const etude_score, events: &[etude_event], batch: usize) -> (Duration, usize) {
    let mut session = null_mut();
    // SAFETY: the handles are alive, the arrays as long as is said; integers only, here and below.
    let mut room: [etude_record; 32] = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    assert_eq!(unsafe { etude_session_new(score, null(), &mut session, null_mut(), 0) }, ETUDE_OK);
    let (mut records, mut status) = (0, ETUDE_OK);
    let start = Instant::now();
    for events in events.chunks(batch) {
        // SAFETY: as above.
        status |= unsafe { etude_session_push(session, events.as_ptr(), events.len(), null_mut(), 0) };
        let mut polled = room.len();
        while polled == room.len() {
            // SAFETY: as above.
            status |= unsafe { etude_session_poll(session, room.as_mut_ptr(), room.len(), &mut polled) };
            std::hint::black_box(&room);
            records += polled;
        }
    }
    let time = start.elapsed();
    assert_eq!(status, ETUDE_OK);
    // SAFETY: it was given out once and comes back once.
    unsafe { etude_session_free(session) };
    (time, records)
}

fn score_for_c() -> *mut etude_score {
    let mut score = null_mut();
    // SAFETY: the bytes are as many as is said, and the output is a local variable.
    let read = unsafe { etude_score_new(SCORE.as_ptr(), SCORE.len(), &mut score, null_mut(), 0) };
    assert_eq!(read, ETUDE_OK);
    score
}

fn events_for_c(count: usize) -> Vec<etude_event> {
    let mut performance = null_mut();
    let mut events = vec![etude_event::default(); count];
    let mut copied = 0;
    // SAFETY: the bytes and the array are as many as is said, and the outputs are local variables.
    let status = unsafe {
        let (data, size) = (PERFORMANCE.as_ptr(), PERFORMANCE.len());
        assert_eq!(etude_performance_new(data, size, &mut performance, null_mut(), 0), ETUDE_OK);
        let status = etude_performance_events(performance, 0, events.as_mut_ptr(), count, &mut copied);
        etude_performance_free(performance);
        status
    };
    assert!(status == ETUDE_OK && copied == count);
    events
}
