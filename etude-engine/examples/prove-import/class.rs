//! Why two readers differ: each class with the predicate that the file itself must fulfil, and who is right.
//!
//! A class is found by looking at the file as [`crate::raw`] reads it, never by believing our importer. Only what the
//! file bears out belongs to a class; the rest is unexplained, and counts against us.

use std::collections::BTreeMap;

use etude_engine::score::Score;

use crate::compare::{Difference, Kind, TOLERANCE};
use crate::list::{List, Row};
use crate::raw::{Raw, RawNote, Strike, millionths, strikes};

/// A class of differences.
#[derive(Debug)]
pub(crate) struct Class {
    pub(crate) name: &'static str,
    /// The predicate, in words.
    pub(crate) when: &'static str,
    /// Why we are right.
    pub(crate) why: &'static str,
}

const TIED_ONLY: Class = Class {
    name: "tie drawn only",
    when: "one end of the tie has <tied> but no <tie>",
    why: "<tied> type=\"stop\" is the end of a tie that began with <tie>; the others read <tie> alone. The note is not \
          struck again",
};
const GAP: Class = Class {
    name: "tie over a gap",
    when: "a note with tie start ends before the note with tie stop begins, in the same measure or the next",
    why: "<tie> joins the sounds of two notes of a pitch; nothing in its text asks that they touch. So are \
          written-out arpeggios and held notes written",
};
const TOGETHER: Class = Class {
    name: "ties meet",
    when: "two ties of one pitch end, or begin anew, at the same moment in different voices",
    why: "each <tie> stop ends a tie of its own; the others join one of them, or across voices",
};
const GRACE: Class = Class {
    name: "grace note tied on",
    when: "a grace note with tie start, and its pitch again with tie stop",
    why: "<tie> sounds: the key is struck once and held; the others end the grace note where it begins",
};
const SECTION: Class = Class {
    name: "tie into a section",
    when: "a <repeat> or <ending> begins or ends between the two notes",
    why: "<tied>: ties may lead into and out of repeated sections; they are joined where the notes follow each other \
          as played, the others part them at the bar line",
};
const PLAIN: Class = Class {
    name: "tie not joined",
    when: "<tie> start and <tie> stop on two notes of a pitch that touch, and no other tie of the pitch there",
    why: "<tie> says that the sound goes on; the table lists the second note as struck",
};
const DANGLING: Class = Class {
    name: "tie without a partner",
    when: "a tie stop before which no tie start of its pitch ends in this measure or the last, or a tie start after \
           which no stop begins there",
    why: "a tie connects two notes that follow each other; the others hold a note over measures in which it is not \
          written",
};
const LEFT_OUT: Class = Class {
    name: "note left out",
    when: "a <note> with pitch and without tie stop that the other does not list",
    why: "it is written, is neither rest nor tied to, and sounds",
};
const ROUNDED: Class = Class {
    name: "duration rounded",
    when: "ours is what <duration> and <divisions> say, theirs is off by less than 1/20 quarter",
    why: "<duration> is the sounding length in divisions; the table holds a nearby note value",
};
const TIMELINE: Class = Class {
    name: "place moved",
    when: "<duration>, <backup> and <forward> add up to our place from the beginning of the piece on",
    why: "these elements alone move the musical position; theirs stands where they do not lead",
};
const OVERFULL: Class = Class {
    name: "overfull measure",
    when: "a measure before it has more in it than its time signature says; ours is the sum of what is in them",
    why: "position comes from <duration>; <time> does not cut a measure short",
};
const STAFF: Class = Class {
    name: "staff not declared",
    when: "the note has <staff> as ours says, and the file lacks <staves>",
    why: "<staff> names the note's staff; theirs puts all notes of such a part on the first",
};
const STAFF_LOST: Class = Class {
    name: "staff lost",
    when: "the note has <staff> as ours says (or none and ours says 1), theirs has staff 0",
    why: "<staff>: values are from 1, the top-most; 0 is no staff",
};
const CHORD_STAFF: Class = Class {
    name: "chord across staves",
    when: "the note has <chord/> and a <staff> other than the first note of the chord, whose staff theirs gives it",
    why: "<staff> is a child of each <note>; a chord may stand on two staves",
};

