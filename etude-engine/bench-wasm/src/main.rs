//! The loop of `cargo xtask bench follow` as a program of its own, because the benchmark itself does not build for
//! WebAssembly: it starts other programs, and so do its dependencies.
//!
//! Takes the number of score notes and of passes; prints the clock's own time, and the note's median, 99.9th
//! percentile and average, in nanoseconds. With `digests` instead it prints what tests/wasm.rs compares.

mod digests;

#[path = "../../examples/bench-follow/pace.rs"]
mod pace;
#[path = "../../../examples/rust/performance/mod.rs"]
#[expect(dead_code, reason = "mistakes are counted here, not told")]
mod performance;
#[path = "../../examples/bench-follow/piece.rs"]
mod piece;
#[path = "../../examples/bench-follow/take.rs"]
mod take;

use std::sync::Arc;

fn main() {
    if std::env::args().nth(1).is_some_and(|first| first == "digests") {
        digests::digests().iter().for_each(|line| println!("{line}"));
        return;
    }
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<usize>());
    let (Some(Ok(notes)), Some(Ok(passes))) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: etude-bench-wasm NOTES PASSES|digests");
        std::process::exit(2);
    };
    let score = Arc::new(piece::piece(notes));
    let (_, events) = take::take(&score);
    let clock = pace::clock();
    let times = pace::times(&score, &events, passes, clock);
    println!("{clock}\t{}\t{}\t{:.0}", times.at(500), times.at(999), times.mean());
}
