//! Signs that reach over more than one note: groups of grace notes, wavy lines, tremolos between two chords, brackets.
//!
//! They are resolved at the end of the measure, when all its voices are known, whatever the order of the file.

use std::collections::BTreeMap;

use super::document::PartMeasure;
use super::glissando;
use super::ornament::{Signs, Surroundings, Tremolo};
use super::pitch::{Accidentals, KeySignature, Spelled};
use crate::score::Ornaments;
use crate::score::freedom::{Grace, GraceKind, KeySet, Ornament, Roll, RollDirection, Sign};
use crate::score::written::WrittenNote;
use crate::sorted::sorted;
use crate::units::{Pitch, Ticks};

/// Measures that a wavy line may cross without an end. The longest trills that are engraved are shorter.
const LINE_MEASURES_MAX: u8 = 32;
/// Most wavy lines followed at once and begun in one measure, so that their notes are found in bounded time.
const LINES_MAX: usize = 64;
/// Groups of rolled chords that have no number of their own begin here.
const UNNUMBERED: u32 = 1 << 9;
/// Bracketed chords have groups apart from rolled ones.
const BRACKETED: u32 = 1 << 8;

/// What is known of a read note besides.
pub(super) struct Draft {
    pub(super) spelled: Spelled,
    /// The key signature in force.
    pub(super) key: KeySignature,
    pub(super) transpose: i64,
    /// The chord it stands in, counted through the measure.
    pub(super) chord: u32,
    pub(super) signs: Option<Box<Signs>>,
}

/// The notes of one measure while it is being read.
#[derive(Default)]
pub(super) struct Page {
    pub(super) notes: Vec<WrittenNote>,
    drafts: Vec<Draft>,
    pub(super) accidentals: Accidentals,
    graces: BTreeMap<u16, Run>,
}

/// Grace notes of a voice for which no main note has come yet.
#[derive(Default)]
struct Run {
    place: u16,
    notes: Vec<usize>,
}

/// A wavy line that has no end yet.
struct Line {
    number: u8,
    voice: u16,
    pitch: Pitch,
    from: Ticks,
    /// The note it begins on, if that stands in this measure.
    start: Option<usize>,
    measures_left: u8,
}

/// What a part carries on from measure to measure.
pub(super) struct Open {
    /// Wavy lines that have not ended.
    lines: Vec<Line>,
    /// What may still be looked at for the ends of glissandi.
    nodes_left: usize,
}

impl Open {
    pub(super) fn new() -> Self {
        Self { lines: Vec::new(), nodes_left: glissando::NODES_SEARCHED_MAX }
    }
}

impl Page {
    pub(super) fn add(&mut self, note: WrittenNote, draft: Draft, staff: u8) {
        self.accidentals.add(staff, draft.spelled, note.offset.0);
        self.notes.push(note);
        self.drafts.push(draft);
    }

    /// The note added next is a grace note of this kind; `chord` if it belongs to the one before.
    pub(super) fn grace(&mut self, voice: u16, kind: GraceKind, chord: bool) -> Grace {
        let run = self.graces.entry(voice).or_default();
        if !chord || run.place == 0 {
            run.place = run.place.saturating_add(1);
        }
        run.notes.push(self.notes.len());
        Grace { kind, place: run.place }
    }

    /// A note follows in the voice: the grace notes before it are its own. A rest is led to by none.
    pub(super) fn main_note(&mut self, voice: u16, rest: bool) {
        if let Some(run) = self.graces.remove(&voice).filter(|_| rest) {
            self.close(run);
        }
    }

    /// The voice breaks off: grace notes that lead nowhere close the note before them.
    pub(super) fn break_off(&mut self) {
        for run in std::mem::take(&mut self.graces).into_values() {
            self.close(run);
        }
    }

    fn close(&mut self, run: Run) {
        for note in run.notes {
            if let Some(grace) = &mut self.notes[note].freedom.grace {
                grace.kind = GraceKind::After;
            }
        }
    }

    /// Resolves the signs and gives the notes; `next` is the measure after. Lines without an end are carried on.
    pub(super) fn finish(
        mut self,
        part: usize,
        next: Option<PartMeasure<'_>>,
        open: &mut Open,
        warn: &mut impl FnMut(&str),
    ) -> Vec<WrittenNote> {
        self.break_off();
        if open.lines.is_empty() && self.drafts.iter().all(|draft| draft.signs.is_none()) {
            return self.notes;
        }
        self.own_signs();
        self.glissandi(next, &mut open.nodes_left, warn);
        self.tremolos(warn);
        self.rolls(part);
        self.lines(&mut open.lines, warn);
        self.notes
    }

    fn own_signs(&mut self) {
        for (note, draft) in self.notes.iter_mut().zip(&self.drafts) {
            let Some(signs) = &draft.signs else { continue };
            if let Some(ornament) = signs.grant(draft.spelled, &around(note, draft, &self.accidentals)) {
                add(note, ornament);
            }
        }
    }

