//! Session
//!
//! Judges one take: push its events, poll the records, push an ETUDE_EVENT_END last. The same score,
//! settings and events give the same records on every machine, however they were cut into batches.
//!
//! ```c
//! etude_config config = ETUDE_CONFIG_INIT;
//! config.mode = ETUDE_MODE_WAIT;
//! config.log_events = ETUDE_SESSION_EVENTS_MAX; // for etude_session_snapshot
//! etude_session *practice;
//! if (etude_session_new(score, &config, &practice, NULL, 0) == ETUDE_OK) {
//!     etude_event end = {0};
//!     end.kind = ETUDE_EVENT_END;
//!     etude_session_push(practice, &end, 1, NULL, 0); // and poll, see Records
//!     etude_session_free(practice);
//! }
//! ```

use std::ffi::c_char;

use crate::capi::event::{ETUDE_EVENT_NOTE_OFF, ETUDE_EVENT_NOTE_ON, ETUDE_EVENT_PEDAL, etude_event};
use crate::capi::firewall::firewall;
use crate::capi::handle::{self, Exclusive};
use crate::capi::memory::{
    BytesOut, Detail, HandleOut, Out, Sized32, SizedOut, TextOut, array, array_out, reference, sized,
};
use crate::capi::record::{Struck, etude_record};
use crate::capi::score::etude_score;
use crate::capi::status::{
    ETUDE_ERROR_ABSENT, ETUDE_ERROR_ARGUMENT, ETUDE_ERROR_CONFIG, ETUDE_ERROR_FILE, ETUDE_ERROR_FORMAT,
    ETUDE_ERROR_LIMIT, ETUDE_ERROR_UNPOLLED, Failure, Wording, etude_status,
};
use crate::protocol::EVENTS_PER_SESSION_MAX;
use crate::report::Report;
use crate::score::{Hands, MeasureRange, Score};
use crate::session::{self, Config, Event, Mode, ReplayError, Scoring, Session, TakeError, TimingWindows};
use crate::units::Micros;

/// A session. [one at a time]
pub struct etude_session(Exclusive<Take>);

struct Take {
    session: Session,
    struck: Struck,
    /// The events, for a snapshot; no more are kept than there was room for at the beginning.
    log: Vec<Event>,
}

impl Take {
    fn new(session: Session, log_events: u32) -> Self {
        Self { session, struck: Struck::new(), log: Vec::with_capacity(log_events as usize) }
    }
}

/// Most events a session takes: more than six hours of the densest piano music.
pub const ETUDE_SESSION_EVENTS_MAX: u64 = 500_000;
/// With this many records waiting to be polled, a session takes no more events.
pub const ETUDE_SESSION_WAITING_MAX: u64 = 250_000;

/// One of ETUDE_MODE_*.
pub type etude_mode = i32;

/// Notes are timed against the player's own local tempo.
pub const ETUDE_MODE_FOLLOW: etude_mode = 0;
/// Notes are timed against a metronome at the tempo of the score, or the host's transport once an
/// ETUDE_EVENT_TRANSPORT came.
pub const ETUDE_MODE_CLOCK: etude_mode = 1;
/// The score waits: the position moves on when the expected notes are down.
pub const ETUDE_MODE_WAIT: etude_mode = 2;

/// One of ETUDE_PLAY_*: which hands play.
pub type etude_play = i32;

/// Both hands.
pub const ETUDE_PLAY_BOTH: etude_play = 0;
/// The right hand alone. Notes of the other are not expected, and extra where they are played.
pub const ETUDE_PLAY_RIGHT: etude_play = 1;
/// The left hand alone.
pub const ETUDE_PLAY_LEFT: etude_play = 2;

/// As etude_config.last_measure: the last measure of the score.
pub const ETUDE_LAST_MEASURE: u32 = 0xFFFF_FFFF;