const CHORD_DURATION: Class = Class {
    name: "chord note of its own length",
    when: "the note has <chord/> and the <duration> that ours has, theirs has that of the chord's first note",
    why: "<duration> is a child of each <note>; of a chord only the first moves the position",
};

/// All classes.
pub(crate) const CLASSES: [&Class; 15] = [
    &TIED_ONLY,
    &GAP,
    &TOGETHER,
    &GRACE,
    &SECTION,
    &PLAIN,
    &DANGLING,
    &LEFT_OUT,
    &ROUNDED,
    &TIMELINE,
    &OVERFULL,
    &STAFF,
    &STAFF_LOST,
    &CHORD_STAFF,
    &CHORD_DURATION,
];

/// Millionths that rounding may put between two places that are one.
const SAME: i64 = 50;
/// Largest error of a duration that was rounded to a note value.
const ROUNDING: i64 = 50_000;

/// A file, and our list of it.
pub(crate) struct Witness<'a> {
    raw: &'a Raw,
    ours: &'a List,
    strikes: BTreeMap<i64, Vec<Strike<'a>>>,
    /// Where each performed measure begins if every measure is as long as what is in it; counted from our beginning.
    starts: Vec<i64>,
    /// Index of the written measure of each performed one.
    written: Vec<usize>,
}

impl<'a> Witness<'a> {
    /// Of the list in performed order.
    pub(crate) fn performed(raw: &'a Raw, ours: &'a List, score: &Score) -> Self {
        let written: Vec<usize> = score.measures().iter().map(|measure| measure.written as usize).collect();
        let first = score.measures().first().map_or(0, |measure| millionths(measure.onset.0, score));
        Self { raw, ours, strikes: strikes(raw, score), starts: starts(raw, &written, first), written }
    }

    /// Of the list in written order.
    pub(crate) fn written(raw: &'a Raw, ours: &'a List) -> Self {
        let written: Vec<usize> = (0..raw.lengths.len()).collect();
        Self { raw, ours, strikes: BTreeMap::new(), starts: starts(raw, &written, 0), written }
    }

    /// The class that explains a difference, if the file bears one out.
    pub(crate) fn explain(&self, difference: &Difference<'_>) -> Option<&'static Class> {
        let note = self.raw.notes.get(&difference.name.0)?;
        match (difference.kind, difference.ours, &difference.theirs) {
            (Kind::Staff, Some(ours), Some(theirs)) => self.staff(note, ours, theirs),
            (Kind::Onset, Some(ours), Some(_)) => self.onset(note, ours),
            (Kind::Duration, Some(ours), Some(theirs)) => self.duration(note, difference, ours, theirs),
            (Kind::OnlyOurs, Some(ours), None) => self.only_ours(note, difference, ours),
            (Kind::OnlyTheirs, None, Some(theirs)) => self.only_theirs(note, difference, theirs),
            _ => None,
        }
    }

    fn staff(&self, note: &RawNote, ours: &Row, theirs: &Row) -> Option<&'static Class> {
        if note.staff != ours.staff {
            return None;
        }
        if theirs.staff == 0 {
            return Some(&STAFF_LOST);
        }
        if note.in_chord && note.head_staff == theirs.staff {
            return Some(&CHORD_STAFF);
        }
        (!self.raw.declares_staves && theirs.staff == 1).then_some(&STAFF)
    }

