//! The practice room's thread: what it owns, and what it does when it is told something.
//!
//! [`session`] has its way into a session and out, [`studio`] to a studio, [`playing`] the take, [`drawing`] the picture.

mod drawing;
mod playing;
mod session;
mod studio;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use etude_engine::judge::Record;
use etude_engine::session::{Config, Place};

use super::line::{Courier, Line};
use super::picture::{FAULTS_MAX, Fault, Problem, StudioView, Unsent};
use super::take::Take;
use super::{Command, Link, Message, Piece, PieceSource, Saved, Settings, Shared, recent, spool};
use crate::capture::Desk;

/// How often the rings are looked at while a take is played: what the editor and the network wait for.
const POLL_PLAYING: Duration = Duration::from_millis(1);
/// While one could begin.
const POLL_READY: Duration = Duration::from_millis(5);
/// While nothing is open.
const POLL_IDLE: Duration = Duration::from_millis(250);
/// So long after the last event a take counts as being played.
const PLAYING_FOR: Duration = Duration::from_secs(10);

/// All that the room's thread owns.
pub(super) struct Owner {
    outbox: Sender<Message>,
    inbox: Receiver<Message>,
    desk: Desk,
    shared: Arc<Shared>,
    joined: Joined,
    /// The session's records, from the first: what is shown if they differ from the local ones.
    official: Vec<Record>,
    couriers: Vec<Courier>,
    place: Option<Place>,
    piece: Option<Arc<Piece>>,
    /// What the host's project names and could not be opened: a disk may be back the next time. It stays in the project
    /// until another piece is opened.
    missing: Option<PieceSource>,
    settings: Settings,
    /// Requests to a studio: only the answer to the last one counts.
    requests: u32,
    numbers: u32,
    take: Option<Take>,
    ending: Option<Instant>,
    heard: Option<Instant>,
    lost: u64,
    blocks: (u64, Instant),
    drawn: Instant,
    dirty: bool,
    /// What changes by itself in the picture.
    view: View,
}

/// Whether there is a session.
enum Joined {
    No,
    /// It is being made in the studio.
    Opening,
    /// It is being fetched; with what could be retried if the player leaves.
    Fetching(Link),
    Yes(Box<Line>),
}

/// What the picture shows beside the take.
#[derive(Default)]
struct View {
    report: Option<Arc<etude_engine::report::Report>>,
    report_is_official: bool,
    unsent: Unsent,
    faults: Vec<Fault>,
    problem: Option<Problem>,
    recent: Arc<[PathBuf]>,
    studio: StudioView,
}

impl Owner {
    pub(super) fn new(
        outbox: Sender<Message>,
        inbox: Receiver<Message>,
        desk: Desk,
        shared: Arc<Shared>,
    ) -> Self {
        let now = Instant::now();
        Self {
            outbox,
            inbox,
            desk,
            shared,
            joined: Joined::No,
            official: Vec::new(),
            couriers: Vec::new(),
            place: None,
            piece: None,
            missing: None,
            settings: Settings::default(),
            requests: 0,
            numbers: 0,
            take: None,
            ending: None,
            heard: None,
            lost: 0,
            blocks: (0, now),
            drawn: now,
            dirty: true,
            view: View::default(),
        }
    }