/// How a take is to be judged. ETUDE_CONFIG_INIT gives the defaults.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct etude_config {
    /// sizeof(etude_config).
    pub struct_size: u32,
    /// What notes are timed against.
    pub mode: etude_mode,
    /// Up to this offset a note is perfect. In microseconds, like the other two; each is at least as
    /// large as the one before, and at most 10 seconds.
    pub perfect_us: i64,
    /// Up to this offset it is good, beyond it early or late.
    pub good_us: i64,
    /// In ETUDE_MODE_CLOCK a note further off than this matches nothing.
    pub match_us: i64,
    /// Speed of the metronome of ETUDE_MODE_CLOCK in percent of the score's tempo, 10 to 400. A transport
    /// has its own tempo.
    pub tempo_percent: u32,
    /// 0.
    pub reserved: u32,
    /// Which hands play.
    pub hands: etude_play,
    /// Index of the first measure to be played, as etude_score_find_measure gives it. Notes before and
    /// after the range are not expected, and extra where they are played.
    pub first_measure: u32,
    /// Index of the last, or ETUDE_LAST_MEASURE.
    pub last_measure: u32,
    /// Timing credit at the end of the good window, in percent, 0 to 100. Like the next two it changes
    /// figures of the report, never a verdict.
    pub good_percent: u32,
    /// Timing credit from match_us on, in percent, 0 to good_percent.
    pub match_percent: u32,
    /// What note accuracy counts for in the combined figure, in percent, 0 to 100; timing accuracy counts
    /// for the rest.
    pub note_percent: u32,
    /// 1 if the first note comes again after the last, 0 if not. A transport loops, or not, by itself.
    pub looping: u32,
    /// How many events the session keeps for etude_session_snapshot, up to ETUDE_SESSION_EVENTS_MAX; the
    /// memory for them, 32 bytes each, is taken at once. 0 if no snapshot will be asked for.
    pub log_events: u32,
}

/// Where a session stands.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_session_state {
    /// sizeof(etude_session_state).
    pub struct_size: u32,
    /// 1 once an ETUDE_EVENT_END was taken, before that 0.
    pub ended: u32,
    /// Events taken: the number of the next.
    pub events: u64,
    /// Records waiting to be polled; notes missed in a row count as one.
    pub waiting: u64,
}

// SAFETY: repr(C), integers without padding (the C program in tests/ adds them up), struct_size first.
unsafe impl Sized32 for etude_config {
    const SIZE_MIN: u32 = 40;
}

// SAFETY: as above.
unsafe impl Sized32 for etude_session_state {
    const SIZE_MIN: u32 = 24;
}

/// A session for a score, with no events yet. `config` may be NULL for the defaults. Free it with
/// etude_session_free; the score may be freed before. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_session_new(
    score: *const etude_score,
    config: *const etude_config,
    session: *mut *mut etude_session,
    detail: *mut c_char,
    detail_size: usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    let detail = unsafe { Detail::new(detail, detail_size) };
    firewall(detail, || {
        // SAFETY: the rules of the header.
        let (score, out) = unsafe { (reference(score, "score")?, HandleOut::new(session, "session")?) };
        let score = score.share()?;
        let config = match config.is_null() {
            true => etude_config::default(),
            // SAFETY: the rules of the header.
            false => unsafe { sized(config, "config") }?,
        };
        let log_events = log_capacity(config.log_events)?;
        let session = Session::new(score.clone(), config.parse(&score)?)?;
        out.write(etude_session(Exclusive::new(Take::new(session, log_events))));
        Ok(())
    })
}

/// Frees a session. [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_session_free(session: *mut etude_session) {
    // SAFETY: the rules of the header.
    unsafe { handle::free(session) }
}

/// Takes the next events, in order: all of them, or none if the result is not ETUDE_OK. Poll the records
/// after each call. [one at a time] [realtime] with up to 16 events in a call, and if all records have been
/// polled since the one before
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_session_push(
    session: *mut etude_session,
    events: *const etude_event,
    count: usize,
    detail: *mut c_char,
    detail_size: usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    let detail = unsafe { Detail::new(detail, detail_size) };
    firewall(detail, || {
        // SAFETY: the rules of the header.
        let (session, events) = unsafe { (reference(session, "session")?, array(events, count, "events")?) };
        session.0.enter(|take| take.push(events))
    })
}

/// Moves the next records into an array of `capacity` elements and tells in `count` how many: fewer than
/// `capacity` only if no more wait. [one at a time] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_session_poll(
    session: *mut etude_session,
    records: *mut etude_record,
    capacity: usize,
    count: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (session, room, out) = unsafe {
            (
                reference(session, "session")?,
                array_out(records, capacity, "records")?,
                Out::new(count, "count")?,
            )
        };
        session.0.enter(|take| {
            let mut moved = 0;
            while let Some(place) = room.get_mut(moved)
                && let Some(record) = take.session.poll()
            {
                place.write(take.struck.record(&record));
                moved += 1;
            }
            out.write(moved);
            Ok(())
        })
    })
}

/// Where the session stands. [one at a time] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_session_describe(
    session: *const etude_session,
    state: *mut etude_session_state,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (session, out) = unsafe { (reference(session, "session")?, SizedOut::new(state, "state")?) };
        session.0.enter(|Take { session, .. }| {
            out.write(etude_session_state {
                struct_size: 0,
                ended: u32::from(session.has_ended()),
                events: session.events(),
                waiting: session.waiting() as u64,
            });
            Ok(())
        })
    })
}