    /// A glissando ends on the first later note with its end, whatever the order of the file, or in the next measure.
    fn glissandi(
        &mut self,
        next: Option<PartMeasure<'_>>,
        nodes_left: &mut usize,
        warn: &mut impl FnMut(&str),
    ) {
        for index in 0..self.notes.len() {
            let draft = &self.drafts[index];
            let Some(line) = draft.signs.as_ref().and_then(|signs| signs.glissando) else { continue };
            let looked_at = self.notes.len().min(*nodes_left);
            *nodes_left -= looked_at;
            let ends = |end: &&WrittenNote, draft: &Draft| {
                end.offset > self.notes[index].offset
                    && draft.signs.as_ref().is_some_and(|signs| signs.glissando_stop == Some(line))
            };
            let here =
                self.notes.iter().zip(&self.drafts).take(looked_at).filter(|(note, draft)| ends(note, draft));
            let here = here.map(|(note, _)| note).min_by_key(|note| note.offset).map(|note| note.pitch);
            let there = || glissando::end(next?, line.0, line.1, nodes_left)?.key(draft.transpose);
            match here.or_else(there) {
                Some(end) => {
                    let ornament = glissando::between(self.notes[index].pitch, end);
                    add(&mut self.notes[index], ornament);
                }
                None => warn(
                    "a glissando has no end here or in the next measure; only its first note is expected",
                ),
            }
        }
    }

    /// A tremolo stands on one note of its chord and holds for all; between two chords all keys of both may sound
    /// from the first to the end of the second.
    fn tremolos(&mut self, warn: &mut impl FnMut(&str)) {
        let mut first: BTreeMap<u16, std::ops::Range<usize>> = BTreeMap::new();
        let mut from = 0;
        while from < self.notes.len() {
            let chord = self.drafts[from].chord;
            let to = from + self.drafts[from..].iter().take_while(|draft| draft.chord == chord).count();
            let range = from..to;
            from = to;
            let mut signs = self.drafts[range.clone()].iter().filter_map(|draft| draft.signs.as_ref());
            let Some(tremolo) = signs.find_map(|signs| signs.tremolo) else { continue };
            for note in &mut self.notes[range.clone()] {
                note.ornaments = note.ornaments.with(Ornaments::TREMOLO);
            }
            let voice = self.notes[range.start].voice;
            match tremolo {
                Tremolo::Single => self.repeat(range),
                Tremolo::Start => {
                    if let Some(lone) = first.insert(voice, range) {
                        warn("a tremolo between two chords has no second chord; the first is repeated");
                        self.repeat(lone);
                    }
                }
                Tremolo::Stop => match first.remove(&voice) {
                    Some(start) => self.alternate(start, range),
                    None => {
                        warn("a tremolo between two chords has no first chord; the second is repeated");
                        self.repeat(range);
                    }
                },
            }
        }
        for lone in first.into_values() {
            warn("a tremolo between two chords has no second chord; the first is repeated");
            self.repeat(lone);
        }
    }

    fn repeat(&mut self, chord: std::ops::Range<usize>) {
        for note in &mut self.notes[chord] {
            let keys = KeySet::of(note.pitch);
            add(note, Ornament { sign: Sign::Tremolo, keys, until: Ornament::AS_LONG_AS_TIED });
        }
    }

    fn alternate(&mut self, first: std::ops::Range<usize>, second: std::ops::Range<usize>) {
        let both = || first.clone().chain(second.clone());
        let keys = both().fold(KeySet::EMPTY, |keys, note| keys.and(self.notes[note].pitch));
        let until = both().map(|note| end(&self.notes[note])).max().unwrap_or_default();
        for note in both() {
            add(&mut self.notes[note], Ornament { sign: Sign::DoubleTremolo, keys, until });
        }
    }

    /// Wavy lines before chords, and brackets. A bracket is written at the top and bottom note only and holds for
    /// the chord.
    fn rolls(&mut self, part: usize) {
        let part = (part as u32) << 24;
        for (note, draft) in self.notes.iter_mut().zip(&self.drafts) {
            let Some((direction, number)) = draft.signs.as_ref().and_then(|signs| signs.roll) else {
                continue;
            };
            let group = match (direction, number) {
                (RollDirection::Together, number) => BRACKETED + u32::from(number.unwrap_or(0)),
                (_, Some(number)) => u32::from(number),
                (_, None) => UNNUMBERED + draft.chord,
            };
            note.freedom.roll = Some(Roll { direction, group: part | group });
        }
        let mut bracket: Option<(u32, Roll)> = None;
        for (note, draft) in self.notes.iter_mut().zip(&self.drafts) {
            match (note.freedom.roll, bracket) {
                (Some(roll), _) if roll.direction == RollDirection::Together => {
                    bracket = Some((draft.chord, roll))
                }
                (None, Some((chord, roll))) if chord == draft.chord => note.freedom.roll = Some(roll),
                _ => {}
            }
        }
    }

