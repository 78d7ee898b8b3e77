//! The notes of a score as it keeps them: in 16 bytes each and its name, for scores are many and long.
//!
//! What sets a note apart stands in its row. What many notes have in common, such as hand, voice and length, is a
//! [`Kind`], and stands once.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{
    Articulations, Freedom, Hand, MEASURES_MAX, NAME_BYTES_MAX, NOTES_MAX, Note, NoteId, NoteIndex,
    Ornaments, ScoreNote, TICKS_MAX,
};
use crate::sorted::sorted;
use crate::units::{Pitch, Ticks};

/// The notes of a score in performed order.
#[derive(Clone, Debug, PartialEq)]
pub struct Notes {
    rows: Box<[Row]>,
    kinds: Box<[Kind]>,
    /// One after the other.
    names: Box<str>,
}

/// A note, but for what it has in common with others.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Row {
    /// Onset, measure and pitch, from the highest bit.
    place: i64,
    kind: u32,
    /// Where its name ends in `names`.
    name_end: u32,
}

const PITCH_BITS: u32 = 7;
const MEASURE_BITS: u32 = 15;
const _: () = {
    assert!(size_of::<Row>() == 16);
    assert!(MEASURES_MAX <= 1 << MEASURE_BITS);
    assert!(TICKS_MAX < 1 << (63 - MEASURE_BITS - PITCH_BITS));
    assert!(NOTES_MAX * NAME_BYTES_MAX <= u32::MAX as usize);
};
/// How far back a kind is looked for: notes that are alike stand near to each other.
const KINDS_BACK: usize = 64;

/// [`Notes`] as they are written down: each number as little more than the one before, for it takes fewer bytes.
#[derive(Serialize, Deserialize)]
pub(super) struct Packed<'a> {
    #[serde(borrow)]
    names: &'a str,
    kinds: Cow<'a, [Kind]>,
    rows: Vec<PackedRow>,
}

#[derive(Serialize, Deserialize)]
struct PackedRow {
    /// From the note before.
    onset: i64,
    /// From the note before.
    measure: i32,
    pitch: Pitch,
    kind: u32,
    name_bytes: u8,
}

/// What many notes have in common.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kind {
    duration: Ticks,
    pass: u16,
    voice: u16,
    articulations: Articulations,
    hand: Hand,
    staff: u8,
    grace: bool,
    ornaments: Ornaments,
    freedom: Freedom,
}

impl Notes {
    /// Of notes in any order whose measures, times and names are within the limits.
    pub(super) fn of(notes: &[Note]) -> Self {
        let order = sorted(notes.len(), &|one, other| {
            let [a, b] = [&notes[one], &notes[other]];
            (a.struck(), a.staff, &a.id).cmp(&(b.struck(), b.staff, &b.id))
        });
        let mut rows = Vec::with_capacity(notes.len());
        let mut kinds: Vec<Kind> = Vec::new();
        let mut names = String::new();
        for note in order {
            let note = &notes[note as usize];
            let Note { id, onset, pitch, measure, .. } = note;
            names.push_str(&id.xml_id);
            let kind = Kind {
                duration: note.duration,
                pass: id.pass,
                voice: note.voice,
                articulations: note.articulations,
                hand: note.hand,
                staff: note.staff,
                grace: note.grace,
                ornaments: note.ornaments,
                freedom: note.freedom.clone(),
            };
            let known = kinds.iter().rev().take(KINDS_BACK).position(|known| *known == kind);
            let back = known.unwrap_or_else(|| {
                kinds.push(kind);
                0
            });
            let kind = (kinds.len() - 1 - back) as u32;
            rows.push(Row::new(*onset, *measure, *pitch, kind, names.len() as u32));
        }
        Self { rows: rows.into(), kinds: kinds.into(), names: names.into() }
    }

