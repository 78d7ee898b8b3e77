//! A verdict stream, as a reader of it would read it.

use std::collections::BTreeMap;

use etude_engine::judge::{Record, Verdict};
use etude_engine::score::NoteIndex;
use etude_engine::session::Seq;

use super::take::Take;

/// What became of a score note, by the stream alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Pending,
    Played,
    Missed,
    Skipped,
}

/// A verdict stream, read as the docs of [`Record`] say.
pub struct Fold {
    /// The last word on each note-on.
    pub verdicts: BTreeMap<Seq, Verdict>,
    /// The jumps not taken back, and where they went.
    pub jumps: BTreeMap<Seq, NoteIndex>,
    /// By score note; and which event's match says so.
    pub notes: Vec<(State, Option<Seq>)>,
    /// Whether the settings leave each of them in.
    pub expected: Vec<bool>,
    /// The first of the notes that are played by the same stroke.
    pub keys: Vec<NoteIndex>,
}

impl Fold {
    pub fn of(take: &Take, records: &[Record]) -> Self {
        let notes = take.score.notes();
        let mut first = BTreeMap::new();
        let keys = notes.iter().enumerate().map(|(i, note)| {
            *first.entry((note.onset, note.pitch, note.grace)).or_insert(NoteIndex(i as u32))
        });
        let keys = keys.collect();
        let expected = notes.iter().map(|note| take.config.selection().has(&note)).collect();
        let (verdicts, jumps) = (BTreeMap::new(), BTreeMap::new());
        let states = vec![(State::Pending, None); notes.len()];
        let mut fold = Self { verdicts, jumps, notes: states, expected, keys };
        records.iter().for_each(|record| fold.hear(record));
        fold
    }

    pub fn hear(&mut self, record: &Record) {
        match *record {
            Record::Played { event, verdict } => {
                if let Some(Verdict::Matched { note, .. }) = self.verdicts.insert(event, verdict) {
                    let taken_back = |state: &mut (State, Option<Seq>)| {
                        if *state == (State::Played, Some(event)) {
                            *state = (State::Pending, None);
                        }
                    };
                    self.stroke(note).for_each(taken_back);
                }
                if let Verdict::Matched { note, .. } = verdict {
                    self.stroke(note).for_each(|state| *state = (State::Played, Some(event)));
                }
            }
            Record::Missed { note } => {
                assert!(self.expected[note.get()], "{note:?} was not to be played");
                self.notes[note.get()] = (State::Missed, None);
            }
            Record::Skipped { from, to } => {
                for (state, _) in &mut self.notes[from.get()..to.get()] {
                    if *state != State::Played {
                        *state = State::Skipped;
                    }
                }
            }
            Record::Jump { event, to, .. } => drop(self.jumps.insert(event, to)),
            Record::Stay { event } => drop(self.jumps.remove(&event)),
            Record::Final { .. } | Record::Hesitation { .. } => {}
        }
    }

    pub fn key(&self, note: NoteIndex) -> NoteIndex {
        self.keys[note.get()]
    }

    /// The notes that one stroke plays.
    pub fn stroke(&mut self, note: NoteIndex) -> impl Iterator<Item = &mut (State, Option<Seq>)> {
        let key = self.key(note);
        self.notes.iter_mut().zip(&self.keys).filter(move |(_, of)| **of == key).map(|(state, _)| state)
    }

    /// How many of the notes to be played are so.
    pub fn count(&self, state: State) -> u32 {
        let notes = self.notes.iter().zip(&self.expected);
        notes.filter(|((is, _), expected)| **expected && *is == state).count() as u32
    }
}
