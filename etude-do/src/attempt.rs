//! What the studio knows of a take that was played: one attempt at a piece.

use etude_engine::fair::{Fingerprint, Kind, Signature};
use etude_engine::report::{MeasureTally, Report, Tally};
use etude_engine::score::ScoreDigest;
use etude_engine::session::Config;
use serde::{Deserialize, Serialize};

/// An attempt, without its full report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// The session it was played in; names the attempt too.
    pub session: String,
    /// The piece.
    pub piece: String,
    /// The player, as named when the session was opened.
    pub player: Option<String>,
    /// When the session was opened, in milliseconds since 1970.
    pub created_ms: u64,
    /// When the last event came, in milliseconds since 1970.
    pub last_ms: u64,
    /// Whether the player ended the take. If not, it was left, and may go on.
    pub ended: bool,
    /// Events in its log.
    pub events: u64,
    /// Version of the engine that judged.
    pub engine: String,
    /// The score it was judged against.
    pub score: ScoreDigest,
    /// The settings it was judged by.
    pub config: Config,
    /// The result.
    pub total: Tally,
    /// SHA-256 of its log; not known of attempts that an earlier version delivered.
    #[serde(default)]
    pub log: Option<String>,
    /// Which checks of its plausibility are worth a look.
    #[serde(default)]
    pub findings: Vec<Kind>,
}

/// What a session hands to the studio.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) attempt: Attempt,
    /// For the trend.
    pub(crate) measures: Vec<MeasureResult>,
    /// The report as JSON, kept as it is.
    pub(crate) report: String,
    /// By what it is known again.
    #[serde(default)]
    pub(crate) fingerprint: Fingerprint,
    /// Of the report of a take that has ended.
    #[serde(default)]
    pub(crate) signature: Option<Signature>,
}

/// What a session asks the studio to hold beside the attempts at its piece.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Comparison {
    pub(crate) session: String,
    pub(crate) piece: String,
    pub(crate) fingerprint: Fingerprint,
}

/// How one measure went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct MeasureResult {
    pub(crate) number: String,
    pub(crate) pass: u16,
    /// `None` where nothing was to be played.
    pub(crate) combined: Option<f64>,
}

impl MeasureResult {
    pub(crate) fn of(report: &Report) -> Vec<Self> {
        let result = |measure: &MeasureTally| Self {
            number: measure.number.clone(),
            pass: measure.pass,
            combined: (measure.tally.expected > 0).then_some(measure.tally.combined),
        };
        report.measures.iter().map(result).collect()
    }
}

/// The first line of [`csv_line`]s.
pub(crate) const CSV_HEAD: &str = "session,piece,player,created_ms,last_ms,ended,events,engine,mode,hands,tempo_percent,\
                                   expected,correct,missed,skipped,wrong,extra,ornaments,repeats,perfect,good,early,late,\
                                   note_accuracy,timing_accuracy,combined,findings\r\n";

/// An attempt as a line of a table.
pub(crate) fn csv_line(attempt: &Attempt) -> String {
    let Attempt { session, piece, player, created_ms, last_ms, ended, events, engine, config, total, .. } =
        attempt;
    let findings = attempt.findings.iter().map(word).collect::<Vec<_>>().join(" ");
    let player = csv_text(player.as_deref().unwrap_or_default());
    let (mode, hands) = (word(&config.mode), word(&config.hands));
    let Tally { expected, correct, missed, skipped, wrong, extra, ornaments, repeats, .. } = total;
    let Tally { perfect, good, early, late, note_accuracy, timing_accuracy, combined, .. } = total;
    format!(
        "{session},{piece},{player},{created_ms},{last_ms},{ended},{events},{engine},{mode},{hands},{},{expected},\
         {correct},{missed},{skipped},{wrong},{extra},{ornaments},{repeats},{perfect},{good},{early},{late},\
         {note_accuracy},{timing_accuracy},{combined},{findings}\r\n",
        config.tempo_percent
    )
}

/// A choice of the settings, as it is written in JSON.
fn word(choice: &impl Serialize) -> String {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// Quoted, and never taken for a formula by a spreadsheet.
fn csv_text(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::csv_text;

    #[test]
    fn a_name_in_a_table_is_a_name_and_nothing_else() {
        assert_eq!(csv_text("Anna"), "\"Anna\"");
        assert_eq!(csv_text("a \"b\", c\nd"), "\"a \"\"b\"\", c\nd\"");
        assert_eq!(csv_text("=1+1"), "\"'=1+1\"");
        assert_eq!(csv_text(""), "\"\"");
    }
}
