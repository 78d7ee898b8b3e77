//! Etude's engine: follows a pianist through a score and judges each note.
//!
//! No I/O, no clock, no threads, no randomness, no floating point in a verdict: the same score, settings and event
//! log give the same verdicts natively, behind the C ABI and in WebAssembly. A note's way, and the folders:
//! [`score`] -> `follow` -> [`judge`] -> [`session`] -> [`report`]; [`import`] makes scores from files, and
//! [`protocol`] is the wire.

#[cfg(feature = "capi")]
pub mod capi;
mod follow;
#[cfg(feature = "import")]
pub mod import;
pub mod judge;
pub mod protocol;
pub mod report;
pub mod score;
pub mod session;
pub mod units;
