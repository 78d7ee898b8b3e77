//! Running other programs, and telling what is going on.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Says one line about what is being done, apart from the output of the commands that do it.
pub fn say(line: impl AsRef<str>) {
    eprintln!("xtask: {}", line.as_ref());
}

/// `cargo`, the one that runs this task where there is one.
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs a command with its output on the terminal.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|source| not_started(command, source))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Command { command: command_line(command), status: status.to_string() })
}

/// Runs a command and returns what it printed on standard output; its standard error goes to the terminal.
///
/// # Errors
/// When it cannot be started, does not succeed, or prints no UTF-8.
pub fn stdout_of(command: &mut Command) -> Result<String> {
    let Output { status, stdout, .. } =
        command.stderr(Stdio::inherit()).output().map_err(|source| not_started(command, source))?;
    if !status.success() {
        return Err(Error::Command { command: command_line(command), status: status.to_string() });
    }
    String::from_utf8(stdout)
        .map_err(|_| Error::Other(format!("{} printed something that is no UTF-8", command_line(command))))
}

/// Where a program is, were it to be run by its name.
pub fn which(name: &str) -> Option<PathBuf> {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(&name)).find(|path| path.is_file())
}

/// Keeps what the caller's environment says about native builds away from a build for another target.
pub fn without_build_flags(command: &mut Command) -> &mut Command {
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_BUILD_RUSTFLAGS"] {
        command.env_remove(name);
    }
    command
}

/// The command as one would type it, for messages.
pub fn command_line(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    if let Some(name) = line.rsplit(['/', '\\']).next() {
        line = name.to_owned();
    }
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}

/// A duration as a person reads it: `0.4 s`, `12 s`, `3 min 20 s`.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{}.{} s", seconds, duration.subsec_millis() / 100),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// The time since `start`, as a person reads it.
pub fn since(start: Instant) -> String {
    duration(start.elapsed())
}

fn not_started(command: &Command, source: std::io::Error) -> Error {
    Error::Io { what: format!("starting {}", command_line(command)), source }
}
