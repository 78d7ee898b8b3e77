//! What the linker meets: the symbols of the shared library, and the interface that programs were compiled with.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::toolchain::{library, root, runs, skip, succeed, temporary};

/// Functions that the library has. New ones are added; none goes while the minor version stays.
const SYMBOLS: &str = include_str!("../c/symbols.txt");

#[test]
fn the_committed_list_of_symbols_is_what_the_header_declares() {
    let declared: BTreeSet<String> = declarations().iter().map(|it| name_of(it).to_owned()).collect();
    let listed: BTreeSet<String> = SYMBOLS.lines().map(str::to_owned).collect();
    assert_eq!(declared, listed);
}

#[test]
#[cfg(target_os = "linux")]
fn the_shared_library_exports_those_symbols_and_nothing_else() {
    let Ok(output) = Command::new("nm").args(["-D", "--defined-only"]).arg(&library().shared).output() else {
        return skip("there is no nm");
    };
    let listing = String::from_utf8(output.stdout).expect("UTF-8");
    let exported: BTreeSet<&str> =
        listing.lines().filter_map(|line| line.split_whitespace().nth(2)).collect();
    assert_eq!(exported, SYMBOLS.lines().collect());
}

/// Rust's debug information tells of types that C never sees, and changes with the compiler. So what is compared is the
/// interface as a C compiler understands the header; `layout` and the symbols hold the library to the header.
///
/// New functions are let through. A struct that tells its size may grow at its end, which abidiff cannot tell from worse:
/// then the dump is renewed, by hand.
#[test]
#[cfg(target_os = "linux")]
fn programs_compiled_with_the_committed_interface_still_run() {
    if !runs("abidiff") || !runs("gcc") {
        return skip("there is no abidiff (Debian: abigail-tools) or no gcc");
    }
    let committed = root().join("etude-engine/tests/c/etude.abi");
    let now = interface();
    let dump = temporary("etude.abi");
    let plain = ["--no-show-locs", "--no-corpus-path", "--no-comp-dir-path"];
    succeed(Command::new("abidw").args(plain).arg("--out-file").arg(&dump).arg(&now));
    let mut abidiff = Command::new("abidiff");
    let output = abidiff.arg("--no-added-syms").arg(&committed).arg(&now).output().expect("abidiff");
    assert!(
        output.status.success(),
        "{}\nThe interface as it is now: {}",
        String::from_utf8_lossy(&output.stdout),
        dump.display()
    );
}

/// A library whose functions do nothing, with the debug information of what the header declares.
fn interface() -> PathBuf {
    let mut source = String::from("#include \"etude.h\"\n");
    for declaration in declarations() {
        let body = if declaration.starts_with("void ") { "{}" } else { "{ return 0; }" };
        source += &format!("{declaration} {body}\n");
    }
    let (path, library) = (temporary("interface.c"), temporary("libinterface.so"));
    fs::write(&path, source).expect("a file");
    let mut gcc = Command::new("gcc");
    gcc.args(["-std=c11", "-g", "-O0", "-shared", "-fPIC", "-I"]).arg(root().join("include"));
    succeed(gcc.arg(&path).arg("-o").arg(&library));
    library
}

/// The functions of the header, each on one line and without its semicolon.
fn declarations() -> Vec<String> {
    let header = fs::read_to_string(Path::new(&root()).join("include/etude.h")).expect("include/etude.h");
    let code: Vec<&str> = header.lines().filter(|line| !line.trim_start().starts_with(['/', '#'])).collect();
    let statements = code.join(" ");
    let functions = statements
        .split([';', '}', '{'])
        .map(str::trim)
        .filter(|it| it.ends_with(')') && !it.starts_with("typedef"));
    let functions: Vec<String> =
        functions.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(functions.len() > 40, "{functions:?}");
    functions
}

/// The name that a declaration gives to its function.
fn name_of(declaration: &str) -> &str {
    let head = declaration.split('(').next().unwrap_or_default();
    head.rsplit([' ', '*']).next().unwrap_or_default()
}
