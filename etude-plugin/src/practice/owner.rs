//! The practice room's thread.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use etude_engine::session::{Config, EventKind, Session};

use super::picture::{Connection, FAULTS_MAX, Fault, Picture, Problem, TakeState, TakeView};
use super::take::Take;
use super::{Command, Link, Piece, PieceSource, Saved, Settings, Shared};
use crate::capture::{self, Desk, TakeNumber};

/// How often the rings are looked at while a take is played: what the editor and the network wait for.
const POLL_PLAYING: Duration = Duration::from_millis(1);
/// While one could begin.
const POLL_READY: Duration = Duration::from_millis(5);
/// While nothing is open.
const POLL_IDLE: Duration = Duration::from_millis(250);
/// So long after the last event a take counts as being played.
const PLAYING_FOR: Duration = Duration::from_secs(10);
/// The audio thread gives a take back at its next block; a host that has stopped has none.
const GIVE_BACK_MAX: Duration = Duration::from_millis(250);
/// A picture is good for so long: one frame.
const FRAME: Duration = Duration::from_millis(16);

/// All that the room's thread owns.
pub(super) struct Owner {
    inbox: Receiver<Command>,
    desk: Desk,
    shared: Arc<Shared>,
    piece: Option<Arc<Piece>>,
    settings: Settings,
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

/// What the picture shows beside the take.
#[derive(Default)]
struct View {
    report: Option<Arc<etude_engine::report::Report>>,
    report_is_official: bool,
    connection: Connection,
    faults: Vec<Fault>,
    problem: Option<Problem>,
}

impl Owner {
    pub(super) fn new(inbox: Receiver<Command>, desk: Desk, shared: Arc<Shared>) -> Self {
        let now = Instant::now();
        Self {
            inbox,
            desk,
            shared,
            piece: None,
            settings: Settings::default(),
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
        while !self.shared.closing.load(Ordering::Acquire) {
            match self.inbox.recv_timeout(self.pause()) {
                Ok(command) => self.obey(command),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while let Ok(command) = self.inbox.try_recv() {
                self.obey(command);
            }
            self.collect();
            self.look_after_host();
            self.finish_ending();
            self.draw();
        }
    }

    fn pause(&self) -> Duration {
        let playing = self.heard.is_some_and(|heard| heard.elapsed() < PLAYING_FOR) || self.ending.is_some();
        match &self.take {
            _ if playing => POLL_PLAYING,
            Some(_) => POLL_READY,
            None => POLL_IDLE,
        }
    }

    fn obey(&mut self, command: Command) {
        self.dirty = true;
        match command {
            Command::Open(source) => self.open(source),
            Command::Configure(settings) => self.configure(settings),
            Command::Restore(saved) => self.restore(saved),
            Command::NewTake => {
                self.begin_take();
            }
            Command::EndTake => self.end_take(),
            Command::Join(link) => self.join(link),
            Command::Leave => self.view.connection = Connection::Offline,
            Command::Deliver | Command::Forget => {}
            Command::Dismiss => {
                self.view.problem = None;
                self.view.faults.clear();
            }
            Command::Wake => {}
        }
    }

    fn open(&mut self, source: PieceSource) {
        match Piece::open(source) {
            Ok(piece) => {
                self.piece = Some(Arc::new(piece));
                // A range of another piece means nothing in this one.
                self.settings.judging.range = None;
                self.view.problem = None;
                self.begin_take();
            }
            Err(error) => self.view.problem = Some(Problem(error.to_string())),
        }
        self.save();
    }

    fn configure(&mut self, settings: Settings) {
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
            self.open(source);
            if range.is_some() && self.piece.is_some() {
                let judging = Config { range, ..self.settings.judging };
                self.configure(Settings { judging, ..self.settings });
            }
        }
        self.save();
    }

    fn join(&mut self, _link: Link) {
        self.view.problem = Some(Problem("this build cannot join sessions yet".to_owned()));
    }

    /// Throws away the take, if there is one, and has the audio thread judge a new one. False if there can be none.
    fn begin_take(&mut self) -> bool {
        let Some(piece) = &self.piece else { return false };
        let (score, config) = (Arc::clone(&piece.score), self.settings.judging);
        let number = TakeNumber(self.numbers + 1);
        match capture::Take::new(number, Arc::clone(&score), config, self.settings.ends_by_itself) {
            Ok(take) => {
                self.numbers += 1;
                self.ending = None;
                self.take = Some(Take::new(number, score, config));
                self.desk.order(Some(Box::new(take)));
                self.dirty = true;
                true
            }
            Err(error) => {
                self.view.problem = Some(Problem(error.to_string()));
                false
            }
        }
    }

    fn end_take(&mut self) {
        let Some(take) = &self.take else { return };
        if !take.has_ended() && !take.log().is_empty() && self.ending.is_none() {
            self.desk.order(None);
            self.ending = Some(Instant::now());
        }
    }

    /// Takes what the audio thread has for us, events before the records about them.
    fn collect(&mut self) {
        while let Some(captured) = self.desk.next_event() {
            let Some(take) = self.take.as_mut().filter(|take| take.number == captured.take) else { continue };
            if take.has_ended() {
                continue;
            }
            if take.log().is_empty() {
                self.view.report = None;
            }
            take.push(captured.event);
            if captured.event.kind != EventKind::Tick {
                self.heard = Some(Instant::now());
            }
            self.dirty = true;
        }
        while let Some(judged) = self.desk.next_record() {
            if let Some(take) = self.take.as_mut().filter(|take| take.number == judged.take) {
                take.record(judged.record);
                self.dirty = true;
            }
        }
        if let Some(take) = &mut self.take
            && self.desk.is_unjudged(take.number)
            && let Err(error) = take.judge_here()
        {
            self.view.problem = Some(Problem(error.to_string()));
        }
        let lost = self.desk.lost();
        if lost != self.lost {
            self.fault(Fault::Lost { events: lost - self.lost });
            self.lost = lost;
        }
        while let Some(back) = self.desk.next_retired() {
            // Its last events were in the ring before it was.
            let is_ours = self.take.as_ref().is_some_and(|take| take.number == back.number());
            if is_ours && self.take.as_ref().is_some_and(|take| !take.has_ended()) {
                self.collect_rest();
                self.conclude(Some(back.into_session()));
            }
        }
    }

    fn collect_rest(&mut self) {
        let Some(take) = &mut self.take else { return };
        while let Some(captured) = self.desk.next_event() {
            if captured.take == take.number {
                take.push(captured.event);
            }
        }
        while let Some(judged) = self.desk.next_record() {
            if judged.take == take.number {
                take.record(judged.record);
            }
        }
    }

    fn finish_ending(&mut self) {
        if self.ending.is_some_and(|since| since.elapsed() >= GIVE_BACK_MAX) {
            self.conclude(None);
        }
    }

    /// The take is over.
    fn conclude(&mut self, back: Option<Session>) {
        self.ending = None;
        let Some(take) = &mut self.take else { return };
        match take.end(back) {
            Ok(report) => {
                self.view.report = Some(Arc::new(report));
                self.view.report_is_official = false;
            }
            Err(error) => self.view.problem = Some(Problem(error.to_string())),
        }
        self.dirty = true;
    }

    fn fault(&mut self, fault: Fault) {
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
        let source = self.piece.as_ref().and_then(|piece| piece.source.clone());
        *self.shared.saved.lock() = Saved::new(source, self.settings);
    }

    /// Brings the picture up to date, at most once a frame.
    fn draw(&mut self) {
        if !self.dirty || self.drawn.elapsed() < FRAME || !self.shared.is_watched() {
            return;
        }
        (self.dirty, self.drawn) = (false, Instant::now());
        let take = self.view_of_take();
        {
            let mut picture = self.shared.picture.lock();
            let revision = picture.revision + 1;
            *picture = Arc::new(Picture {
                revision,
                piece: self.piece.clone(),
                settings: self.settings,
                host_is_processing: self.blocks.0 > 0 && self.blocks.1.elapsed() < Duration::from_secs(1),
                take,
                report: self.view.report.clone(),
                report_is_official: self.view.report_is_official,
                connection: self.view.connection.clone(),
                round_trip: None,
                unsent: Default::default(),
                faults: self.view.faults.clone(),
                problem: self.view.problem.clone(),
            });
        }
        if let Some(call) = &*self.shared.changed.lock() {
            call();
        }
    }

    fn view_of_take(&self) -> TakeView {
        let Some(take) = &self.take else { return TakeView::default() };
        let board = take.board();
        let state = match take {
            take if take.has_ended() => TakeState::Ended,
            take if take.log().is_empty() => TakeState::Ready,
            _ => TakeState::Playing,
        };
        TakeView {
            state,
            notes: board.notes().to_vec(),
            played: board.played().copied().collect(),
            position: board.position(),
            position_ticks: board
                .position()
                .and_then(|note| Some(take.score().notes().get(note.get())?.onset)),
            clock: board.clock(),
            figures: board.figures(),
            shows_session: false,
        }
    }
}
