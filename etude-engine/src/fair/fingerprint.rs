//! By what a studio knows a take again.

use std::hash::Hasher as _;

use fnv::FnvHasher;
use serde::{Deserialize, Serialize};

use crate::session::{Event, EventKind};

/// Notes in a passage.
const PASSAGE: usize = 16;
/// A passage with fewer different velocities, or steps, than this is as good as written: it says nothing about who played.
const DIFFERENT: usize = 6;
/// Passages that are kept, those with the smallest hashes: a fair sample of any take, and the same of the same take.
const KEPT: usize = 64;

/// A sample of the passages of a take. A passage is 16 notes with their velocities, or with the time between them to the
/// millisecond: nobody plays either twice. It does not depend on when the take began, nor on the notes before and after.
///
/// Written as 16 hexadecimal digits for each of at most 64 passages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(Vec<u64>);

/// A text is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is at most {KEPT} rising numbers of 16 lower-case hexadecimal digits")]
pub struct NotAFingerprint;

impl Fingerprint {
    /// Of a log.
    pub fn of(log: &[Event]) -> Self {
        let mut notes = Vec::new();
        let mut now = i64::MIN;
        for event in log {
            now = now.max(event.at.0);
            if let EventKind::NoteOn { pitch, velocity } = event.kind {
                notes.push((pitch.number(), velocity.value(), now));
            }
        }
        let mut kept: Vec<u64> = Vec::with_capacity(2 * KEPT);
        for passage in notes.windows(PASSAGE) {
            let pitches = || passage.iter().map(|&(pitch, ..)| u64::from(pitch));
            let velocities = passage.iter().map(|&(_, velocity, _)| u64::from(velocity));
            let steps = passage.windows(2).map(|pair| (pair[1].2.saturating_sub(pair[0].2) / 1_000) as u64);
            kept.extend(hash(1, pitches(), velocities));
            kept.extend(hash(2, pitches(), steps));
            if kept.len() >= 2 * KEPT - 2 {
                smallest(&mut kept);
            }
        }
        smallest(&mut kept);
        Self(kept)
    }

    /// The share of the passages of either that both have, in thousandths, as far as the samples tell.
    pub fn shared_permille(&self, other: &Self) -> u32 {
        // The smallest of both together are a sample of both together.
        let mut union: Vec<u64> = self.0.iter().chain(&other.0).copied().collect();
        smallest(&mut union);
        let both = union.iter().filter(|hash| self.has(**hash) && other.has(**hash)).count();
        if union.is_empty() { 0 } else { (both * 1_000 / union.len()) as u32 }
    }

    fn has(&self, hash: u64) -> bool {
        self.0.binary_search(&hash).is_ok()
    }
}

fn smallest(hashes: &mut Vec<u64>) {
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(KEPT);
}

/// `None` where too few of the values differ.
fn hash(kind: u8, pitches: impl Iterator<Item = u64>, values: impl Iterator<Item = u64>) -> Option<u64> {
    let mut hasher = FnvHasher::default();
    hasher.write_u8(kind);
    pitches.for_each(|pitch| hasher.write(&pitch.to_le_bytes()));
    let mut different = [0_u64; DIFFERENT];
    let mut found = 0;
    for value in values {
        hasher.write(&value.to_le_bytes());
        if found < DIFFERENT && !different[..found].contains(&value) {
            different[found] = value;
            found += 1;
        }
    }
    // FNV's high bits hang on few of the last bytes; this spreads them (the finaliser of SplitMix64).
    let mut hash = hasher.finish();
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (found == DIFFERENT).then_some(hash ^ (hash >> 31))
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> String {
        fingerprint.0.iter().map(|hash| format!("{hash:016x}")).collect()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = NotAFingerprint;
    fn try_from(text: String) -> Result<Self, NotAFingerprint> {
        let (numbers, rest) = text.as_bytes().as_chunks::<16>();
        if numbers.len() > KEPT || !rest.is_empty() {
            return Err(NotAFingerprint);
        }
        let number = |digits: &[u8; 16]| {
            let digits = str::from_utf8(digits).ok()?;
            let fits = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
            digits.bytes().all(fits).then(|| u64::from_str_radix(digits, 16).ok())?
        };
        let hashes: Option<Vec<u64>> = numbers.iter().map(number).collect();
        let hashes = hashes.ok_or(NotAFingerprint)?;
        if hashes.is_sorted_by(|a, b| a < b) { Ok(Self(hashes)) } else { Err(NotAFingerprint) }
    }
}
