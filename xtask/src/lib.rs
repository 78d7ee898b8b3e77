//! What `cargo xtask` is made of, as a library: the tools that build and run the Durable Object, and a running workerd.
//!
//! The integration tests of `etude-do` and the demo start the service through the same code:
//!
//! ```no_run
//! use xtask::workerd::Workerd;
//!
//! let mut service = Workerd::start()?; // builds the tools and the Worker when they are not there yet
//! println!("{} with operator key {}", service.url(), service.key());
//! service.kill_9()?;
//! service.restart()?; // same storage, same port
//! # Ok::<(), xtask::Error>(())
//! ```

pub mod cache;
pub mod disk;
mod error;
pub mod metadata;
pub mod page;
pub mod process;
pub mod python;
pub mod tools;
pub mod worker;
pub mod workerd;

pub use error::{Error, Result};

use std::path::{Path, PathBuf};

/// The root of the clone this was built in.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lives in the workspace").to_path_buf()
}
