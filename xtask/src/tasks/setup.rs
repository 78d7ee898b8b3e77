use std::process::ExitCode;
use std::time::Instant;

use xtask::process::{say, since};
use xtask::tools::{self, WasmTools};
use xtask::{Result, cache};

/// Fetch and build the tools, and nothing else
///
/// worker-build, wasm-bindgen and cargo-c from crates.io, workerd, esbuild and binaryen from npm, Rust's wasm target by rustup:
/// each in one exact version. The other tasks do the same on demand; this is for preparing a machine or an image.
/// Programs for the tests of the C ABI come from Debian, where that may be done.
/// Takes some 20 minutes on two cores the first time, and no time after that.
#[derive(Debug, clap::Args)]
pub(crate) struct Setup {}

impl Setup {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let start = Instant::now();
        tools::c_compiler()?;
        tools::ensure_c_tools();
        tools::cargo_c()?;
        WasmTools::ensure()?;
        tools::workerd()?;
        say(format!("the tools are in {}, after {}", cache::dir()?.display(), since(start)));
        Ok(ExitCode::SUCCESS)
    }
}