    /// As they are written down.
    pub(super) fn pack(&self) -> Packed<'_> {
        let (mut onset, mut measure, mut name_end) = (0, 0, 0);
        let rows = self.rows.iter().map(|row| {
            let packed = PackedRow {
                onset: row.onset().0 - onset,
                measure: row.measure().cast_signed() - measure,
                pitch: row.pitch(),
                kind: row.kind,
                name_bytes: (row.name_end - name_end) as u8,
            };
            (onset, measure, name_end) = (row.onset().0, row.measure().cast_signed(), row.name_end);
            packed
        });
        Packed { names: &self.names, rows: rows.collect(), kinds: Cow::Borrowed(&self.kinds) }
    }

    /// From what was written down, of a score of so many measures; `None` where it cannot have been written by
    /// [`Self::pack`].
    pub(super) fn unpack(packed: Packed<'_>, measures: usize) -> Option<Self> {
        let Packed { names, kinds, rows } = packed;
        if rows.len() > NOTES_MAX {
            return None;
        }
        let (mut onset, mut measure, mut name_end) = (0_i64, 0_i32, 0);
        let row = |packed: PackedRow| {
            onset = onset.checked_add(packed.onset)?;
            measure = measure.checked_add(packed.measure)?;
            name_end += u32::from(packed.name_bytes);
            let at = usize::try_from(measure).ok().filter(|&at| at < measures)?;
            let kind = kinds.get(packed.kind as usize)?;
            let fits = within(Ticks(onset), kind.duration) && names.is_char_boundary(name_end as usize);
            fits.then(|| Row::new(Ticks(onset), at as u32, packed.pitch, packed.kind, name_end))
        };
        let rows = rows.into_iter().map(row).collect::<Option<_>>()?;
        (names.len() == name_end as usize).then(|| Self {
            rows,
            kinds: kinds.into_owned().into(),
            names: names.into(),
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none. A score has some.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One of them, if there are as many.
    pub fn get(&self, index: usize) -> Option<ScoreNote<'_>> {
        (index < self.rows.len()).then(|| self.note(index))
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = ScoreNote<'_>> + ExactSizeIterator + Clone {
        self.iter_from(NoteIndex(0))
    }

    /// This one and all after it, in order; none where it is beyond the last. Unlike to skip those before it, this does not
    /// look at them.
    pub fn iter_from(
        &self,
        first: NoteIndex,
    ) -> impl DoubleEndedIterator<Item = ScoreNote<'_>> + ExactSizeIterator + Clone {
        (first.get()..self.len()).map(|index| self.note(index))
    }

    /// Whether they stand as [`Score::new`](super::Score::new) puts them.
    pub(super) fn in_order(&self) -> bool {
        self.iter().is_sorted_by(|a, b| (a.struck(), a.staff, a.id) <= (b.struck(), b.staff, b.id))
    }

    /// A name that two of them have.
    pub(super) fn twice(&self) -> Option<NoteId<&str>> {
        let name = |index: usize| self.note(index).id;
        let order = sorted(self.len(), &|one, other| name(one).cmp(&name(other)));
        let mut names = order.windows(2).map(|pair| [name(pair[0] as usize), name(pair[1] as usize)]);
        names.find_map(|[one, next]| (one == next).then_some(one))
    }

    /// The first for which `before` is false; it must be true of all notes before and false of all after.
    pub fn partition_point(&self, before: impl Fn(&ScoreNote<'_>) -> bool) -> NoteIndex {
        let (mut low, mut high) = (0, self.rows.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(&self.note(middle)) { low = middle + 1 } else { high = middle }
        }
        NoteIndex(low as u32)
    }

    pub(super) fn note(&self, index: usize) -> ScoreNote<'_> {
        let row = self.rows[index];
        let kind = &self.kinds[row.kind as usize];
        let name = index.checked_sub(1).map_or(0, |before| self.rows[before].name_end);
        ScoreNote {
            // Without a panic, so that who does not ask for the name does not look it up.
            id: NoteId {
                xml_id: self.names.get(name as usize..row.name_end as usize).unwrap_or_default(),
                pass: kind.pass,
            },
            onset: row.onset(),
            duration: kind.duration,
            pitch: row.pitch(),
            measure: row.measure(),
            hand: kind.hand,
            staff: kind.staff,
            voice: kind.voice,
            grace: kind.grace,
            ornaments: kind.ornaments,
            articulations: kind.articulations,
            freedom: &kind.freedom,
        }
    }
}

/// Whether a score may have a note of this onset and length.
pub(super) fn within(onset: Ticks, duration: Ticks) -> bool {
    (-TICKS_MAX..=TICKS_MAX).contains(&onset.0) && (0..=TICKS_MAX).contains(&duration.0)
}

impl Row {
    fn new(onset: Ticks, measure: u32, pitch: Pitch, kind: u32, name_end: u32) -> Self {
        let measure = i64::from(measure) << PITCH_BITS;
        let place = onset.0 << (MEASURE_BITS + PITCH_BITS) | measure | i64::from(pitch.number());
        Self { place, kind, name_end }
    }

    fn onset(self) -> Ticks {
        Ticks(self.place >> (MEASURE_BITS + PITCH_BITS))
    }

    fn measure(self) -> u32 {
        (self.place >> PITCH_BITS) as u32 & ((1 << MEASURE_BITS) - 1)
    }

