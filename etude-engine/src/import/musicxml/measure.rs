//! One measure of one part: the cursor that goes forward and back, and what it meets.

use super::attributes::Attributes;
use super::document::{PartMeasure, clip};
use super::form::{self, Form};
use super::hands::Hands;
use super::name::{Attribute, Tag};
use super::note::NoteElement;
use super::number::{Decimal, scale};
use super::repeat::Repeated;
use super::span::{Draft, Open, Page};
use super::tree::Node;
use super::{direction, metronome};
use crate::import::ImportError;
use crate::import::warnings::Warnings;
use crate::score::marks::MarkKind;
use crate::score::written::{WrittenMark, WrittenNote, WrittenTempo};
use crate::score::{Freedom, TICKS_MAX};
use crate::units::Ticks;

/// Every time through a repeat holds the id again; a longer one is replaced.
const ID_BYTES_MAX: usize = 128;

/// What a part carries on from measure to measure.
pub(super) struct PartReader {
    /// Number of the part in the file, from 0.
    part: usize,
    ticks_per_quarter: i64,
    attributes: Attributes,
    hands: Hands,
    /// Microseconds of a quarter by the last tempo mark.
    tempo: Option<u32>,
    open: Open,
    repeated: Repeated,
    /// Doubts that were told; each is told where it arises first.
    told: Vec<&'static str>,
}

/// What one measure of one part holds.
#[derive(Default)]
pub(super) struct ReadMeasure {
    pub(super) notes: Vec<WrittenNote>,
    pub(super) tempo: Vec<WrittenTempo>,
    pub(super) marks: Vec<WrittenMark>,
    pub(super) form: Form,
    /// Where its content ends.
    pub(super) length: Ticks,
    /// How long the time signature says it is, if there is one.
    pub(super) nominal: Option<Ticks>,
}

/// Where in the measure the next note stands. Counted in the file's own divisions, so that the same place
/// reached twice is the same tick even where ticks must be rounded.
#[derive(Clone, Copy, Default)]
struct Cursor {
    /// Where the present divisions began to count.
    base: i64,
    /// Ten-thousandths of a division since.
    offset: i64,
}

/// Where a note stands.
struct Place {
    ordinal: usize,
    chord: u32,
    onset: Cursor,
    end: Cursor,
}

impl PartReader {
    /// `abbreviated` if the file has measure-repeat signs.
    pub(super) fn new(part: usize, ticks_per_quarter: u32, hands: Hands, abbreviated: bool) -> Self {
        Self {
            part,
            ticks_per_quarter: i64::from(ticks_per_quarter),
            attributes: Attributes::default(),
            hands,
            tempo: None,
            open: Open::new(),
            repeated: Repeated::new(abbreviated),
            told: Vec::new(),
        }
    }

