//! Measures abbreviated by a sign that repeats those before them.

use std::collections::VecDeque;

use super::attributes::{Attributes, REPEATED_MAX};
use super::measure::ReadMeasure;
use crate::score::written::WrittenNote;
use crate::units::Ticks;

/// The last measures, with their notes as they were first written, for a sign that repeats them.
pub(super) struct Repeated {
    /// Whether the file has such signs at all: most have none, and nothing is kept.
    wanted: bool,
    last: VecDeque<Kept>,
}

struct Kept {
    notes: Vec<WrittenNote>,
    /// How often its notes were copied.
    copies: u32,
    length: Ticks,
}

impl Repeated {
    pub(super) fn new(wanted: bool) -> Self {
        Self { wanted, last: VecDeque::new() }
    }

    /// Fills a measure under a measure-repeat sign. The specification calls the sign a way to print, and has the notes
    /// in the file all the same; many programs leave them out. A staff that has notes is believed.
    pub(super) fn fill(
        &mut self,
        attributes: &Attributes,
        read: &mut ReadMeasure,
        warn: &mut impl FnMut(&str),
    ) {
        if attributes.beat_repeat && read.notes.is_empty() {
            warn("a measure of slashes or beat repeats has no notes in the file; nothing is expected");
        }
        if !self.wanted {
            return;
        }
        let mut kept = Kept { notes: read.notes.clone(), copies: 0, length: read.length };
        for &(staff, count) in &attributes.repeats {
            let of_staff = |note: &&WrittenNote| staff == 0 || note.staff == staff;
            if read.notes.iter().any(|note| of_staff(&note)) {
                continue;
            }
            let source = self.last.len().checked_sub(count).and_then(|index| self.last.get(index));
            let Some(source) = source else {
                warn("a measure-repeat has nothing before it to repeat");
                continue;
            };
            warn("a measure-repeat without notes was filled with those it repeats");
            kept.copies = kept.copies.max(source.copies + 1);
            read.length = read.length.max(source.length);
            for note in source.notes.iter().filter(of_staff) {
                kept.notes.push(note.clone());
                read.notes
                    .push(WrittenNote { id: format!("{}_r{}", note.id, kept.copies).into(), ..note.clone() });
            }
        }
        self.last.push_back(kept);
        if self.last.len() > REPEATED_MAX {
            self.last.pop_front();
        }
    }
}