    fn pitch(self) -> Pitch {
        Pitch::of_seven_bits(self.place as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Measure, Score, ScoreError, ScoreParts};
    use super::*;

    fn note(name: &str, onset: i64, pitch: u8) -> Note {
        Note {
            id: NoteId { xml_id: name.into(), pass: 1 },
            onset: Ticks(onset),
            duration: Ticks(1),
            pitch: Pitch::new(pitch).expect("seven bits"),
            measure: 0,
            hand: Hand::Right,
            staff: 1,
            voice: 1,
            grace: false,
            ornaments: Ornaments::NONE,
            articulations: Articulations::NONE,
            freedom: Freedom::default(),
        }
    }

    fn score(notes: Vec<Note>) -> Result<Score, ScoreError> {
        let measure =
            Measure { number: "1".to_owned(), pass: 1, written: 0, onset: Ticks(0), duration: Ticks(4) };
        let measures = vec![measure; MEASURES_MAX];
        Score::new(ScoreParts { ticks_per_quarter: 1, measures, notes, ..ScoreParts::default() })
    }

    #[test]
    fn a_note_at_any_limit_comes_back_as_it_was() {
        let last = Note { measure: MEASURES_MAX as u32 - 1, ..note("last", TICKS_MAX, 127) };
        let long = Note { duration: Ticks(TICKS_MAX), voice: u16::MAX, staff: u8::MAX, ..note("", 0, 0) };
        let named = note(&"ö".repeat(NAME_BYTES_MAX / 2), 1, 64);
        let notes = [note("first", -TICKS_MAX, 0), long, named, last];
        let score = score(notes.iter().rev().cloned().collect()).expect("a score");
        assert_eq!(score.notes().iter().map(Note::from).collect::<Vec<_>>(), notes);
        assert_eq!(Score::from_bytes(&score.to_bytes()), Ok(score));
    }

    #[test]
    fn notes_from_one_on_are_those_that_remain_when_the_ones_before_are_skipped() {
        let score = score((0..3).map(|i| note(&format!("n{i}"), i, 60)).collect()).expect("a score");
        for first in 0..5 {
            let skipped: Vec<_> = score.notes().iter().skip(first as usize).collect();
            assert_eq!(score.notes().iter_from(NoteIndex(first)).collect::<Vec<_>>(), skipped);
        }
    }

    #[test]
    fn notes_that_are_alike_share_what_they_have_in_common() {
        let other = |note: Note| Note { hand: Hand::Left, ..note };
        let names = (0..1000).map(|i| format!("n{i}"));
        let notes = names.zip(0..).map(|(name, i)| match i % 3 {
            0 => other(note(&name, i, 60)),
            _ => note(&name, i, 40),
        });
        assert_eq!(score(notes.collect()).expect("a score").notes().kinds.len(), 2);
    }

    #[test]
    fn what_cannot_have_been_written_down_is_not_read() {
        let score = score(vec![note("n", 0, 60), note("ö", 1, 60)]).expect("a score");
        let unpack = |change: &dyn Fn(&mut Packed<'_>)| {
            let mut packed = score.notes().pack();
            change(&mut packed);
            Notes::unpack(packed, 1)
        };
        assert_eq!(unpack(&|_| ()).as_ref(), Some(score.notes()));
        let changes: [&dyn Fn(&mut Packed<'_>); 9] = [
            &|packed| packed.rows[0].onset = i64::MIN,
            &|packed| packed.rows[1].onset = TICKS_MAX + 1,
            &|packed| (packed.rows[0].onset, packed.rows[1].onset) = (i64::MAX, i64::MAX),
            &|packed| packed.rows[0].measure = -1,
            &|packed| packed.rows[1].measure = 1,
            &|packed| packed.rows[1].kind = 1,
            &|packed| packed.rows[1].name_bytes = 1,
            &|packed| packed.names = "nöm",
            &|packed| packed.kinds.to_mut()[0].duration = Ticks(-1),
        ];
        for (number, change) in changes.iter().enumerate() {
            assert_eq!(unpack(change), None, "change {number}");
        }
    }

    #[test]
    fn what_is_beyond_a_limit_is_refused() {
        let refused = |note: Note| score(vec![note]).expect_err("it is beyond");
        let long = note(&"n".repeat(NAME_BYTES_MAX + 1), 0, 60);
        assert!(matches!(refused(long), ScoreError::NameTooLong(_)));
        assert!(matches!(refused(note("n", TICKS_MAX + 1, 60)), ScoreError::TimeOutOfRange { .. }));
        let nowhere = Note { measure: MEASURES_MAX as u32, ..note("n", 0, 60) };
        assert!(matches!(refused(nowhere), ScoreError::NoSuchMeasure { .. }));
        let twice = score(vec![note("n", 0, 60), note("m", 1, 60), note("n", 2, 60)]);
        assert_eq!(twice, Err(ScoreError::DuplicateNote("n-1".to_owned())));
    }
}