/// The digest of all records so far, polled or not, 16 hexadecimal digits: equal digests mean equal
/// verdicts. [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_session_digest(
    session: *const etude_session,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (session, out) = unsafe { (reference(session, "session")?, TextOut::new(buffer, size, length)?) };
        session.0.enter(|Take { session, .. }| out.write(&session.digest().to_string()))
    })
}

/// The take so far as bytes, to be kept in a file and taken up again by etude_session_restore, by this version
/// of the library or a later one: some 400 bytes, and 4 or 5 an event. With buffer NULL and size 0 only the
/// length is told; a buffer that is too small is left alone: ETUDE_ERROR_BUFFER. ETUDE_ERROR_ABSENT if the
/// session keeps no log, ETUDE_ERROR_LIMIT if it took more events than etude_config.log_events.
/// [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_session_snapshot(
    session: *const etude_session,
    buffer: *mut u8,
    size: usize,
    length: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (session, out) =
            unsafe { (reference(session, "session")?, BytesOut::new(buffer, size, length)?) };
        session.0.enter(|Take { session, log, .. }| {
            if log.capacity() == 0 {
                return Err(Failure::new(ETUDE_ERROR_ABSENT, "log_events was 0"));
            }
            if log.len() as u64 != session.events() {
                return Err(Failure::new(ETUDE_ERROR_LIMIT, "more events came than log_events"));
            }
            out.write(&session::Take::of(session, log.clone()).to_bytes())
        })
    })
}

/// A session that stands where that of a snapshot stood, and judges on as it would have. Its records wait to be
/// polled, from the first of the take. `log_events` is as in etude_config, and not less than what the snapshot
/// has, or 0. The bytes may come from anywhere: ETUDE_ERROR_FORMAT if they are no snapshot or one of a later
/// version, ETUDE_ERROR_FILE if they are damaged, ETUDE_ERROR_ARGUMENT if the score is another. Where another
/// version of the library took the snapshot, this one judges the take anew. Free it with
/// etude_session_free. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_session_restore(
    score: *const etude_score,
    data: *const u8,
    size: usize,
    log_events: u32,
    session: *mut *mut etude_session,
    detail: *mut c_char,
    detail_size: usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    let detail = unsafe { Detail::new(detail, detail_size) };
    firewall(detail, || {
        // SAFETY: the rules of the header.
        let (score, bytes, out) = unsafe {
            (reference(score, "score")?, array(data, size, "data")?, HandleOut::new(session, "session")?)
        };
        let score = score.share()?;
        let log_events = log_capacity(log_events)?;
        let kept = session::Take::from_bytes(bytes)?;
        if log_events != 0 && kept.events.len() > log_events as usize {
            return Err(Failure::of("log_events", ETUDE_ERROR_ARGUMENT, "is less than the snapshot has"));
        }
        let mut take = Take::new(kept.replay(score)?, log_events);
        for event in &kept.events {
            take.keep(event);
        }
        out.write(etude_session(Exclusive::new(take)));
        Ok(())
    })
}

impl etude_session {
    /// Shows the session to the section on places.
    pub(super) fn with<R>(&self, body: impl FnOnce(&Session) -> Result<R, Failure>) -> Result<R, Failure> {
        self.0.enter(|take| body(&take.session))
    }

    /// The result so far, for the section on reports.
    pub(super) fn report(&self) -> Result<Report, Failure> {
        self.0.enter(|Take { session, .. }| Ok(session.report()))
    }
}

