use std::path::PathBuf;
use std::process::{Command, ExitCode};

use xtask::metadata::Metadata;
use xtask::process::{cargo, run, which, without_build_flags};
use xtask::worker::{self, Optimise};
use xtask::{Error, Result, python, root, tools};

use super::{pass_through, prove};

/// The benchmarks that are not the engine's.
const SERVICE: &str = "service";
const PLUGIN: &str = "plugin";

/// Run a benchmark of the engine, of the service or of the plugin
///
/// `service` is the session service beside an echo in plain JavaScript on the same workerd and beside the same engine
/// without workerd. `plugin` is what the plugin costs the audio thread, beside one that only passes notes on, and how long a note
/// is on its way to a session. Any other name: builds and runs the example bench-NAME of etude-engine in release mode; what follows NAME is for it. For example
/// `cargo xtask bench align --set path --verdict final DATA OUT`, or `cargo xtask bench align --help`.
/// Without NAME it lists those there are.
#[derive(Debug, clap::Args)]
pub(crate) struct Bench {
    /// Which benchmark
    name: Option<String>,

    /// What the benchmark itself takes
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

impl Bench {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let names = benches()?;
        let Some(name) = self.name else {
            names.iter().for_each(|name| println!("{name}"));
            println!("{PLUGIN}\n{SERVICE}");
            return Ok(ExitCode::SUCCESS);
        };
        if name == PLUGIN {
            return plugin(&self.arguments);
        }
        if name == SERVICE {
            let mut arguments = vec![SERVICE.to_owned()];
            arguments.extend(self.arguments);
            return prove::proof(&arguments);
        }
        if !names.contains(&name) {
            return Err(Error::Other(format!(
                "there is no benchmark {name}; there is: {}, {PLUGIN}, {SERVICE}",
                names.join(", ")
            )));
        }
        let mut bench = cargo();
        bench.args(["run", "--release", "--package", "etude-engine", "--example", &format!("bench-{name}")]);
        if name == "capi" {
            bench.args(["--features", "capi"]);
        }
        bench.arg("--manifest-path").arg(root().join("Cargo.toml")).arg("--");
        if name == "follow" && !self.arguments.iter().any(|argument| argument == "--help" || argument == "-h")
        {
            beside_follow(&mut bench);
        }
        // It runs other readers beside the engine.
        if name == "import" {
            let Some(data) = python::bench_data() else {
                println!(
                    "SKIPPED: there is no bench set beside the clone (../shared/bench/data/dev) nor where ETUDE_BENCH says"
                );
                return Ok(ExitCode::SUCCESS);
            };
            bench.arg("--python").arg(python::readers()?);
            bench.arg("--script").arg(python::readers_dir().join("time_readers.py"));
            bench.arg("--data").arg(data);
        }
        bench.args(self.arguments);
        pass_through(&mut bench)
    }
}

/// Builds the plugin, the one beside it, and the host that measures them, and runs that.
fn plugin(arguments: &[String]) -> Result<ExitCode> {
    worker::build(Optimise::Compiler)?;
    let mut build = cargo();
    build
        .args(["build", "--release", "--package", "etude-plugin", "--features", PLUGIN])
        .args(["--lib", "--example", "bench", "--example", "pass-through"])
        .arg("--manifest-path")
        .arg(root().join("Cargo.toml"));
    run(&mut build)?;
    let release = Metadata::load()?.target_directory().join("release");
    let examples = release.join("examples");
    let library = |name: &str| {
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        format!("{prefix}{name}{suffix}")
    };
    let mut bench = Command::new(examples.join("bench"));
    bench.arg("--etude").arg(release.join(library("etude_plugin")));
    bench.arg("--pass-through").arg(examples.join(library("pass_through")));
    pass_through(bench.args(arguments))
}

/// Gives the benchmark of the follower what it runs beside the engine. What cannot be had is left out, and said.
fn beside_follow(bench: &mut Command) {
    match wasm_loop() {
        Ok((node, program)) => {
            bench.arg("--node").arg(node).arg("--wasm").arg(program);
        }
        Err(error) => println!("SKIPPED wasm: {error}"),
    }
    match python::followers() {
        Ok(python) => {
            bench.arg("--python").arg(python);
            bench.arg("--script").arg(root().join("xtask/followers/time_followers.py"));
        }
        Err(error) => println!("SKIPPED other followers: {error}"),
    }
}

/// Node.js, and the loop of the benchmark as a program for it.
pub(super) fn wasm_loop() -> Result<(PathBuf, PathBuf)> {
    const PROGRAM: &str = "etude-bench-wasm";
    let node = which("node").ok_or(Error::Missing {
        name: "Node.js",
        remedy: "install version 20 or later (https://nodejs.org, or your package manager)",
    })?;
    tools::ensure_target(tools::WASI_TARGET)?;
    let mut build = cargo();
    build
        .args(["build", "--release", "--package", PROGRAM, "--target", tools::WASI_TARGET])
        .arg("--manifest-path")
        .arg(root().join("Cargo.toml"));
    run(without_build_flags(&mut build))?;
    let metadata = Metadata::load()?;
    let target = metadata.target_directory().join(tools::WASI_TARGET);
    let program = target.join("release").join(format!("{PROGRAM}.wasm"));
    Ok((node, program))
}

/// The names of etude-engine's examples that begin with `bench-`, without that; sorted.
fn benches() -> Result<Vec<String>> {
    let examples = Metadata::load()?.examples_of("etude-engine");
    Ok(examples.iter().filter_map(|name| name.strip_prefix("bench-")).map(str::to_owned).collect())
}
