//! A take as it is handed out: one JSON document with all that its report follows from, signed, so that who has it can
//! judge it again without the service.
//!
//! Signing itself is its owner's; what is signed is [`Statement`], a text that docs/PROTOCOL.md tells byte for byte.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Batch, Delivered, Earlier, Kind, Plausibility, examine};
use crate::protocol::EVENTS_PER_SESSION_MAX;
use crate::report::Report;
use crate::score::{Score, ScoreDigest};
use crate::session::{Config, ConfigError, Event, EventKind, Session};

/// What `format` says.
pub const FORMAT: &str = "etude-take/1";
/// First line of a statement.
const STATEMENT: &str = "etude-report/1";

/// A take that has ended, as it is handed out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Export"))]
#[serde(deny_unknown_fields)]
pub struct Export<R = Report> {
    /// [`FORMAT`].
    pub format: String,
    /// Whose session it was.
    pub tenant: String,
    /// The session.
    pub session: String,
    /// The piece: SHA-256 of the score's file.
    pub piece: String,
    /// The player, as named when the session was opened.
    pub player: Option<String>,
    /// When the session was opened, in milliseconds since 1970.
    pub opened_ms: u64,
    /// Version of the engine that judged.
    pub engine: String,
    /// Digest of the score that it read from the file.
    pub score: ScoreDigest,
    /// The settings.
    pub config: Config,
    /// What was played, in the batches in which it arrived.
    pub log: Vec<Delivery>,
    /// The result.
    pub report: R,
    /// The service's word for all that.
    pub signature: Signature,
}

/// Events that arrived together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// When, in milliseconds since 1970, by the service's clock; `null` where it was not written down.
    pub arrived_ms: Option<u64>,
    /// The events.
    pub events: Vec<Event>,
}

/// An Ed25519 signature (RFC 8032) of a [`Statement`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The text that is signed.
    pub statement: String,
    /// Name of the key: the first 16 hexadecimal digits of the SHA-256 of the public key.
    pub key: String,
    /// The public key, as 64 hexadecimal digits. Believe it only where the service tells the same.
    pub public: String,
    /// The signature, as 128 hexadecimal digits.
    pub signature: String,
}

/// What a service puts its name to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Name and value of each line, in order.
    lines: Vec<(&'static str, String)>,
}

/// A line of a signed statement is not what the document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Name of the line; empty where the statement has other lines altogether.
    pub line: &'static str,
}

/// Why a document is no take that can be judged.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// Not such a document.
    #[error("this is no take of Etude: {0}")]
    Malformed(#[from] serde_json::Error),
    /// A later version wrote it.
    #[error("the document has the format {0:?}; this version of Etude reads {FORMAT:?}")]
    Format(String),
    /// More events than a session takes.
    #[error("the take has more than {EVENTS_PER_SESSION_MAX} events")]
    TooLong,
    /// The log goes on after its end, or has none.
    #[error("the log has no end, or goes on after it")]
    End,
    /// The score is another.
    #[error("the take was played to the score {theirs}; this engine reads {ours} from the file")]
    Score {
        /// What the document says.
        theirs: ScoreDigest,
        /// Of the score that is here.
        ours: ScoreDigest,
    },
    /// The settings do not fit the score.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Export {
    /// Reads a document. Nothing of it is taken on trust.
    pub fn from_json(text: &[u8]) -> Result<Self, ExportError> {
        let export: Self = serde_json::from_slice(text)?;
        if export.format != FORMAT {
            return Err(ExportError::Format(export.format));
        }
        if export.log.iter().map(|delivery| delivery.events.len() as u64).sum::<u64>()
            > EVENTS_PER_SESSION_MAX
        {
            return Err(ExportError::TooLong);
        }
        Ok(export)
    }

    /// All events, in order.
    pub fn events(&self) -> Vec<Event> {
        self.log.iter().flat_map(|delivery| delivery.events.iter().copied()).collect()
    }

    /// Which lines of the signed statement the document contradicts. Says nothing about the signature.
    pub fn mismatches(&self) -> Vec<Mismatch> {
        let ours = self.statement();
        let mut theirs = self.signature.statement.split('\n');
        let mut found = Vec::new();
        let mut names = theirs.next() == Some(STATEMENT);
        for (name, value) in &ours.lines {
            match theirs.next().and_then(|line| line.split_once(' ')) {
                Some((theirs, said)) if theirs == *name => {
                    if said != value {
                        found.push(Mismatch { line: name });
                    }
                }
                _ => names = false,
            }
        }
        if !names || (theirs.next(), theirs.next()) != (Some(""), None) {
            return vec![Mismatch { line: "" }];
        }
        found
    }

    /// Judges the log again. What a studio found beside earlier takes is taken over, since only it can know.
    pub fn judge(&self, score: Arc<Score>) -> Result<Report, ExportError> {
        if score.digest() != self.score {
            return Err(ExportError::Score { theirs: self.score, ours: score.digest() });
        }
        let events = self.events();
        if events.last().is_none_or(|last| last.kind != EventKind::End) {
            return Err(ExportError::End);
        }
        let mut session = Session::new(score, self.config)?;
        for event in &events {
            session.handle(*event).map_err(|_| ExportError::End)?;
            while session.poll().is_some() {}
        }
        let batches =
            batches(self.log.iter().map(|delivery| (delivery.events.len() as u64, delivery.arrived_ms)));
        let mut evidence = examine(&Delivered { log: &events, batches: &batches, opened_ms: self.opened_ms });
        if let Some(earlier) = self.report.plausibility.as_ref().and_then(Plausibility::earlier) {
            evidence.compare(earlier);
        }
        let mut report = session.report();
        report.plausibility = Some(evidence.weigh(self.config.mode, &report.timing));
        Ok(report)
    }
}

