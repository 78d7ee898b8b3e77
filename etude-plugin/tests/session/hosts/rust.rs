//! The hosts in Rust: clack-host for CLAP, and the `vst3` crate.

use std::process::{Command, Stdio};

use etude_engine::session::Config;

use super::{PIECES, built, library, play, tell};
use crate::service::Service;

fn host(format: &str, which: &str, piece: &str, block: &str) -> Command {
    let mut host = Command::new(built("examples/host"));
    host.arg(library())
        .arg(which)
        .arg(crate::room::example(&format!("{piece}.mid")))
        .args(["--format", format, "--block", block]);
    host
}

const BLOCKS: [&str; 3] = ["64", "256", "1000"];
const ALL_CAME_OUT: &str = "all came out as it went in";

#[test]
fn each_clap_plays_a_piece_into_a_session_and_passes_everything_on() {
    let service = Service::start();
    let ids = ["practice.etude.instrument", "practice.etude.fx", "practice.etude.note"];
    let seen = [0, 1, 2].map(|n| {
        let host = host("clap", ids[n], PIECES[n], BLOCKS[n]);
        play(&service, PIECES[n], Config::default(), true, host)
    });
    assert!(seen.iter().all(|seen| seen.said.iter().any(|line| line == ALL_CAME_OUT)));
    tell("clack-host 0.2", "CLAP", &seen);
}

#[test]
fn each_vst3_plays_a_piece_into_a_session_and_passes_everything_on() {
    let service = Service::start();
    let names = ["Etude", "Etude FX", "Etude Note"];
    let seen = [0, 1, 2].map(|n| {
        let host = host("vst3", names[n], PIECES[n], BLOCKS[n]);
        // The instrument has no parameters for controllers.
        play(&service, PIECES[n], Config::default(), n > 0, host)
    });
    assert!(seen.iter().all(|seen| seen.said.iter().any(|line| line == ALL_CAME_OUT)));
    tell("a host on the vst3 crate 0.3", "VST3", &seen);
}

/// A thousand instances, the scan, loading, and the activation of one: the host's standard input is closed at once.
#[test]
fn scanning_loading_and_dropping_opens_no_socket_and_leaves_nothing() {
    for (format, which) in [("clap", "practice.etude.instrument"), ("vst3", "Etude FX")] {
        let plain = host(format, which, PIECES[0], "256");
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("trace");
        let mut traced = Command::new("strace");
        traced.args(["-f", "-e", "trace=%network", "-o"]).arg(&trace).arg(plain.get_program());
        traced.args(plain.get_args()).args(["--flood", "10000"]).env_remove("DISPLAY");
        let output = match traced.args(["--instances", "1000"]).stdin(Stdio::null()).output() {
            Ok(output) => output,
            Err(error) => return println!("SKIPPED: no strace to see the system calls by: {error}"),
        };
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains(ALL_CAME_OUT), "{output:?}");
        let calls = std::fs::read_to_string(&trace).unwrap();
        let calls: Vec<&str> = calls.lines().filter(|line| !line.contains("+++")).collect();
        assert!(calls.is_empty(), "{calls:?}");
        let grown = said.lines().find_map(|line| line.split_once("grown by ")?.1.strip_suffix(" KB"));
        let grown: u64 = grown.expect("the host tells").parse().unwrap();
        // An instance holds some megabytes of rings.
        assert!(grown < 20_000, "900 instances left {grown} KB");
    }
}
