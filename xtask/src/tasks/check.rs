use std::fs;
use std::process::{Command, ExitCode};
use std::time::Instant;

use clap::ValueEnum;
use xtask::disk;
use xtask::page;
use xtask::process::{cargo, run, say, since, stdout_of};
use xtask::worker::WASM_GZIPPED_MAX;
use xtask::{Error, Result, root, tools};

use super::{bundle, licences};

/// Check all that needs no test: format, lints, docs, generated files, licences
///
/// Does every step even if one fails, and closes with a line for each.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Only these steps
    #[arg(value_enum)]
    steps: Vec<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// `cargo fmt` would change nothing
    Format,
    /// clippy finds nothing: all packages and features, the engine and the plugin without any, the Worker for wasm
    Lints,
    /// The documentation builds without a warning
    Docs,
    /// include/etude.h is what the C ABI's sources say
    Header,
    /// docs/protocol.schema.json is what the wire messages' types say
    Schema,
    /// The score page's types, those of the messages as docs/protocol.schema.json says
    Page,
    /// The Worker is small enough, and `wrangler deploy --dry-run` takes it as it is bundled
    Deploy,
    /// What is published packs, and builds from what was packed alone
    Package,
    /// Everything that is built in has a licence that deny.toml allows
    Licences,
}

impl Check {
    pub(crate) fn run(self) -> Result<ExitCode> {
        disk::warn_of_little_room()?;
        let steps = if self.steps.is_empty() { Step::value_variants() } else { &self.steps };
        let results: Vec<_> = steps.iter().map(|&step| (step, step.outcome())).collect();
        for (step, outcome) in &results {
            match outcome {
                Ok(note) => say(format!("{:<9} ok      {note}", step.name())),
                Err(error) => say(format!("{:<9} FAILED  {error}", step.name())),
            }
        }
        let failed = results.iter().any(|(_, outcome)| outcome.is_err());
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

impl Step {
    /// Does the step; a note on how, or why it failed.
    fn outcome(self) -> Result<String> {
        say(format!("checking: {}", self.name()));
        let start = Instant::now();
        let note = match self {
            Step::Format => format(),
            Step::Lints => lints(),
            Step::Docs => docs(),
            Step::Header => header(),
            Step::Schema => schema(),
            Step::Page => page::check().map(|()| String::new()),
            Step::Deploy => deploy(),
            Step::Package => package(),
            Step::Licences => licences::check(),
        };
        note.map(|note| if note.is_empty() { since(start) } else { format!("{} ({note})", since(start)) })
    }

    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// `cargo` with arguments, at the root of the clone.
fn cargo_with(arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.args(arguments).current_dir(root());
    command
}

fn format() -> Result<String> {
    run(&mut cargo_with(&["fmt", "--all", "--check"]))?;
    Ok(String::new())
}

fn lints() -> Result<String> {
    const STRICT: [&str; 3] = ["--", "-D", "warnings"];
    tools::ensure_wasm_target()?;
    let everything = tools::all_features(&[])?;
    run(cargo_with(&["clippy", "--workspace", "--all-targets"]).args(everything).args(STRICT))?;
    for what in [
        &["--package", "etude-engine", "--no-default-features"][..],
        &["--package", "etude-plugin", "--no-default-features"],
        &["--package", "etude-plugin", "--no-default-features", "--features", "practice"],
        &["--package", "etude-do", "--target", tools::WASM_TARGET],
    ] {
        run(cargo_with(&["clippy"]).args(what).args(STRICT))?;
    }
    Ok(String::new())
}

fn docs() -> Result<String> {
    let mut doc = cargo_with(&["doc", "--workspace", "--no-deps"]);
    run(doc.args(tools::all_features(&[])?).env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(String::new())
}

fn header() -> Result<String> {
    let generator = ["run", "--package", "etude-engine", "--features", "capi", "--example", "header", "--"];
    run(cargo_with(&generator).arg("--check"))?;
    Ok(String::new())
}

fn deploy() -> Result<String> {
    let (bundle, size) = bundle::service()?;
    let note = format!("wasm: {size} bytes by gzip, of {WASM_GZIPPED_MAX}");
    if size > WASM_GZIPPED_MAX {
        return Err(Error::Other(note));
    }
    let mut wrangler = match tools::wrangler() {
        Ok(wrangler) => wrangler,
        Err(error) => {
            say(format!("SKIPPED wrangler deploy --dry-run: {error}"));
            return Ok(format!("{note}; without wrangler"));
        }
    };
    let outcome =
        tempfile::tempdir().map_err(|source| Error::Io { what: "making a folder".into(), source })?;
    run(wrangler.args(["deploy", "--dry-run", "--outdir"]).arg(outcome.path()).current_dir(&bundle))?;
    Ok(note)
}

fn package() -> Result<String> {
    // The check is of the files as they are, committed or not.
    run(&mut cargo_with(&["package", "--quiet", "--package", "etude-engine", "--allow-dirty"]))?;
    Ok(String::new())
}

fn schema() -> Result<String> {
    const GENERATOR: [&str; 7] =
        ["run", "--package", "etude-engine", "--features", "schema", "--example", "schema"];
    let path = root().join("docs/protocol.schema.json");
    let committed = fs::read_to_string(&path).map_err(Error::io("reading", &path))?;
    if stdout_of(&mut cargo_with(&GENERATOR))? == committed {
        return Ok(String::new());
    }
    Err(Error::Other(format!(
        "{} is not what the types say: cargo {} > docs/protocol.schema.json",
        path.display(),
        GENERATOR.join(" ")
    )))
}
