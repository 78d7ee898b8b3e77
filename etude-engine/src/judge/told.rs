//! What the verdict stream has told so far of each key, read as any reader of it does, and what must be told to
//! make that true.

use std::ops::Range;

use super::ledger::{Claimant, Ledger, State};
use super::rulings::matched;
use super::stream::Stream;
use super::verdict::Record;
use crate::follow::{KeyIndex, Onsets};
use crate::score::NoteIndex;
use crate::session::{Seq, TimingWindows};

/// What was told of each key: one of the three, or three more than the event that played it.
pub(super) struct Told(Vec<u32>);

/// Nothing, or it was taken back.
const NOTHING: u32 = 0;
const MISSED: u32 = 1;
const SKIPPED: u32 = 2;
/// No event has so high a number.
pub(crate) const EVENTS_MAX: u64 = (u32::MAX - 3) as u64;

impl Told {
    pub(super) fn new(onsets: &Onsets) -> Self {
        Self(vec![NOTHING; onsets.key_count() as usize])
    }

    /// This event was told to have played the key.
    pub(super) fn played(&mut self, key: KeyIndex, claimant: Claimant) {
        self.0[key as usize] = claimant + 2;
    }

    /// This event was told not to have played the key after all.
    pub(super) fn not_played(&mut self, key: KeyIndex, claimant: Claimant) {
        let told = &mut self.0[key as usize];
        if *told == claimant + 2 {
            *told = NOTHING;
        }
    }

    /// Tells what has become of these keys, where it was told otherwise. That a missed or skipped note may yet be played
    /// is not told: if it is, its match says so.
    pub(super) fn tell(
        &mut self,
        keys: Range<KeyIndex>,
        ledger: &Ledger,
        windows: &TimingWindows,
        onsets: &Onsets,
        stream: &mut Stream,
    ) {
        // Runs are told as one. What is played may stand among what is skipped, and stays played.
        let (mut missed, mut skipped) = (0..0, Skipped::default());
        for key in keys {
            let told = &mut self.0[key as usize];
            let state = ledger.state(key);
            if state == State::Missed && *told != MISSED {
                *told = MISSED;
                if missed.end != key {
                    missed.start = key;
                }
                missed.end = key + 1;
            } else if !missed.is_empty() {
                stream.push_missed(std::mem::take(&mut missed));
            }
            match state {
                State::Skipped => {
                    skipped.add(key, *told != SKIPPED);
                    *told = SKIPPED;
                }
                State::Played { offset_us } => {
                    let claimant = ledger.claimant(key);
                    if *told != claimant + 2 {
                        *told = claimant + 2;
                        let verdict = matched(key, offset_us, windows, onsets);
                        stream.push(Record::Played { event: Seq(u64::from(claimant) - 1), verdict });
                    }
                }
                State::Pending | State::Missed => skipped.end(onsets, stream),
            }
        }
        if !missed.is_empty() {
            stream.push_missed(missed);
        }
        skipped.end(onsets, stream);
    }
}

/// A run of keys jumped over.
#[derive(Default)]
struct Skipped {
    keys: Option<Range<KeyIndex>>,
    /// Whether any of them is news.
    news: bool,
}

impl Skipped {
    fn add(&mut self, key: KeyIndex, news: bool) {
        self.news |= news;
        let run = self.keys.get_or_insert(key..key);
        run.end = key + 1;
    }

    fn end(&mut self, onsets: &Onsets, stream: &mut Stream) {
        if let Self { keys: Some(keys), news: true } = std::mem::take(self) {
            let from = onsets.key(keys.start).note;
            let to = onsets.notes_of(keys.end - 1).last().map_or(from.0, |note| note + 1);
            stream.push(Record::Skipped { from, to: NoteIndex(to) });
        }
    }
}