    fn onset(&self, note: &RawNote, ours: &Row) -> Option<&'static Class> {
        let start = *self.starts.get(ours.visit)?;
        if (start + note.offset - ours.onset).abs() > TOLERANCE {
            return None;
        }
        let overfull = |&index: &usize| self.raw.lengths[index] > self.raw.nominal[index] + SAME;
        let before = self.written[..ours.visit].iter().any(overfull);
        Some(if before { &OVERFULL } else { &TIMELINE })
    }

    fn duration(
        &self,
        note: &RawNote,
        difference: &Difference<'_>,
        ours: &Row,
        theirs: &Row,
    ) -> Option<&'static Class> {
        let head = self.strike(difference, ours.onset)?;
        let mut joined = self.joined(head, ours);
        // Ours must end where a note of the file ends, whatever the class.
        let ends = |strike: &Strike<'_>| (strike.end() - (ours.onset + ours.duration)).abs() <= TOLERANCE;
        let last = match joined.iter().rposition(ends) {
            Some(last) => {
                joined.truncate(last + 1);
                joined[last]
            }
            None if ends(&head) => {
                joined.clear();
                head
            }
            None => return None,
        };
        if joined.is_empty() && (note.duration - ours.duration).abs() > TOLERANCE {
            return None;
        }
        if joined.is_empty() && note.in_chord && (note.head_duration - theirs.duration).abs() <= TOLERANCE {
            return Some(&CHORD_DURATION);
        }
        let links = joined.iter().filter_map(|to| self.link(to)).collect::<Vec<_>>();
        if note.grace && !joined.is_empty() && theirs.duration < ours.duration {
            return Some(&GRACE);
        }
        if let Some(class) = links.iter().min_by_key(|class| rank(class)) {
            return Some(class);
        }
        if self.meets(last) || (theirs.duration > ours.duration && self.meets_on_the_way(last, theirs)) {
            return Some(&TOGETHER);
        }
        if theirs.duration > ours.duration && last.note.starts() && !self.goes_on(last) {
            return Some(&DANGLING);
        }
        ((theirs.duration - ours.duration).abs() < ROUNDING).then_some(&ROUNDED)
    }

    fn only_ours(&self, note: &RawNote, difference: &Difference<'_>, ours: &Row) -> Option<&'static Class> {
        if note.pitch != ours.pitch {
            return None;
        }
        if !note.stops() {
            return Some(&LEFT_OUT);
        }
        let to = self.strike(difference, ours.onset)?;
        match self.partner(to) {
            None => Some(&DANGLING),
            Some(_) if self.meets_at(to) => Some(&TOGETHER),
            Some(_) => None,
        }
    }

    fn only_theirs(
        &self,
        note: &RawNote,
        difference: &Difference<'_>,
        theirs: &Row,
    ) -> Option<&'static Class> {
        if !note.stops() {
            return None;
        }
        self.link(&self.strike(difference, theirs.onset)?)
    }

    /// The class of the tie that ends in a note: why the other may have overlooked it.
    fn link(&self, to: &Strike<'_>) -> Option<&'static Class> {
        let from = self.partner(*to)?;
        Some(if !to.note.tie.stop || !from.note.tie.start {
            &TIED_ONLY
        } else if from.note.grace {
            &GRACE
        } else if to.onset - from.end() > TOLERANCE {
            &GAP
        } else if self.meets_at(*to) || self.meets(from) {
            &TOGETHER
        } else if (from.note.measure + 1..=to.note.measure).any(|index| self.raw.sections.contains(&index)) {
            &SECTION
        } else {
            &PLAIN
        })
    }

    /// The note of the file at a performed place: the pass whose onset is nearest.
    fn strike(&self, difference: &Difference<'_>, onset: i64) -> Option<Strike<'a>> {
        let note = self.raw.notes.get(&difference.name.0)?;
        let passes = self.strikes.get(&note.pitch)?.iter().filter(|strike| strike.id == difference.name.0);
        passes.min_by_key(|strike| (strike.onset - onset).abs()).copied()
    }

    /// The tied notes that ours does not list between a note and its end.
    fn joined(&self, head: Strike<'a>, ours: &Row) -> Vec<Strike<'a>> {
        let end = ours.onset + ours.duration;
        let within = |strike: &&Strike<'a>| {
            // A grace note takes no time: it may be where the tie ends.
            let before_end = strike.onset < end - SAME || strike.note.grace && strike.onset <= end + SAME;
            strike.note.stops()
                && strike.id != head.id
                && strike.onset >= head.onset
                && before_end
                && !self.listed(strike)
        };
        self.strikes.get(&head.note.pitch).into_iter().flatten().filter(within).copied().collect()
    }

    fn listed(&self, strike: &Strike<'_>) -> bool {
        let mut passes = self.ours.range((strike.id.to_owned(), 0)..=(strike.id.to_owned(), u16::MAX));
        passes.any(|(_, row)| (row.onset - strike.onset).abs() <= SAME)
    }

    /// The latest note with tie start that has ended, in this measure or the last.
    fn partner(&self, to: Strike<'a>) -> Option<Strike<'a>> {
        let ready = |from: &&Strike<'a>| {
            from.note.starts()
                && from.id != to.id
                && from.end() <= to.onset + SAME
                && (from.visit..=from.visit + 1).contains(&to.visit)
        };
        self.strikes.get(&to.note.pitch)?.iter().filter(ready).max_by_key(|from| from.end()).copied()
    }

    /// Whether a stop follows in this measure or the next.
    fn goes_on(&self, from: Strike<'a>) -> bool {
        let follows = |to: &Strike<'a>| {
            to.note.stops()
                && to.id != from.id
                && to.onset >= from.end() - SAME
                && (from.visit..=from.visit + 1).contains(&to.visit)
        };
        self.strikes.get(&from.note.pitch).into_iter().flatten().any(follows)
    }

    /// Whether another tie of the pitch leads on from where this note ends.
    fn meets(&self, from: Strike<'a>) -> bool {
        let also = |other: &Strike<'a>| {
            other.note.starts() && other.id != from.id && (other.end() - from.end()).abs() <= SAME
        };
        from.note.starts() && self.strikes.get(&from.note.pitch).into_iter().flatten().any(also)
    }

    /// Whether another tie of the pitch ends where this note begins, or two lead there.
    fn meets_at(&self, to: Strike<'a>) -> bool {
        let of_pitch = || self.strikes.get(&to.note.pitch).into_iter().flatten();
        let stops = of_pitch().filter(|other| other.note.stops() && (other.onset - to.onset).abs() <= SAME);
        let starts = of_pitch().filter(|other| other.note.starts() && (other.end() - to.onset).abs() <= SAME);
        stops.count() > 1 || starts.count() > 1
    }

    /// Whether theirs goes on through a place where two ties of the pitch meet.
    fn meets_on_the_way(&self, last: Strike<'a>, theirs: &Row) -> bool {
        let end = theirs.onset + theirs.duration;
        let mut of_pitch = self.strikes.get(&last.note.pitch).into_iter().flatten();
        of_pitch.any(|strike| {
            strike.note.stops() && (last.end() - SAME..end).contains(&strike.onset) && self.meets_at(*strike)
        })
    }
}

/// Which class counts where several hold: the one that alone would part the readers.
fn rank(class: &&'static Class) -> usize {
    let order = [&GRACE, &TIED_ONLY, &GAP, &TOGETHER, &SECTION, &PLAIN];
    order.iter().position(|other| other.name == class.name).unwrap_or(order.len())
}

/// Where each measure begins: every measure lasts as long as what is in it, an empty one as its time signature says.
fn starts(raw: &Raw, written: &[usize], first: i64) -> Vec<i64> {
    let length = |index: usize| match raw.lengths.get(index) {
        Some(0) | None => raw.nominal.get(index).copied().unwrap_or(0),
        Some(&length) => length,
    };
    let mut at = first;
    let mut starts = Vec::with_capacity(written.len());
    for &index in written {
        starts.push(at);
        at += length(index);
    }
    starts
}
