//! Pitches as they are spelled: what key they sound, and what their neighbours are by key signature and accidentals.

use super::document::clip;
use super::name::Tag;
use super::number::Decimal;
use super::tree::Node;
use crate::units::Pitch;

const STEPS: [&str; 7] = ["C", "D", "E", "F", "G", "A", "B"];
const SEMITONES: [i64; 7] = [0, 2, 4, 5, 7, 9, 11];
/// The order of sharps in key signatures; flats come the other way round.
const SHARPS: [usize; 7] = [3, 0, 4, 1, 5, 2, 6];
/// Accidentals further back than so many notes of the measure are forgotten, so that looking for one has a bound.
const REMEMBERED_MAX: usize = 256;

/// A written pitch, before any transposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spelled {
    /// 0 for C to 6 for B.
    step: usize,
    octave: i64,
    /// Semitones up from the step.
    alter: i64,
}

impl Spelled {
    /// Reads a `<pitch>`; also whether a quarter tone had to be rounded. The error says what was left out.
    pub(super) fn read(pitch: Node<'_>) -> Result<(Self, bool), String> {
        let (mut step, mut octave, mut alter) = ("", "", "0");
        for node in pitch.children() {
            let text = node.text().unwrap_or("");
            match node.tag() {
                Tag::Step => step = text,
                Tag::Octave => octave = text,
                Tag::Alter if !text.is_empty() => alter = text,
                _ => {}
            }
        }
        let Some(number) = STEPS.iter().position(|name| *name == step) else {
            return Err(format!("a note with step {:?} was left out", clip(step)));
        };
        let (Ok(eight), Some(semitones)) = (octave.parse::<i8>(), Decimal::parse(alter)) else {
            return Err(format!(
                "a note {step} with octave {:?}, alter {:?} was left out",
                clip(octave),
                clip(alter)
            ));
        };
        let alter = semitones.round().clamp(-24, 24);
        Ok((Self { step: number, octave: i64::from(eight), alter }, !semitones.is_whole()))
    }

    /// The key it sounds, so many semitones up; `None` beyond the 128 keys.
    pub(super) fn key(self, transpose: i64) -> Option<Pitch> {
        let number = (self.octave + 1) * 12 + SEMITONES[self.step] + self.alter + transpose;
        u8::try_from(number).ok().and_then(Pitch::new)
    }

    /// Step and octave, as in "C4".
    pub(super) fn name(self) -> String {
        format!("{}{}", STEPS[self.step], self.octave)
    }

    /// So many steps of the staff up, with this alteration.
    fn moved(self, steps: i64, alter: i64) -> Self {
        let place = self.octave * 7 + self.step as i64 + steps;
        Self { step: place.rem_euclid(7) as usize, octave: place.div_euclid(7), alter }
    }
}

/// What the key signature does to each step, in semitones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct KeySignature([i8; 7]);

impl KeySignature {
    /// Reads a `<key>`, by fifths or as a list of steps.
    pub(super) fn read(key: Node<'_>) -> Self {
        let mut alters = [0; 7];
        if let Some(fifths) = key.child_text(Tag::Fifths).and_then(Decimal::parse) {
            let fifths = fifths.round().clamp(-14, 14);
            for turn in 0..fifths.unsigned_abs() as usize {
                let step = if fifths > 0 { SHARPS[turn % 7] } else { SHARPS[6 - turn % 7] };
                alters[step] += fifths.signum() as i8;
            }
        }
        for (step, alter) in key.children_of(Tag::KeyStep).zip(key.children_of(Tag::KeyAlter)).take(7) {
            let step = STEPS.iter().position(|name| step.text() == Some(name));
            let alter = alter.text().and_then(Decimal::parse);
            if let (Some(step), Some(alter)) = (step, alter) {
                alters[step] = alter.round().clamp(-4, 4) as i8;
            }
        }
        Self(alters)
    }
}

/// How far a neighbour lies, where the notation says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Neighbour {
    /// The next step, by key signature and accidentals.
    Diatonic,
    /// The next step, with this accidental.
    Altered(i64),
    /// So many semitones.
    Semitones(i64),
}

/// The alterations that hold in one measure: those of the key, and those that its notes bring.
#[derive(Default)]
pub(super) struct Accidentals {
    notes: Vec<(u8, Spelled, i64)>,
}

impl Accidentals {
    /// Takes in a note of a staff at a tick of the measure.
    pub(super) fn add(&mut self, staff: u8, note: Spelled, onset: i64) {
        self.notes.push((staff, note, onset));
    }

    /// The note so many steps above (below if negative) as it would be written at this place.
    pub(super) fn neighbour(
        &self,
        key: KeySignature,
        (staff, note, onset): (u8, Spelled, i64),
        steps: i64,
        how: Neighbour,
    ) -> Spelled {
        let plain = note.moved(steps, 0);
        match how {
            Neighbour::Altered(alter) => Spelled { alter, ..plain },
            Neighbour::Semitones(semitones) => Spelled { alter: note.alter + semitones, ..note },
            Neighbour::Diatonic => {
                let last = self.notes.iter().rev().take(REMEMBERED_MAX).filter(|(other, earlier, at)| {
                    let place = (earlier.step, earlier.octave) == (plain.step, plain.octave);
                    place && *other == staff && *at <= onset
                });
                let alter = last.max_by_key(|(.., at)| *at).map(|(_, earlier, _)| earlier.alter);
                Spelled { alter: alter.unwrap_or(i64::from(key.0[plain.step])), ..plain }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::document;
    use super::*;
    use crate::import::Limits;

    fn of(fifths: &str) -> KeySignature {
        let text = format!("<score-partwise><key><fifths>{fifths}</fifths></key></score-partwise>");
        let tree = document::read(&text, &Limits::default()).unwrap();
        KeySignature::read(tree.root().child(Tag::Key).unwrap())
    }

    #[test]
    fn fifths_are_sharps_and_flats_in_their_order() {
        assert_eq!(of("2").0, [1, 0, 0, 1, 0, 0, 0]);
        assert_eq!(of("-3").0, [0, 0, -1, 0, 0, -1, -1]);
        assert_eq!(of("8").0, [1, 1, 1, 2, 1, 1, 1]);
        assert_eq!(of("x").0, [0; 7]);
    }
}
