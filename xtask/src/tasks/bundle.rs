use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use xtask::metadata::Metadata;
use xtask::page;
use xtask::process::{cargo, run, say};
use xtask::worker::{self, Optimise, copy_dir};
use xtask::{Error, Result, cache, root, tools};

/// Make the plugins and the service ready to be installed: target/bundled
///
/// The plugins: Etude.clap and Etude.vst3, each with the three plugins, and the standalone `etude`. The service: etude-do
/// for size (wasm-opt) with its configuration in a folder of its own, which `wrangler deploy` takes as it is, and
/// which workerd serves: `workerd serve target/bundled/etude-do/workerd.capnp`.
#[derive(Debug, clap::Args)]
pub(crate) struct Bundle {
    /// Only these
    #[arg(value_enum)]
    what: Vec<What>,

    /// Build the plugins without optimisation, which takes a quarter of the time
    #[arg(long)]
    debug: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// CLAP, VST3 and the standalone
    Plugin,
    /// The Worker
    Service,
}

impl Bundle {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let all = self.what.is_empty();
        if all || self.what.contains(&What::Plugin) {
            plugin(self.debug)?;
        }
        if all || self.what.contains(&What::Service) {
            let (bundle, size) = service()?;
            say(format!("the service is in {} (wasm: {} KB by gzip)", bundle.display(), size / 1_000));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Builds and bundles the plugins and, where it can be built, the standalone.
pub(super) fn plugin(debug: bool) -> Result<()> {
    let standalone = tools::ensure_audio_libraries();
    let mut arguments = vec!["--features", if standalone { "standalone" } else { "plugin" }];
    if !debug {
        arguments.push("--release");
    }
    run(cargo()
        .args(["build", "--package", "etude-plugin", "--lib", "--bins"])
        .args(&arguments)
        .current_dir(root()))?;

    let target = Metadata::load()?.target_directory().to_owned();
    let bundled = target.join("bundled");
    // The bundler writes over what is there, and would leave files of an earlier build.
    for bundle in ["Etude.clap", "Etude.vst3"] {
        remove(&bundled.join(bundle))?;
    }
    let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
    std::env::set_current_dir(root()).map_err(Error::io("entering", &root()))?;
    nice_plug_xtask::bundle(&target, "etude-plugin", &arguments, false)
        .map_err(|error| Error::Other(format!("bundling the plugins: {error:#}")))?;
    if standalone {
        let program = format!("etude{}", std::env::consts::EXE_SUFFIX);
        let built = target.join(if debug { "debug" } else { "release" }).join(&program);
        fs::copy(&built, bundled.join(&program)).map_err(Error::io("copying", &built))?;
    }
    say(format!("the plugins are in {}", bundled.display()));
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    match path.is_dir() {
        true => cache::remove_dir(path),
        false if path.exists() => fs::remove_file(path).map_err(Error::io("removing", path)),
        false => Ok(()),
    }
}

/// Bundles the service. Returns its folder, and how large its wasm is, packed by gzip, in bytes.
pub(crate) fn service() -> Result<(PathBuf, u64)> {
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
    copy_dir(&page::build()?, &bundle.join("web/dist"))?;
    // Of what is in the bundle: the Worker's own folder may have another by now, built for a test.
    let size = worker::gzipped_size(&bundle.join("build"))?;
    Ok((bundle, size))
}
