//! Proofs and benchmarks of the session service, against the real workerd: `cargo xtask prove` and `cargo xtask bench
//! service` run them at length, the tests of this package for some seconds.
//!
//! Every proof says what it saw in one line of figures, or which law was broken and the seed that broke it.

mod band;
pub mod bench;
pub mod crash;
mod failure;
pub mod hostile;
mod player;
mod process;
mod repertoire;
mod service;
pub mod soak;

pub use failure::{Failure, Result};
