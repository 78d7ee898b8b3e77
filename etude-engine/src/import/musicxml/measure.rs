//! One measure of one part: the cursor that goes forward and back, and what it meets.

use roxmltree::Node;

use super::document::{PartMeasure, child, child_text, children, clip, line};
use super::form::{self, Form};
use super::note::{self, Sound};
use super::number::{Decimal, scale};
use super::parts::Hands;
use crate::import::ImportError;
use crate::import::warnings::Warnings;
use crate::score::written::{WrittenNote, WrittenTempo};
use crate::score::{Articulations, Freedom, TICKS_MAX};
use crate::units::Ticks;

/// Every time through a repeat holds the id again; a longer one is replaced.
const ID_BYTES_MAX: usize = 128;

/// What a part carries on from measure to measure.
pub(super) struct PartReader {
    ticks_per_quarter: i64,
    /// Divisions of a quarter, in ten-thousandths; 0 before the first are given.
    divisions: i64,
    /// Semitones from written to sounding, of the whole part.
    transpose: i64,
    /// The same for single staves.
    transpose_staff: Vec<(u8, i64)>,
    /// Length of a measure by the time signature.
    nominal: Option<Ticks>,
    hands: Hands,
}

/// What one measure of one part holds.
#[derive(Default)]
pub(super) struct ReadMeasure {
    pub(super) notes: Vec<WrittenNote>,
    pub(super) tempo: Vec<WrittenTempo>,
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

impl PartReader {
    pub(super) fn new(ticks_per_quarter: u32, hands: Hands) -> Self {
        let ticks_per_quarter = i64::from(ticks_per_quarter);
        Self {
            ticks_per_quarter,
            divisions: 0,
            transpose: 0,
            transpose_staff: Vec::new(),
            nominal: None,
            hands,
        }
    }

    /// Reads one measure. With `warnings` absent only lengths, tempo and form are wanted, not notes.
    pub(super) fn read(
        &mut self,
        measure: PartMeasure<'_>,
        mut warnings: Option<&mut Warnings>,
    ) -> Result<ReadMeasure, ImportError> {
        let mut read = ReadMeasure::default();
        let mut cursor = Cursor::default();
        let mut chord = cursor;
        let mut ordinal = measure.notes_before;
        let mut warn = |reason: &str| {
            if let Some(warnings) = &mut warnings {
                warnings.add(Some(&clip(measure.number)), reason);
            }
        };
        for node in measure.node.children().filter(Node::is_element) {
            match node.tag_name().name() {
                "attributes" => {
                    let now = self.ticks(cursor);
                    if self.attributes(node, measure.number)? {
                        cursor = Cursor { base: now, offset: 0 };
                    }
                }
                "note" => {
                    ordinal += 1;
                    let duration = self.duration(node, &mut warn);
                    let grace = child(node, "grace").is_some();
                    if child(node, "chord").is_none() {
                        chord = cursor;
                    }
                    let end = if grace { chord } else { chord.moved(duration) };
                    read.notes.extend(self.note(node, ordinal, (chord, end), &mut warn));
                    if child(node, "chord").is_none() {
                        cursor = end;
                    }
                    read.length = read.length.max(Ticks(self.ticks(end)));
                }
                "backup" => {
                    cursor = cursor.moved(-self.duration(node, &mut warn));
                    if self.ticks(cursor) < 0 {
                        warn("a backup goes before the beginning of the measure and was stopped there");
                        cursor = Cursor::default();
                    }
                }
                "forward" => {
                    cursor = cursor.moved(self.duration(node, &mut warn));
                    read.length = read.length.max(Ticks(self.ticks(cursor)));
                }
                "barline" => {
                    let at_edge = read.form.barline(node);
                    if !at_edge {
                        warn("a repeat sign in the middle of the measure was moved to its edge");
                    }
                }
                "direction" => {
                    read.form.direction(node, Ticks(self.ticks(cursor)));
                    self.tempo(node, cursor, &mut read);
                }
                "sound" => {
                    read.form.sound(node, Ticks(self.ticks(cursor)));
                    self.tempo(node, cursor, &mut read);
                }
                _ => {}
            }
        }
        read.nominal = self.nominal;
        if read.length.0 > TICKS_MAX {
            return Err(field(measure.node, measure.number, "duration", "", "makes the measure too long"));
        }
        Ok(read)
    }

    /// Whether the divisions changed.
    fn attributes(&mut self, node: Node<'_, '_>, measure: &str) -> Result<bool, ImportError> {
        if let Some(time) = child(node, "time") {
            self.nominal = nominal_quarters(time).map(|(beats, beat_type)| {
                Ticks(scale(beats.saturating_mul(4), self.ticks_per_quarter, beat_type))
            });
        }
        for transpose in children(node, "transpose") {
            let number =
                |name| child_text(transpose, name).and_then(Decimal::parse).map_or(0, Decimal::round);
            let semitones =
                number("chromatic").clamp(-127, 127) + 12 * number("octave-change").clamp(-10, 10);
            match transpose.attribute("number").and_then(|staff| staff.parse().ok()) {
                Some(staff) => {
                    self.transpose_staff.retain(|(other, _)| *other != staff);
                    self.transpose_staff.push((staff, semitones));
                }
                None => self.transpose = semitones,
            }
        }
        let Some(divisions) = child(node, "divisions") else { return Ok(false) };
        let text = child_text(node, "divisions").unwrap_or("");
        match Decimal::parse(text) {
            Some(value) if value.0 > 0 => {
                let changed = value.0 != self.divisions;
                self.divisions = value.0;
                Ok(changed)
            }
            _ => Err(field(divisions, measure, "divisions", text, "is not a number above 0")),
        }
    }

