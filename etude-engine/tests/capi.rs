//! The C ABI as C meets it: header, library, example, misuse.
//!
//! Builds the library into `target/capi` and compiles with `$CC` and `$CXX`, or `cc` and `c++`. The first build takes
//! a minute; afterwards only what changed is built.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use etude_engine::import;
use etude_engine::judge::{Grade, Record, Verdict, reason};
use etude_engine::report::Report;
use etude_engine::session::{Config, EventKind, Mode, Session};

/// The generator of the header, as it is run.
#[allow(dead_code)]
#[path = "../../examples/rust/header.rs"]
mod header;

const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];
const C_STANDARDS: [&str; 3] = ["c99", "c11", "c17"];
const CXX_STANDARDS: [&str; 4] = ["c++11", "c++14", "c++17", "c++20"];
/// What Rust's standard library needs on Linux, and nothing elsewhere that a C compiler does not know.
const LIBRARIES: [&str; 3] = ["-lpthread", "-ldl", "-lm"];
const SCORE: &str = "examples/scores/petzold-menuet-in-g.musicxml";
/// The same piece as a person might play it.
const PERFORMANCE: &str = "examples/scores/petzold-menuet-in-g.mid";

/// A status never changes its number; a new one gets a new number, here too.
const STATUSES: [(&str, i32); 17] = [
    ("ETUDE_OK", 0),
    ("ETUDE_ERROR_POINTER", 1),
    ("ETUDE_ERROR_ARGUMENT", 2),
    ("ETUDE_ERROR_STRUCT_SIZE", 3),
    ("ETUDE_ERROR_BUFFER", 4),
    ("ETUDE_ERROR_INDEX", 5),
    ("ETUDE_ERROR_LIMIT", 6),
    ("ETUDE_ERROR_ABI", 7),
    ("ETUDE_ERROR_PANIC", 8),
    ("ETUDE_ERROR_POISONED", 9),
    ("ETUDE_ERROR_BUSY", 10),
    ("ETUDE_ERROR_FORMAT", 11),
    ("ETUDE_ERROR_FILE", 12),
    ("ETUDE_ERROR_CONFIG", 13),
    ("ETUDE_ERROR_EVENT", 14),
    ("ETUDE_ERROR_ENDED", 15),
    ("ETUDE_ERROR_UNPOLLED", 16),
];

#[test]
fn the_committed_header_is_fresh() {
    let committed = fs::read_to_string(root().join("include/etude.h")).expect("include/etude.h");
    assert!(
        header::header(&root()).expect("a header") == committed,
        "run `cargo run -p etude-engine --features capi --example header`"
    );
}

#[test]
fn the_numbers_of_the_statuses_are_frozen() {
    let header = fs::read_to_string(root().join("include/etude.h")).expect("include/etude.h");
    let statuses: Vec<(&str, i32)> = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '))
        .filter(|(name, _)| *name == "ETUDE_OK" || name.starts_with("ETUDE_ERROR_"))
        .map(|(name, value)| (name, value.parse().expect("a number")))
        .collect();
    assert_eq!(statuses, STATUSES);
    let text = |status| {
        let text = etude_engine::capi::status::etude_status_str(status);
        // What the function gives is a static C string.
        #[allow(unsafe_code)]
        // SAFETY: see the line above.
        unsafe { std::ffi::CStr::from_ptr(text) }.to_owned()
    };
    let texts: BTreeSet<_> = STATUSES.iter().map(|(_, status)| text(*status)).collect();
    assert_eq!(texts.len(), STATUSES.len(), "two statuses have the same text");
    assert!(!texts.contains(&text(STATUSES.len() as i32)), "a status is not in the list above");
}

#[test]
fn header_and_programs_compile_in_every_standard() {
    let sources = [root().join("examples/c/assess.c"), root().join("etude-engine/tests/c/misuse.c")];
    if let Some(cc) = compiler("CC", "cc") {
        for standard in C_STANDARDS {
            succeed(cc.flags(standard).arg("-fsyntax-only").args(&sources));
        }
    }
    if let Some(cxx) = compiler("CXX", "c++") {
        for standard in CXX_STANDARDS {
            succeed(cxx.flags(standard).arg("-fsyntax-only").args(["-x", "c++"]).args(&sources));
        }
    }
}

