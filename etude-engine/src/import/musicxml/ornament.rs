//! Signs of ornament on one note, and the keys that each lets sound.

use super::name::{Attribute, Tag};
use super::pitch::{Accidentals, KeySignature, Neighbour, Spelled};
use super::tree::Node;
use crate::score::Ornaments;
use crate::score::freedom::{KeySet, Ornament, RollDirection, Sign};
use crate::units::{Pitch, Ticks};

/// The signs on one note.
#[derive(Default)]
pub(super) struct Signs {
    pub(super) ornaments: Ornaments,
    /// Ornaments that one note has for itself.
    signs: Vec<Grant>,
    pub(super) tremolo: Option<Tremolo>,
    /// A wavy line begins; one ends. With its number.
    pub(super) line_start: Option<u8>,
    pub(super) line_stop: Option<u8>,
    /// A glissando or slide begins: its name and number.
    pub(super) glissando: Option<(Tag, u8)>,
    /// One ends.
    pub(super) glissando_stop: Option<(Tag, u8)>,
    /// Which way the chord is rolled, and the number of the group if it has one.
    pub(super) roll: Option<(RollDirection, Option<u8>)>,
}

/// How a tremolo sign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tremolo {
    /// On this chord alone.
    Single,
    /// Between this chord and the next.
    Start,
    /// Between this chord and the one before.
    Stop,
}

/// One sign, and what it says of the neighbours.
struct Grant {
    sign: Sign,
    above: Neighbour,
    below: Neighbour,
    /// The sign is preceded or followed by a neighbour it does not usually have.
    extra_above: bool,
    extra_below: bool,
}

/// What a measure says of the notes beside an ornamented one.
pub(super) struct Surroundings<'a> {
    pub(super) key: KeySignature,
    pub(super) accidentals: &'a Accidentals,
    pub(super) staff: u8,
    pub(super) onset: i64,
    /// Semitones from written to sounding.
    pub(super) transpose: i64,
}

