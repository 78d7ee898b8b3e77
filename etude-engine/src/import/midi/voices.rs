//! Which hand plays which track or channel of a file.

use std::collections::BTreeMap;

use super::notes::{Line, Note};
use super::tracks::File;
use crate::import::HandSource;
use crate::import::hands::{self, Guess, Sounding};
use crate::score::Hand;

/// What programs and people call the tracks of the hands, as whole words.
const RIGHT: [&str; 15] = [
    "right", "rh", "r.h", "upper", "treble", "md", "m.d", "droite", "destra", "dx", "derecha", "rechts",
    "rechte", "direita", "prawa",
];
const LEFT: [&str; 15] = [
    "left",
    "lh",
    "l.h",
    "lower",
    "bass",
    "mg",
    "m.g",
    "gauche",
    "sinistra",
    "sx",
    "izquierda",
    "links",
    "linke",
    "esquerda",
    "lewa",
];

/// The hand of each note, and by what it was told: by the names of the tracks; by two tracks or two channels, of which
/// the one lying higher is the right hand's; or by where the notes lie.
pub(super) fn divide(notes: &[Note], file: &File, ticks_per_quarter: i64) -> (Vec<Guess>, HandSource) {
    let lines = lines(notes);
    let certain = |source, hand: &dyn Fn(Line) -> Hand| {
        let guess = |note: &Note| Guess { hand: hand(note.line), confidence: 100 };
        (notes.iter().map(guess).collect(), source)
    };
    if let Some(named) = named(&lines, file) {
        return certain(HandSource::Names, &|line| named[&line]);
    }
    if let [(first, first_lies), (second, second_lies)] = &lines[..] {
        // Products, so that means are compared without a division.
        let first_is_upper = first_lies.0 * second_lies.1 >= second_lies.0 * first_lies.1;
        let upper = if first_is_upper { first } else { second };
        return certain(HandSource::Tracks, &|line| if line == *upper { Hand::Right } else { Hand::Left });
    }
    let sounding: Vec<Sounding> =
        notes.iter().map(|note| Sounding { onset: note.onset, end: note.end, pitch: note.pitch }).collect();
    (hands::divide(&sounding, ticks_per_quarter), HandSource::Split)
}

/// Each line with the sum and the number of its pitches.
fn lines(notes: &[Note]) -> Vec<(Line, (u64, u64))> {
    let mut lines: BTreeMap<Line, (u64, u64)> = BTreeMap::new();
    for note in notes {
        let (sum, count) = lines.entry(note.line).or_default();
        *sum += u64::from(note.pitch.number());
        *count += 1;
    }
    lines.into_iter().collect()
}

/// The hand of each line, if the names of their tracks tell; where all but one do, that one is the other hand.
fn named(lines: &[(Line, (u64, u64))], file: &File) -> Option<BTreeMap<Line, Hand>> {
    let told: Vec<(Line, Option<Hand>)> =
        lines.iter().map(|(line, _)| (*line, file.names[line.0].as_deref().and_then(hand_in))).collect();
    let has = |hand| told.iter().any(|(_, told)| *told == Some(hand));
    let unknown = told.iter().filter(|(_, told)| told.is_none()).count();
    let rest = match (has(Hand::Right), has(Hand::Left), unknown) {
        (true, true, 0) | (true, false, 1) => Hand::Left,
        (false, true, 1) => Hand::Right,
        _ => return None,
    };
    Some(told.into_iter().map(|(line, hand)| (line, hand.unwrap_or(rest))).collect())
}

/// The hand that a name speaks of; `None` if of none or of both.
fn hand_in(name: &str) -> Option<Hand> {
    let name = name.to_lowercase();
    let words = || name.split(|c: char| !c.is_alphanumeric() && c != '.').map(|word| word.trim_matches('.'));
    let speaks = |of: &[&str]| words().any(|word| of.contains(&word));
    match (speaks(&RIGHT), speaks(&LEFT)) {
        (true, false) => Some(Hand::Right),
        (false, true) => Some(Hand::Left),
        _ => None,
    }
}
