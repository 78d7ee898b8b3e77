//! The proofs of `cargo xtask prove`, some seconds of each.

use std::time::Duration;

use etude_proof::{crash, hostile, soak};

#[test]
fn a_killed_service_loses_nothing() {
    let plan = crash::Plan { rounds: 2, naps: 2, seed: fastrand::u64(..1_000_000_000) };
    println!("{}", crash::prove(plan).unwrap_or_else(|failure| panic!("{failure}")));
}

#[test]
fn hostile_inputs_disturb_nobody() {
    let plan = hostile::Plan { inputs: 600, seed: fastrand::u64(..1_000_000_000) };
    println!("{}", hostile::prove(plan).unwrap_or_else(|failure| panic!("{failure}")));
}

#[test]
fn many_play_at_once() {
    let plan = soak::Plan { sessions: 20, notes_per_second: 20, time: Duration::from_secs(8) };
    println!("{}", soak::prove(plan).unwrap_or_else(|failure| panic!("{failure}")));
}