/// Also with a report that is only text: a service puts in what it has stored.
impl<R: Serialize> Export<R> {
    /// What a signature of this document should be of.
    pub fn statement(&self) -> Statement {
        let arrivals = self.log.iter().map(|delivery| (delivery.events.len() as u64, delivery.arrived_ms));
        Statement {
            lines: vec![
                ("tenant", self.tenant.clone()),
                ("session", self.session.clone()),
                ("piece", self.piece.clone()),
                ("player", serde_json::to_string(&self.player).unwrap_or_default()),
                ("opened_ms", self.opened_ms.to_string()),
                ("engine", self.engine.clone()),
                ("score", self.score.to_string()),
                ("config", config_hash(&self.config)),
                ("events", self.log.iter().map(|delivery| delivery.events.len()).sum::<usize>().to_string()),
                ("log", log_hash(self.log.iter().flat_map(|delivery| &delivery.events))),
                ("arrivals", arrivals_hash(arrivals)),
                ("report", report_hash(&self.report)),
            ],
        }
    }
}

impl Plausibility {
    /// What the studio found, if it has been asked.
    fn earlier(&self) -> Option<Earlier> {
        let shared = self.checks.iter().find(|check| check.check == Kind::Replay)?.value?;
        Some(Earlier {
            compared: self.compared?,
            shared_permille: u32::try_from(shared).ok()?,
            sessions: self.same_as.clone(),
        })
    }
}

/// The batches of a log; none where the arrival of one is not known.
fn batches(arrivals: impl Iterator<Item = (u64, Option<u64>)>) -> Vec<Batch> {
    let batch =
        |(events, arrived_ms): (u64, Option<u64>)| arrived_ms.map(|arrived_ms| Batch { events, arrived_ms });
    arrivals.map(batch).collect::<Option<_>>().unwrap_or_default()
}

/// The text: a line that names the form, then a line of name, space and value each, all ended by a line feed.
impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{STATEMENT}")?;
        self.lines.iter().try_for_each(|(name, value)| writeln!(f, "{name} {value}"))
    }
}

/// SHA-256 of a log: of each event's JSON without white space, its fields in the order of docs/PROTOCOL.md, and a line
/// feed.
pub fn log_hash<'a>(events: impl IntoIterator<Item = &'a Event>) -> String {
    let mut hash = Sha256::new();
    for event in events {
        hash.update(serde_json::to_vec(event).unwrap_or_default());
        hash.update(b"\n");
    }
    hex(hash)
}

/// SHA-256 of settings as JSON without white space, fields in the order of docs/PROTOCOL.md.
pub fn config_hash(config: &Config) -> String {
    hex(Sha256::new_with_prefix(serde_json::to_vec(config).unwrap_or_default()))
}

/// SHA-256 of a report as the service writes it: JSON without white space.
pub fn report_hash(report: &impl Serialize) -> String {
    hex(Sha256::new_with_prefix(serde_json::to_vec(report).unwrap_or_default()))
}

/// SHA-256 of a line for each batch: how many events, a space, when it arrived (`-` where that is not known), a line feed.
fn arrivals_hash(batches: impl Iterator<Item = (u64, Option<u64>)>) -> String {
    let mut hash = Sha256::new();
    for (events, arrived_ms) in batches {
        let arrived = arrived_ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string());
        hash.update(format!("{events} {arrived}\n"));
    }
    hex(hash)
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
