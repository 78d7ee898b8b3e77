//! A session never allocates while it handles events: what it needs it takes when it is made.
#![allow(missing_docs)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;

use etude_engine::judge::Record;
use etude_engine::score::{MeasureRange, Score, TempoMap};
use etude_engine::session::{Config, Event, EventKind, Mode, Session};
use etude_engine::units::{Micros, Pitch, Velocity};
use fastrand::Rng;

#[path = "../../examples/rust/performance/mod.rs"]
#[expect(dead_code, reason = "mistakes are made here, not told")]
mod performance;
#[path = "../examples/bench-follow/piece.rs"]
mod piece;
#[path = "../examples/bench-follow/take.rs"]
mod take;

/// Denies memory to a thread that has promised to ask for none: the call is served, because a panic in an allocator
/// ends the process, but kept for the test to fail with.
struct Denying;

thread_local! {
    static DENIED: Cell<bool> = const { Cell::new(false) };
    static CALLS: Cell<u64> = const { Cell::new(0) };
    static CAUGHT: RefCell<Vec<Backtrace>> = const { RefCell::new(Vec::new()) };
}

/// Calls whose way is kept.
const CAUGHT_MAX: usize = 200;

#[global_allocator]
static ALLOCATOR: Denying = Denying;

fn called() {
    if DENIED.get() {
        CALLS.set(CALLS.get() + 1);
        if CALLS.get() <= CAUGHT_MAX as u64 {
            // To take note of it takes memory.
            DENIED.set(false);
            CAUGHT.with_borrow_mut(|caught| caught.push(Backtrace::force_capture()));
            DENIED.set(true);
        }
    }
}

#[allow(unsafe_code)]
// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Denying {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        called();
        // SAFETY: the caller's contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        called();
        // SAFETY: the caller's contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// The functions of the engine that asked, innermost first, and how often; of the calls whose way was kept.
fn culprits() -> String {
    let mut ways: BTreeMap<String, u32> = BTreeMap::new();
    for way in CAUGHT.take() {
        let frames = way.to_string();
        let engine = frames.lines().filter_map(|line| line.trim().split_once(": "));
        let names: Vec<&str> =
            engine.map(|(_, name)| name).filter(|name| name.contains("etude_engine::")).take(4).collect();
        *ways.entry(names.join(" <- ")).or_default() += 1;
    }
    ways.iter().map(|(way, calls)| format!("  {calls} times {way}\n")).collect()
}

/// What a session has said.
#[derive(Debug, Default)]
struct Said {
    records: u64,
    jumps: u64,
    /// Verdicts on notes that had one.
    revisions: u64,
    missed: u64,
}

/// Plays the events to a session that may not allocate, and gives what it says of them.
fn play(score: &Arc<Score>, config: Config, events: &[Event]) -> Said {
    let mut session = Session::new(Arc::clone(score), config).expect("settings in range");
    let mut said = Said::default();
    let mut first = None;
    let mut judged = vec![false; events.len()];
    let before = CALLS.get();
    for (index, &event) in events.iter().enumerate() {
        DENIED.set(true);
        let taken = session.handle(event);
        let now = Micros(event.at.0.saturating_add(100_000));
        std::hint::black_box((session.place(now), session.expected(now).count()));
        while let Some(record) = session.poll() {
            said.records += 1;
            match record {
                Record::Jump { .. } => said.jumps += 1,
                Record::Missed { .. } => said.missed += 1,
                Record::Played { event, .. } => {
                    said.revisions += u64::from(std::mem::replace(&mut judged[event.0 as usize], true));
                }
                _ => {}
            }
        }
        DENIED.set(false);
        taken.expect("the end comes last");
        if CALLS.get() > before && first.is_none() {
            first = Some((index, event));
        }
    }
    let calls = CALLS.get() - before;
    assert!(
        calls == 0,
        "{calls} calls of the allocator in {} events, the first at event {:?}:\n{}",
        events.len(),
        first,
        culprits()
    );
    said
}

/// A score of 10,000 notes and a learner's take of it: mistakes, measures begun again, passages gone back to.
fn learner() -> (Arc<Score>, Vec<Event>) {
    let score = piece::piece(10_000);
    let (_, events) = take::take(&score);
    assert!(events.iter().filter(|event| take::is_note_on(event)).count() >= 10_000);
    (Arc::new(score), events)
}