#[test]
fn the_c_example_gives_the_verdicts_of_the_rust_interface() {
    let Some(cc) = compiler("CC", "cc") else { return };
    let score = root().join(SCORE);
    let performance = root().join(PERFORMANCE);
    let program = cc.link("assess", "c99", &[root().join("examples/c/assess.c")]);
    for (mode, flags) in [(Mode::Follow, vec![]), (Mode::Clock, vec!["--clock"])] {
        let (records, report) = judge(&score, &performance, Config { mode, ..Config::default() });
        let run = |more: &[&str]| {
            let output = succeed(Command::new(&program).args([&score, &performance]).args(&flags).args(more));
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        assert_eq!(run(&["--json"]).trim_end(), serde_json::to_string(&report).expect("JSON"));
        let text = run(&[]);
        assert!(text.contains(&records), "the records differ in\n{text}\nfrom\n{records}");
        let total = report.total;
        let figures = [
            format!("{} expected: {} correct, ", total.expected, total.correct),
            format!(" {} missed; {} skipped\n", total.missed, total.skipped),
            format!("{} perfect, {} good, ", total.perfect, total.good),
            format!(" {} early, {} late\n", total.early, total.late),
            format!("{} wrong, {} extra, ", total.wrong, total.extra),
            format!(" {} ornaments, {} repeats\n", total.ornaments, total.repeats),
            format!("digest {}, engine {}\n", report.digest, report.engine),
        ];
        for figure in figures {
            assert!(text.contains(&figure), "{figure} is not in\n{text}");
        }
        assert!(total.missed > 0 && total.correct > 100, "the take should show more: {total:?}");
    }
}

#[test]
fn the_c_example_says_what_is_wrong_and_where() {
    let Some(cc) = compiler("CC", "cc") else { return };
    let program = cc.link("assess_errors", "c11", &[root().join("examples/c/assess.c")]);
    let score = root().join(SCORE);
    let damaged = temporary("damaged.musicxml");
    fs::write(&damaged, &fs::read(&score).expect("the score")[..5_000]).expect("a file");
    let stderr = |score: &Path, performance: &Path| {
        let output = Command::new(&program).args([score, performance]).output().expect("assess");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let missing = stderr(Path::new("no such file"), &score);
    assert!(missing.contains("no such file: it cannot be opened"), "{missing}");
    let broken = stderr(&damaged, &score);
    assert!(broken.contains("damaged.musicxml: ") && broken.contains("line "), "{broken}");
    let mistaken = stderr(&score, &score);
    assert!(mistaken.contains("MIDI"), "{mistaken}");
}

#[test]
fn the_header_keeps_its_promises_to_those_who_misuse_it() {
    let score = root().join(SCORE);
    let performance = root().join(PERFORMANCE);
    let second = temporary("second.c");
    fs::write(&second, "#include \"etude.h\"\nint second_unit;\n").expect("a file");
    let sources = [root().join("etude-engine/tests/c/misuse.c"), second];
    let c = compiler("CC", "cc").map(|cc| cc.link("misuse_c", "c11", &sources));
    let cxx = compiler("CXX", "c++").map(|cxx| cxx.link("misuse_cxx", "c++17", &sources));
    for program in [c, cxx].into_iter().flatten() {
        succeed(Command::new(program).args([&score, &performance]));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn the_shared_library_exports_what_the_header_declares_and_nothing_else() {
    let Ok(output) = Command::new("nm").args(["-D", "--defined-only"]).arg(&library().shared).output() else {
        return skip("there is no nm");
    };
    let listing = String::from_utf8(output.stdout).expect("UTF-8");
    let exported: BTreeSet<&str> =
        listing.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    let header = fs::read_to_string(root().join("include/etude.h")).expect("include/etude.h");
    let declared: BTreeSet<&str> = header
        .lines()
        .filter(|line| !line.starts_with("//") && !line.starts_with('#'))
        .filter_map(|line| line.split_once('(')?.0.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("etude_"))
        .collect();
    assert!(declared.len() > 20, "{declared:?}");
    assert_eq!(exported, declared);
}

/// What the Rust interface says: the lines that the example should print, and the report.
fn judge(score: &Path, performance: &Path, config: Config) -> (String, Report) {
    let score = Arc::new(import::score(&fs::read(score).expect("the score")).expect("a score").score);
    let events = import::performance(&fs::read(performance).expect("the take")).expect("a performance");
    let mut session = Session::new(score.clone(), config).expect("a session");
    let mut lines = String::new();
    for event in &events {
        session.handle(*event).expect("no event after the end");
        while let Some(record) = session.poll() {
            let (about, name, note) = match record {
                Record::Played { event, verdict } => {
                    let (name, note) = match verdict {
                        Verdict::Matched { note, grade: Grade::Perfect, .. } => ("perfect", Some(note)),
                        Verdict::Matched { note, grade: Grade::Good, .. } => ("good", Some(note)),
                        Verdict::Matched { note, grade: Grade::Early, .. } => ("early", Some(note)),
                        Verdict::Matched { note, grade: Grade::Late, .. } => ("late", Some(note)),
                        Verdict::Wrong { instead_of } => ("wrong", Some(instead_of)),
                        Verdict::Extra => ("extra", None),
                        Verdict::Ornament { of } => ("ornament", Some(of)),
                        Verdict::Repeat { of } => ("repeat", Some(of)),
                    };
                    (Some(event), name, note)
                }
                Record::Missed { note } => (None, "missed", Some(note)),
                Record::Skipped { .. } => (None, "skipped", None),
                Record::Jump { event, .. } => (Some(event), "jump", None),
                Record::Stay { event } => (Some(event), "stay", None),
                Record::Hesitation { event, .. } => (Some(event), "pause", None),
                Record::Final { .. } => continue,
            };
            let event = about.map(|seq| events[seq.0 as usize]);
            let time = event.map_or(" ".repeat(10), |event| format!("{:9.3}s", event.at.0 as f64 / 1e6));
            let id = note.map_or(String::new(), |note| score.note(note).id.to_string());
            let played = event.and_then(|event| match event.kind {
                EventKind::NoteOn { pitch, .. } => Some(pitch),
                _ => None,
            });
            let reason = reason(&score, &record, played);
            writeln!(lines, "{time}  {name:<8}  {id:<12}  {reason}").expect("a string takes all");
        }
    }
    (lines, session.report())
}

struct Library {
    fixed: PathBuf,
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    shared: PathBuf,
}

/// The library, built on the first call, into a folder of its own: it has other features than the tests.
fn library() -> &'static Library {
    static BUILT: OnceLock<Library> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("capi");
        let arguments = "rustc --quiet --package etude-engine --features capi --crate-type staticlib,cdylib";
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        succeed(cargo.args(arguments.split(' ')).arg("--target-dir").arg(&target).current_dir(root()));
        let (prefix, suffix) = (env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
        Library {
            fixed: target.join("debug/libetude_engine.a"),
            shared: target.join(format!("debug/{prefix}etude_engine{suffix}")),
        }
    })
}

struct Compiler(PathBuf);

/// The compiler, or none and a word about it that no test harness swallows.
fn compiler(variable: &str, default: &str) -> Option<Compiler> {
    let name = env::var_os(variable).unwrap_or_else(|| default.into());
    match Command::new(&name).arg("--version").output() {
        Ok(output) if output.status.success() => Some(Compiler(name.into())),
        _ => {
            skip(&format!("there is no compiler {} (set {variable})", name.display()));
            None
        }
    }
}

fn skip(why: &str) {
    writeln!(std::io::stderr(), "\n*** SKIPPED, part of the C ABI is untested: {why} ***\n").expect("stderr");
}

impl Compiler {
    fn flags(&self, standard: &str) -> Command {
        let mut command = Command::new(&self.0);
        command.arg(format!("-std={standard}")).args(WARNINGS).arg("-I").arg(root().join("include"));
        command
    }

    /// Compiles and links a program against the static library.
    fn link(&self, name: &str, standard: &str, sources: &[PathBuf]) -> PathBuf {
        let program = temporary(name);
        let language = if standard.starts_with("c++") { "c++" } else { "c" };
        let mut command = self.flags(standard);
        command.args(["-g", "-x", language]).args(sources).args(["-x", "none"]);
        succeed(command.arg(&library().fixed).args(LIBRARIES).arg("-o").arg(&program));
        program
    }
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}\n{}", text(&output.stdout), text(&output.stderr));
    output
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn temporary(name: impl AsRef<OsStr>) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("capi_{}", name.as_ref().display()))
}
