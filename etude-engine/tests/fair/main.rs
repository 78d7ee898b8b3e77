//! The evidence on a take: honest ones show nothing, forged ones do, and no log breaks it.
#![allow(missing_docs)]

mod bench;
#[path = "../bench_set/mod.rs"]
mod bench_set;
mod checks;
mod exported;
mod forge;
mod properties;
