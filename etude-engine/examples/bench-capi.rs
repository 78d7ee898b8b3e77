//! What does the C interface cost over the Rust one? `cargo xtask bench capi` runs it:
//!
//! ```text
//! cargo run --release -p etude-engine --features capi --example bench-capi
//! ```
//!
//! Plays one take into a Rust session and into a C one, in turns: with each event pushed and its records polled by calls of
//! their own, and 16 events pushed at a time. A note is at least two events, for the key goes up again. What else the machine does
//! only ever adds time, so of each process the least counts; where the system happens to put a process in memory changes such
//! figures by more than what is measured, so there are many, and their medians are told. Exits with 1 when a note in a batch costs
//! more than is allowed over the Rust calls.

#![allow(unsafe_code)]

use std::error::Error;
use std::process::{Command, ExitCode};
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
use etude_engine::units::Micros;

const SCORE: &[u8] = include_bytes!("../../examples/scores/beethoven-fuer-elise.musicxml");
const PERFORMANCE: &[u8] = include_bytes!("../../examples/scores/beethoven-fuer-elise.mid");
/// The first events are not counted: making a session leaves the caches full of its own memory, and a C session has more of it.
/// For the same reason a host's events are at hand when it pushes them, and in the caches.
const WARM_EVENTS: usize = 512;
/// Most that a note in a batch may cost more through C.
const ALLOWED_NANOS: f64 = 20.0;

/// Measure what the C interface costs over the Rust one.
#[derive(Parser)]
struct Args {
    /// How many processes measure, one after the other
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..))]
    processes: u32,
    /// How often each plays the take each way; the least time counts
    #[arg(long, default_value_t = 601, value_parser = clap::value_parser!(u32).range(1..))]
    passes: u32,
    /// Be one of the processes: print nanoseconds for the whole take in Rust, and what C takes more, for an event at a time and
    /// for 16
    #[arg(long)]
    once: bool,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args = Args::parse();
    if args.once {
        println!("{}", measure(args.passes).map(|nanos| nanos.to_string()).join(" "));
        return Ok(ExitCode::SUCCESS);
    }
    let mut all: [Vec<i64>; 4] = Default::default();
    for _ in 0..args.processes {
        let passes = args.passes.to_string();
        let output = Command::new(std::env::current_exe()?).args(["--once", "--passes", &passes]).output()?;
        let told = String::from_utf8(output.stdout)?;
        let mut figures = told.split_whitespace().map(str::parse);
        for of in &mut all {
            of.push(figures.next().ok_or("a process told too little")??);
        }
    }
    let events = import::performance(PERFORMANCE)?;
    let notes =
        events[WARM_EVENTS..].iter().filter(|event| matches!(event.kind, EventKind::NoteOn { .. })).count();
    let [rust, more, rust_batch, more_batch] = all.map(|mut of| median(&mut of) as f64 / notes as f64);
    println!("{notes} notes, {} events; medians of {} processes", events.len(), args.processes);
    println!("an event at a time    Rust {rust:8.1} ns a note, C {more:6.1} ns more");
    println!(
        "16 events at a time   Rust {rust_batch:8.1} ns a note, C {more_batch:6.1} ns more; allowed are {ALLOWED_NANOS}"
    );
    Ok(if more_batch <= ALLOWED_NANOS { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Least nanoseconds for the whole take in Rust, and what C takes more: for an event at a time, and for 16.
fn measure(passes: u32) -> [i64; 4] {
    let score = Arc::new(import::score(SCORE).expect("the bundled score").score);
    let events = import::performance(PERFORMANCE).expect("the bundled take");
    let c_events = events_for_c(events.len());
    let handle = score_for_c();
    let [mut rust, mut c] = [[i64::MAX; 2]; 2];
    for _ in 0..passes {
        for (at, batch) in [1, 16].into_iter().enumerate() {
            let (rust_time, rust_records) = in_rust(&score, &events, batch);
            let (c_time, c_records) = in_c(handle, &c_events, batch);
            assert_eq!(rust_records, c_records, "they say different things");
            rust[at] = rust[at].min(rust_time);
            c[at] = c[at].min(c_time);
        }
    }
    // SAFETY: it was given out once and comes back once.
    unsafe { etude_score_free(handle) };
    [rust[0], c[0] - rust[0], rust[1], c[1] - rust[1]]
}

fn median(of: &mut [i64]) -> i64 {
    of.sort_unstable();
    of[of.len() / 2]
}

/// The take through the Rust interface, so many events at a time: nanoseconds, and how many records.
fn in_rust(score: &Arc<etude_engine::score::Score>, events: &[Event], batch: usize) -> (i64, usize) {
    let mut session = Session::new(Arc::clone(score), Config::default()).expect("the defaults are valid");
    let (mut records, mut time) = (0, Duration::ZERO);
    let mut at_hand = [Event { at: Micros(0), kind: EventKind::Tick }; 16];
    for (number, events) in events.chunks(batch).enumerate() {
        let at_hand = std::hint::black_box(&mut at_hand[..events.len()]);
        at_hand.copy_from_slice(events);
        let start = Instant::now();
        for event in std::hint::black_box(at_hand) {
            session.handle(*event).expect("no event after the end");
        }
        while let Some(record) = session.poll() {
            std::hint::black_box(record);
            records += 1;
        }
        if number * batch >= WARM_EVENTS {
            time += start.elapsed();
        }
    }
    (time.as_nanos() as i64, records)
}

/// The same through the C interface, so many events a call.
fn in_c(score: *const etude_score, events: &[etude_event], batch: usize) -> (i64, usize) {
    let mut session = null_mut();
    // SAFETY: the handles are alive, the arrays as long as is said; integers only, here and below.
    let mut room: [etude_record; 32] = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    assert_eq!(unsafe { etude_session_new(score, null(), &mut session, null_mut(), 0) }, ETUDE_OK);
    let (mut records, mut status, mut time) = (0, ETUDE_OK, Duration::ZERO);
    let mut at_hand = [etude_event::default(); 16];
    for (number, events) in events.chunks(batch).enumerate() {
        let at_hand = std::hint::black_box(&mut at_hand[..events.len()]);
        at_hand.copy_from_slice(events);
        let start = Instant::now();
        let events = std::hint::black_box(at_hand);
        // SAFETY: as above.
        status |= unsafe { etude_session_push(session, events.as_ptr(), events.len(), null_mut(), 0) };
        let mut polled = room.len();
        while polled == room.len() {
            // SAFETY: as above.
            status |= unsafe { etude_session_poll(session, room.as_mut_ptr(), room.len(), &mut polled) };
            std::hint::black_box(&room);
            records += polled;
        }
        if number * batch >= WARM_EVENTS {
            time += start.elapsed();
        }
    }
    assert_eq!(status, ETUDE_OK);
    // SAFETY: it was given out once and comes back once.
    unsafe { etude_session_free(session) };
    (time.as_nanos() as i64, records)
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
