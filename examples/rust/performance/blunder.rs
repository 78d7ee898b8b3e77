//! Deliberate mistakes: what a teacher hears in a lesson, chosen by the seed and written down.

use std::fmt;

use etude_engine::score::{NoteIndex, Score, ScoreNote};
use etude_engine::units::{Micros, Ticks};

use super::{Performance, Stroke};

/// A late note comes this much after its time.
const LATE: i64 = 200_000;
/// A hesitation adds this to the time between two notes.
const HESITATION: i64 = 800_000;
/// The silence before a measure is begun again.
const BREAK_OFF: i64 = 600_000;
/// Within this time of a mistake no other note of the same key may stand, or no one could say which was meant.
const CLEAR: i64 = 700_000;

/// Notes for each mistake to choose from.
const STRETCH_MIN: usize = 8;

/// A mistake as told to the reader.
pub struct Blunder {
    /// What it was.
    pub kind: Kind,
    /// The note it happened to.
    pub note: NoteIndex,
    /// When, in the MIDI file.
    pub at: Micros,
    /// The key struck instead or besides, if any.
    pub played: Option<u8>,
    /// In words.
    pub detail: String,
}

/// Sorts of mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another key a semitone or a third away.
    Wrong,
    /// Left out.
    Missed,
    /// A key that has no place here, soon after the note.
    Extra,
    /// Struck late by [`LATE`], the rest in time.
    Late,
    /// A pause before the note; all later notes move.
    Hesitation,
    /// Broke off after the note and played the measure again from its beginning.
    Restart,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Wrong, Self::Missed, Self::Extra, Self::Late, Self::Hesitation, Self::Restart];
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wrong => "wrong",
            Self::Missed => "missed",
            Self::Extra => "extra",
            Self::Late => "late",
            Self::Hesitation => "hesitation",
            Self::Restart => "restart",
        })
    }
}

/// A mistake made, by the stroke it was made on.
pub(super) struct Made {
    kind: Kind,
    note: NoteIndex,
    stroke: usize,
}

impl Made {
    pub(super) fn told(&self, strokes: &[Stroke]) -> Blunder {
        let stroke = &strokes[self.stroke];
        let name = name_of;
        let (played, detail) = match self.kind {
            Kind::Wrong => (Some(stroke.pitch), format!("{} in its place", name(stroke.pitch))),
            Kind::Missed => (None, format!("{} left out", name(stroke.pitch))),
            Kind::Extra => (Some(stroke.pitch), format!("an extra {} after it", name(stroke.pitch))),
            Kind::Late => (Some(stroke.pitch), format!("{} {} ms late", name(stroke.pitch), LATE / 1_000)),
            Kind::Hesitation => {
                (Some(stroke.pitch), format!("a hesitation of {} ms before it", HESITATION / 1_000))
            }
            Kind::Restart => {
                (Some(stroke.pitch), "broke off after it, and began the measure again".to_owned())
            }
        };
        Blunder { kind: self.kind, note: self.note, at: Micros(stroke.down), played, detail }
    }
}

impl Performance {
    /// Makes up to so many mistakes, one in each equal stretch of the piece, all sorts in turn; at most one in
    /// [`STRETCH_MIN`] notes.
    pub fn blunder(&mut self, score: &Score, count: usize) {
        let count = count.min(score.notes().len() / STRETCH_MIN);
        let mut kinds = Kind::ALL;
        self.rng.shuffle(&mut kinds);
        let stretch = score.notes().len() / count.max(1);
        for turn in 0..count {
            let kind = kinds[turn % kinds.len()];
            // A margin on either side keeps mistakes apart.
            let range = turn * stretch + stretch / 5..(turn + 1) * stretch - stretch / 5;
            let mut notes: Vec<usize> = range.collect();
            self.rng.shuffle(&mut notes);
            let made = notes.into_iter().find_map(|index| {
                let note = NoteIndex(index as u32);
                let stroke = self.plain(score, note)?;
                self.make(kind, score, note, stroke)
            });
            self.blunders.extend(made);
        }
    }