    /// The `<duration>` of an element in ten-thousandths of a division.
    fn duration(&mut self, node: Node<'_, '_>, warn: &mut impl FnMut(&str)) -> i64 {
        if child(node, "grace").is_some() {
            return 0;
        }
        if self.divisions == 0 {
            warn("durations stand before any <divisions>; one division is taken as a quarter");
            self.divisions = Decimal::ONE;
        }
        match child_text(node, "duration").and_then(Decimal::parse) {
            Some(duration) if duration.0 >= 0 => duration.0,
            _ => {
                warn("a duration is missing or not a number; it is taken as none");
                0
            }
        }
    }

    fn note(
        &self,
        node: Node<'_, '_>,
        ordinal: usize,
        (onset, end): (Cursor, Cursor),
        warn: &mut impl FnMut(&str),
    ) -> Option<WrittenNote> {
        let staff = child_text(node, "staff").and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
        let of_staff = self.transpose_staff.iter().find(|(number, _)| *number == staff);
        let pitch = match note::sound(node, of_staff.map_or(self.transpose, |(_, semitones)| *semitones)) {
            Sound::Key(pitch) => pitch,
            Sound::Rest => return None,
            Sound::Dropped(reason) => {
                warn(&reason);
                return None;
            }
        };
        if note::is_microtonal(node) {
            warn("a quarter tone was rounded to the nearest key");
        }
        if child(node, "cue").is_some() {
            // Pianists play them: notation programs write small notes and written-out ornaments so.
            warn("cue notes are taken as notes to be played");
        }
        let grace = child(node, "grace").is_some();
        let offset = self.ticks(onset);
        let (tie_start, tie_stop) = note::ties(node);
        let id = node.attribute("id").map(str::trim).filter(|id| !id.is_empty() && id.len() <= ID_BYTES_MAX);
        Some(WrittenNote {
            id: id.map_or_else(|| format!("n{ordinal}").into(), Into::into),
            offset: Ticks(offset),
            duration: Ticks(if grace { 0 } else { self.ticks(end) - offset }),
            pitch,
            hand: self.hands.of(staff, pitch),
            staff,
            voice: note::voice(node),
            grace,
            ornaments: note::ornaments(node),
            articulations: Articulations::NONE,
            freedom: Freedom::default(),
            tie_start,
            tie_stop,
            times: form::times(node),
        })
    }

    fn tempo(&self, node: Node<'_, '_>, cursor: Cursor, read: &mut ReadMeasure) {
        let Some(micros_per_quarter) = form::tempo(node) else { return };
        let sound = child(node, "sound");
        let offset =
            child_text(node, "offset").or_else(|| sound.and_then(|sound| child_text(sound, "offset")));
        let moved = cursor.moved(offset.and_then(Decimal::parse).map_or(0, |offset| offset.0));
        let offset = Ticks(self.ticks(moved).clamp(0, TICKS_MAX));
        read.tempo.push(WrittenTempo {
            offset,
            micros_per_quarter,
            times: form::times(sound.unwrap_or(node)),
        });
    }

    fn ticks(&self, cursor: Cursor) -> i64 {
        let since = if self.divisions == 0 {
            0
        } else {
            scale(cursor.offset, self.ticks_per_quarter, self.divisions)
        };
        cursor.base.saturating_add(since)
    }
}

impl Cursor {
    fn moved(self, by: i64) -> Self {
        Self { offset: self.offset.saturating_add(by), ..self }
    }
}

/// Beats and beat type of a time signature, added up if it is composite; `None` if free or not understood.
fn nominal_quarters(time: Node<'_, '_>) -> Option<(i64, i64)> {
    let mut sum = (0_i64, 1_i64);
    let pairs = children(time, "beats").zip(children(time, "beat-type"));
    for (beats, beat_type) in pairs.take(16) {
        let beats = beats.text()?.split('+').map(|part| part.trim().parse::<u16>().ok());
        let beats: i64 = beats.map(|part| part.map(i64::from)).sum::<Option<i64>>()?;
        let beat_type =
            beat_type.text()?.trim().parse::<u16>().ok().filter(|n| n.is_power_of_two() && *n <= 1024)?;
        let common = sum.1.max(i64::from(beat_type));
        sum = (sum.0 * (common / sum.1) + beats * (common / i64::from(beat_type)), common);
    }
    (sum.0 > 0).then_some(sum)
}

fn field(
    node: Node<'_, '_>,
    measure: &str,
    name: &'static str,
    value: &str,
    reason: &'static str,
) -> ImportError {
    ImportError::Field { line: line(node), measure: clip(measure), field: name, value: clip(value), reason }
}
