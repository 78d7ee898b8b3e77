//! What the library does with memory, as other tools see it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::toolchain::{PERFORMANCE, SCORE, compilers, root, runs, skip, succeed};
#[cfg(target_os = "linux")]
use crate::toolchain::{temporary, watched_library};

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

/// The library, and Rust's standard library in it, are built for the sanitizer, which a nightly compiler alone does.
#[test]
#[cfg(target_os = "linux")]
fn thread_sanitizer_sees_no_race_between_the_functions_that_are_thread_safe() {
    let Some(compiler) = compilers().into_iter().next() else { return };
    let Some(watched) = watched_library() else { return };
    let run = |name: &str| {
        let source = root().join(format!("etude-engine/tests/c/{name}.c"));
        let program = compiler.link_watched(name, &source, &watched);
        let mut command = Command::new(program);
        command.args([root().join(SCORE), root().join(PERFORMANCE)]).env("TSAN_OPTIONS", "exitcode=9");
        command
    };
    succeed(&mut run("threads"));
    // What is forbidden is seen, inside the library.
    let output = run("race").output().expect("a program");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(9), "{told}");
    assert!(told.contains("data race") && told.contains("etude_score_title"), "{told}");
}

/// Helgrind watches the machine code, whoever has built it.
#[test]
fn helgrind_sees_no_race_between_the_functions_that_are_thread_safe() {
    if !runs("valgrind") {
        return skip("there is no valgrind");
    }
    let Some(compiler) = compilers().into_iter().next() else { return };
    let sources = [root().join("etude-engine/tests/c/threads.c")];
    let program = compiler.link("threads", "gnu11", &[], &sources);
    let mut helgrind = Command::new("valgrind");
    helgrind.args(["--tool=helgrind", "--quiet", "--error-exitcode=9"]).arg(program);
    succeed(helgrind.args([root().join(SCORE), root().join(PERFORMANCE)]));
}

/// Which of the functions that are thread-safe the program for helgrind leaves out.
#[test]
fn every_function_that_is_thread_safe_is_called_by_several_threads() {
    let header = fs::read_to_string(root().join("include/etude.h")).expect("include/etude.h");
    let program = fs::read_to_string(root().join("etude-engine/tests/c/threads.c")).expect("a program");
    let tagged =
        header.split("\n\n").filter(|block| block.starts_with("//") && block.contains("[thread-safe]"));
    let names: Vec<&str> = tagged
        .filter_map(|block| block.lines().find(|line| !line.starts_with("//")))
        .filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("etude_"))
        .collect();
    assert!(names.len() > 25, "{names:?}");
    // They read a file or set the one thing that is global, as the others do too.
    let left_out = ["etude_score_import", "etude_log_set"];
    for name in names.into_iter().filter(|name| !left_out.contains(name)) {
        assert!(program.contains(&format!("{name}(")), "{name}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn strace_sees_no_system_call_of_the_realtime_functions() {
    if !runs("strace") {
        return skip("there is no strace");
    }
    let Some(compiler) = compilers().into_iter().next() else { return };
    let source = root().join("etude-engine/tests/c/realtime.c");
    let program = compiler.link("realtime", "gnu11", &[], &[source]);
    let log = temporary("realtime.strace");
    let mut strace = Command::new("strace");
    strace.arg("-f").arg("-o").arg(&log).arg(program).args([root().join(SCORE), root().join(PERFORMANCE)]);
    let output = strace.output().expect("strace");
    let log = fs::read_to_string(&log).unwrap_or_default();
    if log.is_empty() {
        return skip(&format!("strace may not trace here: {}", String::from_utf8_lossy(&output.stderr)));
    }
    assert!(output.status.success(), "{log}");
    let between =
        log.split("<begin>").nth(1).and_then(|rest| rest.split("< end >").next()).expect("two marks");
    // The rest of the line of the first mark, and the beginning of the line of the second.
    assert_eq!(between.lines().count(), 2, "{between}");
}