    /// The stroke of a note that is alone: without ornament, grace note or unison, inside the piece.
    fn plain(&self, score: &Score, index: NoteIndex) -> Option<usize> {
        let note = score.note(index);
        let adorned = |other: &ScoreNote<'_>| {
            other.onset == note.onset
                && (other.grace || !other.ornaments.is_empty() || other.pitch == note.pitch)
        };
        let inside = note.measure > 0 && (note.measure as usize) + 2 < score.measures().len();
        let neighbours = score.notes().iter().enumerate().filter(|&(other, _)| other != index.get());
        if !inside
            || note.grace
            || !note.ornaments.is_empty()
            || neighbours.map(|(_, n)| n).any(|n| adorned(&n))
        {
            return None;
        }
        self.strokes.iter().position(|stroke| stroke.of == Some(index) && stroke.main)
    }

    fn make(&mut self, kind: Kind, score: &Score, note: NoteIndex, stroke: usize) -> Option<Made> {
        let (down, place, pitch) = {
            let stroke = &self.strokes[stroke];
            (stroke.down, stroke.place, stroke.pitch)
        };
        let alone = |take: &Self| take.clear(pitch, down, stroke);
        let mut at = stroke;
        match kind {
            Kind::Wrong => {
                self.strokes[stroke].pitch = self.other_key(pitch, down, stroke, &[1, -1, 3, -3, 4, -4])?
            }
            Kind::Missed if alone(self) => self.strokes[stroke].silent = true,
            Kind::Late if alone(self) && self.time_to_next(score, note, down) > LATE + 60_000 => {
                self.strokes[stroke].down += LATE;
                let shortest = self.strokes[stroke].down + super::STROKE_MIN;
                self.strokes[stroke].up = self.strokes[stroke].up.max(shortest);
            }
            Kind::Extra if self.time_to_next(score, note, down) > 160_000 => {
                let mut slip = self.strokes[stroke].clone();
                slip.pitch = self.other_key(pitch, down, stroke, &[1, -1, 2, -2])?;
                (slip.of, slip.main) = (None, false);
                slip.down += self.time_to_next(score, note, down) / 2;
                slip.up = slip.down + 90_000;
                slip.velocity = slip.velocity.saturating_sub(12).max(20);
                at = self.strokes.len();
                self.strokes.push(slip);
            }
            Kind::Hesitation => self.delay_from(place, HESITATION),
            Kind::Restart => at = self.restart(score, note, place)?,
            Kind::Missed | Kind::Late | Kind::Extra => return None,
        }
        Some(Made { kind, note, stroke: at })
    }

    /// Plays the measure up to and with the place, breaks off, and plays it again from its beginning. Gives the
    /// stroke after which it broke off.
    fn restart(&mut self, score: &Score, note: NoteIndex, place: Ticks) -> Option<usize> {
        let from = score.measure_of(note).onset;
        let begun: Vec<Stroke> =
            self.strokes.iter().filter(|stroke| (from..=place).contains(&stroke.place)).cloned().collect();
        let mains = begun.iter().filter(|stroke| stroke.main).count();
        let (first, last) = (begun.iter().map(|s| s.down).min()?, begun.iter().map(|s| s.down).max()?);
        if place == from || mains < 3 {
            return None;
        }
        self.delay_from(from, last - first + BREAK_OFF);
        let copy = begun.iter().position(|stroke| stroke.of == Some(note) && stroke.main)?;
        let at = self.strokes.len() + copy;
        self.strokes.extend(begun.into_iter().map(|mut stroke| {
            stroke.up = stroke.up.min(last + 150_000);
            stroke
        }));
        Some(at)
    }

    fn delay_from(&mut self, place: Ticks, by: i64) {
        let Some(from) = self.strokes.iter().filter(|s| s.place >= place).map(|s| s.down).min() else {
            return;
        };
        for stroke in self.strokes.iter_mut().filter(|stroke| stroke.place >= place) {
            stroke.down += by;
            stroke.up += by;
        }
        for (down, up) in &mut self.pedal {
            if *up > from {
                *up += by;
                *down += if *down >= from { by } else { 0 };
            }
        }
    }

    /// A key at one of the distances that nobody expects around this time.
    fn other_key(&mut self, pitch: u8, down: i64, stroke: usize, by: &[i16]) -> Option<u8> {
        let mut by = by.to_vec();
        self.rng.shuffle(&mut by);
        let keys = by.into_iter().map(|by| i16::from(pitch) + by);
        keys.filter(|key| (21..=108).contains(key))
            .map(|key| key as u8)
            .find(|&key| self.clear(key, down, stroke))
    }

    /// Whether no other stroke of this key is near.
    fn clear(&self, pitch: u8, down: i64, but: usize) -> bool {
        let near = |stroke: &Stroke| stroke.pitch == pitch && (stroke.down - down).abs() < CLEAR;
        !self.strokes.iter().enumerate().any(|(index, stroke)| index != but && near(stroke))
    }

    /// Time until the next onset in the note's hand.
    fn time_to_next(&self, score: &Score, note: NoteIndex, down: i64) -> i64 {
        let (place, hand) = (score.note(note).onset, score.note(note).hand);
        let later = |stroke: &&Stroke| {
            stroke.place > place && stroke.of.is_some_and(|of| score.note(of).hand == hand)
        };
        self.strokes.iter().filter(later).map(|stroke| stroke.down - down).min().unwrap_or(0)
    }
}

fn name_of(pitch: u8) -> String {
    const NAMES: [&str; 12] = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "G♯", "A", "B♭", "B"];
    format!("{}{}", NAMES[usize::from(pitch % 12)], i16::from(pitch / 12) - 1)
}
