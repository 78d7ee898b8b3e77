//! The score as the follower sees it: onsets, each a set of keys to strike.
//!
//! Unisons are one key here, for one stroke plays them all. A grace note is a key of its own even where the main
//! note has the same pitch, for it is struck for itself. Notes that are not to be played, because they stand in other
//! measures or are the other hand's, are not here at all: who follows or judges need not know of them.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::hypothesis::{OPEN_BEHIND, ORNAMENT_OVER_US};
use super::rows::Rows;
use super::trills;
use crate::score::freedom::{KeySet, RollDirection};
use crate::score::{NoteIndex, Score, ScoreNote, Selection, SelectionError};
use crate::sorted::sorted;
use crate::units::{Pitch, Ticks};

/// Index of a key. Keys are in the order of the score's notes.
pub type KeyIndex = u32;

/// A key to be struck at one onset.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The onset it belongs to.
    pub onset: u32,
    /// First of the score notes it plays.
    pub note: NoteIndex,
    /// Index into the ornaments, [`NO_ORNAMENT`] for none.
    ornament: u16,
    /// Which key.
    pub pitch: Pitch,
    /// What is free about it: a set of the bits below.
    free: u8,
}

const NO_ORNAMENT: u16 = u16::MAX;
const GRACE: u8 = 1;
const LOOSE: u8 = 2;
const OPTIONAL: u8 = 4;
/// Twelve bytes: a score has many keys.
const _: () = assert!(size_of::<Key>() == 12);

impl Key {
    /// Whether it is a grace note.
    pub fn grace(&self) -> bool {
        self.free & GRACE != 0
    }

    /// Whether its moment is the player's choice: grace notes and rolled chords.
    pub fn loose(&self) -> bool {
        self.free & LOOSE != 0
    }

    /// Whether it may be left out: grace notes and cue notes.
    pub fn optional(&self) -> bool {
        self.free & OPTIONAL != 0
    }
}

/// What is to be struck at one moment of the score.
#[derive(Clone, Copy, Debug)]
pub struct Onset {
    /// Nominal time by the score's tempo, in microseconds from its start.
    pub nominal: i64,
    /// First key; the next onset's first key ends it.
    pub first_key: KeyIndex,
    /// Nominal length of its longest ornament, in microseconds, and the two flags below.
    ornament_us: u32,
}

/// Set in `ornament_us` of the first onset of a measure.
const DOWNBEAT: u32 = 1 << 31;
/// Set in `ornament_us` where an ornament may still be played.
const ORNAMENTED: u32 = 1 << 30;
/// The bits for the length itself: no ornament lasts longer than a quarter of an hour.
const LENGTH: u32 = ORNAMENTED - 1;

/// The score by onset and by pitch.
#[derive(Debug)]
pub struct Onsets {
    score: Arc<Score>,
    selection: Selection,
    length: i64,
    onsets: Vec<Onset>,
    keys: Vec<Key>,
    ornaments: Vec<KeySet>,
    /// One bit for each key: whether it is a stroke of a trill that is written out. Padded.
    trills: Vec<u64>,
    /// Keys by pitch, in score order, and where each pitch begins.
    by_pitch: Vec<KeyIndex>,
    first_of_pitch: [u32; 129],
    rows: Rows,
}

/// Those in memory, by the address of their score. Who has onsets has their score, so that no other can be where it is.
static SHARED: Mutex<Vec<(usize, Selection, Weak<Onsets>)>> = Mutex::new(Vec::new());

impl Onsets {
    /// What is to be played of a score: one for all sessions that play the same of it at the same time, for it is most of
    /// what a session needs to have in memory.
    pub fn of(score: &Arc<Score>, selection: Selection) -> Result<Arc<Self>, SelectionError> {
        // Whoever panicked while holding it left it whole.
        let shared = || SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Arc::as_ptr(score).addr();
        let known = shared()
            .iter()
            .filter(|known| (known.0, known.1) == (place, selection))
            .find_map(|known| known.2.upgrade());
        if let Some(known) = known {
            return Ok(known);
        }
        let onsets = Arc::new(Self::new(Arc::clone(score), selection)?);
        let mut shared = shared();
        shared.retain(|(.., onsets)| onsets.strong_count() > 0);
        shared.push((place, selection, Arc::downgrade(&onsets)));
        Ok(onsets)
    }

