//! The practice room's thread.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use etude_engine::judge::Record;
use etude_engine::session::{Config, Event, EventKind, Place, Session};

use super::fetch::{self, Fetched};
use super::line::{Courier, Line, News};
use super::picture::{Connection, FAULTS_MAX, Fault, Picture, Problem, TakeState, TakeView, Unsent};
use super::recent;
use super::spool::{self, Spool};
use super::take::Take;
use super::{Command, Link, Message, Piece, PieceSource, Saved, Settings, Shared};
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

    /// Fetches the session, on a thread of its own.
    fn join(&mut self, link: Link) {
        if matches!(&self.joined, Joined::Fetching(wanted) if *wanted == link) {
            return;
        }
        self.leave();
        // Its take is gone on with here: two lines into one session would supersede each other.
        self.couriers.retain(|courier| !courier.is_for(&link));
        let outbox = self.outbox.clone();
        let wanted = link.clone();
        let fetch = move || {
            let session = fetch::session(&wanted);
            let _ = outbox.send(Message::Fetched(Box::new((wanted, session))));
        };
        match std::thread::Builder::new().name("etude fetch".to_owned()).spawn(fetch) {
            Ok(_) => self.joined = Joined::Fetching(link),
            Err(error) => self.view.problem = Some(Problem(format!("no thread could be started: {error}"))),
        }
        self.deliver();
    }

    /// Begins the session's take, or goes on with it where an earlier host broke off.
    fn enter(&mut self, link: &Link, session: Fetched) -> Result<(), String> {
        let Fetched { piece, file, config } = session;
        let (spool, log) = self.open_spool(link, config, &file)?;
        (self.piece, self.missing) = (Some(Arc::new(piece)), None);
        self.settings.judging = config;
        if !self.begin_take_with(&log) {
            return Err("the session's settings leave nothing to play".to_owned());
        }
        let score = Arc::clone(&self.piece.as_ref().expect("it was just put there").score);
        let line = Line::connect(link, score, config, log, spool).map_err(|error| error.to_string())?;
        self.joined = Joined::Yes(Box::new(line));
        // What was an earlier take's is this one's.
        self.count_unsent();
        self.save();
        Ok(())
    }

    /// Practice goes on without a spool where there can be none, and the player is told; but not beside another plugin in
    /// the same session, whose log this one does not know.
    fn open_spool(
        &mut self,
        link: &Link,
        config: Config,
        piece: &[u8],
    ) -> Result<(Option<Spool>, Vec<Event>), String> {
        let Some(folder) = self.shared.spool.clone() else {
            self.fault(Fault::Spool { why: "this system has no folder for a user's data".to_owned() });
            return Ok((None, Vec::new()));
        };
        let kept = match Spool::resume(&folder, link) {
            Ok(kept) => kept.filter(|kept| kept.config == config && kept.link.base() == link.base()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(error.to_string()),
            // `begin` says the same again if it is not the take's contents.
            Err(_) => None,
        };
        if let Some(kept) = kept {
            return Ok((Some(kept.spool), kept.log));
        }
        match Spool::begin(&folder, link, config, piece) {
            Ok(spool) => Ok((Some(spool), Vec::new())),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(error.to_string()),
            Err(error) => {
                self.fault(Fault::Spool { why: error.to_string() });
                Ok((None, Vec::new()))
            }
        }
    }

    fn leave(&mut self) {
        self.joined = Joined::No;
        self.official.clear();
        self.count_unsent();
    }

    /// Sends off what earlier takes have left, but for the take of the session that is being joined.
    fn deliver(&mut self) {
        let Some(folder) = &self.shared.spool else { return };
        let joining = match &self.joined {
            Joined::Fetching(link) => Some(link),
            Joined::No | Joined::Yes(_) => None,
        };
        let problem = &mut self.view.problem;
        self.couriers.extend(Courier::for_orphans(folder, joining, |why| *problem = Some(Problem(why))));
        // Those under way are not counted.
        self.count_unsent();
    }

    fn count_unsent(&mut self) {
        self.view.unsent = self.shared.spool.as_deref().map(spool::unsent).unwrap_or_default();
        self.dirty = true;
    }

    fn look_after_line(&mut self) {
        let before = self.couriers.len();
        self.couriers.retain_mut(Courier::poll);
        if self.couriers.len() != before {
            self.count_unsent();
        }
        let Joined::Yes(line) = &mut self.joined else { return };
        let mut news = Vec::new();
        let was = line.connection();
        line.poll(|new| news.push(new));
        self.dirty |= !news.is_empty() || was != line.connection();
        for new in news {
            match new {
                News::Official(record) => {
                    self.official.push(record);
                    if let Some(take) = &mut self.take {
                        take.official(record);
                    }
                }
                News::Rejudged => {
                    self.official.clear();
                    if let Some(take) = &mut self.take {
                        take.show_session(&[]);
                    }
                }
                News::Report(report) => {
                    let local = self.view.report.as_ref().map(|report| report.digest);
                    if let Some(local) = local.filter(|local| *local != report.digest) {
                        let (local, official) = (local.to_string(), report.digest.to_string());
                        self.fault(Fault::Disagreement { events: report.events, local, official });
                    }
                    self.view.report = Some(report);
                    self.view.report_is_official = true;
                }
                News::Fault(fault) => {
                    if let (Fault::Disagreement { .. }, Some(take)) = (&fault, &mut self.take) {
                        take.show_session(&self.official);
                    }
                    self.fault(fault);
                }
            }
        }
    }

    /// Throws away the take, if there is one, and has the audio thread judge a new one. False if there can be none.
    fn begin_take(&mut self) -> bool {
        self.begin_take_with(&[])
    }

    /// The same, with a log to go on with.
    fn begin_take_with(&mut self, log: &[Event]) -> bool {
        let Some(piece) = &self.piece else { return false };
        let (score, config) = (Arc::clone(&piece.score), self.settings.judging);
        let number = TakeNumber(self.numbers + 1);
        let mut take = Take::new(number, Arc::clone(&score), config);
        let made = capture::Take::new(number, score, config, self.settings.ends_by_itself)
            .map(|take| take.compensating(self.settings.latency))
            .and_then(|mut on_audio| take.resume(log).map(|()| on_audio.resume(log)).map(|()| on_audio));
        match made {
            Ok(on_audio) => {
                self.numbers += 1;
                (self.ending, self.place) = (None, None);
                self.view.report = take.report().map(Arc::new);
                self.view.report_is_official = false;
                self.official.clear();
                // A log that was ended is not gone on with.
                let goes_on = !take.has_ended();
                self.take = Some(take);
                self.desk.order(goes_on.then(|| Box::new(on_audio)));
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
            self.deliver_event(captured.event);
        }
        while let Some(judged) = self.desk.next_record() {
            if let Some(take) = self.take.as_mut().filter(|take| take.number == judged.take) {
                take.record(judged.record);
                self.dirty = true;
            }
        }
        if let Some(take) = &self.take
            && let Some(place) = self.desk.latest_place(take.number)
        {
            self.place = Some(place);
            self.dirty = true;
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

    fn deliver_event(&mut self, event: Event) {
        if let Joined::Yes(line) = &mut self.joined
            && let Some(fault) = line.push(event)
        {
            self.fault(fault);
        }
    }

    fn collect_rest(&mut self) {
        while let Some(captured) = self.desk.next_event() {
            if let Some(take) = self.take.as_mut().filter(|take| take.number == captured.take) {
                take.push(captured.event);
                self.deliver_event(captured.event);
            }
        }
        let Some(take) = &mut self.take else { return };
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
        if let Some(end) = self.take.as_ref().and_then(|take| take.log().last().copied()) {
            self.deliver_event(end);
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

    /// Brings the picture up to date, at most once a frame.
    fn draw(&mut self) {
        if !self.dirty || self.drawn.elapsed() < FRAME || !self.shared.is_watched() {
            return;
        }
        (self.dirty, self.drawn) = (false, Instant::now());
        let take = self.view_of_take();
        let (connection, round_trip) = match &self.joined {
            Joined::No => (Connection::Offline, None),
            Joined::Fetching(_) => (Connection::Connecting, None),
            Joined::Yes(line) => (line.connection(), line.round_trip()),
        };
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
                connection,
                round_trip,
                unsent: self.view.unsent,
                faults: self.view.faults.clone(),
                problem: self.view.problem.clone(),
                recent: Arc::clone(&self.view.recent),
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
            place: self.place,
            clock: board.clock(),
            figures: board.figures(),
            shows_session: take.shows_session(),
        }
    }
}
