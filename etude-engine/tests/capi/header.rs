//! The text of the header: fresh, frozen, and good for every compiler.

use std::collections::BTreeSet;
use std::fs;

use crate::toolchain::{C_STANDARDS, CXX_STANDARDS, compilers, root, succeed, temporary};

/// The generator of the header, as it is run.
#[allow(dead_code)]
#[path = "../../../examples/rust/header.rs"]
mod generator;

#[test]
fn the_committed_header_is_fresh() {
    let committed = fs::read_to_string(root().join("include/etude.h")).expect("include/etude.h");
    assert!(
        generator::header(&root()).expect("a header") == committed,
        "run `cargo run -p etude-engine --features capi --example header`"
    );
}

/// What a constant says never changes: status codes, kinds, limits. New ones are added to the list.
#[test]
fn the_values_of_the_constants_are_frozen() {
    let header = fs::read_to_string(root().join("include/etude.h")).expect("include/etude.h");
    let frozen = include_str!("../c/values.txt");
    let values: String = header
        .lines()
        .filter_map(|line| line.strip_prefix("#define ")?.split_once(' '))
        .filter(|(name, value)| {
            !name.ends_with("_INIT") && !name.starts_with("ETUDE_VERSION_") && !value.is_empty()
        })
        .map(|(name, value)| format!("{name} {value}\n"))
        .collect();
    let now = temporary("values.txt");
    fs::write(&now, &values).expect("a file");
    assert!(
        values == frozen,
        "etude-engine/tests/c/values.txt differs from {}; programs out there were compiled by it",
        now.display()
    );
}

#[test]
fn every_status_has_a_text_of_its_own() {
    let statuses: Vec<i32> = include_str!("../c/values.txt")
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(name, _)| *name == "ETUDE_OK" || name.starts_with("ETUDE_ERROR_"))
        .map(|(_, value)| value.parse().expect("a number"))
        .collect();
    assert!(statuses.len() > 15 && statuses.is_sorted(), "{statuses:?}");
    let text = |status| {
        let text = etude_engine::capi::status::etude_status_str(status);
        #[allow(unsafe_code)]
        // SAFETY: what the function gives is a static C string.
        unsafe { std::ffi::CStr::from_ptr(text) }.to_owned()
    };
    let texts: BTreeSet<_> = statuses.iter().map(|&status| text(status)).collect();
    assert_eq!(texts.len(), statuses.len(), "two statuses have the same text");
    assert!(!texts.contains(&text(statuses.len() as i32)), "a status is not in the list");
}

/// Each group of the header has an example, and each is C that a compiler takes.
#[test]
fn the_examples_in_the_header_compile() {
    const GIVEN: &str = "const uint8_t *data, size_t size, etude_score *score, etude_session *session, \
                         etude_client *client, int64_t now_us";
    let header = fs::read_to_string(root().join("include/etude.h")).expect("include/etude.h");
    let mut source = String::from("#include \"etude.h\"\n#include <stdio.h>\n");
    let mut groups = header.lines().skip_while(|line| !line.ends_with("----")).peekable();
    while let Some(title) = groups.next() {
        let name = title.trim_start_matches("// ").split(' ').next().unwrap_or_default().to_lowercase();
        let mut code = Vec::new();
        while let Some(line) = groups.next_if(|line| !line.ends_with("----")) {
            code.extend(line.strip_prefix("//     "));
        }
        assert!(!code.is_empty(), "{name} has no example");
        let given =
            ["data", "size", "score", "session", "client", "now_us"].map(|name| format!("(void){name};"));
        source += &format!(
            "void example_{name}({GIVEN});\nvoid example_{name}({GIVEN}) {{\n{}\n{}\n}}\n",
            given.concat(),
            code.join("\n")
        );
    }
    let path = temporary("examples.c");
    fs::write(&path, source).expect("a file");
    for compiler in compilers() {
        succeed(compiler.flags("c99").args(["-fsyntax-only", "-Wno-unused-but-set-variable"]).arg(&path));
    }
}

#[test]
fn headers_and_programs_compile_in_every_standard() {
    let at = |path: &str| root().join(path);
    let c =
        [at("examples/c/assess.c"), at("etude-engine/tests/c/misuse.c"), at("etude-engine/tests/c/layout.c")];
    let cxx = [at("etude-engine/tests/c/raii.cpp")];
    for compiler in compilers() {
        for standard in C_STANDARDS {
            succeed(compiler.flags(standard).arg("-fsyntax-only").args(&c));
        }
        for standard in CXX_STANDARDS {
            succeed(compiler.flags(standard).arg("-fsyntax-only").args(&c).args(&cxx));
            succeed(compiler.flags(standard).args(["-fsyntax-only", "-fno-exceptions"]).args(&cxx));
        }
    }
}
