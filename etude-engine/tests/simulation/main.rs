//! Both ends of the wire against each other, in a world of failing disks and networks.
//!
//! `ETUDE_SIMULATION_SEED=n` plays one seed, `ETUDE_SIMULATION_SEEDS=n` as many from there on, or from 0.
//! `cargo xtask prove sim` plays ten thousand.

mod audience;
mod music;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use etude_engine::session::client::IN_FLIGHT_EVENTS_MAX;
use etude_engine::units::Micros;

use music::{Rng, Take};
use world::{Fault, Plan, Tale, World};

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect(variable))
}

/// One take, one run. A seed decides everything.
fn play(seed: u64) -> Tale {
    let mut rng = Rng(seed);
    let onsets = rng.range(5, 250) as usize;
    let take = Take::random(&mut rng, onsets);
    let plan = Plan {
        faults: rng.range(0, 60) as u32,
        fault_gap: Micros(rng.range(100_000, 8_000_000)),
        first_connect: Micros(if rng.percent(30) { rng.range(0, 100_000_000) } else { 0 }),
        rush: rng.percent(20),
    };
    match catch_unwind(AssertUnwindSafe(|| World::run(&take, rng.next(), &plan))) {
        Ok(tale) => tale,
        Err(panic) => {
            eprintln!(
                "\nThe simulation failed. Again with: cargo xtask prove sim --sessions 1 --seed {seed}\n"
            );
            resume_unwind(panic)
        }
    }
}

/// What all runs did together.
#[derive(Default)]
struct Sum {
    struck: BTreeMap<Fault, u32>,
    events: u64,
    refused: u32,
    stalled: u32,
    resumed: u32,
    returned: u32,
    passed_over: u32,
}

impl Sum {
    fn add(mut self, tale: Tale) -> Self {
        for (fault, times) in tale.struck {
            *self.struck.entry(fault).or_default() += times;
        }
        self.events += tale.events;
        self.refused += tale.refused;
        self.stalled += tale.stalled;
        self.resumed += tale.connections - 1;
        self.returned += tale.returned;
        self.passed_over += tale.passed_over;
        self
    }

    fn join(mut self, other: Self) -> Self {
        for (fault, times) in other.struck {
            *self.struck.entry(fault).or_default() += times;
        }
        self.events += other.events;
        self.refused += other.refused;
        self.stalled += other.stalled;
        self.resumed += other.resumed;
        self.returned += other.returned;
        self.passed_over += other.passed_over;
        self
    }
}

#[test]
fn every_event_is_judged_exactly_once_whatever_fails() {
    let (first, seeds) = match number("ETUDE_SIMULATION_SEED") {
        Some(seed) => (seed, number("ETUDE_SIMULATION_SEEDS").unwrap_or(1)),
        None => (0, number("ETUDE_SIMULATION_SEEDS").unwrap_or(300)),
    };
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let sum = std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..threads.min(seeds))
            .map(|lane| {
                let seeds = (first + lane..first + seeds).step_by(threads as usize);
                scope.spawn(move || seeds.map(play).fold(Sum::default(), Sum::add))
            })
            .collect();
        lanes.into_iter().fold(Sum::default(), |sum, lane| match lane.join() {
            Ok(one) => sum.join(one),
            Err(panic) => resume_unwind(panic),
        })
    });
    let Sum { struck, events, refused, stalled, resumed, returned, passed_over } = sum;
    println!(
        "sim: {seeds} sessions, seeds {first} to {}, {events} events, {} faults struck, {resumed} resumes, {refused} refusals, \
         {stalled} stalls, viewers {returned} times back and {passed_over} times passed over: the laws hold",
        first + seeds.max(1) - 1,
        struck.values().sum::<u32>(),
    );
    println!("{struck:?}");
    if seeds >= 300 {
        for fault in Fault::ALL {
            assert!(struck.get(&fault).is_some_and(|&times| times >= 20), "{fault:?} hardly ever struck");
        }
        assert!(refused > 100 && stalled > 100 && resumed > 1_000 && passed_over > 100);
    }
}

#[test]
fn a_long_time_offline_is_caught_up_at_the_pace_of_the_acks() {
    let mut rng = Rng(1);
    let take = Take::random(&mut rng, 3_000);
    let plan = Plan { faults: 0, fault_gap: Micros(1), first_connect: Micros(1), rush: true };
    let tale = World::run(&take, 2, &plan);
    assert_eq!(tale.connections, 1);
    assert_eq!(tale.missing_most, take.events.len() as u64);
    assert!(take.events.len() > 4 * IN_FLIGHT_EVENTS_MAX, "{} events", take.events.len());
    assert_eq!(tale.in_flight_most, IN_FLIGHT_EVENTS_MAX as u64);
}
