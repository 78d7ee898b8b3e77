//! What the service says about a piece.

use etude_engine::import::{ImportError, Imported, Warning};
use etude_engine::score::ScoreDigest;
use etude_engine::session::ENGINE;
use serde::{Deserialize, Serialize};

use crate::id::PieceId;

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Longest title, composer or warning told, in characters; a file may call itself anything.
pub const TEXT_CHARS_MAX: usize = 500;

/// A piece, as told to its uploader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PieceInfo {
    /// Its name: the SHA-256 of the file.
    pub piece: String,
    /// Title of the work, if the file says.
    pub title: Option<String>,
    /// Composer, if the file says.
    pub composer: Option<String>,
    /// Measures in performed order, repeats unfolded.
    pub measures: u32,
    /// Notes in performed order, repeats unfolded.
    pub notes: u32,
    /// Digest of the score that this engine read from the file.
    pub score: ScoreDigest,
    /// Version of the engine that read it.
    pub engine: String,
    /// Size of the file, in bytes.
    pub bytes: u64,
    /// What was left out or guessed.
    pub warnings: Vec<PieceWarning>,
}

/// Something in the file that was left out or guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PieceWarning {
    /// Printed number of the measure, where there is one.
    pub measure: Option<String>,
    /// What, and what was done instead.
    pub reason: String,
}

/// What kind of file a piece is, for a `Content-Type`.
pub fn media_type(file: &[u8]) -> &'static str {
    match file {
        [b'P', b'K', ..] => "application/vnd.recordare.musicxml",
        [b'M', b'T', b'h', b'd', ..] | [b'R', b'I', b'F', b'F', ..] => "audio/midi",
        _ => "application/vnd.recordare.musicxml+xml",
    }
}

impl PieceInfo {
    /// Reads a file and tells what is in it.
    pub fn read(file: &[u8]) -> Result<Self, ImportError> {
        let Imported { score, warnings, .. } = etude_engine::import::score(file)?;
        Ok(Self {
            piece: PieceId::of(file).to_string(),
            title: score.title().map(shortened),
            composer: score.composer().map(shortened),
            measures: count(score.measures().len()),
            notes: count(score.notes().len()),
            score: score.digest(),
            engine: ENGINE.to_owned(),
            bytes: file.len() as u64,
            warnings: warnings.iter().map(PieceWarning::from).collect(),
        })
    }
}

impl From<&Warning> for PieceWarning {
    fn from(warning: &Warning) -> Self {
        Self { measure: warning.measure.as_deref().map(shortened), reason: shortened(&warning.reason) }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