    /// Groups the notes of a score that are to be played.
    fn new(score: Arc<Score>, selection: Selection) -> Result<Self, SelectionError> {
        selection.check(&score)?;
        let notes = || (0..).map(NoteIndex).zip(score.notes().iter()).filter(|(_, note)| selection.has(note));
        let nominal = score.tempo().micros_of(notes().map(|(_, note)| note.onset), score.ticks_per_quarter());
        let mut keys: Vec<Key> = Vec::with_capacity(nominal.len());
        let mut onsets: Vec<Onset> = Vec::new();
        let mut ornaments = Vec::new();
        let mut before: Option<ScoreNote<'_>> = None;
        for ((index, note), nominal) in notes().zip(&nominal) {
            let begins = before.is_none_or(|before| before.onset != note.onset);
            if begins {
                let first_key = keys.len() as KeyIndex;
                let downbeat = before.is_none_or(|before| before.measure != note.measure);
                let ornament_us = if downbeat { DOWNBEAT } else { 0 };
                onsets.push(Onset { nominal: nominal.0, first_key, ornament_us });
            }
            before = Some(note);
            let onset = onsets.len() as u32 - 1;
            match keys.last_mut() {
                Some(key) if !begins && score.is_unison(key.note, index) => {
                    // One stroke plays them all: free in time if one is, but to be played if one is.
                    let free = freedom(&note);
                    key.free = (key.free | free) & !OPTIONAL | (key.free & free & OPTIONAL);
                }
                _ => keys.push(Key {
                    onset,
                    note: index,
                    ornament: NO_ORNAMENT,
                    pitch: note.pitch,
                    free: freedom(&note),
                }),
            }
            if let Some(ornament) = &note.freedom.ornament
                && ornaments.len() < usize::from(NO_ORNAMENT)
            {
                let tempo = i64::from(score.tempo().micros_per_quarter_at(note.onset));
                let length = (ornament.until.0 - note.onset.0).saturating_mul(tempo)
                    / i64::from(score.ticks_per_quarter());
                let length = length.clamp(0, i64::from(LENGTH)) as u32;
                let place = &mut onsets[onset as usize].ornament_us;
                *place = (*place & DOWNBEAT) | (*place & LENGTH).max(length);
                if let Some(key) = keys.last_mut() {
                    key.ornament = ornaments.len() as u16;
                }
                ornaments.push(ornament.keys);
            }
        }
        mark_ornamented(&mut onsets);
        keys.shrink_to_fit();
        onsets.shrink_to_fit();
        let by_pitch = sorted(keys.len(), &|one, other| keys[one].pitch.cmp(&keys[other].pitch));
        let mut first_of_pitch = [0; 129];
        for pitch in 0..=128u8 {
            let below = |&key: &KeyIndex| keys[key as usize].pitch.number() < pitch;
            first_of_pitch[usize::from(pitch)] = by_pitch.partition_point(below) as u32;
        }
        let trills = trills::written_out(&onsets, &keys);
        let rows = Rows::new(onsets.len() as u32, &keys);
        let span = onsets[onsets.len() - 1].nominal - onsets[0].nominal;
        let length = measured(&score, selection).max(span + 1);
        Ok(Self { onsets, keys, ornaments, trills, by_pitch, first_of_pitch, rows, selection, length, score })
    }

    /// The score itself.
    pub fn score(&self) -> &Arc<Score> {
        &self.score
    }

    /// What is to be played of it.
    pub fn selection(&self) -> Selection {
        self.selection
    }

    /// How many onsets there are; at least one.
    pub fn count(&self) -> u32 {
        self.onsets.len() as u32
    }

    /// How many keys there are; at least one.
    pub fn key_count(&self) -> u32 {
        self.keys.len() as u32
    }

    /// One onset.
    pub fn onset(&self, onset: u32) -> &Onset {
        &self.onsets[onset as usize]
    }

    /// One key.
    pub fn key(&self, key: KeyIndex) -> &Key {
        &self.keys[key as usize]
    }

    /// First key of an onset; the number of keys for the onset past the last.
    pub fn first_key(&self, onset: u32) -> KeyIndex {
        self.onsets.get(onset as usize).map_or(self.keys.len() as KeyIndex, |onset| onset.first_key)
    }

    /// The keys of an onset.
    pub fn keys_at(&self, onset: u32) -> &[Key] {
        &self.keys[self.first_key(onset) as usize..self.first_key(onset + 1) as usize]
    }

    /// The keys of an onset with their indices.
    pub fn numbered_keys_at(&self, onset: u32) -> impl Iterator<Item = (KeyIndex, &Key)> {
        (self.first_key(onset)..).zip(self.keys_at(onset))
    }