impl Take {
    #[inline]
    fn push(&mut self, events: &[etude_event]) -> Result<(), Failure> {
        let waiting = self.session.waiting() as u64;
        if waiting >= ETUDE_SESSION_WAITING_MAX {
            return Err(unpolled(waiting));
        }
        etude_event::check_all(events, self.session.events(), self.session.has_ended())?;
        for event in events {
            // The processor guesses a branch on the kind badly, so there is one: each arm knows its own.
            match event.kind {
                ETUDE_EVENT_NOTE_ON => self.take(etude_event { kind: ETUDE_EVENT_NOTE_ON, ..*event })?,
                ETUDE_EVENT_NOTE_OFF => self.take(etude_event { kind: ETUDE_EVENT_NOTE_OFF, ..*event })?,
                ETUDE_EVENT_PEDAL => self.take(etude_event { kind: ETUDE_EVENT_PEDAL, ..*event })?,
                _ => self.take(*event)?,
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn take(&mut self, event: etude_event) -> Result<(), Failure> {
        let event = event.checked().expect("all were checked");
        self.session.handle(event)?;
        self.keep(&event);
        Ok(())
    }

    #[inline(always)]
    fn keep(&mut self, event: &Event) {
        self.struck.push(event);
        if self.log.len() < self.log.capacity() {
            self.log.push(*event);
        }
    }
}

impl Default for etude_config {
    fn default() -> Self {
        let Config { mode, hands, range, looping, windows, tempo_percent, scoring } = Config::default();
        let (first_measure, last_measure) =
            range.map_or((0, ETUDE_LAST_MEASURE), |MeasureRange { from, to }| (from, to));
        Self {
            struct_size: size_of::<Self>() as u32,
            mode: match mode {
                Mode::Follow => ETUDE_MODE_FOLLOW,
                Mode::Clock => ETUDE_MODE_CLOCK,
                Mode::Wait => ETUDE_MODE_WAIT,
            },
            perfect_us: windows.perfect.0,
            good_us: windows.good.0,
            match_us: windows.match_.0,
            tempo_percent: u32::from(tempo_percent),
            reserved: 0,
            hands: match hands {
                Hands::Both => ETUDE_PLAY_BOTH,
                Hands::Right => ETUDE_PLAY_RIGHT,
                Hands::Left => ETUDE_PLAY_LEFT,
            },
            first_measure,
            last_measure,
            good_percent: u32::from(scoring.good_percent),
            match_percent: u32::from(scoring.match_percent),
            note_percent: u32::from(scoring.note_percent),
            looping: u32::from(looping),
            log_events: 0,
        }
    }
}

impl etude_config {
    /// The settings, in range.
    pub(super) fn parse(&self, score: &Score) -> Result<Config, Failure> {
        let mode = match self.mode {
            ETUDE_MODE_FOLLOW => Mode::Follow,
            ETUDE_MODE_CLOCK => Mode::Clock,
            ETUDE_MODE_WAIT => Mode::Wait,
            other => return Err(invalid(format!("mode is {other}, which is not one of ETUDE_MODE_*"))),
        };
        let hands = match self.hands {
            ETUDE_PLAY_BOTH => Hands::Both,
            ETUDE_PLAY_RIGHT => Hands::Right,
            ETUDE_PLAY_LEFT => Hands::Left,
            other => return Err(invalid(format!("hands is {other}, which is not one of ETUDE_PLAY_*"))),
        };
        let looping = match self.looping {
            0 | 1 => self.looping == 1,
            other => return Err(invalid(format!("looping is {other}; it must be 0 or 1"))),
        };
        if self.reserved != 0 {
            return Err(invalid("a reserved field is not 0".into()));
        }
        let range = match (self.first_measure, self.last_measure) {
            (0, ETUDE_LAST_MEASURE) => None,
            (from, ETUDE_LAST_MEASURE) => {
                // One that begins beyond the score is refused by its own index.
                Some(MeasureRange { from, to: from.max(score.measures().len() as u32 - 1) })
            }
            (from, to) => Some(MeasureRange { from, to }),
        };
        let windows = TimingWindows {
            perfect: Micros(self.perfect_us),
            good: Micros(self.good_us),
            match_: Micros(self.match_us),
        };
        // The ranges themselves are the engine's to check.
        let tempo_percent = u16::try_from(self.tempo_percent).unwrap_or(u16::MAX);
        let percent = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
        let scoring = Scoring {
            good_percent: percent(self.good_percent),
            match_percent: percent(self.match_percent),
            note_percent: percent(self.note_percent),
        };
        let config = Config { mode, hands, range, looping, windows, tempo_percent, scoring };
        config.check()?;
        Ok(config)
    }
}

fn log_capacity(events: u32) -> Result<u32, Failure> {
    match u64::from(events) <= ETUDE_SESSION_EVENTS_MAX {
        true => Ok(events),
        false => Err(invalid(format!("log_events is {events}, beyond ETUDE_SESSION_EVENTS_MAX"))),
    }
}

impl From<TakeError> for Failure {
    fn from(error: TakeError) -> Self {
        let status = match error {
            TakeError::NotATake | TakeError::Format(_) => ETUDE_ERROR_FORMAT,
            TakeError::TooLong(_) => ETUDE_ERROR_LIMIT,
            TakeError::Damaged | TakeError::Config(_) | TakeError::Event(_) => ETUDE_ERROR_FILE,
        };
        Self::new(status, error.to_string())
    }
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        let status = match error {
            ReplayError::Score(_) => ETUDE_ERROR_ARGUMENT,
            ReplayError::Config(_) => ETUDE_ERROR_CONFIG,
            ReplayError::Ended(_) => ETUDE_ERROR_FILE,
        };
        Self::new(status, error.to_string())
    }
}

#[cold]
fn unpolled(waiting: u64) -> Failure {
    Failure::new(ETUDE_ERROR_UNPOLLED, Wording::Count(waiting, "records wait"))
}

fn invalid(detail: String) -> Failure {
    Failure::new(ETUDE_ERROR_CONFIG, detail)
}

const _: () = assert!(ETUDE_SESSION_EVENTS_MAX == EVENTS_PER_SESSION_MAX);
