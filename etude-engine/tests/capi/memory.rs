//! What the library does with memory, as other tools see it.

use std::path::PathBuf;
use std::process::Command;

use crate::toolchain::{PERFORMANCE, SCORE, compilers, root, runs, skip, succeed};

/// The programs, each with the standard it is compiled by.
fn programs() -> [(&'static str, &'static str, Vec<PathBuf>); 3] {
    let at = |path: &str| root().join(path);
    [
        ("assess", "c11", vec![at("examples/c/assess.c")]),
        ("misuse", "c11", vec![at("etude-engine/tests/c/misuse.c")]),
        ("raii", "c++17", vec![at("etude-engine/tests/c/raii.cpp"), at("etude-engine/tests/c/second.cpp")]),
    ]
}

#[test]
fn address_and_undefined_behaviour_sanitizers_have_nothing_to_report() {
    const SANITIZERS: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let Some(compiler) = compilers().into_iter().next() else { return };
    for (name, standard, sources) in programs() {
        let program = compiler.link(&format!("{name}_asan"), standard, &SANITIZERS, &sources);
        succeed(
            Command::new(program)
                .args([root().join(SCORE), root().join(PERFORMANCE)])
                .env("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1:allocator_may_return_null=1"),
        );
    }
}

#[test]
fn valgrind_finds_no_error_and_no_leak() {
    if !runs("valgrind") {
        return skip("there is no valgrind");
    }
    let Some(compiler) = compilers().into_iter().next() else { return };
    for (name, standard, sources) in programs() {
        let program = compiler.link(&format!("{name}_valgrind"), standard, &[], &sources);
        succeed(
            Command::new("valgrind")
                .args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=all"])
                .args(["--errors-for-leak-kinds=definite,indirect,possible"])
                .arg(program)
                .args([root().join(SCORE), root().join(PERFORMANCE)]),
        );
    }
}
