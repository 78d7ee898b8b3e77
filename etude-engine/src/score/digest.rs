//! The digest of a score: what both ends compare before they judge by it.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Edge, Hand, Measure, Notes, TempoMap};

/// SHA-256 over everything of a score that a verdict can depend on: two scores with the same digest give the
/// same verdicts. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String", extend("pattern" = "^[0-9a-fA-F]{64}$")))]
#[serde(try_from = "String", into = "String")]
pub struct ScoreDigest([u8; 32]);

impl ScoreDigest {
    /// Before there is one.
    pub(super) const NONE: Self = Self([0; 32]);

    /// Of what makes a score, in the order in which it stands there.
    pub(super) fn of(
        ticks_per_quarter: u32,
        measures: &[Measure],
        notes: &Notes,
        edges: &[Edge],
        tempo: &TempoMap,
    ) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"etude score 2\0");
        hash.update(ticks_per_quarter.to_le_bytes());
        hash.update((measures.len() as u64).to_le_bytes());
        for measure in measures {
            text(&mut hash, &measure.number);
            hash.update(measure.pass.to_le_bytes());
            hash.update(measure.written.to_le_bytes());
            hash.update(measure.onset.0.to_le_bytes());
            hash.update(measure.duration.0.to_le_bytes());
        }
        hash.update((notes.len() as u64).to_le_bytes());
        for note in notes.iter() {
            text(&mut hash, note.id.xml_id);
            hash.update(note.id.pass.to_le_bytes());
            hash.update(note.onset.0.to_le_bytes());
            hash.update(note.duration.0.to_le_bytes());
            hash.update(note.measure.to_le_bytes());
            hash.update(note.voice.to_le_bytes());
            let hand = matches!(note.hand, Hand::Left) as u8;
            hash.update([note.pitch.number(), hand, note.staff, note.grace as u8, note.ornaments.0]);
            hash.update(note.articulations.bits().to_le_bytes());
            note.freedom.hash(&mut hash);
        }
        hash.update((edges.len() as u64).to_le_bytes());
        for edge in edges {
            hash.update(edge.from.to_le_bytes());
            hash.update(edge.to.unwrap_or(u32::MAX).to_le_bytes());
            hash.update([edge.kind as u8]);
        }
        for change in tempo.changes() {
            hash.update(change.at.0.to_le_bytes());
            hash.update(change.micros_per_quarter.to_le_bytes());
        }
        Self(hash.finalize().into())
    }
}

impl std::fmt::Display for ScoreDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for ScoreDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ScoreDigest({self})")
    }
}

impl From<ScoreDigest> for String {
    fn from(digest: ScoreDigest) -> String {
        digest.to_string()
    }
}

/// A text is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a score digest is 64 hexadecimal digits")]
pub struct NotADigest;

impl TryFrom<String> for ScoreDigest {
    type Error = NotADigest;
    fn try_from(text: String) -> Result<Self, NotADigest> {
        let hex = text.as_bytes();
        if hex.len() != 64 {
            return Err(NotADigest);
        }
        let nibble = |c: u8| (c as char).to_digit(16).ok_or(NotADigest);
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            *byte = (nibble(pair[0])? << 4 | nibble(pair[1])?) as u8;
        }
        Ok(Self(bytes))
    }
}

/// Length first, so that no two different sequences of fields hash the same bytes.
fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}
