//! The practice room: everything between the audio thread and the editor.
//!
//! A [`Practice`] is a plugin instance's handle to it. Behind it is one thread, started when there is first something to do,
//! which owns the rest: it loads the score, makes the sessions that the audio thread judges by, collects what was
//! captured, feeds the relay, keeps the spool on disk, and keeps the [`Picture`].
//!
//! # For an editor
//!
//! An editor has no logic of its own: it draws [`Practice::picture`] and sends [`Command`]s.
//!
//! - [`Practice::picture`] is cheap (a lock held for a reference count, never for a drawing) and may be called each frame. The
//!   picture does not change while it is held; [`Picture::revision`] tells whether anything has. Drop it before the next
//!   frame: while one is held, a change costs a copy.
//! - [`Practice::send`] never waits. What came of a command is in a later picture: a changed field, or a [`Problem`].
//! - [`Practice::on_change`] registers what to call when there is something new to draw: at most every 16 ms, from the room's
//!   thread.
//! - No picture is made while nobody looks: an editor that is closed calls neither, and unregisters with
//!   [`Practice::on_change`].

mod ask;
mod board;
mod command;
mod fetch;
mod folder;
mod line;
mod link;
mod owner;
mod picture;
mod piece;
mod private;
mod recent;
mod saved;
mod spool;
mod studio;
mod take;
mod trouble;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use parking_lot::Mutex;

pub use command::Command;
pub use folder::{FOLDER_VARIABLE, JOIN_VARIABLE};
pub use link::{Link, LinkError};
pub use picture::{
    Connection, Fault, Figures, NoteState, Picture, PlayedNote, Problem, StudioView, TakeState, TakeView,
    Unsent,
};
pub use piece::{BUNDLED, Bundled, Piece, PieceError, PieceSource};
pub use saved::{LATENCY_MAX, Saved, Settings};
#[cfg(fuzzing)]
pub use spool::read_and_write_again;
pub use studio::{Studio, StudioError, StudioPiece};
pub use trouble::{Trouble, begun, stopped_in, trouble_spots};

use crate::capture::{Capture, Desk, capture};
use folder::Folders;
use owner::Owner;

/// A handle to a practice room. Clones are handles to the same room, which closes with the last of them.
#[derive(Clone)]
pub struct Practice(Arc<Room>);

struct Room {
    commands: Sender<Message>,
    shared: Arc<Shared>,
    thread: Mutex<Thread>,
}

/// What the room's thread is told.
enum Message {
    Command(Command),
    /// A session was fetched, or could not be.
    Fetched(Box<(Link, Result<fetch::Fetched, String>)>),
    /// The studio has answered this request, or not.
    Studio(u32, Box<studio::asked::Answer>),
}

/// What the room's thread and its handles share.
struct Shared {
    picture: Mutex<Arc<Picture>>,
    saved: Mutex<Saved>,
    changed: Mutex<Option<Box<dyn Fn() + Send>>>,
    /// Whether someone has looked since the last picture was made.
    looked: AtomicBool,
    /// Whether the last handle has gone.
    closing: AtomicBool,
    /// Whether the environment has been obeyed.
    asked: AtomicBool,
    /// Where takes wait that no session has yet.
    spool: Option<PathBuf>,
    /// The file that names the scores opened last.
    recent: Option<PathBuf>,
    /// The file with the key of the studio that the user is logged in to.
    studio: Option<PathBuf>,
}

impl Shared {
    /// Whether there is anyone to make a picture for.
    fn is_watched(&self) -> bool {
        self.looked.swap(false, Ordering::Relaxed) || self.changed.lock().is_some()
    }
}

enum Thread {
    /// What it will own.
    NotStarted(Box<(Sender<Message>, Receiver<Message>, Desk)>),
    Running(JoinHandle<()>),
    Gone,
}

impl Practice {
    /// An empty room, and the end of it that belongs on the audio thread. Starts no thread, opens no file and no socket.
    pub fn new() -> (Self, Capture) {
        Self::with_folders(Folders::of_user())
    }

    /// The same, with another place for what has to be kept on disk than the user's folders; `None` for none.
    pub fn with_folder(folder: Option<PathBuf>) -> (Self, Capture) {
        Self::with_folders(Folders::both(folder))
    }

    fn with_folders(folders: Folders) -> (Self, Capture) {
        let (commands, inbox) = mpsc::channel();
        let (capture, desk) = capture();
        let shared = Arc::new(Shared {
            picture: Mutex::new(Arc::new(Picture::default())),
            saved: Mutex::new(Saved::default()),
            changed: Mutex::new(None),
            looked: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            asked: AtomicBool::new(false),
            spool: folders.data.as_ref().map(|folder| folder.join("spool")),
            recent: folders.data.map(|folder| folder.join("recent.json")),
            studio: folders.config.map(|folder| folder.join("studio.json")),
        });
        let thread = Mutex::new(Thread::NotStarted(Box::new((commands.clone(), inbox, desk))));
        (Self(Arc::new(Room { commands, shared, thread })), capture)
    }

    /// Has the room do something. Never waits; not for the audio thread.
    pub fn send(&self, command: Command) {
        // Without a thread the command would be lost, and it only ends with the room.
        let _ = self.0.commands.send(Message::Command(command));
        self.start();
    }

    /// What there is to see.
    pub fn picture(&self) -> Arc<Picture> {
        self.0.shared.looked.store(true, Ordering::Relaxed);
        Arc::clone(&self.0.shared.picture.lock())
    }

    /// Calls this, from the room's thread, when the picture has changed. Replaces what was to be called before.
    pub fn on_change(&self, call: Option<Box<dyn Fn() + Send>>) {
        *self.0.shared.changed.lock() = call;
    }

    /// What of the room belongs in the host's project: the piece and the settings. No key, no token, no address.
    pub fn saved(&self) -> Saved {
        self.0.shared.saved.lock().clone()
    }

    /// The host has begun to process, and notes may come: looks whether the environment asks to join a session. That is for
    /// hosts without a screen, and the one thing besides a [`Command`] that connects. Once is enough: a host may stop and
    /// begin again in the middle of a take.
    pub fn host_is_ready(&self) {
        let link = folder::link_of_environment();
        if let Some(link) = link.filter(|_| !self.0.shared.asked.swap(true, Ordering::Relaxed)) {
            match link {
                Ok(link) => self.send(Command::Join(link)),
                Err(error) => self.send(Command::Complain(format!("{JOIN_VARIABLE}: {error}"))),
            }
        }
    }

    /// Starts the room's thread if it does not run.
    pub fn start(&self) {
        let mut thread = self.0.thread.lock();
        if !matches!(*thread, Thread::NotStarted(_)) {
            return;
        }
        let Thread::NotStarted(parts) = std::mem::replace(&mut *thread, Thread::Gone) else { return };
        let (outbox, inbox, desk) = *parts;
        let shared = Arc::clone(&self.0.shared);
        let builder = std::thread::Builder::new().name("etude practice".to_owned());
        match builder.spawn(move || Owner::new(outbox, inbox, desk, shared).run()) {
            Ok(handle) => *thread = Thread::Running(handle),
            Err(error) => {
                let problem = Problem(format!("Etude could not start its thread: {error}"));
                Arc::make_mut(&mut self.0.shared.picture.lock()).problem = Some(problem);
            }
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::Release);
        // Wakes the thread, if it runs.
        let _ = self.commands.send(Message::Command(Command::Wake));
        if let Thread::Running(thread) = std::mem::replace(self.thread.get_mut(), Thread::Gone) {
            // A panic there was reported on standard error.
            let _ = thread.join();
        }
    }
}
