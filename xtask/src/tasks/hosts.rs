//! `cargo xtask prove hosts`: what plays in each host is a test of etude-plugin; here the hosts are fetched, and the tests
//! run one by one.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use xtask::metadata::Metadata;
use xtask::process::{cargo, command_line, run, say, since};
use xtask::worker::{self, Optimise};
use xtask::{Error, Result, python, root, tools};

use super::bundle;

/// The tests, and the hosts that they are about.
const TESTS: [(&str, &str); 8] = [
    ("hosts::rust::each_clap_plays_a_piece_into_a_session_and_passes_everything_on", "clack-host"),
    ("hosts::rust::each_vst3_plays_a_piece_into_a_session_and_passes_everything_on", "the vst3 crate"),
    (
        "hosts::rust::whatever_a_host_does_the_audio_thread_calls_no_system_and_the_take_goes_on",
        "unkind hosts in Rust",
    ),
    ("hosts::rust::a_project_of_garbage_does_no_harm", "garbage for a project"),
    ("hosts::rust::half_an_hour_of_play_does_not_grow", "memory"),
    ("hosts::python::pedalboard", "pedalboard"),
    ("hosts::python::dawdreamer", "DawDreamer"),
    ("hosts::ardour::ardour", "Ardour"),
];

pub(super) fn prove(debug: bool) -> Result<ExitCode> {
    tools::workerd()?;
    worker::build(Optimise::Compiler)?;
    bundle::plugin(debug)?;
    let bundled = Metadata::load()?.target_directory().join("bundled");
    run(test(&bundled)?.arg("--no-run"))?;
    let python = python::hosts().map_err(|error| error.to_string());
    let ardour = match tools::ensure_ardour() {
        true => Ok(()),
        false => Err("it is taken from Debian 12, as root".to_owned()),
    };

    let mut failed = false;
    println!("| host | format | seen |");
    println!("|---|---|---|");
    for (name, host) in TESTS {
        let start = Instant::now();
        let mut test = test(&bundled)?;
        let missing = match (name.split("::").nth(1), &python, &ardour) {
            (Some("python"), Err(why), _) | (Some("ardour"), _, Err(why)) => Some(why),
            (Some("python"), Ok(python), _) => {
                test.env("ETUDE_HOSTS_PYTHON", python);
                None
            }
            _ => None,
        };
        if let Some(why) = missing {
            println!("| {host} | - | SKIPPED: it cannot be had here: {} |", why.replace('\n', " "));
            continue;
        }
        test.args(["--", "--exact", name, "--include-ignored", "--nocapture"]);
        let output = test
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Io { what: format!("starting {}", command_line(&test)), source })?;
        let said = String::from_utf8_lossy(&output.stdout);
        if output.status.success() && said.contains("1 passed") {
            said.lines().filter(|line| line.starts_with("| ")).for_each(|line| println!("{line}"));
        } else {
            failed = true;
            println!("| {host} | - | FAILED |");
            eprintln!("{said}{}", String::from_utf8_lossy(&output.stderr));
        }
        say(format!("{host}: {}", since(start)));
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The tests of sessions, with the plugins that were bundled.
fn test(bundled: &Path) -> Result<Command> {
    let package = ["etude-plugin".to_owned()];
    let mut command = cargo();
    command
        .args(["test", "--quiet", "--package", "etude-plugin", "--test", "session", "--example", "host"])
        .args(tools::all_features(&package)?)
        .env("ETUDE_BUNDLED", bundled)
        .current_dir(root());
    Ok(command)
}
