//! What the verdict stream has told so far, read as any reader of it does.
//!
//! Kept so that at the end of a take whatever was told and has turned out otherwise can be put right.

use std::collections::VecDeque;

use super::OPEN_READINGS;
use super::verdict::{Record, Verdict};
use crate::follow::{KeyIndex, Onsets};
use crate::session::Seq;

/// What was told of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Nothing, or it was taken back.
    Nothing,
    /// This note-on was it.
    Played(Seq),
    /// It was missed.
    Missed,
    /// It was jumped over.
    Skipped,
}

/// What was told of each key.
pub(super) struct Telling {
    keys: Vec<Told>,
    /// By score note; [`NO_KEY`] where it is not to be played.
    key_of: Vec<KeyIndex>,
    /// The key that each note-on which is not final was told to be, in order.
    open: VecDeque<(Seq, Option<KeyIndex>)>,
}

const NO_KEY: KeyIndex = KeyIndex::MAX;

impl Telling {
    pub(super) fn new(onsets: &Onsets) -> Self {
        let mut key_of = vec![NO_KEY; onsets.score().notes().len()];
        for key in 0..onsets.key_count() {
            for note in onsets.notes_of(key) {
                key_of[note as usize] = key;
            }
        }
        let keys = vec![Told::Nothing; onsets.key_count() as usize];
        Self { keys, key_of, open: VecDeque::with_capacity(OPEN_READINGS) }
    }

    pub(super) fn of(&self, key: KeyIndex) -> Told {
        self.keys[key as usize]
    }

    pub(super) fn hear(&mut self, record: &Record) {
        match *record {
            Record::Played { event, verdict } => {
                let key = match verdict {
                    Verdict::Matched { note, .. } => Some(self.key_of[note.get()]),
                    _ => None,
                };
                self.played(event, key);
            }
            Record::Missed { note } => self.keys[self.key_of[note.get()] as usize] = Told::Missed,
            Record::Skipped { from, to } => {
                for &key in self.key_of[from.get()..to.get()].iter().filter(|&&key| key != NO_KEY) {
                    let told = &mut self.keys[key as usize];
                    if !matches!(told, Told::Played(_)) {
                        *told = Told::Skipped;
                    }
                }
            }
            Record::Final { through } => {
                while self.open.pop_front_if(|(event, _)| *event < through).is_some() {}
            }
            Record::Jump { .. } | Record::Stay { .. } => {}
        }
    }

    fn played(&mut self, event: Seq, key: Option<KeyIndex>) {
        let before = match self.open.binary_search_by_key(&event, |&(event, _)| event) {
            Ok(place) => std::mem::replace(&mut self.open[place].1, key),
            Err(place) => {
                self.open.insert(place, (event, key));
                None
            }
        };
        if let Some(before) = before
            && self.of(before) == Told::Played(event)
        {
            self.keys[before as usize] = Told::Nothing;
        }
        if let Some(key) = key {
            self.keys[key as usize] = Told::Played(event);
        }
    }
}
