use std::fs;
use std::process::ExitCode;

use xtask::process::say;
use xtask::worker::{self, Optimise, copy_dir};
use xtask::{Error, Result, cache, root};

/// Make the service ready to be deployed: target/bundled/etude-do
///
/// Builds etude-do for size and speed (wasm-opt) and puts it with its configuration into a folder of its own, which
/// `wrangler deploy` takes as it is, and which workerd serves: `workerd serve target/bundled/etude-do/workerd.capnp`.
#[derive(Debug, clap::Args)]
pub(crate) struct Bundle {}

impl Bundle {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let worker = worker::build(Optimise::Deploy)?;
        let source = root().join("etude-do");
        let bundle = root().join("target/bundled/etude-do");
        cache::remove_dir(&bundle)?;
        copy_dir(&worker.dir, &bundle.join("build"))?;
        worker::forget_key(&bundle.join("build"))?;
        for file in ["workerd.capnp", "wrangler.toml"] {
            let path = source.join(file);
            fs::copy(&path, bundle.join(file)).map_err(Error::io("copying", &path))?;
        }
        let wasm = bundle.join("build/index_bg.wasm");
        let size = fs::metadata(&wasm).map_err(Error::io("reading", &wasm))?.len();
        say(format!("the service is in {} (wasm: {} KB)", bundle.display(), size / 1000));
        Ok(ExitCode::SUCCESS)
    }
}
