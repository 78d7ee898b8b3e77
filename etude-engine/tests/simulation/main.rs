//! Both ends of the wire against each other, in a world of failing disks and networks.
//!
//! `ETUDE_SIMULATION_SEED=n` plays one seed, `ETUDE_SIMULATION_SEEDS=n` the first n.

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
            eprintln!("\nThe simulation failed. Again with: ETUDE_SIMULATION_SEED={seed}\n");
            resume_unwind(panic)
        }
    }
}

#[test]
fn every_event_is_judged_exactly_once_whatever_fails() {
    if let Some(seed) = number("ETUDE_SIMULATION_SEED") {
        play(seed);
        return;
    }
    let seeds = number("ETUDE_SIMULATION_SEEDS").unwrap_or(300);
    let mut struck: BTreeMap<Fault, u32> = BTreeMap::new();
    let (mut refused, mut stalled, mut resumed) = (0, 0, 0);
    for seed in 0..seeds {
        let tale = play(seed);
        for (fault, times) in tale.struck {
            *struck.entry(fault).or_default() += times;
        }
        refused += tale.refused;
        stalled += tale.stalled;
        resumed += tale.connections - 1;
    }
    println!("{seeds} seeds: {resumed} resumes, {refused} refusals, {stalled} stalls, {struck:?}");
    if seeds >= 300 {
        for fault in Fault::ALL {
            assert!(struck.get(&fault).is_some_and(|&times| times >= 20), "{fault:?} hardly ever struck");
        }
        assert!(refused > 100 && stalled > 100 && resumed > 1_000);
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
