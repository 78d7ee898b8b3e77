//! Tied chains as performed: one note each, whatever repeats lie between.

use std::collections::{BTreeMap, BTreeSet};

use super::freedom::{Freedom, Ornament, Sign};
use super::order::Visit;
use super::written::WrittenNote;
use super::{NoteId, ScoreNote};
use crate::units::{Pitch, Ticks};

/// A written note at one performed place.
pub(super) struct Strike<'a> {
    pub(super) onset: Ticks,
    pub(super) visit: usize,
    /// Written measure and number of the note in it.
    pub(super) place: (usize, usize),
    pub(super) note: &'a WrittenNote,
}

impl Strike<'_> {
    fn end(&self) -> Ticks {
        Ticks(self.onset.0.saturating_add(self.note.duration.0))
    }

    /// The note's freedom, its times counted on the performed timeline.
    fn freedom(&self) -> Freedom {
        let mut freedom = self.note.freedom.clone();
        let ornament =
            freedom.ornament.as_mut().filter(|ornament| ornament.until != Ornament::AS_LONG_AS_TIED);
        if let Some(ornament) = ornament {
            ornament.until =
                Ticks(self.onset.0.saturating_sub(self.note.offset.0).saturating_add(ornament.until.0));
        }
        freedom
    }
}

/// Makes one note of every tied chain. The strikes stand in order of onset, grace notes first.
pub(super) fn join(strikes: &[Strike<'_>], visits: &[Visit]) -> Vec<ScoreNote> {
    let links = tie_links(strikes, visits);
    let mut head: Vec<usize> = (0..strikes.len()).collect();
    let mut notes: Vec<Option<ScoreNote>> = Vec::with_capacity(strikes.len());
    for (index, strike) in strikes.iter().enumerate() {
        let note = strike.note;
        let Some(earlier) = links[index] else {
            notes.push(Some(ScoreNote {
                id: NoteId { xml_id: note.id.clone(), pass: visits[strike.visit].pass },
                onset: strike.onset,
                duration: note.duration,
                pitch: note.pitch,
                measure: strike.visit as u32,
                hand: note.hand,
                staff: note.staff,
                voice: note.voice,
                grace: note.grace,
                ornaments: note.ornaments,
                articulations: note.articulations,
                freedom: strike.freedom(),
            }));
            continue;
        };
        head[index] = head[earlier];
        notes.push(None);
        if let Some(first) = &mut notes[head[index]] {
            first.duration = Ticks(first.duration.0.max(strike.end().0.saturating_sub(first.onset.0)));
            first.ornaments = first.ornaments.with(note.ornaments);
            first.articulations = first.articulations.with(note.articulations);
            join_freedom(&mut first.freedom, strike.freedom());
        }
    }
    let mut notes: Vec<ScoreNote> = notes.into_iter().flatten().collect();
    for note in &mut notes {
        let end = Ticks(note.onset.0.saturating_add(note.duration.0));
        if let Some(ornament) = &mut note.freedom.ornament {
            // Two notes that alternate share one time, which ends with the second.
            if ornament.until == Ornament::AS_LONG_AS_TIED || ornament.sign != Sign::DoubleTremolo {
                ornament.until = ornament.until.min(end);
            }
        }
    }
    number_rolls(&mut notes);
    notes
}

fn join_freedom(first: &mut Freedom, later: Freedom) {
    // A later note of the chain isn't struck: its roll and its grace say nothing.
    match (&mut first.ornament, later.ornament) {
        (Some(ornament), Some(later)) => ornament.join(&later),
        (ornament @ None, later) => *ornament = later,
        (Some(_), None) => {}
    }
    first.optional &= later.optional;
}

/// Numbers the groups of rolled chords in order of onset; as written, a number holds for one onset.
fn number_rolls(notes: &mut [ScoreNote]) {
    let mut numbers: BTreeMap<(u32, Ticks, u32), u32> = BTreeMap::new();
    for note in notes {
        if let Some(roll) = &mut note.freedom.roll {
            let next = numbers.len() as u32;
            roll.group = *numbers.entry((note.measure, note.onset, roll.group)).or_insert(next);
        }
    }
}

/// For each strike, the one that a tie brings into it.
///
/// A tie joins what is neighbouring as performed. Across a jump (a repeat taken, a volta) both ends may
/// belong to ties of their own that are written elsewhere; then the note is struck again.
fn tie_links(strikes: &[Strike<'_>], visits: &[Visit]) -> Vec<Option<usize>> {
    let candidates = tie_candidates(strikes);
    let jumps = |from: usize, to: usize| {
        (strikes[from].visit..strikes[to].visit).any(|i| visits[i + 1].written != visits[i].written + 1)
    };
    let mut has_next = BTreeSet::new();
    let mut has_previous = BTreeSet::new();
    for (to, from) in candidates.iter().enumerate() {
        if let Some(from) = from.filter(|from| !jumps(*from, to)) {
            has_next.insert(strikes[from].place);
            has_previous.insert(strikes[to].place);
        }
    }
    let struck_again = |from: usize, to: usize| {
        jumps(from, to)
            && has_next.contains(&strikes[from].place)
            && has_previous.contains(&strikes[to].place)
    };
    candidates.iter().enumerate().map(|(to, from)| from.filter(|from| !struck_again(*from, to))).collect()
}

/// Ties of one key that are open at once; a piece has a few.
const OPEN_MAX: usize = 64;

fn tie_candidates(strikes: &[Strike<'_>]) -> Vec<Option<usize>> {
    let mut open: BTreeMap<Pitch, Vec<usize>> = BTreeMap::new();
    let mut candidates = vec![None; strikes.len()];
    for (index, strike) in strikes.iter().enumerate() {
        let pending = open.entry(strike.note.pitch).or_default();
        if strike.note.tie_stop {
            candidates[index] = take_partner(strikes, pending, strike);
        }
        // A tie that found no end within two measures leads nowhere.
        pending.retain(|&from| strike.visit - strikes[from].visit <= 1);
        if strike.note.tie_start {
            if pending.len() == OPEN_MAX {
                pending.remove(0);
            }
            pending.push(index);
        }
    }
    candidates
}

/// The open tie that ends where the note begins, in its own voice if there is a choice; else the latest that
/// has ended: notes of a written-out arpeggio are tied over a gap.
fn take_partner(strikes: &[Strike<'_>], pending: &mut Vec<usize>, to: &Strike<'_>) -> Option<usize> {
    let fit = |&from: &usize| {
        let from = &strikes[from];
        let same_voice = (from.note.staff, from.note.voice) == (to.note.staff, to.note.voice);
        (from.end() == to.onset, same_voice, from.onset)
    };
    let ready = |from: &Strike<'_>| from.end() <= to.onset && to.visit - from.visit <= 1;
    let choice =
        (0..pending.len()).filter(|&i| ready(&strikes[pending[i]])).max_by_key(|&i| fit(&pending[i]))?;
    Some(pending.remove(choice))
}