    /// Which onsets have a pitch.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The score notes that are to be played, in order.
    pub fn notes(&self) -> impl Iterator<Item = ScoreNote<'_>> {
        self.score.notes().iter().filter(|note| self.selection.has(note))
    }

    /// The score notes that one stroke of this key plays, as indices. Of a unison with the other hand, only what is to be
    /// played.
    pub fn notes_of(&self, key: KeyIndex) -> impl Iterator<Item = u32> + '_ {
        let first = self.keys[key as usize].note;
        (first.0..self.score.notes().len() as u32)
            .take_while(move |&note| self.score.is_unison(first, NoteIndex(note)))
            .filter(|&note| self.selection.has(&self.score.note(NoteIndex(note))))
    }

    /// All keys of a pitch, in score order.
    pub fn keys_of(&self, pitch: Pitch) -> &[KeyIndex] {
        let pitch = usize::from(pitch.number());
        &self.by_pitch[self.first_of_pitch[pitch] as usize..self.first_of_pitch[pitch + 1] as usize]
    }

    /// Keys that may sound for this key while its ornament lasts; empty where it has none.
    pub fn ornament_of(&self, key: &Key) -> KeySet {
        self.ornaments.get(usize::from(key.ornament)).copied().unwrap_or(KeySet::EMPTY)
    }

    /// Which of the 64 keys from `first` are strokes of a trill that is written out, the first in the lowest bit. `first`
    /// is at most 64 beyond the last key.
    pub fn trills_from(&self, first: KeyIndex) -> u64 {
        let (word, bit) = ((first / 64) as usize, first % 64);
        self.trills[word] >> bit | self.trills[word + 1] << 1 << (63 - bit)
    }

    /// The first score note of an onset, or of the last where it lies beyond, for naming a place.
    pub fn place(&self, onset: u32) -> NoteIndex {
        self.key(self.onset(onset.min(self.count() - 1)).first_key).note
    }

    /// How long the measures to be played last by the score's tempo, in microseconds: always more than from the first
    /// onset to the last.
    pub fn length(&self) -> i64 {
        self.length
    }

    /// Where an onset stands, in millionths of a quarter, rounded down.
    pub fn position(&self, onset: u32) -> i64 {
        let ticks = self.score.note(self.place(onset)).onset.0;
        (i128::from(ticks) * 1_000_000).div_euclid(i128::from(self.score.ticks_per_quarter())) as i64
    }

    /// The first onset for which `before` is false; it must be true of all onsets before and false of all after.
    pub fn partition_point(&self, mut before: impl FnMut(u32) -> bool) -> u32 {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(middle) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

impl Onset {
    /// Whether it is the first of its measure.
    pub fn downbeat(&self) -> bool {
        self.ornament_us & DOWNBEAT != 0
    }

    /// Whether an ornament of it or shortly before may still be played when it is reached.
    pub fn may_be_ornamented(&self) -> bool {
        self.ornament_us & ORNAMENTED != 0
    }

    /// Nominal length of its longest ornament, in microseconds; 0 where there is none.
    pub fn ornament_us(&self) -> u32 {
        self.ornament_us & LENGTH
    }

    /// Nominal end of its longest ornament, in microseconds; its own time where there is none.
    pub fn ornament_end(&self) -> i64 {
        self.nominal + i64::from(self.ornament_us & LENGTH)
    }
}

/// How long the measures to be played last, if they say so.
fn measured(score: &Score, selection: Selection) -> i64 {
    let measures = score.measures();
    let last = measures.len() - 1;
    let (from, to) = selection.range.map_or((0, last), |range| (range.from as usize, range.to as usize));
    let (begin, end) = (measures[from].onset, Ticks(measures[to].onset.0 + measures[to].duration.0));
    if end < begin {
        return 0;
    }
    let times = score.tempo().micros_of([begin, end].into_iter(), score.ticks_per_quarter());
    times[1].0 - times[0].0
}

/// What is free about a note.
fn freedom(note: &ScoreNote<'_>) -> u8 {
    let rolled = note.freedom.roll.is_some_and(|roll| roll.direction != RollDirection::Together);
    let bit = |is: bool, bit: u8| if is { bit } else { 0 };
    bit(note.grace, GRACE)
        | bit(note.grace || rolled, LOOSE)
        | bit(note.grace || note.freedom.optional, OPTIONAL)
}

fn mark_ornamented(onsets: &mut [Onset]) {
    for begin in 0..onsets.len() {
        if onsets[begin].ornament_us() == 0 {
            continue;
        }
        let end = onsets[begin].ornament_end() + ORNAMENT_OVER_US;
        let open = onsets[begin..].iter_mut().take(OPEN_BEHIND as usize + 1);
        open.take_while(|onset| onset.nominal < end).for_each(|onset| onset.ornament_us |= ORNAMENTED);
    }
}

#[cfg(all(test, feature = "import"))]
mod tests {
    use super::*;
    use crate::import;
    use crate::score::Hands;

    const PIECE: &[u8] = include_bytes!("../../../examples/scores/petzold-menuet-in-g.musicxml");

    #[test]
    fn who_plays_the_same_of_a_score_shares_its_onsets_as_long_as_anyone_does() {
        let score = Arc::new(import::score(PIECE).expect("a piece").score);
        let both = Selection { hands: Hands::Both, range: None };
        let left = Selection { hands: Hands::Left, range: None };
        let one = Onsets::of(&score, both).expect("there are notes");
        assert!(Arc::ptr_eq(&one, &Onsets::of(&score, both).expect("there are notes")));
        assert!(!Arc::ptr_eq(&one, &Onsets::of(&score, left).expect("there are notes")));
        let same_music = Arc::new(Score::clone(&score));
        assert!(!Arc::ptr_eq(&one, &Onsets::of(&same_music, both).expect("there are notes")));
        let gone = Arc::downgrade(&one);
        drop(one);
        assert!(gone.upgrade().is_none());
        assert_eq!(
            Onsets::of(&score, both).expect("there are notes").key_count(),
            score.notes().len() as u32
        );
    }
}
