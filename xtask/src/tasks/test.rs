use std::io::{self, BufRead, BufReader, Write};
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use xtask::disk;
use xtask::page;
use xtask::process::{cargo, command_line, say, since};
use xtask::worker::{self, Optimise};
use xtask::{Error, Result, root, tools};

use super::{bench, dist};

/// Run all tests: unit, property, simulation, C, doctests, and the service on workerd
///
/// Builds the tools, the Worker and the C library's archive first where they are missing, then runs `cargo test` over the whole workspace with
/// all features, goes on after a failure, and closes with one line that counts the tests of all crates.
#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// Only the tests of this package (may be given again)
    #[arg(short, long = "package", value_name = "PACKAGE")]
    packages: Vec<String>,

    /// Only tests with one of these in their names
    filter: Vec<String>,
}

impl Test {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let start = Instant::now();
        disk::warn_of_little_room()?;
        tools::c_compiler()?;
        tools::workerd()?;
        worker::build(Optimise::Compiler)?;
        page::build()?;

        let mut command = cargo();
        if self.packages.is_empty() || self.packages.iter().any(|package| package == "etude-engine") {
            tools::ensure_c_tools();
            tools::ensure_thread_sanitizer();
            let tree = dist::build()?;
            dist::pack(&tree)?;
            command.env("ETUDE_DIST", tree);
            match bench::wasm_loop() {
                Ok((_, program)) => drop(command.env("ETUDE_WASM_PROGRAM", program)),
                Err(error) => say(format!("SKIPPED WebAssembly beside the engine's own digests: {error}")),
            }
        }
        if self.packages.is_empty() || self.packages.iter().any(|package| package == "etude-plugin") {
            tools::ensure_stage();
        }
        command
            .args(["test", "--no-fail-fast"])
            .args(tools::all_features(&self.packages)?)
            .current_dir(root());
        if self.packages.is_empty() {
            command.arg("--workspace");
        }
        for package in &self.packages {
            command.args(["--package", package]);
        }
        command.arg("--").args(&self.filter).stdin(Stdio::null()).stdout(Stdio::piped());
        let what = format!("running {}", command_line(&command));
        let not_run = |source| Error::Io { what: what.clone(), source };
        let mut child = command.spawn().map_err(not_run)?;
        let mut counts = Counts::default();
        for line in BufReader::new(child.stdout.take().expect("it was asked for")).split(b'\n') {
            let line = line.map_err(not_run)?;
            let line = String::from_utf8_lossy(&line);
            counts.add(&line);
            // A reader who has gone (`| head`) is no reason to end the tests.
            let _ = writeln!(io::stdout(), "{line}");
        }
        let status = child.wait().map_err(not_run)?;

        say(format!("cargo test ended after {} ({status})", since(start)));
        if !status.success() && counts.failed == 0 {
            say("something did not compile, or a test program died before it could report: see above");
            disk::say_if_full();
            counts.failed = 1;
        }
        println!("{} passed, {} failed, {} skipped", counts.passed, counts.failed, counts.skipped);
        if counts.passed + counts.failed == 0 {
            return Err(Error::Other("no test ran: is the filter right?".into()));
        }
        Ok(if status.success() && counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The sum of the results that the test binaries report.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Counts {
    /// Counts a line such as `test result: ok. 5 passed; 0 failed; 1 ignored; …`; any other line is none.
    fn add(&mut self, line: &str) {
        let Some((_, results)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for result in results.split(';') {
            let mut words = result.split_whitespace();
            let (Some(Ok(count)), Some(kind)) = (words.next().map(str::parse::<u64>), words.next()) else {
                continue;
            };
            match kind {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.skipped += count,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn results_of_all_binaries_are_added_up() {
        let mut counts = Counts::default();
        for line in [
            "running 6 tests",
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.28s",
            "test session::takes ... FAILED",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
            "the score says: 9 passed; 9 failed",
        ] {
            counts.add(line);
        }
        assert_eq!(counts, Counts { passed: 7, failed: 1, skipped: 1 });
    }
}