    /// Until the last handle is gone.
    pub(super) fn run(mut self) {
        self.count_unsent();
        self.view.recent = self.shared.recent.as_deref().map(recent::read).unwrap_or_default().into();
        self.view.studio.address = self.studio().map(|studio| studio.address().to_owned());
        while !self.shared.closing.load(Ordering::Acquire) {
            match self.inbox.recv_timeout(self.pause()) {
                Ok(message) => self.hear(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while let Ok(message) = self.inbox.try_recv() {
                self.hear(message);
            }
            self.collect();
            self.look_after_line();
            self.look_after_host();
            self.finish_ending();
            self.draw();
        }
        // What the session lacks is in the spool; but most often it lacks nothing that a moment could not bring there.
        if let Joined::Yes(line) = self.joined {
            line.close();
        }
    }

    fn pause(&self) -> Duration {
        let playing = self.heard.is_some_and(|heard| heard.elapsed() < PLAYING_FOR)
            || self.ending.is_some()
            || matches!(self.joined, Joined::Yes(_));
        match &self.take {
            _ if playing => POLL_PLAYING,
            Some(_) => POLL_READY,
            None if !self.couriers.is_empty() => POLL_READY,
            None => POLL_IDLE,
        }
    }

    fn hear(&mut self, message: Message) {
        self.dirty = true;
        match message {
            Message::Command(command) => self.obey(command),
            Message::Studio(request, answer) => {
                if request == self.requests {
                    self.hear_studio(*answer);
                }
            }
            Message::Fetched(fetched) => {
                let (link, session) = *fetched;
                // The player may have left, or gone elsewhere, meanwhile.
                if matches!(&self.joined, Joined::Fetching(wanted) if *wanted == link) {
                    self.joined = Joined::No;
                    if let Err(why) = session.and_then(|session| self.enter(&link, session)) {
                        self.view.problem = Some(Problem(why));
                    }
                }
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Open(source) => {
                if self.open(source.clone())
                    && let PieceSource::File(path) = source
                {
                    self.remember(&path);
                }
            }
            Command::Configure(settings) => self.configure(settings),
            Command::Restore(saved) => self.restore(saved),
            Command::NewTake => {
                self.leave();
                self.begin_take();
            }
            Command::EndTake => self.end_take(),
            Command::Join(link) => self.join(link),
            Command::LogIn(studio) => self.log_in(studio),
            Command::ListPieces => self.list_pieces(),
            Command::OpenSession(piece) => self.open_session(piece),
            Command::LogOut => self.log_out(),
            Command::Leave => self.leave(),
            Command::Deliver => self.deliver(),
            Command::Forget => {
                let folder = self.shared.spool.iter();
                folder.flat_map(|folder| spool::orphans(folder)).for_each(|kept| kept.spool.remove());
                self.count_unsent();
            }
            Command::Complain(why) => self.view.problem = Some(Problem(why)),
            Command::Dismiss => {
                self.view.problem = None;
                self.view.faults.clear();
            }
            Command::Wake => {}
        }
    }

    fn open(&mut self, source: PieceSource) -> bool {
        let opened = Piece::open(source);
        let is_open = opened.is_ok();
        match opened {
            Ok(piece) => {
                self.leave();
                (self.piece, self.missing) = (Some(Arc::new(piece)), None);
                // A range of another piece means nothing in this one.
                self.settings.judging.range = None;
                self.view.problem = None;
                self.begin_take();
            }
            Err(error) => self.view.problem = Some(Problem(error.to_string())),
        }
        self.save();
        is_open
    }

    /// Practice goes on where nothing can be remembered.
    fn remember(&mut self, path: &Path) {
        if let Some(file) = &self.shared.recent
            && let Ok(recent) = recent::add(file, path)
        {
            self.view.recent = recent.into();
        }
    }

    fn configure(&mut self, settings: Settings) {
        if !matches!(self.joined, Joined::No) {
            self.view.problem =
                Some(Problem("the session has settings of its own: leave it to change them".into()));
            return;
        }
        let before = std::mem::replace(&mut self.settings, settings);
        if self.piece.is_some() && !self.begin_take() {
            self.settings = before;
        }
        self.save();
    }

    fn restore(&mut self, saved: Saved) {
        self.settings = saved.settings;
        let range = saved.settings.judging.range;
        if let Some(source) = saved.piece {
            let is_open = self.open(source.clone());
            self.missing = (!is_open).then_some(source);
            if range.is_some() && is_open {
                let judging = Config { range, ..self.settings.judging };
                self.configure(Settings { judging, ..self.settings });
            }
        }
        self.save();
    }

    /// Does what waits for a network, on a thread of its own, and hears what has come of it. False if there can be no thread;
    /// the player is told.
    fn ask(&mut self, work: impl FnOnce() -> Message + Send + 'static) -> bool {
        let outbox = self.outbox.clone();
        // The room may be gone by then.
        let asking = move || drop(outbox.send(work()));
        match std::thread::Builder::new().name("etude fetch".to_owned()).spawn(asking) {
            Ok(_) => true,
            Err(error) => {
                self.view.problem = Some(Problem(format!("no thread could be started: {error}")));
                false
            }
        }
    }

    fn fault(&mut self, fault: Fault) {
        tracing::error!("{fault}");
        if self.view.faults.len() == FAULTS_MAX {
            self.view.faults.remove(0);
        }
        self.view.faults.push(fault);
        self.dirty = true;
    }

    fn look_after_host(&mut self) {
        let blocks = self.desk.blocks();
        if blocks != self.blocks.0 {
            self.dirty |= self.blocks.1.elapsed() > Duration::from_secs(1);
            self.blocks = (blocks, Instant::now());
        }
    }

    fn save(&mut self) {
        let open = || self.piece.as_ref().and_then(|piece| piece.source.clone());
        *self.shared.saved.lock() = Saved::new(self.missing.clone().or_else(open), self.settings);
    }
}
