//! What there is to see of a practice room. Plain data; see [`Practice::picture`](super::Practice::picture).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use etude_engine::judge::{Grade, Verdict};
use etude_engine::report::Report;
use etude_engine::score::NoteIndex;
use etude_engine::session::{Place, Seq};
use etude_engine::units::{Micros, Pitch, Velocity};

use super::{Piece, Settings, StudioPiece};

/// Played notes that are kept to be shown; the report knows the rest.
pub const PLAYED_MAX: usize = 1_024;
/// Faults that are kept to be shown.
pub const FAULTS_MAX: usize = 32;

/// All there is to see.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// Grows with every change.
    pub revision: u64,
    /// The piece that is open.
    pub piece: Option<Arc<Piece>>,
    /// The settings that the take is judged by.
    pub settings: Settings,
    /// Whether the host processes blocks: if not, nothing that is played can be heard.
    pub host_is_processing: bool,
    /// The take.
    pub take: TakeView,
    /// The result of the last take that ended, until the next begins.
    pub report: Option<Arc<Report>>,
    /// Whether [`Self::report`] is the session's word. If not, it is this machine's alone: unofficial.
    pub report_is_official: bool,
    /// The line to a session.
    pub connection: Connection,
    /// From a note to the session's verdict about it, of the last notes: the median.
    pub round_trip: Option<Duration>,
    /// What the spool holds of earlier takes.
    pub unsent: Unsent,
    /// What went wrong that the player cannot help, the latest last.
    pub faults: Vec<Fault>,
    /// Why the last command did not do what it should.
    pub problem: Option<Problem>,
    /// The files of the scores opened last, the newest first.
    pub recent: Arc<[PathBuf]>,
    /// The studio that the user can log in to.
    pub studio: StudioView,
}

/// A studio, as far as there is one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StudioView {
    /// Its address, while the user is logged in.
    pub address: Option<String>,
    /// Its pieces, once it was asked for them.
    pub pieces: Option<Arc<[StudioPiece]>>,
    /// Whether it is being asked for something.
    pub is_asked: bool,
}

/// What has come of a take so far.
#[derive(Clone, Debug, Default)]
pub struct TakeView {
    /// Whether it has begun, or ended.
    pub state: TakeState,
    /// Of each note of the score, in the order of [`Score::notes`](etude_engine::score::Score::notes).
    pub notes: Vec<NoteState>,
    /// The last notes played, at most 1,024, in order.
    pub played: Vec<PlayedNote>,
    /// The note of the score that was matched last.
    pub position: Option<NoteIndex>,
    /// Where the player is, and how fast; `None` before the first note.
    pub place: Option<Place>,
    /// The time of the last event on the take's clock.
    pub clock: Micros,
    /// Counts so far.
    pub figures: Figures,
    /// Whether the session's verdicts are shown in place of the local ones, for they differ.
    pub shows_session: bool,
}

/// Whether a take has begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TakeState {
    /// No piece is open.
    #[default]
    Nothing,
    /// The first note begins it.
    Ready,
    /// It is being played.
    Playing,
    /// It is over; the report is there, or on its way.
    Ended,
}

/// What has become of a score note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoteState {
    /// It is still to come.
    #[default]
    Pending,
    /// It was played.
    Played {
        /// Played minus expected time.
        offset: Micros,
        /// What the offset is worth.
        grade: Grade,
        /// The note-on.
        event: Seq,
    },
    /// It was passed and not played.
    Missed,
    /// It was jumped over.
    Skipped,
    /// The settings leave it out.
    NotExpected,
}

/// A note that was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlayedNote {
    /// Its event.
    pub event: Seq,
    /// When, on the take's clock.
    pub at: Micros,
    /// The key.
    pub pitch: Pitch,
    /// How hard.
    pub velocity: Velocity,
    /// What it was.
    pub verdict: Option<Verdict>,
    /// Whether the verdict can still change.
    pub is_final: bool,
    /// Whether the session has given the same verdict.
    pub is_confirmed: bool,
}

/// Counts of a take so far, provisional verdicts included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Score notes played.
    pub correct: u32,
    /// Of those, within the perfect or the good window.
    pub on_time: u32,
    /// Of those, before it.
    pub early: u32,
    /// Of those, after it.
    pub late: u32,
    /// Score notes passed and not played.
    pub missed: u32,
    /// Played notes that took the place of another.
    pub wrong: u32,
    /// Played notes with no place in the score.
    pub extra: u32,
}

/// The line to a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Connection {
    /// There is none: practice is local, and its results unofficial.
    #[default]
    Offline,
    /// The session is being fetched or connected to.
    Connecting,
    /// The session judges what is played.
    Live,
    /// The line is down; it is tried again. Practice goes on, and what is played is delivered later.
    Resuming {
        /// Events that the session lacks.
        undelivered: usize,
        /// Why it is down.
        why: String,
    },
    /// The session has its report.
    Ended,
    /// The session will not have this player, and why.
    Refused {
        /// For the player.
        why: String,
    },
}

/// What the spool holds of earlier takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    /// Takes.
    pub takes: usize,
    /// Events in them that no session is known to have.
    pub events: usize,
}

/// Something that went wrong and that the player cannot help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The session came to other verdicts than this machine. The session's count.
    Disagreement {
        /// Number of events both had judged.
        events: u64,
        /// The digest here.
        local: String,
        /// The session's digest.
        official: String,
    },
    /// Notes were lost between the audio thread and the practice room.
    Lost {
        /// How many events.
        events: u64,
    },
    /// The spool cannot be written: what is played now does not survive a crash before it is delivered.
    Spool {
        /// Why.
        why: String,
    },
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Disagreement { events, local, official } => write!(
                f,
                "After {events} events the session's verdicts ({official}) are not those of this machine ({local}). \
                 The session's count. Please report this."
            ),
            Self::Lost { events } => {
                write!(f, "{events} events came faster than they could be taken and were lost.")
            }
            Self::Spool { why } => {
                write!(f, "What is played cannot be kept on disk until it is delivered: {why}")
            }
        }
    }
}

/// Why a command did not do what it should, for the player.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(pub String);
