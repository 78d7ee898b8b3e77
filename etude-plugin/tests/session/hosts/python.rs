//! pedalboard and DawDreamer, from PyPI: hosts on JUCE, which render as fast as they can.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use etude_engine::session::Config;

use super::{PIECES, bundle, messages, play, tell};
use crate::service::Service;

fn prove(script: &str, title: &str) {
    let python = std::env::var_os("ETUDE_HOSTS_PYTHON").expect("cargo xtask prove hosts names a Python");
    let service = Service::start();
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle(folder.path());
    let scripts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../xtask/hosts");
    let seen = PIECES.map(|piece| {
        let table = folder.path().join(piece);
        std::fs::write(&table, text(piece)).unwrap();
        let mut host = Command::new(&python);
        host.arg("-B").arg(scripts.join(script)).arg(&bundle).arg("Etude").arg(table);
        play(&service, piece, Config::default(), false, host)
    });
    tell(title, "VST3", &seen);
}

fn text(piece: &str) -> String {
    let mut text = String::new();
    for (sample, [a, b, c]) in messages(piece) {
        writeln!(text, "{sample} {a} {b} {c}").expect("a string takes all");
    }
    text
}

#[test]
#[ignore = "the host is fetched from PyPI: cargo xtask prove hosts"]
fn pedalboard() {
    prove("pedalboard_host.py", "pedalboard 0.9.26");
}

#[test]
#[ignore = "the host is fetched from PyPI: cargo xtask prove hosts"]
fn dawdreamer() {
    prove("dawdreamer_host.py", "DawDreamer 0.9.0");
}
