//! Who reads the notes: a follower, or one who waits.

use std::sync::Arc;

use super::{Follower, KeyIndex, Onsets, Reading, Spot, Wait};
use crate::units::{Micros, Pitch};

/// Says of each note what it was, and where in the score the player is.
pub enum Reader {
    /// The player leads, or a clock.
    Follower(Box<Follower>),
    /// The score waits for the player.
    Wait(Wait),
}

impl Reader {
    /// The score as it is read.
    pub fn onsets(&self) -> &Arc<Onsets> {
        match self {
            Self::Follower(follower) => follower.onsets(),
            Self::Wait(wait) => wait.onsets(),
        }
    }

    /// Moves the clock and gives what an event of that time is judged by, within bounds whose differences cannot
    /// overflow.
    pub fn advance(&mut self, at: Micros) -> Micros {
        match self {
            Self::Follower(follower) => follower.advance(at),
            Self::Wait(wait) => wait.advance(at),
        }
    }

    /// Notes that are final: no reading before this step changes any more.
    pub fn final_steps(&self) -> u32 {
        match self {
            Self::Follower(follower) => follower.final_steps(),
            Self::Wait(wait) => wait.final_steps(),
        }
    }

    /// Reads a note; the readings that are new or changed, oldest first, this note's own last.
    pub fn note_on(&mut self, at: Micros, pitch: Pitch) -> &[Reading] {
        match self {
            Self::Follower(follower) => follower.note_on(at, pitch),
            Self::Wait(wait) => wait.note_on(at, pitch),
        }
    }

    /// Where the player is at `now`.
    pub fn spot(&self, now: Micros) -> Spot {
        match self {
            Self::Follower(follower) => follower.spot(now),
            Self::Wait(wait) => wait.spot(),
        }
    }

    /// The keys to be struck next at `now`.
    pub fn due(&self, now: Micros) -> impl Iterator<Item = KeyIndex> + '_ {
        let (follower, wait) = match self {
            Self::Follower(follower) => (Some(follower.due(now)), None),
            Self::Wait(wait) => (None, Some(wait.due())),
        };
        follower.into_iter().flatten().chain(wait.into_iter().flatten())
    }

    /// The take is over; the readings that change.
    pub fn finish(&mut self) -> &[Reading] {
        match self {
            Self::Follower(follower) => follower.finish(),
            Self::Wait(_) => &[],
        }
    }

    /// Time has passed. In clock mode, the first onset that can still be played.
    pub fn open_at(&mut self, at: Micros) -> Option<u32> {
        match self {
            Self::Follower(follower) => follower.open_at(at),
            Self::Wait(_) => None,
        }
    }

    /// A note is about to come. Where a metronome that loops has come to a new lap, the place where that began.
    pub fn lap(&mut self, at: Micros) -> Option<u32> {
        match self {
            Self::Follower(follower) => follower.lap(at),
            Self::Wait(_) => None,
        }
    }

    /// The host's transport has moved: (playing, millionths of a quarter, microseconds per quarter). Returns the onset
    /// that the player is sent to by it; the number of onsets for what lies beyond the last.
    pub fn transport(&mut self, at: Micros, (playing, position, tempo): (bool, i64, u32)) -> Option<u32> {
        match self {
            Self::Follower(follower) => follower.transport(at, playing, position, tempo),
            Self::Wait(wait) => wait.transport(at, playing, position),
        }
    }
}
