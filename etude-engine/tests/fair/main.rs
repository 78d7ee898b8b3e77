//! The evidence on a take: honest ones show nothing, forged ones do, and no log breaks it.
#![allow(missing_docs)]

mod bench;
mod checks;
mod exported;
mod forge;
mod properties;
