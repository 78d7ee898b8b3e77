//! The C example of a player, examples/c/session.c, over libwebsockets and against the service as it runs.

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use etude_engine::report::Report;
use etude_engine::session::Config;

use crate::service::Service;

const SCORE: &str = "examples/scores/petzold-menuet-in-g.musicxml";
const PERFORMANCE: &str = "examples/scores/petzold-menuet-in-g.mid";
const SANITIZERS: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
/// Against a leak of our own; what libwebsockets and OpenSSL keep until the end is theirs.
const VALGRIND: [&str; 4] =
    ["--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite"];

#[test]
fn the_c_example_plays_a_take_into_a_session_over_libwebsockets() {
    let Some(flags) = websockets() else {
        return skip("there is no libwebsockets (Debian: libwebsockets-dev) or no pkg-config");
    };
    let library = library();
    let service = Service::start();
    let sanitized = compile("c_session_asan", &SANITIZERS, &library, &flags);
    let report = play(&service, &mut Command::new(&sanitized), false);
    // A connection that breaks in the middle changes nothing.
    assert_eq!(play(&service, &mut Command::new(&sanitized), true), report);
    assert!(report.total.correct > 100, "{:?}", report.total);
    if runs("valgrind") {
        let plain = compile("c_session", &[], &library, &flags);
        let mut valgrind = Command::new("valgrind");
        assert_eq!(play(&service, valgrind.args(VALGRIND).arg(plain), true), report);
    } else {
        skip("there is no valgrind");
    }
    service.assert_calm();
}

/// Plays the take into a new session. The report, which the program and the service give alike.
fn play(service: &Service, program: &mut Command, drop: bool) -> Report {
    let piece = fs::read_to_string(root().join(SCORE)).expect("the score");
    let opened = service.open(&piece, &Config::default());
    let url = service.url("");
    let (host, port) = url.trim_start_matches("http://").split_once(':').expect("a host and a port");
    program.arg(root().join(SCORE)).arg(root().join(PERFORMANCE)).args([host, port, &opened.socket]);
    program.args(drop.then_some("--drop")).env("ETUDE_TOKEN", &opened.token);
    let printed = succeed(program);
    assert_eq!(printed.matches("connected; ").count(), if drop { 2 } else { 1 }, "{printed}");
    let json = printed.lines().last().expect("a report");
    let report: Report = serde_json::from_str(json).expect("a report");
    let report = Report { plausibility: None, ..report };
    assert_eq!(service.report(&opened.session), report);
    report
}

/// libetude as a static library, where the tests of the C ABI build it too.
fn library() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("capi");
    let arguments = "rustc --quiet --package etude-engine --features capi --crate-type staticlib,cdylib";
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(arguments.split(' ')).arg("--target-dir").arg(&target).current_dir(root());
    succeed(cargo.env("CARGO_PROFILE_DEV_DEBUG", "2"));
    target.join("debug/libetude_engine.a")
}

/// What a compiler has to be told of libwebsockets, if it is there.
fn websockets() -> Option<Vec<String>> {
    let output = Command::new("pkg-config").args(["--cflags", "--libs", "libwebsockets"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.split_whitespace().map(str::to_owned).collect())
}

fn compile(name: &str, more: &[&str], library: &Path, flags: &[String]) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut cc = Command::new(env::var_os("CC").filter(|cc| !cc.is_empty()).unwrap_or("cc".into()));
    cc.args(["-std=c11", "-g", "-Wall", "-Wextra", "-Wconversion", "-Werror"]).args(more);
    cc.arg("-I").arg(root().join("include")).arg(root().join("examples/c/session.c")).arg(library);
    succeed(cc.args(flags).args(["-lpthread", "-ldl", "-lm", "-o"]).arg(&program));
    program
}

/// Runs it; what it printed.
fn succeed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{command:?}\n{status}\n{stdout}\n{}", String::from_utf8_lossy(&stderr));
    stdout
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn skip(why: &str) {
    writeln!(std::io::stderr(), "\n*** SKIPPED, the C example of a player is untested: {why} ***\n")
        .expect("stderr");
}
