//! A short fingerprint of a verdict stream.

use std::hash::Hasher;

use fnv::FnvHasher;
use serde::{Deserialize, Serialize};

use crate::judge::{Grade, Record, Verdict, Way};

/// A running hash over the verdict stream: equal digests mean equal verdicts. Written as 16 hexadecimal digits.
///
/// FNV-1a, 64 bits: it finds divergence between honest ends, and proves nothing against a forger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String", extend("pattern" = "^[0-9a-fA-F]{16}$")))]
#[serde(try_from = "String", into = "String")]
pub struct VerdictDigest(u64);

impl Default for VerdictDigest {
    /// The digest of an empty stream.
    fn default() -> Self {
        Self(FnvHasher::default().finish())
    }
}

impl VerdictDigest {
    /// The number whose 16 hexadecimal digits are written.
    pub fn value(self) -> u64 {
        self.0
    }

    /// The digest of the stream with one record more.
    ///
    /// The bytes are spelt out here because a derived `Hash` differs between targets.
    pub(crate) fn with(self, record: &Record) -> Self {
        let mut hash = FnvHasher::with_key(self.0);
        let mut word = |value: u64| hash.write(&value.to_le_bytes());
        match *record {
            Record::Played { event, verdict } => {
                word(1);
                word(event.0);
                match verdict {
                    Verdict::Matched { note, offset, grade } => {
                        word(1);
                        word(u64::from(note.0));
                        word(offset.0 as u64);
                        word(match grade {
                            Grade::Perfect => 1,
                            Grade::Good => 2,
                            Grade::Early => 3,
                            Grade::Late => 4,
                        });
                    }
                    Verdict::Wrong { instead_of } => {
                        word(2);
                        word(u64::from(instead_of.0));
                    }
                    Verdict::Extra => word(3),
                    Verdict::Ornament { of } => {
                        word(4);
                        word(u64::from(of.0));
                    }
                    Verdict::Repeat { of } => {
                        word(5);
                        word(u64::from(of.0));
                    }
                }
            }
            Record::Missed { note } => {
                word(2);
                word(u64::from(note.0));
            }
            Record::Skipped { from, to } => {
                word(3);
                word(u64::from(from.0));
                word(u64::from(to.0));
            }
            Record::Jump { event, from, to, way } => {
                word(4);
                word(event.0);
                word(u64::from(from.0));
                word(u64::from(to.0));
                word(match way {
                    Way::Restart => 1,
                    Way::Back => 2,
                    Way::Skip => 3,
                    Way::RepeatTaken => 4,
                    Way::RepeatSkipped => 5,
                    Way::JumpSkipped => 6,
                    Way::JumpEarly => 7,
                    Way::Seek => 8,
                });
            }
            Record::Stay { event } => {
                word(5);
                word(event.0);
            }
            Record::Hesitation { event, pause } => {
                word(7);
                word(event.0);
                word(pause.0 as u64);
            }
            Record::Final { through } => {
                word(6);
                word(through.0);
            }
        }
        Self(hash.finish())
    }
}

impl std::fmt::Display for VerdictDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl std::fmt::Debug for VerdictDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerdictDigest({self})")
    }
}

impl From<VerdictDigest> for String {
    fn from(digest: VerdictDigest) -> String {
        digest.to_string()
    }
}

/// A text is not 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a verdict digest is 16 hexadecimal digits")]
pub struct NotADigest;

impl TryFrom<String> for VerdictDigest {
    type Error = NotADigest;
    fn try_from(text: String) -> Result<Self, NotADigest> {
        if text.len() != 16 || !text.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(NotADigest);
        }
        u64::from_str_radix(&text, 16).map(Self).map_err(|_| NotADigest)
    }
}