    fn lines(&mut self, lines: &mut Vec<Line>, warn: &mut impl FnMut(&str)) {
        let begins_or_ends = |note: usize| {
            let signs = self.drafts[note].signs.as_ref();
            signs.is_some_and(|signs| signs.line_start.or(signs.line_stop).is_some())
        };
        let notes: Vec<usize> = (0..self.notes.len()).filter(|&note| begins_or_ends(note)).collect();
        let offset = |at: usize| self.notes[notes[at]].offset;
        let order = sorted(notes.len(), &|one, other| offset(one).cmp(&offset(other)));
        let mut order: Vec<usize> = order.into_iter().map(|at| notes[at as usize]).collect();
        if order.len() > 2 * LINES_MAX {
            warn("more wavy lines than are followed in one measure; the rest was left out");
            order.truncate(2 * LINES_MAX);
        }
        for index in order {
            let Some(signs) = &self.drafts[index].signs else { continue };
            let (start, stop) = (signs.line_start, signs.line_stop);
            // On one note a line begins before it ends; else the one that ends is an earlier one.
            let begun = lines.iter().any(|line| stop == Some(line.number) && line.start != Some(index));
            if let Some(number) = stop.filter(|_| begun) {
                self.end_line(number, index, lines);
            }
            if let Some(number) = start {
                let note = &self.notes[index];
                let (voice, pitch, from) = (note.voice, note.pitch, note.offset);
                let line =
                    Line { number, voice, pitch, from, start: Some(index), measures_left: LINE_MEASURES_MAX };
                lines.push(line);
                if lines.len() > LINES_MAX {
                    lines.remove(0);
                }
            }
            if let Some(number) = stop.filter(|_| !begun) {
                self.end_line(number, index, lines);
            }
        }
        lines.retain(|line| line.measures_left > 0);
        for line in lines {
            self.under(line, Ticks(i64::MAX), None);
            (line.from, line.start) = (Ticks(0), None);
            line.measures_left -= 1;
        }
    }

    fn end_line(&mut self, number: u8, stop: usize, lines: &mut Vec<Line>) {
        // Another line may take the number over at the very place where this one ends.
        let ends = self.notes[stop].offset;
        let older = |line: &Line| line.number == number && (line.start.is_none() || line.from < ends);
        let at =
            lines.iter().position(older).or_else(|| lines.iter().rposition(|line| line.number == number));
        if let Some(at) = at {
            let line = lines.remove(at);
            self.under(&line, ends, Some(stop));
        }
    }

    /// Trills what stands under a line: the note it begins on, what that is tied to, and the notes that follow it alone
    /// in its voice. The note it ends on is trilled if it is one of the tied.
    fn under(&mut self, line: &Line, to: Ticks, stop: Option<usize>) {
        for index in 0..self.notes.len() {
            let chord = self.drafts[index].chord;
            let beside = |other: Option<&Draft>| other.is_some_and(|other| other.chord == chord);
            let before = index.checked_sub(1).and_then(|index| self.drafts.get(index));
            let alone = !(beside(self.drafts.get(index + 1)) || beside(before));
            let note = &mut self.notes[index];
            let start = line.start == Some(index);
            // Hidden and cue notes under a line play the trill; they are not trilled themselves.
            let plain = !note.grace && !note.freedom.optional;
            let follows = note.voice == line.voice && plain && (alone || note.pitch == line.pitch);
            let later = if line.start.is_some() { note.offset > line.from } else { note.offset >= line.from };
            let tied = stop == Some(index) && note.tie_stop && note.pitch == line.pitch;
            if start || tied || (follows && later && note.offset < to) {
                let until = end(note);
                match note.freedom.ornament.as_mut().filter(|own| own.sign == Sign::Trill) {
                    // The sign says with what to trill, the line how long.
                    Some(own) => own.until = own.until.min(until),
                    None => {
                        let draft = &self.drafts[index];
                        let trill = around(note, draft, &self.accidentals).trill(draft.spelled, until);
                        add(note, trill);
                    }
                }
            }
        }
    }
}

fn around<'a>(note: &WrittenNote, draft: &Draft, accidentals: &'a Accidentals) -> Surroundings<'a> {
    Surroundings {
        key: draft.key,
        accidentals,
        staff: note.staff,
        onset: note.offset.0,
        transpose: draft.transpose,
    }
}

fn end(note: &WrittenNote) -> Ticks {
    Ticks(note.offset.0.saturating_add(note.duration.0))
}

fn add(note: &mut WrittenNote, ornament: Ornament) {
    match &mut note.freedom.ornament {
        Some(own) => own.join(&ornament),
        none => *none = Some(Box::new(ornament)),
    }
}
