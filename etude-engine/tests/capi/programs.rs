//! The programs of examples/c against the Rust interface, and those of tests/c.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use etude_engine::import;
use etude_engine::judge::{Grade, Record, Verdict, reason};
use etude_engine::report::Report;
use etude_engine::session::{Config, EventKind, Mode, Session};

use crate::toolchain::{PERFORMANCE, SCORE, compilers, root, succeed, temporary};

#[test]
fn the_c_example_gives_the_verdicts_of_the_rust_interface() {
    let Some(cc) = compilers().into_iter().next() else { return };
    let score = root().join(SCORE);
    let performance = root().join(PERFORMANCE);
    let program = cc.link("assess", "c99", &[], &[root().join("examples/c/assess.c")]);
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
    let Some(cc) = compilers().into_iter().next() else { return };
    let program = cc.link("assess_errors", "c11", &[], &[root().join("examples/c/assess.c")]);
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
    for compiler in compilers() {
        let c = compiler.link("misuse_c", "c11", &[], &sources);
        let cxx = compiler.link("misuse_cxx", "c++17", &[], &sources);
        for program in [c, cxx] {
            succeed(Command::new(program).args([&score, &performance]));
        }
    }
}

#[test]
fn the_cxx_header_gives_the_verdicts_of_the_rust_interface() {
    let score = root().join(SCORE);
    let performance = root().join(PERFORMANCE);
    let (_, report) = judge(&score, &performance, Config::default());
    let sources = ["raii.cpp", "second.cpp"].map(|name| root().join("etude-engine/tests/c").join(name));
    for compiler in compilers() {
        for (name, standard, more) in [
            ("raii_11", "c++11", &[][..]),
            ("raii_20", "c++20", &[]),
            ("raii_bare", "c++11", &["-fno-exceptions"]),
            ("raii_bare_20", "c++20", &["-DETUDE_NO_EXCEPTIONS"]),
        ] {
            let program = compiler.link(name, standard, more, &sources);
            let output = succeed(Command::new(program).args([&score, &performance]));
            let json = String::from_utf8(output.stdout).expect("UTF-8");
            assert_eq!(json.trim_end(), serde_json::to_string(&report).expect("JSON"), "{name}");
        }
    }
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
