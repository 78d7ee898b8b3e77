//! `cargo xtask`: everything one does with this clone beyond `cargo build`.

mod tasks;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tasks::{bench, bundle, check, demo, dist, fuzz, prove, setup, test};
use xtask::process::say;

/// Etude's own tasks.
///
/// Tools that take long to build and built Workers are kept in $ETUDE_CACHE (by default the folder etude in your cache
/// folder, ~/.cache), so only the first run on a machine takes long. What is missing is built or fetched on demand.
#[derive(Debug, Parser)]
#[command(
    bin_name = "cargo xtask",
    arg_required_else_help = true,
    max_term_width = 110,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Demo(demo::Demo),
    Test(test::Test),
    Check(check::Check),
    Bench(bench::Bench),
    Fuzz(fuzz::Fuzz),
    Prove(prove::Prove),
    Bundle(bundle::Bundle),
    Dist(dist::Dist),
    Setup(setup::Setup),
}

fn main() -> ExitCode {
    let result = match Cli::parse().task {
        Task::Demo(task) => task.run(),
        Task::Test(task) => task.run(),
        Task::Check(task) => task.run(),
        Task::Bench(task) => task.run(),
        Task::Fuzz(task) => task.run(),
        Task::Prove(task) => task.run(),
        Task::Bundle(task) => task.run(),
        Task::Dist(task) => task.run(),
        Task::Setup(task) => task.run(),
    };
    result.unwrap_or_else(|error| {
        say(format!("error: {error}"));
        ExitCode::FAILURE
    })
}
