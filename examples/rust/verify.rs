//! Checks a take that a session service handed out, offline: that nothing was changed since it was signed, by whom, and
//! that this engine comes to the same report.
//!
//! ```text
//! curl -H "Authorization: Bearer $TOKEN" https://etude.example/v1/sessions/$SESSION/take -o take.json
//! cargo run --example verify -- take.json [SCORE] [--key PUBLIC]
//! ```
//!
//! SCORE is the file of the piece, without which the take cannot be judged again. PUBLIC is a key that the service tells
//! under `/v1/keys`; without it the key in the document is believed. Ends with 0 if all that was checked holds.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use ed25519_compact::{PublicKey, Signature};
use etude_engine::fair::Export;
use etude_engine::import;
use etude_engine::score::Score;
use etude_engine::session::ENGINE;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Largest file that is read. No take that a service hands out comes near it.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// One line for the user.
type Failure = String;

/// Check a take that a session service handed out.
#[derive(Parser)]
struct Args {
    /// The take, as the service handed it out.
    take: PathBuf,
    /// The file of the piece: MusicXML, compressed MusicXML (.mxl), or a Standard MIDI File.
    score: Option<PathBuf>,
    /// The service's public key, as 64 hexadecimal digits.
    #[arg(long, value_name = "PUBLIC")]
    key: Option<String>,
}

/// What was checked, and whether it held.
struct Outcome {
    held: bool,
    words: String,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<bool, Failure> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", args.take.display());
    let take = Export::from_json(&read(&args.take)?).map_err(|error| told(&error))?;
    let mut outcomes = vec![signature(&take, args.key.as_deref())];
    outcomes.extend(statement(&take));
    match &args.score {
        None => println!("not checked: the verdicts, for which the file of the piece is needed"),
        Some(path) => {
            let file = read(path)?;
            outcomes.push(piece(&take, &file));
            let score = import::score(&file).map_err(|error| format!("{}: {error}", path.display()))?.score;
            outcomes.push(report(&take, Arc::new(score)));
        }
    }
    for Outcome { held, words } in &outcomes {
        println!("{}: {words}", if *held { "holds" } else { "FAILS" });
    }
    let held = outcomes.iter().all(|outcome| outcome.held);
    if let Some(plausibility) = &take.report.plausibility {
        plausibility.findings().for_each(|check| println!("evidence: {}", check.words));
    }
    let total = &take.report.total;
    println!(
        "{}: {} of {} notes, combined {:.1} %, by {}",
        if held { "verified" } else { "NOT VERIFIED" },
        total.correct,
        total.expected,
        total.combined * 100.0,
        take.player.as_deref().unwrap_or("a player without a name"),
    );
    Ok(held)
}

fn signature(take: &Export, key: Option<&str>) -> Outcome {
    let signed = &take.signature;
    let wrong = |words: String| Outcome { held: false, words };
    if let Some(key) = key
        && !key.eq_ignore_ascii_case(&signed.public)
    {
        return wrong(format!("the signature is by the key {}, not by the one given", signed.public));
    }
    let (Some(public), Some(signature)) = (bytes::<32>(&signed.public), bytes::<64>(&signed.signature))
    else {
        return wrong("the public key or the signature is not written as hexadecimal digits".to_owned());
    };
    let name: String = Sha256::digest(public).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    if name != signed.key {
        return wrong(format!("the public key is called {name}, not {}", signed.key));
    }
    match PublicKey::new(public).verify(signed.statement.as_bytes(), &Signature::new(signature)) {
        Err(_) => wrong("the statement was not signed by this key".to_owned()),
        Ok(()) if key.is_some() => {
            Outcome { held: true, words: "the statement was signed by the given key".to_owned() }
        }
        Ok(()) => {
            let words = format!(
                "the statement was signed by the key {} (is it one that the service tells under /v1/keys?)",
                signed.public
            );
            Outcome { held: true, words }
        }
    }
}

fn statement(take: &Export) -> Vec<Outcome> {
    let mismatches = take.mismatches();
    if mismatches.is_empty() {
        let words = "log, arrivals, settings, report and names are those of the signed statement".to_owned();
        return vec![Outcome { held: true, words }];
    }
    let words = |line: &str| match line {
        "" => "the signed statement has another form".to_owned(),
        line => format!("`{line}` is not what was signed"),
    };
    mismatches.iter().map(|mismatch| Outcome { held: false, words: words(mismatch.line) }).collect()
}

fn piece(take: &Export, file: &[u8]) -> Outcome {
    let hash: String = Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect();
    let held = hash == take.piece;
    let words = if held { "the score's file is the piece" } else { "the score's file is another piece" };
    Outcome { held, words: words.to_owned() }
}

fn report(take: &Export, score: Arc<Score>) -> Outcome {
    if take.engine != ENGINE {
        let words = format!(
            "the take was judged by engine {}; this is {ENGINE}, which may judge differently",
            take.engine
        );
        return Outcome { held: false, words };
    }
    let judged = match take.judge(score) {
        Ok(judged) => judged,
        Err(error) => return Outcome { held: false, words: format!("the take cannot be judged: {error}") },
    };
    if judged == take.report {
        return Outcome { held: true, words: "judged again, the log gives this report".to_owned() };
    }
    let fields = |report| match serde_json::to_value(report) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (ours, theirs) = (fields(&judged), fields(&take.report));
    let mut differ: Vec<&str> = ours
        .keys()
        .chain(theirs.keys())
        .filter(|name| ours.get(*name) != theirs.get(*name))
        .map(|name| &**name)
        .collect();
    differ.sort_unstable();
    differ.dedup();
    Outcome {
        held: false,
        words: format!("judged again, the log gives another report: {} differ", differ.join(", ")),
    }
}

/// Reads a whole file.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("{}: larger than {} MiB", path.display(), FILE_BYTES_MAX >> 20));
    }
    Ok(bytes)
}

/// From hexadecimal digits.
fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0; N];
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