impl Signs {
    /// Reads the signs in a note's `<notations>`.
    pub(super) fn read<'a>(notations: impl Iterator<Item = Node<'a>>) -> Self {
        let mut this = Self::default();
        for sign in notations {
            match sign.tag() {
                Tag::Ornaments => sign.children().for_each(|sign| this.ornament(sign)),
                // Beside the ornaments it means the same as among them.
                Tag::AccidentalMark => this.accidental(sign),
                Tag::Arpeggiate => {
                    this.ornaments = this.ornaments.with(Ornaments::ARPEGGIO);
                    let direction = match sign.attribute(Attribute::Direction) {
                        Some("up") => RollDirection::Up,
                        Some("down") => RollDirection::Down,
                        _ => RollDirection::Either,
                    };
                    this.roll = Some((direction, number(sign)));
                }
                Tag::NonArpeggiate => this.roll = Some((RollDirection::Together, number(sign))),
                name @ (Tag::Glissando | Tag::Slide) => {
                    let line = Some((name, number(sign).unwrap_or(1)));
                    match sign.attribute(Attribute::Type) {
                        Some("start") => {
                            this.ornaments = this.ornaments.with(Ornaments::GLISSANDO);
                            this.glissando = line;
                        }
                        Some("stop") => this.glissando_stop = line,
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        this
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ornaments.is_empty()
            && self.signs.is_empty()
            && self.tremolo.is_none()
            && self.line_start.or(self.line_stop).is_none()
            && self.roll.is_none()
            && self.glissando_stop.is_none()
    }

    /// The keys that the note's own signs let sound, and until the end of its tied chain.
    pub(super) fn grant(&self, note: Spelled, around: &Surroundings<'_>) -> Option<Ornament> {
        let all = self.signs.iter().map(|grant| grant.ornament(note, around));
        all.reduce(|mut all, next| {
            all.join(&next);
            all
        })
    }

    fn ornament(&mut self, node: Node<'_>) {
        let (sign, flag) = match node.tag() {
            Tag::TrillMark | Tag::Shake => (Sign::Trill, Ornaments::TRILL),
            Tag::Turn | Tag::VerticalTurn => (Sign::Turn, Ornaments::TURN),
            Tag::InvertedTurn | Tag::InvertedVerticalTurn => (Sign::InvertedTurn, Ornaments::TURN),
            Tag::DelayedTurn => (Sign::DelayedTurn, Ornaments::TURN),
            Tag::DelayedInvertedTurn => (Sign::DelayedInvertedTurn, Ornaments::TURN),
            Tag::Haydn => (Sign::Haydn, Ornaments::TURN),
            Tag::Schleifer => (Sign::Schleifer, Ornaments::TURN),
            Tag::Mordent => (Sign::Mordent, Ornaments::MORDENT),
            Tag::InvertedMordent => (Sign::InvertedMordent, Ornaments::MORDENT),
            Tag::OtherOrnament => (Sign::Other, Ornaments::NONE),
            Tag::AccidentalMark => return self.accidental(node),
            Tag::WavyLine => return self.wavy_line(node),
            Tag::Tremolo => {
                self.ornaments = self.ornaments.with(Ornaments::TREMOLO);
                self.tremolo = Some(match node.attribute(Attribute::Type) {
                    Some("start") => Tremolo::Start,
                    Some("stop") => Tremolo::Stop,
                    _ => Tremolo::Single,
                });
                return;
            }
            _ => return,
        };
        self.ornaments = self.ornaments.with(flag);
        self.signs.push(Grant::new(sign, node));
    }

    fn wavy_line(&mut self, node: Node<'_>) {
        let number = number(node).unwrap_or(1);
        match node.attribute(Attribute::Type) {
            // The line alone, without "tr", is a trill too.
            Some("start") => {
                self.ornaments = self.ornaments.with(Ornaments::TRILL);
                self.line_start = Some(number);
            }
            Some("stop") => self.line_stop = Some(number),
            _ => {}
        }
    }

    /// An accidental over or under the sign before it.
    fn accidental(&mut self, node: Node<'_>) {
        let Some(grant) = self.signs.last_mut() else { return };
        let alter = match node.text().unwrap_or("") {
            "sharp" | "natural-sharp" => 1,
            "natural" => 0,
            "flat" | "natural-flat" => -1,
            "double-sharp" | "sharp-sharp" => 2,
            "flat-flat" | "double-flat" => -2,
            _ => return,
        };
        let below = match node.attribute(Attribute::Placement) {
            Some("below") => true,
            Some("above") => false,
            _ => grant.sign == Sign::Mordent,
        };
        *(if below { &mut grant.below } else { &mut grant.above }) = Neighbour::Altered(alter);
    }
}

impl Grant {
    fn new(sign: Sign, node: Node<'_>) -> Self {
        let above = match node.attribute(Attribute::TrillStep) {
            Some("whole") => Neighbour::Semitones(2),
            Some("half") => Neighbour::Semitones(1),
            Some("unison") => Neighbour::Semitones(0),
            _ => Neighbour::Diatonic,
        };
        let has = |side| {
            [Attribute::Approach, Attribute::Departure].iter().any(|name| node.attribute(*name) == Some(side))
        };
        Self { sign, above, below: Neighbour::Diatonic, extra_above: has("above"), extra_below: has("below") }
    }

    fn ornament(&self, note: Spelled, around: &Surroundings<'_>) -> Ornament {
        let mut keys = around.key_of(note).map_or(KeySet::EMPTY, KeySet::of);
        // A trill may close with a turn from below, written or not.
        let above = self.extra_above || !matches!(self.sign, Sign::Mordent | Sign::Schleifer);
        let below = self.extra_below || !matches!(self.sign, Sign::InvertedMordent);
        if above {
            keys = around.neighbour(note, 1, self.above).into_iter().fold(keys, KeySet::and);
        }
        if below {
            keys = around.neighbour(note, -1, self.below).into_iter().fold(keys, KeySet::and);
        }
        if below && self.below == Neighbour::Diatonic && self.sign != Sign::Schleifer {
            // Players take the half step below even where the key has a whole one.
            keys = around.neighbour(note, 0, Neighbour::Semitones(-1)).into_iter().fold(keys, KeySet::and);
        }
        if self.sign == Sign::Schleifer {
            keys = around.neighbour(note, -2, Neighbour::Diatonic).into_iter().fold(keys, KeySet::and);
        }
        Ornament { sign: self.sign, keys, until: Ornament::AS_LONG_AS_TIED }
    }
}

impl Surroundings<'_> {
    /// A trill on a note without a sign of its own, under a wavy line, until `end`.
    pub(super) fn trill(&self, note: Spelled, end: Ticks) -> Ornament {
        let grant = Grant {
            sign: Sign::Trill,
            above: Neighbour::Diatonic,
            below: Neighbour::Diatonic,
            extra_above: false,
            extra_below: false,
        };
        Ornament { until: end, ..grant.ornament(note, self) }
    }

    fn neighbour(&self, note: Spelled, steps: i64, how: Neighbour) -> Option<Pitch> {
        self.key_of(self.accidentals.neighbour(self.key, (self.staff, note, self.onset), steps, how))
    }

    fn key_of(&self, note: Spelled) -> Option<Pitch> {
        note.key(self.transpose)
    }
}

fn number(node: Node<'_>) -> Option<u8> {
    node.attribute(Attribute::Number).and_then(|number| number.trim().parse().ok())
}