#[test]
fn following_a_learner_takes_no_memory() {
    let (score, events) = learner();
    let said = play(&score, Config::default(), &events);
    assert!(said.jumps >= 5 && said.revisions > 0 && said.missed > 0, "{said:?}");
}

#[test]
fn following_garbage_takes_no_memory() {
    let (score, _) = learner();
    let mut rng = Rng::with_seed(5);
    let mut at = 0;
    let mut events = Vec::new();
    for _ in 0..10_000 {
        at += rng.i64(-20_000..200_000);
        let keys = if rng.u32(..500) == 0 { 0..128 } else { 0..1 };
        let cluster = keys.len() > 1;
        for key in keys {
            let pitch = Pitch::new(if cluster { key } else { rng.u8(..128) }).expect("a key");
            let velocity = Velocity::new(rng.u8(..128)).expect("seven bits");
            let kind = match rng.u8(..8) {
                0 if !cluster => EventKind::NoteOff { pitch },
                1 if !cluster => EventKind::Pedal { value: velocity },
                2 if !cluster => EventKind::Tick,
                _ => EventKind::NoteOn { pitch, velocity },
            };
            events.push(Event { at: Micros(at), kind });
        }
    }
    events.push(Event { at: Micros(at), kind: EventKind::End });
    play(&score, Config::default(), &events);
}

#[test]
fn a_metronome_takes_no_memory() {
    let (score, events) = learner();
    let mut with_ticks = Vec::new();
    for &event in &events {
        with_ticks.push(Event { at: event.at, kind: EventKind::Tick });
        with_ticks.push(event);
    }
    let said = play(&score, Config { mode: Mode::Clock, ..Config::default() }, &with_ticks);
    assert!(said.missed > 0, "{said:?}");
}

#[test]
fn waiting_and_looping_take_no_memory() {
    let (score, events) = learner();
    for mode in [Mode::Follow, Mode::Clock, Mode::Wait] {
        let range = Some(MeasureRange { from: 1, to: 2 });
        let said = play(&score, Config { mode, range, looping: true, ..Config::default() }, &events);
        assert!(said.jumps >= 2, "{mode:?}: {said:?}");
    }
}

#[test]
fn a_transport_that_loops_seeks_and_stops_takes_no_memory() {
    let (score, events) = learner();
    let per_quarter = i64::from(score.tempo().micros_per_quarter_at(Default::default()));
    assert_ne!(*score.tempo(), TempoMap::default());
    // Where the transport stood at a time, had it run from the first note on.
    let start = events.iter().find(|event| take::is_note_on(event)).expect("a note").at.0;
    let transport = |at: Micros, playing, position| Event {
        at,
        kind: EventKind::Transport { playing, position, micros_per_quarter: per_quarter as u32 },
    };
    let mut rng = Rng::with_seed(7);
    let mut driven = vec![transport(Micros(0), true, -start * 1_000_000 / per_quarter)];
    for (index, &event) in events.iter().enumerate() {
        if index % 400 == 399 {
            let position = (event.at.0 - start) * 1_000_000 / per_quarter;
            match rng.u8(..4) {
                // A loop back, or ahead, or to before the beginning.
                0 => driven.push(transport(event.at, true, (position - 40_000_000).max(0))),
                1 => driven.push(transport(event.at, true, position + 40_000_000)),
                2 => driven.push(transport(event.at, true, -4_000_000)),
                _ => driven.push(transport(event.at, false, position)),
            }
        }
        if index % 400 == 9 {
            driven.push(transport(event.at, true, (event.at.0 - start) * 1_000_000 / per_quarter));
        }
        driven.push(event);
    }
    let said = play(&score, Config { mode: Mode::Clock, ..Config::default() }, &driven);
    assert!(said.jumps >= 10, "{said:?}");
}

#[test]
fn the_allocator_denies() {
    DENIED.set(true);
    let memory = std::hint::black_box(Box::new(1));
    DENIED.set(false);
    drop(memory);
    assert_eq!((CALLS.get(), CAUGHT.take().len()), (1, 1));
}
