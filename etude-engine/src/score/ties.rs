//! Tied chains as performed: one note each, whatever repeats lie between.

use std::collections::{BTreeMap, BTreeSet};

use super::freedom::{Freedom, Ornament, Sign};
use super::order::Visit;
use super::written::WrittenNote;
use super::{Note, NoteId};
use crate::units::{Pitch, Ticks};

/// A written note at one performed place.
#[derive(Clone, Copy)]
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
pub(super) fn join(strikes: &[Strike<'_>], visits: &[Visit]) -> Vec<Note> {
    let links = tie_links(strikes, visits);
    let mut head: Vec<usize> = (0..strikes.len()).collect();
    let mut notes: Vec<Option<Note>> = Vec::with_capacity(strikes.len());
    for (index, strike) in strikes.iter().enumerate() {
        let note = strike.note;
        let Some(earlier) = links[index] else {
            notes.push(Some(Note {
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
    let mut notes: Vec<Note> = notes.into_iter().flatten().collect();
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
fn number_rolls(notes: &mut [Note]) {
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
const OPEN_MAX: usize = 16;

fn tie_candidates(strikes: &[Strike<'_>]) -> Vec<Option<usize>> {
    let mut open: BTreeMap<Pitch, Vec<usize>> = BTreeMap::new();
    let mut candidates = vec![None; strikes.len()];
    let mut next = 0;
    let at_once = |a: &Strike<'_>, b: &Strike<'_>| (a.onset, a.note.grace) == (b.onset, b.note.grace);
    for moment in strikes.chunk_by(at_once) {
        let indices = next..next + moment.len();
        next = indices.end;
        // All that end at once choose together: else the first would take what is another's.
        let mut ends: BTreeMap<Pitch, Vec<usize>> = BTreeMap::new();
        for index in indices.clone().filter(|&index| strikes[index].note.tie_stop) {
            ends.entry(strikes[index].note.pitch).or_default().push(index);
        }
        for (pitch, ends) in ends {
            take_partners(strikes, open.entry(pitch).or_default(), ends, &mut candidates);
        }
        for index in indices {
            let pending = open.entry(strikes[index].note.pitch).or_default();
            // A tie that found no end within two measures leads nowhere.
            pending.retain(|&from| strikes[index].visit.saturating_sub(strikes[from].visit) <= 1);
            if strikes[index].note.tie_start {
                if pending.len() == OPEN_MAX {
                    pending.remove(0);
                }
                pending.push(index);
            }
        }
    }
    candidates
}

/// Gives the ties that end at one moment their beginnings: first to those that touch in one voice, then to those
/// that touch across voices, then over a gap (notes of a written-out arpeggio), in the same voice before others; of
/// several the latest.
fn take_partners(
    strikes: &[Strike<'_>],
    pending: &mut Vec<usize>,
    mut ends: Vec<usize>,
    candidates: &mut [Option<usize>],
) {
    let fit = |from: usize, to: usize| {
        let (from, to) = (&strikes[from], &strikes[to]);
        let near = to.visit.checked_sub(from.visit).is_some_and(|visits| visits <= 1);
        (near && from.end() <= to.onset).then(|| {
            let touches = from.end() == to.onset;
            let same_voice = (from.note.staff, from.note.voice) == (to.note.staff, to.note.voice);
            (touches, same_voice, from.onset)
        })
    };
    loop {
        let pairs = (0..ends.len()).flat_map(|to| (0..pending.len()).map(move |from| (from, to)));
        let fits = pairs.filter_map(|(from, to)| Some((fit(pending[from], ends[to])?, from, to)));
        let Some((_, from, to)) = fits.max_by_key(|(fit, _, to)| (*fit, std::cmp::Reverse(*to))) else {
            return;
        };
        candidates[ends.remove(to)] = Some(pending.remove(from));
    }
}