    /// Reads one measure; `next` is the one after. With `warnings` absent only lengths, tempo and form are wanted, not
    /// notes.
    pub(super) fn read(
        &mut self,
        measure: PartMeasure<'_>,
        next: Option<PartMeasure<'_>>,
        mut warnings: Option<&mut Warnings>,
    ) -> Result<ReadMeasure, ImportError> {
        let mut read = ReadMeasure::default();
        let mut page = Page::default();
        let mut cursor = Cursor::default();
        let mut place = Place { ordinal: measure.notes_before, chord: 0, onset: cursor, end: cursor };
        let wanted = warnings.is_some();
        let mut warn = |reason: &str| {
            if let Some(warnings) = &mut warnings {
                warnings.add(Some(&clip(measure.number)), reason);
            }
        };
        for node in measure.node.children() {
            match node.tag() {
                Tag::Attributes => {
                    let now = self.ticks(cursor);
                    if self.read_attributes(node, measure.number)? {
                        cursor = Cursor { base: now, offset: 0 };
                    }
                }
                Tag::Note => {
                    place.ordinal += 1;
                    let element = NoteElement::read(node);
                    let grace = element.grace.is_some();
                    let duration = if grace { 0 } else { self.duration(element.duration, &mut warn) };
                    if !element.chord {
                        place.onset = cursor;
                        place.chord += 1;
                    }
                    place.end = place.onset.moved(duration);
                    if wanted {
                        self.note(&element, &place, &mut page, &mut read.marks, &mut warn);
                    }
                    if !element.chord {
                        cursor = place.end;
                    }
                    read.length = read.length.max(Ticks(self.ticks(place.end)));
                }
                Tag::Backup => {
                    cursor = cursor.moved(-self.duration(node.child_text(Tag::Duration), &mut warn));
                    page.break_off();
                    if self.ticks(cursor) < 0 {
                        warn("a backup goes before the beginning of the measure and was stopped there");
                        cursor = Cursor::default();
                    }
                }
                Tag::Forward => {
                    cursor = cursor.moved(self.duration(node.child_text(Tag::Duration), &mut warn));
                    page.break_off();
                    read.length = read.length.max(Ticks(self.ticks(cursor)));
                }
                Tag::Barline => {
                    let at_edge = read.form.barline(node);
                    if !at_edge {
                        warn("a repeat sign in the middle of the measure was moved to its edge");
                    }
                    if wanted && node.child(Tag::Fermata).is_some() {
                        let at = Ticks(self.ticks(cursor));
                        read.marks.push(WrittenMark { kind: MarkKind::Fermata, offset: at, staff: 1 });
                    }
                }
                Tag::Direction => {
                    read.form.direction(node, Ticks(self.ticks(cursor)));
                    self.tempo(node, cursor, &mut read, &mut warn);
                    if wanted {
                        let staff =
                            node.child_text(Tag::Staff).and_then(|staff| staff.parse().ok()).unwrap_or(1);
                        let offset = self.place_of(node, cursor);
                        let mark = |kind| WrittenMark { kind, offset, staff };
                        read.marks.extend(direction::marks(node).into_iter().map(mark));
                    }
                }
                Tag::Sound => {
                    read.form.sound(node, Ticks(self.ticks(cursor)));
                    self.tempo(node, cursor, &mut read, &mut warn);
                }
                _ => {}
            }
        }
        if wanted {
            read.notes = page.finish(self.part, next, &mut self.open, &mut warn);
            self.repeated.fill(&self.attributes, &mut read, &mut warn);
        }
        read.nominal = self.nominal();
        if read.length.0 > TICKS_MAX {
            return Err(field(measure.node, measure.number, "duration", "", "makes the measure too long"));
        }
        Ok(read)
    }

    /// Whether the divisions changed.
    fn read_attributes(&mut self, node: Node<'_>, measure: &str) -> Result<bool, ImportError> {
        let before = self.attributes.divisions;
        self.attributes.read(node).map_err(|text| {
            let divisions = node.child(Tag::Divisions).unwrap_or(node);
            field(divisions, measure, "divisions", &text, "is not a number above 0")
        })?;
        Ok(self.attributes.divisions != before)
    }

    /// Length of a measure by the time signature.
    fn nominal(&self) -> Option<Ticks> {
        let (beats, beat_type) = self.attributes.time?;
        Some(Ticks(scale(beats.saturating_mul(4), self.ticks_per_quarter, beat_type)))
    }

    /// A `<duration>` in ten-thousandths of a division.
    fn duration(&mut self, text: Option<&str>, warn: &mut impl FnMut(&str)) -> i64 {
        if self.attributes.divisions == 0 {
            warn("durations stand before any <divisions>; one division is taken as a quarter");
            self.attributes.divisions = Decimal::ONE;
        }
        match text.and_then(Decimal::parse) {
            Some(duration) if duration.0 >= 0 => duration.0,
            _ => {
                warn("a duration is missing or not a number; it is taken as none");
                0
            }
        }
    }

