//! Tempo: from `<sound>`, from metronome marks, and from marks that set one note value equal to another.

use super::name::{Attribute, Tag};
use super::number::{Decimal, micros_per_quarter};
use super::tree::Node;

/// What a tempo mark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tempo {
    /// Microseconds of a quarter.
    Absolute(u32),
    /// The first value, at the tempo before, lasts as long as the second from here on.
    Equal(i64, i64),
}

/// A quarter note, in the unit in which note values are counted here: every value and its dots are whole.
const QUARTER: i64 = 1 << 14;

/// The tempo that a `<direction>` or `<sound>` sets. What plays back counts before what is drawn.
pub(super) fn tempo(node: Node<'_>) -> Option<Tempo> {
    let of_sound = |sound: Node<'_>| {
        let per_minute = sound.attribute(Attribute::Tempo).and_then(Decimal::parse);
        per_minute.and_then(micros_per_quarter).map(Tempo::Absolute)
    };
    if node.is(Tag::Sound) {
        return of_sound(node);
    }
    let metronome = || {
        let kinds = node.children_of(Tag::DirectionType);
        kinds.flat_map(|kind| kind.children_of(Tag::Metronome)).find_map(metronome)
    };
    node.child(Tag::Sound).and_then(of_sound).or_else(metronome)
}

impl Tempo {
    /// Microseconds of a quarter, given the tempo before; `None` where that is not known.
    pub(super) fn after(self, before: Option<u32>) -> Option<u32> {
        match self {
            Self::Absolute(micros) => Some(micros),
            Self::Equal(first, second) => {
                let micros = i128::from(before?) * i128::from(first);
                u32::try_from((micros + i128::from(second) / 2) / i128::from(second)).ok()
            }
        }
    }
}

/// "dotted quarter = 60", or "quarter = dotted quarter".
fn metronome(mark: Node<'_>) -> Option<Tempo> {
    let mut values: Vec<(i64, u32)> = Vec::new();
    for node in mark.children() {
        match node.tag() {
            Tag::BeatUnit => values.push((value_of(node.text()?)?, 0)),
            Tag::BeatUnitDot => values.last_mut()?.1 += 1,
            Tag::BeatUnitTied => {
                let dots = node.children_of(Tag::BeatUnitDot).count() as u32;
                let tied = dotted(value_of(node.child_text(Tag::BeatUnit)?)?, dots);
                let (value, dots) = values.last_mut()?;
                (*value, *dots) = (dotted(*value, *dots) + tied, 0);
            }
            Tag::PerMinute => {
                let per_minute = Decimal::first_in(node.text()?)?;
                let &[(value, dots)] = &values[..] else { return None };
                let quarters =
                    i128::from(per_minute.0) * i128::from(dotted(value, dots)) / i128::from(QUARTER);
                return micros_per_quarter(Decimal(i64::try_from(quarters).ok()?)).map(Tempo::Absolute);
            }
            _ => {}
        }
    }
    match &values[..] {
        &[(first, dots), (second, second_dots)] => {
            Some(Tempo::Equal(dotted(first, dots), dotted(second, second_dots)))
        }
        _ => relation(mark),
    }
}

/// One `<metronome-note>` equal to another. Groups of several tell how to swing, and change no tempo.
fn relation(mark: Node<'_>) -> Option<Tempo> {
    if mark.child_text(Tag::MetronomeRelation)? != "equals" {
        return None;
    }
    let mut notes = mark.children_of(Tag::MetronomeNote).map(|note| {
        let dots = note.children_of(Tag::MetronomeDot).count() as u32;
        let plain = note.child(Tag::MetronomeTuplet).is_none();
        note.child_text(Tag::MetronomeType)
            .and_then(value_of)
            .filter(|_| plain)
            .map(|value| dotted(value, dots))
    });
    match (notes.next(), notes.next(), notes.next()) {
        (Some(first), Some(second), None) => Some(Tempo::Equal(first?, second?)),
        _ => None,
    }
}

fn dotted(value: i64, dots: u32) -> i64 {
    2 * value - (value >> dots.min(4))
}

fn value_of(name: &str) -> Option<i64> {
    Some(match name {
        "maxima" => 32 * QUARTER,
        "long" => 16 * QUARTER,
        "breve" => 8 * QUARTER,
        "whole" => 4 * QUARTER,
        "half" => 2 * QUARTER,
        "quarter" => QUARTER,
        "eighth" => QUARTER / 2,
        "16th" => QUARTER / 4,
        "32nd" => QUARTER / 8,
        "64th" => QUARTER / 16,
        "128th" => QUARTER / 32,
        "256th" => QUARTER / 64,
        "512th" => QUARTER / 128,
        "1024th" => QUARTER / 256,
        _ => return None,
    })
}
