//! What went wrong where, told by the notes themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use etude_engine::judge::{Record, Verdict, pitch_name};
use etude_engine::score::{NoteIndex, Score};
use etude_engine::session::{Event, EventKind, Seq};
use etude_engine::units::Pitch;

/// Folds a verdict stream into the faults that are left once all is said.
pub(crate) struct Faults {
    score: Arc<Score>,
    events: Arc<[Event]>,
    matched: BTreeMap<Seq, NoteIndex>,
    wrong: BTreeMap<Seq, NoteIndex>,
    /// With the measure where the player was.
    extra: BTreeMap<Seq, u32>,
    missed: BTreeSet<NoteIndex>,
    measure: u32,
}

impl Faults {
    /// None yet, of a take of these events.
    pub(crate) fn new(score: Arc<Score>, events: Arc<[Event]>) -> Self {
        let (matched, wrong, extra) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { score, events, matched, wrong, extra, missed: BTreeSet::new(), measure: 0 }
    }

    /// Takes the next record.
    pub(crate) fn hear(&mut self, record: &Record) {
        match *record {
            Record::Played { event, verdict } => self.played(event, verdict),
            Record::Missed { note } => drop(self.missed.insert(note)),
            Record::Skipped { from, to } => self.missed.retain(|note| !(from..to).contains(note)),
            Record::Jump { .. } | Record::Stay { .. } | Record::Hesitation { .. } | Record::Final { .. } => {}
        }
    }

    /// By measure of the performed order: each wrong, missed and extra note in a few words.
    pub(crate) fn told(&self) -> BTreeMap<u32, Vec<String>> {
        let mut told: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        let name = |note: NoteIndex| pitch_name(self.score.note(note).pitch);
        // One key press plays all notes of its onset and pitch.
        let key = |note: &NoteIndex| (self.score.note(*note).onset, self.score.note(*note).pitch);
        for (event, instead_of) in &self.wrong {
            let struck = self.struck(*event).map_or_else(|| "?".to_owned(), pitch_name);
            let measure = self.score.note(*instead_of).measure;
            told.entry(measure).or_default().push(format!("{struck} for {}", name(*instead_of)));
        }
        // A note that another took the place of is told with that one; one that was struck in some attempt was not missed.
        let answered: BTreeSet<_> = self.wrong.values().chain(self.matched.values()).map(key).collect();
        let mut unanswered: Vec<&NoteIndex> = self.missed.iter().collect();
        unanswered.dedup_by_key(|note| key(note));
        for note in unanswered.into_iter().filter(|note| !answered.contains(&key(note))) {
            told.entry(self.score.note(*note).measure).or_default().push(format!("no {}", name(*note)));
        }
        for (event, measure) in &self.extra {
            let struck = self.struck(*event).map_or_else(|| "?".to_owned(), pitch_name);
            told.entry(*measure).or_default().push(format!("extra {struck}"));
        }
        told
    }

    fn played(&mut self, event: Seq, verdict: Verdict) {
        let was_extra = self.extra.remove(&event);
        self.wrong.remove(&event);
        self.matched.remove(&event);
        match verdict {
            Verdict::Matched { note, .. } => {
                self.matched.insert(event, note);
                self.measure = self.score.note(note).measure;
            }
            Verdict::Wrong { instead_of } => drop(self.wrong.insert(event, instead_of)),
            Verdict::Extra => drop(self.extra.insert(event, was_extra.unwrap_or(self.measure))),
            Verdict::Ornament { .. } | Verdict::Repeat { .. } => {}
        }
    }

    fn struck(&self, event: Seq) -> Option<Pitch> {
        match self.events.get(usize::try_from(event.0).ok()?)?.kind {
            EventKind::NoteOn { pitch, .. } => Some(pitch),
            _ => None,
        }
    }
}
