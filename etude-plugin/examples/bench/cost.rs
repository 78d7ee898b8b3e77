//! What a block costs, each plugin in turn on the same blocks.

use std::time::Instant;

use super::clap_plugin::{Clap, File};
use super::plugin::{Audio, Error, Plugin, Setup};
use super::{BLOCK, ETUDE, PASS_THROUGH, RATE, piece, plugin, quantile};

/// The piece is played so often, each time by new instances.
const ROUNDS: usize = 5;

/// Microseconds of one plugin.
#[derive(Default)]
struct Cost {
    /// Of each block without an event.
    empty: Vec<f64>,
    /// Of each with some, and how many.
    busy: Vec<(f64, usize)>,
}

/// Prints the table.
pub(crate) fn measure(etude: &File, beside: &File) -> Result<(), Error> {
    let music = piece::blocks()?;
    let project = piece::project()?;
    let mut costs = [Cost::default(), Cost::default(), Cost::default()];
    for round in 0..ROUNDS {
        let mut plugins = [beside.make(PASS_THROUGH)?, etude.make(ETUDE)?, etude.make(ETUDE)?];
        if !plugins[2].load(&project) {
            return Err("Etude refuses a project".into());
        }
        plugin::wait_until_saved(&mut plugins[2], piece::PIECE)?;
        round_of(round, &mut plugins, &music, &mut costs)?;
    }
    println!(
        "| audio thread, µs, in blocks of {BLOCK} | empty block: median | p99 | one event: mean | block with events: p99 |\n|---|---|---|---|---|"
    );
    for (what, cost) in
        ["a plugin that passes on", "Etude, nothing open", "Etude, in a take"].iter().zip(costs)
    {
        cost.tell(what);
    }
    Ok(())
}

fn round_of(
    round: usize,
    plugins: &mut [Clap; 3],
    music: &[Vec<(u32, etude_engine::session::EventKind)>],
    costs: &mut [Cost; 3],
) -> Result<(), Error> {
    let setup = Setup { rate: RATE, block: BLOCK, offline: false };
    let mut audio = Vec::new();
    for plugin in &mut *plugins {
        audio.push(plugin.activate(setup)?);
    }
    let blocks: Vec<_> = music.iter().map(|events| plugins[0].block(events)).collect();
    for (at, block) in blocks.iter().enumerate() {
        for turn in 0..audio.len() {
            let which = (turn + at + round) % audio.len();
            let events = music[at].len();
            let block = (events > 0).then_some(block);
            let started = Instant::now();
            let processed = audio[which].process(block, None);
            let took = started.elapsed().as_nanos() as f64 / 1e3;
            if !processed {
                return Err("a plugin failed".into());
            }
            match events {
                0 => costs[which].empty.push(took),
                _ => costs[which].busy.push((took, events)),
            }
        }
    }
    audio.into_iter().for_each(Audio::stop);
    plugins.iter_mut().try_for_each(Plugin::deactivate)
}

impl Cost {
    fn tell(mut self, what: &str) {
        let median = quantile(&mut self.empty, 0.5);
        let high = quantile(&mut self.empty, 0.99);
        let events: usize = self.busy.iter().map(|(_, events)| events).sum();
        let more: f64 = self.busy.iter().map(|(took, _)| took - median).sum();
        let mut busy: Vec<f64> = self.busy.iter().map(|(took, _)| *took).collect();
        let busy = quantile(&mut busy, 0.99);
        println!("| {what} | {median:.2} | {high:.2} | {:.2} | {busy:.2} |", more / events as f64);
    }
}
