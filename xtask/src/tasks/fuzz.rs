use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use xtask::process::{run, say};
use xtask::{Error, Result, root, tools};

/// Fuzz the engine, and what the plugin reads from disk
///
/// Runs the targets of etude-engine/fuzz by cargo-fuzz on the nightly toolchain, with debug assertions, overflow checks
/// and the address sanitizer, from the committed seeds and with the dictionary. What is found grows in
/// etude-engine/fuzz/corpus; an input that fails is kept in etude-engine/fuzz/artifacts, and belongs, made small, into
/// etude-engine/tests/regressions.
///
/// The targets: musicxml, mxl, midi_score and midi_performance are files that are imported; session is a log that is judged;
/// frame is what comes over the wire, to either end; take is the packed form of a take; export is a take as it is handed
/// out, with report and signature; spool is a take as a plugin finds it on disk.
#[derive(Debug, clap::Args)]
pub(crate) struct Fuzz {
    /// Which target; without it, all, one after the other
    target: Option<String>,

    /// How long each runs
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    minutes: u32,
}

impl Fuzz {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let all = targets()?;
        let targets = match self.target {
            Some(target) if all.contains(&target) => vec![target],
            Some(target) => {
                return Err(Error::Other(format!(
                    "there is no target {target}; there is: {}",
                    all.join(", ")
                )));
            }
            None => all,
        };
        let cargo_fuzz = tools::cargo_fuzz()?;
        for target in targets {
            say(format!("fuzzing {target} for {} minutes", self.minutes));
            fuzz(&cargo_fuzz, &target, self.minutes)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn fuzz(cargo_fuzz: &Path, target: &str, minutes: u32) -> Result<()> {
    let engine = root().join("etude-engine");
    let folder = engine.join("fuzz");
    // The first folder takes what is found.
    let found = folder.join("corpus").join(target);
    fs::create_dir_all(&found).map_err(Error::io("making", &found))?;
    let mut command = Command::new("rustup");
    command.args(["run", "nightly"]).arg(cargo_fuzz).args(["run", target]).arg(found);
    let mut seeds = vec![folder.join("seeds").join(target)];
    if target == "musicxml" {
        let cases = engine.join("tests/conformance/cases");
        let kinds = fs::read_dir(&cases).map_err(Error::io("reading", &cases))?;
        seeds.extend(kinds.filter_map(|kind| Some(kind.ok()?.path())));
    }
    command.args(seeds.into_iter().filter(|seeds| seeds.is_dir()));
    command.args(["--", "-print_final_stats=1", "-max_len=8192", "-timeout=20", "-rss_limit_mb=1024"]);
    command.arg(format!("-max_total_time={}", minutes * 60));
    if let Some(dictionary) = dictionary(&folder, target) {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    // The cargo that runs this task is not the one wanted.
    run(command.env_remove("CARGO").current_dir(engine))
}

fn dictionary(folder: &Path, target: &str) -> Option<PathBuf> {
    let kind = target.split('_').next().unwrap_or(target);
    Some(folder.join("dictionaries").join(format!("{kind}.dict"))).filter(|path| path.is_file())
}

/// The names of the targets, sorted.
fn targets() -> Result<Vec<String>> {
    let folder = root().join("etude-engine/fuzz/fuzz_targets");
    let files = fs::read_dir(&folder).map_err(Error::io("reading", &folder))?;
    let name = |path: PathBuf| Some(path.file_name()?.to_str()?.strip_suffix(".rs")?.to_owned());
    let mut names: Vec<String> = files.filter_map(|file| name(file.ok()?.path())).collect();
    names.sort();
    Ok(names)
}
