//! What comes out: verdicts, as records that refer to events and score notes by number.

use serde::{Deserialize, Serialize};

use crate::score::NoteIndex;
use crate::session::Seq;
use crate::units::Micros;

/// One entry of a session's verdict stream.
///
/// The stream is the whole truth: folding it gives the state of every event and every score note. A record about
/// an event replaces the earlier one about that event, until a [`Record::Final`] has passed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    /// What a note-on was.
    Played {
        /// The note-on.
        event: Seq,
        /// What it was.
        verdict: Verdict,
    },
    /// The position has passed this score note and no key was struck for it. Taken back by a later
    /// [`Verdict::Matched`] that names the note.
    Missed {
        /// The note.
        note: NoteIndex,
    },
    /// The score notes from `from` up to, not including, `to` have been jumped over: those not played are skipped, also
    /// if they were said to be missed. Notes among them that the settings leave out stay what they are: not expected.
    Skipped {
        /// First note.
        from: NoteIndex,
        /// First note after them.
        to: NoteIndex,
    },
    /// With this note-on the player went elsewhere, and a new attempt begins: notes may be matched again in it. Replaces
    /// an earlier jump at this note-on, which went to another place after all.
    Jump {
        /// The first note-on at the new place.
        event: Seq,
        /// First score note of the place left.
        from: NoteIndex,
        /// First score note of the place entered.
        to: NoteIndex,
        /// What kind of going elsewhere it is.
        way: Way,
    },
    /// The jump announced at this note-on did not happen.
    Stay {
        /// The note-on.
        event: Seq,
    },
    /// Before this note-on the player paused, and then went on from there. Taken back by a [`Record::Jump`] at the same
    /// note-on. Said in follow mode only.
    Hesitation {
        /// The first note-on after the pause.
        event: Seq,
        /// How much later it came than the player's tempo had it, in microseconds.
        #[serde(rename = "pause_us")]
        pause: Micros,
    },
    /// No verdict about an event before `through` will change any more. At the end of a take it may be told once more,
    /// where a jump that did not happen had made its note missed.
    Final {
        /// The first event that may still change.
        through: Seq,
    },
}

/// Where a player goes who goes elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Back to the first note of the score.
    Restart,
    /// Back, to play something again.
    Back,
    /// On, over something left out.
    Skip,
    /// Back to where a repeat of the score begins, once more than the performed order has it.
    RepeatTaken,
    /// On past a repeat of the score that the performed order has.
    RepeatSkipped,
    /// Past a D.C., D.S., To Coda or Fine that the performed order obeys.
    JumpSkipped,
    /// To the coda, sooner than the performed order goes there.
    JumpEarly,
    /// To where the host's transport went.
    Seek,
}

/// What a played note was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// It is this note of the score. All score notes of the same onset and pitch (unisons) are played with it.
    Matched {
        /// The note.
        note: NoteIndex,
        /// Played minus expected time, in microseconds: negative is early.
        #[serde(rename = "offset_us")]
        offset: Micros,
        /// What the offset is worth.
        grade: Grade,
    },
    /// It took the place of this note.
    Wrong {
        /// The note that should have been struck.
        instead_of: NoteIndex,
    },
    /// It has no place in the score.
    Extra,
    /// A legitimate part of the ornament on this note.
    Ornament {
        /// The note that carries the sign.
        of: NoteIndex,
    },
    /// This note, already played, was struck again.
    Repeat {
        /// The note.
        of: NoteIndex,
    },
}

/// What a timing offset is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Within the perfect window.
    Perfect,
    /// Within the good window.
    Good,
    /// Before the good window.
    Early,
    /// After the good window.
    Late,
}
