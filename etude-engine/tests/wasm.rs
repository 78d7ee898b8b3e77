//! The same log gives the same digest and report in WebAssembly as it gives here.
//!
//! `cargo xtask test` compiles the program and says where it is in ETUDE_WASM_PROGRAM; without that there is nothing
//! to compare with. Node.js runs it.
#![allow(missing_docs)]

use std::process::Command;

#[path = "../bench-wasm/src/digests.rs"]
mod digests;

/// Runs a program for WASI, with the rest of the arguments.
const RUN: &str = "
const { readFileSync } = require('node:fs');
const { WASI } = require('node:wasi');
const [program, ...more] = process.argv.slice(1);
const wasi = new WASI({ version: 'preview1', args: [program, ...more], env: {}, preopens: {} });
WebAssembly.instantiate(readFileSync(program), wasi.getImportObject()).then(({ instance }) => wasi.start(instance));
";

#[test]
fn webassembly_says_the_same_bit_for_bit() {
    let Some(program) = std::env::var_os("ETUDE_WASM_PROGRAM") else {
        println!("SKIPPED: ETUDE_WASM_PROGRAM does not say where the program is; `cargo xtask test` does");
        return;
    };
    let output = Command::new("node")
        .args(["--no-warnings", "--eval", RUN, "--"])
        .arg(program)
        .arg("digests")
        .output()
        .expect("Node.js runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs = String::from_utf8(output.stdout).expect("UTF-8");
    let ours = digests::digests();
    assert_eq!(ours.len(), 12);
    for (ours, theirs) in ours.iter().zip(theirs.lines().chain(std::iter::repeat(""))) {
        assert_eq!(ours, theirs);
    }
}
