//! Where the player is, for drawing a cursor.

use crate::follow::ticks_of;
use crate::score::NoteIndex;
use crate::session::Session;
use crate::units::{Micros, Ticks};

/// Where the player is at some moment. Of the performed order, with its repeats played out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Place in the score in millionths of a quarter, never outside it: finer than a tick, for a cursor that glides.
    pub position: i64,
    /// The same in ticks, rounded down.
    pub ticks: Ticks,
    /// Index of the measure it lies in.
    pub measure: u32,
    /// Which time through that measure, from 1.
    pub pass: u16,
    /// The first note of those that were begun last, or that were due last under a clock; `None` before the first.
    pub behind: Option<NoteIndex>,
    /// The first note of those that come next; `None` after the last. In a loop the first comes after the last.
    pub ahead: Option<NoteIndex>,
    /// Length of a quarter as it is played, in microseconds; `None` where there is no tempo: before a second onset was
    /// struck, while the clock stands, and where the score waits.
    pub micros_per_quarter: Option<u32>,
    /// Whether the place moves on with time. One that does not needs no drawing anew before the next event.
    pub moving: bool,
}

impl Session {
    /// Where the player is at `now`, on the clock of the take; at the latest event, if `now` is earlier.
    ///
    /// - [`Follow`](crate::session::Mode::Follow): from the note struck last the place moves on at the player's own
    ///   tempo, as far as the next note, and waits there until it is struck.
    /// - [`Clock`](crate::session::Mode::Clock): where the metronome or the transport is. A transport that stands is
    ///   where it was put.
    /// - [`Wait`](crate::session::Mode::Wait): at the notes waited for.
    ///
    /// After the end of the take the place stays where it was. It is a guess for the eye: asking changes nothing, no
    /// verdict depends on it, and it may step back where the reading of the last notes is revised. It allocates
    /// nothing, and takes a time that grows with the logarithm of the score's length.
    pub fn place(&self, now: Micros) -> Place {
        let spot = self.judge.spot(self.asked_at(now));
        let ticks = ticks_of(spot.position, self.score.ticks_per_quarter());
        let measures = self.score.measures();
        let measure = measures.partition_point(|measure| measure.onset <= ticks).saturating_sub(1);
        let note = |onset| self.judge.onsets().place(onset);
        Place {
            position: spot.position,
            ticks,
            measure: measure as u32,
            pass: measures[measure].pass,
            behind: spot.behind.map(note),
            ahead: spot.ahead.map(note),
            micros_per_quarter: spot.micros_per_quarter,
            moving: spot.moving && !self.ended,
        }
    }

    /// The notes to be struck next at `now`, in score order: what is left of a chord begun, up to half-way to the
    /// notes after it, and then those. One for each key; of a unison it is the first
    /// ([`Score::unison`](crate::score::Score::unison)). None after the last, and after the end of the take.
    ///
    /// As [`Session::place`], it changes nothing and allocates nothing.
    pub fn expected(&self, now: Micros) -> impl Iterator<Item = NoteIndex> + '_ {
        let due = (!self.ended).then(|| self.judge.due(now));
        due.into_iter().flatten()
    }

    fn asked_at(&self, now: Micros) -> Micros {
        if self.ended { Micros(i64::MIN) } else { now }
    }
}
