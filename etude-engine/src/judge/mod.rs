//! Each played note gets a verdict; each note not played is missed; nothing is matched twice.
//!
//! Turns the follower's readings into [`Record`]s. A reading may change while it is younger than
//! `follow::LAG` notes; then it is final, and only then does it count.

mod ledger;
mod reason;
mod rulings;
mod stream;
mod told;
mod verdict;

use std::sync::Arc;

pub(crate) use ledger::{Ledger, State};
pub use reason::{pitch_name, reason};
pub(crate) use rulings::grade;
use rulings::{Rulings, Struck};
pub(crate) use told::EVENTS_MAX;
pub use verdict::{Grade, Record, Verdict, Way};

use crate::follow::{Onsets, Reader, Spot};
use crate::report::Account;
use crate::score::NoteIndex;
use crate::session::{Config, Seq, VerdictDigest};
use crate::units::{Micros, Pitch, Velocity};

/// Judges one take. Once made, it allocates nothing, but for takes beyond all reason.
pub(crate) struct Judge {
    reader: Reader,
    rulings: Rulings,
}

impl Judge {
    pub(crate) fn new(reader: Reader, config: Config) -> Self {
        Self { rulings: Rulings::new(Arc::clone(reader.onsets()), config), reader }
    }

    /// Judges a note-on.
    #[inline(never)]
    pub(crate) fn note_on(&mut self, event: Seq, at: Micros, pitch: Pitch, velocity: Velocity) {
        let at = self.reader.advance(at);
        self.rulings.account.reach(at);
        if let Some(place) = self.reader.lap(at) {
            self.rulings.lap(event, place);
        }
        self.rulings.strike(Struck { event, at, pitch, velocity });
        self.rulings.revise(self.reader.note_on(at, pitch));
        self.rulings.settle_in_blocks(self.reader.final_steps());
    }

    /// A key went up.
    #[inline(never)]
    pub(crate) fn note_off(&mut self, at: Micros, pitch: Pitch) {
        let at = self.reader.advance(at);
        self.rulings.account.reach(at);
        self.rulings.note_off(at, pitch);
    }

    /// The sustain pedal moved.
    #[inline(never)]
    pub(crate) fn pedal(&mut self, at: Micros, down: bool) {
        let at = self.reader.advance(at);
        self.rulings.account.reach(at);
        self.rulings.account.pedal(at, down);
    }

    /// Time has passed: in clock mode, keys whose window is over are missed.
    #[inline(never)]
    pub(crate) fn tick(&mut self, at: Micros) {
        if let Some(open) = self.reader.open_at(at) {
            self.rulings.pass(open);
        }
    }

    /// The host's transport has moved: (playing, millionths of a quarter, microseconds per quarter). A seek ends what
    /// was begun and makes it final.
    #[inline(never)]
    pub(crate) fn transport(&mut self, event: Seq, at: Micros, transport: (bool, i64, u32)) {
        self.tick(at);
        if let Some(place) = self.reader.transport(at, transport) {
            self.rulings.seek(event, place, Way::Seek);
        }
    }

    /// The take is over: everything becomes final.
    #[inline(never)]
    pub(crate) fn finish(&mut self, events: Seq) {
        self.rulings.revise(self.reader.finish());
        self.rulings.finish(events);
    }

    /// The next record of the verdict stream.
    #[inline]
    pub(crate) fn poll(&mut self) -> Option<Record> {
        self.rulings.stream.poll()
    }

    /// How much of the verdict stream waits to be polled.
    pub(crate) fn waiting(&self) -> usize {
        self.rulings.stream.waiting()
    }

    /// Digest of the verdict stream so far, unpolled records included.
    pub(crate) fn digest(&self) -> VerdictDigest {
        self.rulings.stream.digest()
    }

    /// Where the player is at `now`.
    pub(crate) fn spot(&self, now: Micros) -> Spot {
        self.reader.spot(now)
    }

    /// The score notes to be struck next at `now`, one for each key.
    pub(crate) fn due(&self, now: Micros) -> impl Iterator<Item = NoteIndex> + '_ {
        self.reader.due(now).map(|key| self.reader.onsets().key(key).note)
    }

    /// The score as it is judged.
    pub(crate) fn onsets(&self) -> &Onsets {
        self.reader.onsets()
    }

    /// What is final of each key.
    pub(crate) fn settled(&self) -> &Ledger {
        &self.rulings.settled
    }

    /// What was counted of what is final.
    pub(crate) fn account(&self) -> &Account {
        &self.rulings.account
    }
}