    fn note(
        &mut self,
        element: &NoteElement<'_>,
        place: &Place,
        page: &mut Page,
        marks: &mut Vec<WrittenMark>,
        warn: &mut impl FnMut(&str),
    ) {
        let offset = Ticks(self.ticks(place.onset));
        let (voice, staff) = (element.voice, element.staff);
        let articulations = element.articulations(|kind| marks.push(WrittenMark { kind, offset, staff }));
        let grace_kind = element.grace_kind();
        if grace_kind.is_none() && !element.chord {
            page.main_note(voice, element.rest);
        }
        let (spelled, microtonal) = match element.spelled() {
            None => return,
            Some(Ok(read)) => read,
            Some(Err(reason)) => return warn(&reason),
        };
        let transpose = self.attributes.transpose(staff);
        let Some(pitch) = spelled.key(transpose.semitones) else {
            return warn(&format!("a note {} beyond the keyboard was left out", spelled.name()));
        };
        if microtonal {
            warn("a quarter tone was rounded to the nearest key");
        }
        let hidden = element.is_hidden();
        if element.is_silent() && hidden {
            return warn("a hidden note that playback leaves silent was left out");
        }
        // Notation programs hide the notes that make an ornament sound, and write small notes and cadenzas as cues:
        // players play what they stand for, though not always note by note.
        let doubts = [
            (element.cue, "cue notes"),
            (hidden, "hidden notes"),
            (element.is_silent(), "notes that playback leaves silent"),
            (element.is_slash(), "slashes"),
        ];
        let mut doubtful = false;
        for (_, what) in doubts.iter().filter(|(holds, _)| *holds) {
            doubtful = true;
            if !self.told.contains(what) {
                self.told.push(what);
                warn(&format!("{what} are taken as notes that may be left out, here and in later measures"));
            }
        }
        let signs = element.ornament_signs();
        let (tie_start, tie_stop) = element.ties();
        let node = element.node;
        let id = node
            .attribute(Attribute::Id)
            .map(str::trim)
            .filter(|id| !id.is_empty() && id.len() <= ID_BYTES_MAX);
        let note = WrittenNote {
            id: id.map_or_else(|| format!("n{}", place.ordinal).into(), Into::into),
            offset,
            duration: Ticks(if grace_kind.is_some() { 0 } else { self.ticks(place.end) - offset.0 }),
            pitch,
            hand: self.hands.of(staff, pitch),
            staff,
            voice,
            grace: grace_kind.is_some(),
            ornaments: signs.as_ref().map_or_else(Default::default, |signs| signs.ornaments),
            articulations,
            freedom: Freedom {
                optional: grace_kind.is_some() || doubtful,
                grace: grace_kind.map(|kind| page.grace(voice, kind, element.chord)),
                roll: None,
                ornament: None,
            },
            tie_start,
            tie_stop,
            times: form::times(node),
        };
        let doubled = transpose.double.and_then(|octave| {
            let pitch = spelled.key(transpose.semitones + octave)?;
            let hand = self.hands.of(staff, pitch);
            Some(WrittenNote { id: format!("{}_8", note.id).into(), pitch, hand, ..note.clone() })
        });
        let key = self.attributes.key(staff);
        let draft = |signs, transpose| Draft { spelled, key, transpose, chord: place.chord, signs };
        page.add(note, draft(signs, transpose.semitones), staff);
        if let Some(doubled) = doubled {
            warn("the part sounds in octaves; the second note of each is taken too");
            let octave = transpose.double.unwrap_or(0);
            page.add(doubled, draft(None, transpose.semitones + octave), staff);
        }
    }

    fn tempo(&mut self, node: Node<'_>, cursor: Cursor, read: &mut ReadMeasure, warn: &mut impl FnMut(&str)) {
        let Some(mark) = metronome::tempo(node) else { return };
        let Some(micros_per_quarter) = mark.after(self.tempo) else {
            return warn("a tempo is set equal to the one before, which isn't known; it was left out");
        };
        self.tempo = Some(micros_per_quarter);
        let times = form::times(node.child(Tag::Sound).unwrap_or(node));
        read.tempo.push(WrittenTempo { offset: self.place_of(node, cursor), micros_per_quarter, times });
    }

    /// Where a `<direction>` or `<sound>` takes effect. The offset of a sound moves it; that of a direction moves what is
    /// drawn, and the sound only where it says so and the sound has none of its own.
    fn place_of(&self, node: Node<'_>, cursor: Cursor) -> Ticks {
        let sound = if node.is(Tag::Sound) { Some(node) } else { node.child(Tag::Sound) };
        let of_sound = sound.and_then(|sound| sound.child(Tag::Offset));
        let of_both =
            || node.child(Tag::Offset).filter(|offset| offset.attribute(Attribute::Sound) == Some("yes"));
        let offset = of_sound.or_else(of_both).and_then(Node::text).and_then(Decimal::parse);
        let moved = cursor.moved(offset.map_or(0, |offset| offset.0));
        Ticks(self.ticks(moved).clamp(0, TICKS_MAX))
    }

    fn ticks(&self, cursor: Cursor) -> i64 {
        let since = if self.attributes.divisions == 0 {
            0
        } else {
            scale(cursor.offset, self.ticks_per_quarter, self.attributes.divisions)
        };
        cursor.base.saturating_add(since)
    }
}

impl Cursor {
    fn moved(self, by: i64) -> Self {
        Self { offset: self.offset.saturating_add(by), ..self }
    }
}

fn field(
    node: Node<'_>,
    measure: &str,
    name: &'static str,
    value: &str,
    reason: &'static str,
) -> ImportError {
    ImportError::Field { line: node.line(), measure: clip(measure), field: name, value: clip(value), reason }
}
