//! Each played note gets a verdict; each note not played is missed; nothing is matched twice.

mod verdict;

pub use verdict::{Grade, Record, Verdict};
