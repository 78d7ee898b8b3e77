//! What an editor, the host's project or the environment can ask of a practice room.

use super::{Link, PieceSource, Saved, Settings, Studio};

/// Something to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Open a piece, in place of the one that is open. Leaves a joined session.
    Open(PieceSource),
    /// Practise by these settings from the next take on. What has been played is thrown away. Refused in a session: it
    /// has its own.
    Configure(Settings),
    /// Take what the host's project holds: a piece and settings. Connects to nothing.
    Restore(Saved),
    /// Throw away what has been played and begin anew. In a session, the take there is left unended.
    NewTake,
    /// End the take and report. In a session that is final.
    EndTake,
    /// Join a session. Connects, as none but the next three do, and [`Self::Deliver`].
    Join(Link),
    /// Log in to a studio: ask for its pieces, and if it gives them, keep its key on disk.
    LogIn(Studio),
    /// Ask the studio for its pieces again.
    ListPieces,
    /// Make a session in the studio, on the piece of this name and by the present settings, and join it.
    OpenSession(String),
    /// Forget the studio, and its key.
    LogOut,
    /// Leave the session. What was not delivered stays in the spool.
    Leave,
    /// Deliver what earlier takes have left in the spool.
    Deliver,
    /// Delete what earlier takes have left in the spool.
    Forget,
    /// The problem and the faults have been read.
    Dismiss,
    /// Show this problem.
    Complain(String),
    /// Nothing: look around.
    Wake,
}
