//! What `<attributes>` set for the music after them: divisions, time, key, transposition, ways of abbreviating.

use super::name::{Attribute, Tag};
use super::number::Decimal;
use super::pitch::KeySignature;
use super::tree::Node;

/// Most measures that one measure-repeat sign repeats: "4" is the largest that is engraved.
pub(super) const REPEATED_MAX: usize = 8;

/// The attributes in force in one part.
#[derive(Default)]
pub(super) struct Attributes {
    /// Divisions of a quarter, in ten-thousandths; 0 before the first are given.
    pub(super) divisions: i64,
    /// Beats and beat type of the time signature, added up if it is composite; `None` if free or not understood.
    pub(super) time: Option<(i64, i64)>,
    key: PerStaff<KeySignature>,
    transpose: PerStaff<Transpose>,
    /// Staves (0 for all) in measures that repeat so many measures before them.
    pub(super) repeats: Vec<(u8, usize)>,
    /// Whether beats are abbreviated by signs.
    pub(super) beat_repeat: bool,
}

/// From written to sounding pitch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Transpose {
    pub(super) semitones: i64,
    /// The note sounds an octave away besides: up or down.
    pub(super) double: Option<i64>,
}

/// A value for the part, and others for single staves.
#[derive(Default)]
struct PerStaff<T> {
    whole: T,
    of_staff: Vec<(u8, T)>,
}

impl<T: Copy> PerStaff<T> {
    fn set(&mut self, staff: Option<u8>, value: T) {
        match staff {
            Some(staff) => {
                self.of_staff.retain(|(other, _)| *other != staff);
                self.of_staff.push((staff, value));
            }
            None => {
                self.whole = value;
                self.of_staff.clear();
            }
        }
    }

    fn get(&self, staff: u8) -> T {
        self.of_staff.iter().find(|(other, _)| *other == staff).map_or(self.whole, |(_, value)| *value)
    }
}

impl Attributes {
    /// Takes in an `<attributes>`; the error is a text that is no number of divisions.
    pub(super) fn read(&mut self, node: Node<'_>) -> Result<(), String> {
        for child in node.children() {
            match child.tag() {
                Tag::Divisions => {
                    let text = child.text().unwrap_or("");
                    let value = Decimal::parse(text).filter(|value| value.0 > 0);
                    self.divisions = value.ok_or_else(|| text.to_owned())?.0;
                }
                Tag::Time => self.time = beats(child),
                Tag::Key => self.key.set(staff(child), KeySignature::read(child)),
                Tag::Transpose => self.transpose.set(staff(child), Transpose::read(child)),
                Tag::MeasureStyle => self.measure_style(child),
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn key(&self, staff: u8) -> KeySignature {
        self.key.get(staff)
    }

    pub(super) fn transpose(&self, staff: u8) -> Transpose {
        self.transpose.get(staff)
    }

    fn measure_style(&mut self, style: Node<'_>) {
        let staff = staff(style).unwrap_or(0);
        if let Some(sign) = style.child(Tag::MeasureRepeat) {
            self.repeats.retain(|(other, _)| *other != staff && staff != 0);
            if sign.attribute(Attribute::Type) == Some("start") {
                let count = sign.text().and_then(|text| text.parse().ok()).unwrap_or(1);
                self.repeats.push((staff, count.clamp(1, REPEATED_MAX)));
            }
        }
        for sign in [Tag::BeatRepeat, Tag::Slash].into_iter().filter_map(|name| style.child(name)) {
            self.beat_repeat = sign.attribute(Attribute::Type) == Some("start");
        }
    }
}

impl Transpose {
    fn read(node: Node<'_>) -> Self {
        let number = |name| node.child_text(name).and_then(Decimal::parse).map_or(0, Decimal::round);
        let semitones =
            number(Tag::Chromatic).clamp(-127, 127) + 12 * number(Tag::OctaveChange).clamp(-10, 10);
        let up = |double: Node<'_>| if double.attribute(Attribute::Above) == Some("yes") { 12 } else { -12 };
        Self { semitones, double: node.child(Tag::Double).map(up) }
    }
}

fn staff(node: Node<'_>) -> Option<u8> {
    node.attribute(Attribute::Number).and_then(|staff| staff.trim().parse().ok())
}

fn beats(time: Node<'_>) -> Option<(i64, i64)> {
    let mut sum = (0_i64, 1_i64);
    let pairs = time.children_of(Tag::Beats).zip(time.children_of(Tag::BeatType));
    for (beats, beat_type) in pairs.take(16) {
        let beats = beats.text()?.split('+').map(|part| part.trim().parse::<u16>().ok());
        let beats: i64 = beats.map(|part| part.map(i64::from)).sum::<Option<i64>>()?;
        let beat_type =
            beat_type.text()?.parse::<u16>().ok().filter(|n| n.is_power_of_two() && *n <= 1024)?;
        let common = sum.1.max(i64::from(beat_type));
        sum = (sum.0 * (common / sum.1) + beats * (common / i64::from(beat_type)), common);
    }
    (sum.0 > 0).then_some(sum)
}
