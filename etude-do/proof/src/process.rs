//! What a process uses, as Linux tells.

use std::fs;
use std::time::Duration;

use crate::failure::{Failure, Result};

/// Memory in use, in kilobytes: the resident set.
pub(crate) fn memory_kb(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).map_err(|error| untold(&path, error))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| untold(&path, "it has no VmRSS"))
}

/// Time on processors so far, of all threads.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    /// Of Linux towards programs, whatever the kernel's own clock: sysconf(_SC_CLK_TCK).
    const TICKS_PER_SECOND: u64 = 100;
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).map_err(|error| untold(&path, error))?;
    // The name of the program, in brackets, may hold anything.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|field| field.parse::<u64>().ok());
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok(Duration::from_millis((user + system) * 1_000 / TICKS_PER_SECOND)),
        _ => Err(untold(&path, "it has no times")),
    }
}

fn untold(path: &str, why: impl std::fmt::Display) -> Failure {
    Failure::Law(format!("{path}: {why}; what a process uses is known on Linux alone"))
}
