//! Writes `include/etude.h` from `etude-engine/src/capi`, or with `--check` tells whether it is fresh.
//!
//! One section a file, in the order in which a reader needs them; a file's module docs head its section.

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use etude_engine::capi::import::ETUDE_PARTS_PIANO;
use etude_engine::capi::session::etude_config;

/// Writes include/etude.h from the sources of the C ABI.
#[derive(Parser)]
struct Arguments {
    /// Write nothing; fail if the header is not what would be written.
    #[arg(long)]
    check: bool,
}

/// The files of `capi` that make up the header.
const SECTIONS: [&str; 13] = [
    "status",
    "version",
    "log",
    "score",
    "import",
    "notation",
    "event",
    "performance",
    "record",
    "session",
    "report",
    "client",
    "place",
];

/// Length of the rule after a section's title, the title included.
const RULE: usize = 96;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("header: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join("include/etude.h");
    let header = header(&root)?;
    if !arguments.check {
        return std::fs::write(&path, header).map_err(|error| format!("{}: {error}", path.display()));
    }
    if std::fs::read_to_string(&path).is_ok_and(|committed| committed == header) {
        return Ok(());
    }
    Err("include/etude.h is stale; run `cargo run -p etude-engine --features capi --example header`".into())
}

/// The text of include/etude.h.
pub(crate) fn header(root: &Path) -> Result<String, String> {
    let capi = root.join("etude-engine/src/capi");
    let mut text = comment(&module_docs(&read(&capi.join("mod.rs"))?));
    text += "\n// Written by examples/rust/header.rs from etude-engine/src/capi. Do not edit.\n";
    text += "\n#ifndef ETUDE_H\n#define ETUDE_H\n\n#include <stddef.h>\n#include <stdint.h>\n";
    text += "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n";
    for section in SECTIONS {
        let path = capi.join(section).with_extension("rs");
        let source = read(&path)?;
        let mut docs = module_docs(&source);
        let title = docs.first_mut().ok_or_else(|| format!("{section}.rs has no module docs"))?;
        *title = format!("{title} {}", "-".repeat(RULE - title.len()));
        text += "\n";
        text += &comment(&docs);
        for declaration in in_order_of(&source, &declarations(root, &path)?)? {
            text += "\n";
            text += &declaration;
            text += "\n";
        }
    }
    text += "\n#ifdef __cplusplus\n}\n#endif\n\n#endif // ETUDE_H\n";
    for (structure, fields) in initialisers() {
        let end = format!("}} {structure};\n");
        let at = text.find(&end).ok_or_else(|| format!("{structure} is not in the header"))? + end.len();
        let name = structure.to_uppercase();
        text.insert_str(at, &format!("\n#define {name}_INIT {{sizeof({structure}), {fields}}}\n"));
    }
    Ok(text)
}

/// What follows struct_size in the initialiser of each struct that may grow. The compiler warns of a field left out.
fn initialisers() -> [(&'static str, String); 15] {
    let etude_config {
        struct_size: _,
        mode,
        perfect_us,
        good_us,
        match_us,
        tempo_percent,
        reserved,
        hands,
        first_measure,
        last_measure: _,
        good_percent,
        match_percent,
        note_percent,
        looping,
        log_events,
    } = etude_config::default();
    let config = format!(
        "{mode}, {perfect_us}, {good_us}, {match_us}, {tempo_percent}, {reserved}, {hands}, {first_measure}, \
         ETUDE_LAST_MEASURE, {good_percent}, {match_percent}, {note_percent}, {looping}, {log_events}"
    );
    let zeros = |count| vec!["0"; count].join(", ");
    [
        ("etude_score_info", zeros(5)),
        ("etude_note", zeros(11)),
        ("etude_import_options", format!("{ETUDE_PARTS_PIANO}, {}", zeros(11))),
        ("etude_import_info", zeros(7)),
        ("etude_part", zeros(5)),
        ("etude_measure", zeros(5)),
        ("etude_tempo", zeros(2)),
        ("etude_freedom", zeros(6)),
        ("etude_mark", zeros(6)),
        ("etude_edge", zeros(3)),
        ("etude_place", zeros(9)),
        ("etude_config", config),
        ("etude_session_state", zeros(3)),
        ("etude_tally", zeros(16)),
        ("etude_client_state", zeros(5)),
    ]
}

/// What cbindgen makes of one source file.
fn declarations(root: &Path, source: &Path) -> Result<String, String> {
    let bindings = cbindgen::Builder::new()
        .with_config(cbindgen::Config::from_file(root.join("cbindgen.toml"))?)
        .with_src(source)
        .generate()
        .map_err(|error| format!("{}: {error}", source.display()))?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    let text = String::from_utf8(text).map_err(|error| format!("{}: {error}", source.display()))?;
    // cbindgen writes the tag before types of the same section only.
    let tagless = |line: &str| match line.starts_with("typedef") {
        true => line.to_owned(),
        false => line.replace("struct etude_", "etude_"),
    };
    Ok(text.lines().map(tagless).collect::<Vec<_>>().join("\n"))
}

/// The declarations, each with its comment, as they stand in the source. cbindgen sorts them by kind.
fn in_order_of(source: &str, declarations: &str) -> Result<Vec<String>, String> {
    let mut blocks: Vec<&str> =
        declarations.split("\n\n").map(str::trim).filter(|block| !block.is_empty()).collect();
    let mut ordered = Vec::new();
    for line in source.lines() {
        if let Some(at) =
            exported(line).and_then(|name| blocks.iter().position(|block| declares(block, name)))
        {
            ordered.push(blocks.remove(at).to_owned());
        }
    }
    match blocks.first() {
        None => Ok(ordered),
        Some(block) => Err(format!("found nothing in the source for\n{block}")),
    }
}

/// The name that a line of Rust gives to C.
fn exported(line: &str) -> Option<&str> {
    let item = line.strip_prefix("pub ")?;
    let heads = ["const ", "type ", "struct ", "extern \"C\" fn ", "unsafe extern \"C\" fn "];
    let rest = heads.iter().find_map(|head| item.strip_prefix(head))?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// Whether a piece of C declares the name.
fn declares(block: &str, name: &str) -> bool {
    block.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| {
        line.starts_with(&format!("#define {name} "))
            || (line.starts_with(['t', '}']) && line.ends_with(&format!(" {name};")))
            || line.contains(&format!(" {name}("))
            || line.contains(&format!("*{name}("))
            || line.contains(&format!("(*{name})("))
    })
}

/// The lines of `//!` at the head of a file.
fn module_docs(source: &str) -> Vec<String> {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()).collect()
}

/// As comments of C, with code indented instead of fenced.
fn comment(lines: &[String]) -> String {
    let mut code = false;
    let mut text = String::new();
    for line in lines {
        if line.starts_with("```") {
            code = !code;
            continue;
        }
        let indent = if code { "    " } else { "" };
        text += format!("// {indent}{line}").trim_end();
        text.push('\n');
    }
    text
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
