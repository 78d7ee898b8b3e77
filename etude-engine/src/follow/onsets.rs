//! The score as the follower sees it: onsets, each a set of keys to strike.
//!
//! Unisons are one key here, for one stroke plays them all. A grace note is a key of its own even where the main
//! note has the same pitch, for it is struck for itself.

use crate::score::{NoteIndex, Ornaments, Score};
use crate::units::Pitch;

/// Index into [`Onsets::keys`].
pub type KeyIndex = u32;

/// A key to be struck at one onset.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The onset it belongs to.
    pub onset: u32,
    /// First of the score notes it plays; the others follow in [`Onsets::notes_of`].
    pub note: NoteIndex,
    /// Which key.
    pub pitch: Pitch,
    /// Whether it is a grace note.
    pub grace: bool,
    /// Ornament signs of its notes together.
    pub ornaments: Ornaments,
}

/// What is to be struck at one moment of the score.
#[derive(Clone, Copy, Debug)]
pub struct Onset {
    /// Nominal time by the score's tempo, in microseconds from its start.
    pub nominal: i64,
    /// Place in millionths of a quarter, rounded down.
    pub position: i64,
    /// First of its score notes.
    pub first_note: NoteIndex,
    /// Whether it is the first of its measure.
    pub downbeat: bool,
    /// Nominal end of its longest ornamented note, in microseconds; its own time where there is none.
    pub ornament_end: i64,
    /// First key; the next onset's first key ends it.
    pub first_key: KeyIndex,
}

/// The score by onset and by pitch.
#[derive(Debug)]
pub struct Onsets {
    onsets: Vec<Onset>,
    keys: Vec<Key>,
    /// Score notes in key order, and where each key's notes begin.
    notes: Vec<NoteIndex>,
    first_note: Vec<u32>,
    /// Keys by pitch, in score order, and where each pitch begins.
    by_pitch: Vec<KeyIndex>,
    first_of_pitch: [u32; 129],
}

impl Onsets {
    /// Groups the notes of a score.
    pub fn new(score: &Score) -> Self {
        let nominal =
            score.tempo().micros_of(score.notes().iter().map(|note| note.onset), score.ticks_per_quarter());
        let mut order: Vec<u32> = (0..score.notes().len() as u32).collect();
        // Within an onset by pitch, grace first, so that equal keys stand together.
        order.sort_by_key(|&i| {
            let note = &score.notes()[i as usize];
            (note.onset, note.pitch, !note.grace, i)
        });
        let mut this = Self {
            onsets: Vec::new(),
            keys: Vec::new(),
            notes: Vec::with_capacity(order.len()),
            first_note: Vec::new(),
            by_pitch: Vec::new(),
            first_of_pitch: [0; 129],
        };
        let mut last_onset = None;
        let mut last_measure = None;
        for i in order {
            let note = &score.notes()[i as usize];
            if last_onset != Some(note.onset) {
                last_onset = Some(note.onset);
                let nominal = nominal[i as usize].0;
                let first_key = this.keys.len() as KeyIndex;
                let position = i128::from(note.onset.0) * 1_000_000;
                let position = position.div_euclid(i128::from(score.ticks_per_quarter())) as i64;
                let first_note = NoteIndex(i);
                let downbeat = last_measure != Some(note.measure);
                last_measure = Some(note.measure);
                this.onsets.push(Onset {
                    nominal,
                    position,
                    first_note,
                    downbeat,
                    ornament_end: nominal,
                    first_key,
                });
            }
            let onset = this.onsets.len() as u32 - 1;
            let place = &mut this.onsets[onset as usize].first_note;
            *place = (*place).min(NoteIndex(i));
            match this.keys.last_mut() {
                Some(key) if key.onset == onset && key.pitch == note.pitch && key.grace == note.grace => {
                    key.ornaments = key.ornaments.with(note.ornaments);
                }
                _ => {
                    this.first_note.push(this.notes.len() as u32);
                    this.keys.push(Key {
                        onset,
                        note: NoteIndex(i),
                        pitch: note.pitch,
                        grace: note.grace,
                        ornaments: note.ornaments,
                    });
                }
            }
            this.notes.push(NoteIndex(i));
            if note.ornaments.intersects(REPEATING) {
                let tempo = i64::from(score.tempo().micros_per_quarter_at(note.onset));
                let length = note.duration.0 * tempo / i64::from(score.ticks_per_quarter());
                let onset = &mut this.onsets[onset as usize];
                onset.ornament_end = onset.ornament_end.max(onset.nominal + length);
            }
        }
        this.first_note.push(this.notes.len() as u32);
        this.by_pitch = (0..this.keys.len() as KeyIndex).collect();
        this.by_pitch.sort_by_key(|&key| (this.keys[key as usize].pitch, key));
        for pitch in 0..=128u8 {
            let below = |&key: &KeyIndex| this.keys[key as usize].pitch.number() < pitch;
            this.first_of_pitch[usize::from(pitch)] = this.by_pitch.partition_point(below) as u32;
        }
        this
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

    /// The score notes that one stroke of this key plays.
    pub fn notes_of(&self, key: KeyIndex) -> &[NoteIndex] {
        let key = key as usize;
        &self.notes[self.first_note[key] as usize..self.first_note[key + 1] as usize]
    }

    /// All keys of a pitch, in score order.
    pub fn keys_of(&self, pitch: Pitch) -> &[KeyIndex] {
        let pitch = usize::from(pitch.number());
        &self.by_pitch[self.first_of_pitch[pitch] as usize..self.first_of_pitch[pitch + 1] as usize]
    }

    /// The first score note of an onset, for naming a place.
    pub fn place(&self, onset: u32) -> NoteIndex {
        self.onsets[onset as usize].first_note
    }

    /// How many score notes there are.
    pub fn note_count(&self) -> u32 {
        self.notes.len() as u32
    }

    /// The first onset for which `before` is false; it must be true of all onsets before and false of all after.
    pub fn partition_point(&self, before: impl FnMut(&Onset) -> bool) -> u32 {
        self.onsets.partition_point(before) as u32
    }
}

/// Signs under which keys near the written one are struck again while it lasts.
const REPEATING: Ornaments =
    Ornaments::TRILL.with(Ornaments::TURN).with(Ornaments::MORDENT).with(Ornaments::TREMOLO);

impl Key {
    /// Whether its moment is the player's choice: grace notes and rolled chords.
    pub fn is_loose(&self) -> bool {
        self.grace || self.ornaments.intersects(Ornaments::ARPEGGIO)
    }

    /// Whether striking `pitch` could be part of this key's ornament: the key itself or up to two semitones off.
    pub fn ornament_has(&self, pitch: Pitch) -> bool {
        self.ornaments.intersects(REPEATING) && self.pitch.number().abs_diff(pitch.number()) <= 2
    }
}
