//! Which hand plays which staff of the chosen parts.

use super::document::Part;
use super::parts;
use crate::import::hands::{HandSource, HandsTold, Sounding, divide};
use crate::score::Hand;
use crate::score::written::{WrittenMeasure, WrittenNote};
use crate::units::Pitch;

/// Middle C: where a middle staff divides between the hands.
const MIDDLE_C: u8 = 60;

/// How the staves of a part divide between the hands.
#[derive(Clone, Copy)]
pub(super) enum Hands {
    /// A part with so many staves.
    Staves(u8),
    /// An organ's three staves: the lowest, the feet's, counts as the left hand's.
    Organ,
    /// One of two parts with a staff each: all with this hand.
    All(Hand),
}

impl Hands {
    pub(super) fn new(parts: &[Part<'_>], chosen: &[usize], part: usize) -> Self {
        match *chosen {
            [upper, lower] if [upper, lower].iter().all(|&i| parts[i].survey.staves == 1) => match part {
                _ if part == upper => Self::All(Hand::Right),
                _ if part == lower => Self::All(Hand::Left),
                _ => Self::Staves(1),
            },
            _ if parts::has_pedals(&parts[part]) => Self::Organ,
            _ => Self::Staves(parts[part].survey.staves),
        }
    }

    pub(super) fn of(self, staff: u8, pitch: Pitch) -> Hand {
        match self {
            Self::All(hand) => hand,
            Self::Organ if staff <= 1 => Hand::Right,
            Self::Organ => Hand::Left,
            Self::Staves(staves) if staves >= 2 && staff <= 1 => Hand::Right,
            Self::Staves(staves) if staves >= 2 && staff >= staves => Hand::Left,
            Self::Staves(_) if pitch.number() >= MIDDLE_C => Hand::Right,
            Self::Staves(_) => Hand::Left,
        }
    }
}

/// Tells how the hands are known. The notes of a single staff are divided between them by how hands move.
pub(super) fn tell(
    parts: &[Part<'_>],
    chosen: &[usize],
    measures: &mut [WrittenMeasure],
    ticks_per_quarter: u32,
) -> HandsTold {
    if let [part] = *chosen
        && parts[part].survey.staves == 1
    {
        return single_staff(measures, ticks_per_quarter);
    }
    let staves = chosen.iter().map(|&part| match Hands::new(parts, chosen, part) {
        Hands::Staves(staves) => staves,
        Hands::Organ | Hands::All(_) => 2,
    });
    let most = staves.max().unwrap_or(1);
    let guess = |note: &WrittenNote| most >= 3 && note.staff > 1 && note.staff < most;
    HandsTold::of_staves(
        measures.iter().flat_map(|measure| &measure.notes).map(|note| (note.hand, guess(note))),
    )
}

fn single_staff(measures: &mut [WrittenMeasure], ticks_per_quarter: u32) -> HandsTold {
    let mut start = 0_i64;
    let mut notes: Vec<(Sounding, &mut Hand)> = Vec::new();
    for measure in measures {
        notes.extend(measure.notes.iter_mut().map(|note| {
            let onset = start.saturating_add(note.offset.0);
            let sounding = Sounding { onset, end: onset.saturating_add(note.duration.0), pitch: note.pitch };
            (sounding, &mut note.hand)
        }));
        start = start.saturating_add(measure.duration.0);
    }
    notes.sort_by_key(|(sounding, _)| sounding.onset);
    let soundings: Vec<Sounding> = notes.iter().map(|(sounding, _)| *sounding).collect();
    let guesses = divide(&soundings, i64::from(ticks_per_quarter));
    for ((_, hand), guess) in notes.into_iter().zip(&guesses) {
        *hand = guess.hand;
    }
    HandsTold::guessed(HandSource::Split, &guesses)
}
