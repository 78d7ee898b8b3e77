//! The archive for C and C++ as someone meets it who has never seen this repository.
//!
//! `cargo xtask test` makes it and says where its folder is in ETUDE_DIST. Without that there is nothing to test.

#![cfg(target_os = "linux")]

use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use etude_engine::import;
use etude_engine::session::{Config, Session};

/// Largest shared library, stripped, in bytes.
const SHARED_BYTES_MAX: u64 = 2 << 20;
const SCORE: &str = "share/etude/examples/scores/petzold-menuet-in-g.musicxml";
const PERFORMANCE: &str = "share/etude/examples/scores/petzold-menuet-in-g.mid";

#[test]
fn the_shared_library_is_small_and_named_by_its_minor_version() {
    let Some(tree) = unpacked("library") else { return };
    let library = tree.join("lib/libetude.so");
    let size = fs::metadata(&library).expect("the library").len();
    assert!(size <= SHARED_BYTES_MAX, "{size} bytes");
    let symbols = text(Command::new("nm").arg("--defined-only").arg(&library));
    assert_eq!(symbols, "", "it is not stripped");
    let mut exported: Vec<String> = text(Command::new("nm").args(["-D", "--defined-only"]).arg(&library))
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2).map(str::to_owned))
        .collect();
    exported.sort();
    assert_eq!(exported.join("\n"), include_str!("c/symbols.txt").trim_end());
    let (major, minor) = (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"));
    let dynamic = text(Command::new("readelf").arg("-d").arg(&library));
    assert!(dynamic.contains(&format!("[libetude.so.{major}.{minor}]")), "{dynamic}");
}

#[test]
fn the_quick_start_of_the_documentation_works_as_it_stands() {
    let Some(tree) = unpacked("unused") else { return };
    let guide = fs::read_to_string(tree.join("share/etude/docs/ABI.md")).expect("docs/ABI.md");
    let start =
        guide.split("\n## ").find(|section| section.starts_with("Quick start")).expect("a quick start");
    let folder = empty("quick_start");
    let archive = archive().expect("made with the folder");
    fs::copy(&archive, folder.join(archive.file_name().expect("a file"))).expect("a copy");
    let blocks = |language: &str| -> Vec<String> {
        let fence = format!("```{language}\n");
        let rest = start.split(&fence).skip(1);
        rest.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
    };
    fs::write(folder.join("first.c"), &blocks("c")[0]).expect("a file");
    let script = blocks("sh").concat();
    let printed = text(Command::new("sh").args(["-euc", &script]).current_dir(&folder));
    // Once by the shared library, once by the static one.
    let (shared, fixed) = printed.split_at(printed.len() / 2);
    assert_eq!(shared, fixed);
    assert!(
        shared.contains("D5 in measure 1: on time") && shared.contains("A♯4 for B4 in measure 1"),
        "{shared}"
    );
    let needed = text(Command::new("readelf").arg("-d").arg(folder.join("first_static")));
    assert!(!needed.contains("libetude"), "{needed}");
}

#[test]
fn the_examples_build_by_cmake_and_judge_as_the_rust_interface_does() {
    let Some(tree) = unpacked("cmake") else { return };
    if Command::new("cmake").arg("--version").output().is_err() {
        return skip("there is no cmake");
    }
    let (score, performance) = (tree.join(SCORE), tree.join(PERFORMANCE));
    let digest = format!("digest {}", digest_of(&score, &performance));
    for linkage in ["OFF", "ON"] {
        for (language, program) in [("c", "assess"), ("cpp", "realtime")] {
            let build = empty(&format!("cmake_{language}_{linkage}"));
            let mut configure = Command::new("cmake");
            configure.arg("-S").arg(tree.join("share/etude/examples").join(language)).arg("-B").arg(&build);
            configure.arg(format!("-DCMAKE_PREFIX_PATH={}", tree.display()));
            text(configure.arg(format!("-DETUDE_STATIC={linkage}")).arg("-DCMAKE_BUILD_TYPE=Debug"));
            text(Command::new("cmake").arg("--build").arg(&build));
            let mut judge = Command::new(build.join(program));
            judge.arg(&score).arg(&performance);
            if program == "realtime" {
                judge.arg("500");
            }
            let printed = text(&mut judge);
            assert!(printed.contains(&digest), "{digest} is not in\n{printed}");
        }
    }
}

#[test]
fn cmake_refuses_a_version_that_does_not_fit() {
    let Some(tree) = unpacked("versions") else { return };
    if Command::new("cmake").arg("--version").output().is_err() {
        return skip("there is no cmake");
    }
    let project = empty("cmake_versions");
    for (version, fits) in [("0.1", true), ("0.1.0", true), ("0", true), ("0.2", false), ("1.0", false)] {
        let lists = format!(
            "cmake_minimum_required(VERSION 3.16)\nproject(version LANGUAGES C)\n\
             find_package(etude {version} CONFIG REQUIRED)\n"
        );
        fs::write(project.join("CMakeLists.txt"), lists).expect("a file");
        let mut cmake = Command::new("cmake");
        cmake.arg("-S").arg(&project).arg("-B").arg(project.join(version));
        let output = cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", tree.display())).output().expect("cmake");
        assert_eq!(output.status.success(), fits, "{version}\n{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn the_sum_beside_the_archive_is_its_own() {
    let Some(archive) = archive() else { return };
    text(
        Command::new("sha256sum")
            .args(["--check", "SHA256SUMS"])
            .current_dir(archive.parent().expect("dist")),
    );
}

/// The archive that belongs to the folder in ETUDE_DIST.
fn archive() -> Option<PathBuf> {
    let Some(tree) = env::var_os("ETUDE_DIST") else {
        skip("there is no ETUDE_DIST; `cargo xtask test` makes it");
        return None;
    };
    let tree = PathBuf::from(tree);
    let name = tree.file_name().expect("a folder").to_string_lossy().into_owned();
    Some(tree.with_file_name(format!("{name}.tar.gz")))
}

/// The archive, unpacked where it was not made.
fn unpacked(name: &str) -> Option<PathBuf> {
    let archive = archive()?;
    let folder = empty(name);
    text(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&folder));
    let mut entries = fs::read_dir(&folder).expect("the folder");
    Some(entries.next().expect("one folder").expect("readable").path())
}

fn empty(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dist_{name}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("an old folder goes");
    }
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn digest_of(score: &Path, performance: &Path) -> String {
    let score = import::score(&fs::read(score).expect("the score")).expect("a score").score;
    let mut session = Session::new(Arc::new(score), Config::default()).expect("a session");
    for event in import::performance(&fs::read(performance).expect("the take")).expect("a performance") {
        session.handle(event).expect("no event after the end");
    }
    session.digest().to_string()
}

/// Runs it; what it printed.
fn text(command: &mut Command) -> String {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{command:?}\n{status}\n{stdout}\n{}", String::from_utf8_lossy(&stderr));
    stdout
}

fn skip(why: &str) {
    writeln!(std::io::stderr(), "\n*** SKIPPED, the archive for C and C++ is untested: {why} ***\n")
        .expect("stderr");
}
