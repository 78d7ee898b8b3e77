//! One module a task. Each is its command line (the doc comments are its help) and a `run`.

pub(crate) mod bench;
pub(crate) mod bundle;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod dist;
pub(crate) mod fuzz;
mod hosts;
mod licences;
pub(crate) mod prove;
pub(crate) mod setup;
pub(crate) mod test;

use std::process::{Command, ExitCode, ExitStatus};

use xtask::process::command_line;
use xtask::{Error, Result};

/// Runs a command that speaks for itself; its exit code becomes the task's.
fn pass_through(command: &mut Command) -> Result<ExitCode> {
    let status = command
        .status()
        .map_err(|source| Error::Io { what: format!("starting {}", command_line(command)), source })?;
    exit_code(status)
        .ok_or_else(|| Error::Command { command: command_line(command), status: status.to_string() })
}

fn exit_code(status: ExitStatus) -> Option<ExitCode> {
    Some(ExitCode::from(u8::try_from(status.code()?).unwrap_or(1)))
}
