//! Client
//!
//! The player's end of an authoritative session, without the socket: the caller brings a WebSocket of
//! any library (subprotocol etude.v1) and the time of any monotonic clock. docs/PROTOCOL.md
//! tells how a session is set up and where its socket is. Around one client runs this loop:
//!
//! - on a new socket: etude_client_connected
//! - on each event: etude_client_push
//! - on each text frame: etude_client_receive
//! - on a lost socket: etude_client_disconnected, and after a back-off a new socket
//! - after any of these, and when wake_us of etude_client_describe has come: etude_client_frame until it
//!   gives none, each sent as one text frame; then etude_client_poll until it gives none
//!
//! Every event is judged here at once and kept until the session has it on disk, so nothing is lost or
//! counted twice, however often the socket breaks. After a restart of the program, push the events of
//! the take again, from the first: what the session has is not sent again. examples/c/session.c is such a loop.
//!
//! ```c
//! static char frame[ETUDE_FRAME_BYTES_MAX + 1];
//! size_t length = 0;
//! while (etude_client_frame(client, now_us, frame, sizeof frame, &length) == ETUDE_OK && length > 0) {
//!     fwrite(frame, 1, length, stdout); // into the socket, as one text frame
//! }
//! ```

use std::collections::VecDeque;
use std::ffi::c_char;

use crate::capi::event::{ETUDE_EVENT_END, etude_event};
use crate::capi::firewall::firewall;
use crate::capi::handle::{self, Exclusive};
use crate::capi::log::{self, ETUDE_LOG_ERROR, ETUDE_LOG_INFO, ETUDE_LOG_WARNING};
use crate::capi::memory::{
    Detail, HandleOut, Out, Sized32, SizedOut, TextOut, array, array_out, reference, sized, text_in,
};
use crate::capi::record::{Struck, etude_record};
use crate::capi::report::etude_report;
use crate::capi::score::etude_score;
use crate::capi::session::{ETUDE_SESSION_EVENTS_MAX, ETUDE_SESSION_WAITING_MAX, etude_config};
use crate::capi::status::{
    ETUDE_ERROR_ABSENT, ETUDE_ERROR_ENDED, ETUDE_ERROR_LIMIT, ETUDE_ERROR_UNPOLLED, Failure, etude_status,
};
use crate::protocol::{ErrorCode, FRAME_BYTES_MAX};
use crate::report::Report;
use crate::session::client::{OUTBOX_EVENTS_MAX, Output, PushError, SessionClient};
use crate::session::{Config, Session};
use crate::units::Micros;

/// A client. [one at a time]
pub struct etude_client(Exclusive<Player>);

struct Player {
    client: SessionClient,
    struck: Struck,
    /// Outputs not yet polled.
    waiting: VecDeque<etude_output>,
    /// The frame that the caller asked for and had no room for.
    frame: Option<String>,
    report: Option<Box<Report>>,
    /// Of the last refusal.
    message: String,
}

/// Largest frame that etude_client_frame gives, in bytes, the NUL not counted.
pub const ETUDE_FRAME_BYTES_MAX: usize = 65_536;
/// Most events that wait for the session, ETUDE_EVENT_END not counted: hours offline.
pub const ETUDE_CLIENT_WAITING_MAX: u64 = 200_000;
/// In place of a time: never.
pub const ETUDE_NEVER: i64 = 0x7FFF_FFFF_FFFF_FFFF;

/// One of ETUDE_OUTPUT_*.
pub type etude_output_kind = i32;

/// A verdict of this end, at once: record. The session's word counts; this one is for the eye.
pub const ETUDE_OUTPUT_LOCAL: etude_output_kind = 1;
/// A verdict of the session: record. In the order of its stream, each once over all connections.
pub const ETUDE_OUTPUT_OFFICIAL: etude_output_kind = 2;
/// The session has all events before this number on disk: events.
pub const ETUDE_OUTPUT_ACKED: etude_output_kind = 3;
/// The connection is greeted and all verdicts so far have come. The session lacked so many events,
/// which are being sent: events.
pub const ETUDE_OUTPUT_LIVE: etude_output_kind = 4;
/// Another version of the engine judges the session now: forget all ETUDE_OUTPUT_OFFICIAL so far, the
/// stream comes again from its beginning.
pub const ETUDE_OUTPUT_REJUDGED: etude_output_kind = 5;
/// The two ends judge differently: events, local_digest, official_digest. Told once. Unless they run
/// different versions, one of them is broken.
pub const ETUDE_OUTPUT_DIGEST_MISMATCH: etude_output_kind = 6;
/// The take is over and etude_client_report has its result.
pub const ETUDE_OUTPUT_REPORT: etude_output_kind = 7;
/// The session refused: refusal, recoverable, and etude_client_message. Close the socket; open another
/// only if it is recoverable.
pub const ETUDE_OUTPUT_REFUSED: etude_output_kind = 8;
/// The session owed a word for ten seconds: close the socket and open another.
pub const ETUDE_OUTPUT_STALLED: etude_output_kind = 9;

/// One of ETUDE_REFUSAL_*.
pub type etude_refusal = i32;

/// There is none.
pub const ETUDE_REFUSAL_NONE: etude_refusal = 0;
/// A frame was not a message of the protocol.
pub const ETUDE_REFUSAL_MALFORMED: etude_refusal = 1;
/// A frame, a batch or the session passed its limit.
pub const ETUDE_REFUSAL_TOO_LARGE: etude_refusal = 2;
/// The session speaks another version of the protocol.
pub const ETUDE_REFUSAL_PROTOCOL: etude_refusal = 3;
/// The session judges against another score.
pub const ETUDE_REFUSAL_SCORE_MISMATCH: etude_refusal = 4;
/// The session judges by other settings.
pub const ETUDE_REFUSAL_CONFIG_MISMATCH: etude_refusal = 5;
/// A message came before the hello.
pub const ETUDE_REFUSAL_HELLO_EXPECTED: etude_refusal = 6;
/// Events or records do not follow on those that the other end has.
pub const ETUDE_REFUSAL_GAP: etude_refusal = 7;
/// Events came after the end of the take.
pub const ETUDE_REFUSAL_ENDED: etude_refusal = 8;
/// The session could not put the events on disk.
pub const ETUDE_REFUSAL_STORAGE: etude_refusal = 9;
/// There is no such session.
pub const ETUDE_REFUSAL_NO_SESSION: etude_refusal = 10;
/// A newer connection of this player took over.
pub const ETUDE_REFUSAL_SUPERSEDED: etude_refusal = 11;
/// The token only lets read along, and events were sent.
pub const ETUDE_REFUSAL_READ_ONLY: etude_refusal = 12;
/// More was sent in a short time than the session takes.
pub const ETUDE_REFUSAL_TOO_FAST: etude_refusal = 13;

/// What the owner of a client should know. What its kind does not name is 0.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct etude_output {
    /// What is told.
    pub kind: etude_output_kind,
    /// Why the session refused.
    pub refusal: etude_refusal,
    /// A number of events.
    pub events: u64,
    /// The digest of this end's verdicts.
    pub local_digest: u64,
    /// The digest of the session's verdicts.
    pub official_digest: u64,
    /// 1 if a new connection can help, otherwise 0.
    pub recoverable: u8,
    /// 0.
    pub reserved: [u8; 7],
    /// A verdict; all 0 in the other kinds.
    pub record: etude_record,
}

/// Where a client stands.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_client_state {
    /// sizeof(etude_client_state).
    pub struct_size: u32,
    /// 1 once an ETUDE_EVENT_END was pushed, before that 0.
    pub ended: u32,
    /// Events pushed: the number of the next.
    pub events: u64,
    /// Events that the session is not known to have on disk.
    pub undelivered: u64,
    /// Outputs waiting to be polled.
    pub waiting: u64,
    /// When etude_client_frame is to be called next, at the latest, in microseconds on the clock of now_us:
    /// ETUDE_NEVER if not before something else happens; INT64_MIN, or another time that has passed, if at
    /// once.
    pub wake_us: i64,
}

// SAFETY: repr(C), integers without padding (the C program in tests/ adds them up), struct_size first.
unsafe impl Sized32 for etude_client_state {
    const SIZE_MIN: u32 = 40;
}

/// A client at the beginning of a take. `name` tells the session's log who this is, a program and its
/// version, say; of its `name_size` bytes the first 128 count. `config` is that of the session, or NULL
/// for the defaults. Free it with etude_client_free; the score may be freed before. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_new(
    score: *const etude_score,
    config: *const etude_config,
    name: *const c_char,
    name_size: usize,
    client: *mut *mut etude_client,
    detail: *mut c_char,
    detail_size: usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    let detail = unsafe { Detail::new(detail, detail_size) };
    firewall(detail, || {
        // SAFETY: the rules of the header.
        let (score, name, out) = unsafe {
            (reference(score, "score")?, text_in(name, name_size, "name")?, HandleOut::new(client, "client")?)
        };
        let score = score.share()?;
        let config = match config.is_null() {
            true => Config::default(),
            // SAFETY: the rules of the header.
            false => unsafe { sized(config, "config") }?.parse(&score)?,
        };
        let client = SessionClient::new(name, score, config)?;
        out.write(etude_client(Exclusive::new(Player {
            client,
            struck: Struck::new(),
            waiting: VecDeque::new(),
            frame: None,
            report: None,
            message: String::new(),
        })));
        Ok(())
    })
}

/// Frees a client. What the session does not have is lost. [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_free(client: *mut etude_client) {
    // SAFETY: the rules of the header.
    unsafe { handle::free(client) }
}

/// A socket is open: a greeting waits in etude_client_frame. [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_connected(client: *mut etude_client, now_us: i64) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let client = unsafe { reference(client, "client")? };
        client.0.enter(|player| {
            player.frame = None;
            player.client.connected(Micros(now_us));
            Ok(())
        })
    })
}

/// The socket is gone: no frame leaves until etude_client_connected. Events are still taken and judged.
/// [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_disconnected(client: *mut etude_client) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let client = unsafe { reference(client, "client")? };
        client.0.enter(|player| {
            player.frame = None;
            player.client.disconnected();
            Ok(())
        })
    })
}

/// Takes the next events, in order: all of them, or none if the result is not ETUDE_OK. Judges them at
/// once and keeps them for the session. [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_push(
    client: *mut etude_client,
    events: *const etude_event,
    count: usize,
    now_us: i64,
    detail: *mut c_char,
    detail_size: usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    let detail = unsafe { Detail::new(detail, detail_size) };
    firewall(detail, || {
        // SAFETY: the rules of the header.
        let (client, events) = unsafe { (reference(client, "client")?, array(events, count, "events")?) };
        client.0.enter(|player| player.push(events, Micros(now_us)))
    })
}

/// Takes the text frame of `size` bytes that the socket has received. One that makes no sense becomes
/// an ETUDE_OUTPUT_REFUSED; the result is still ETUDE_OK. [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_receive(
    client: *mut etude_client,
    frame: *const c_char,
    size: usize,
    now_us: i64,
    detail: *mut c_char,
    detail_size: usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    let detail = unsafe { Detail::new(detail, detail_size) };
    firewall(detail, || {
        // SAFETY: the rules of the header.
        let (client, frame) = unsafe { (reference(client, "client")?, text_in(frame, size, "frame")?) };
        client.0.enter(|player| {
            player.has_room()?;
            player.client.receive(frame, Micros(now_us));
            player.gather();
            Ok(())
        })
    })
}

/// Takes out the next frame to send, as text; its length is 0 if there is none now. The frame stays
/// for the next call if only the length was asked for or the buffer was too small; one of
/// ETUDE_FRAME_BYTES_MAX + 1 bytes never is. [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_frame(
    client: *mut etude_client,
    now_us: i64,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (client, out) = unsafe { (reference(client, "client")?, TextOut::new(buffer, size, length)?) };
        client.0.enter(|player| {
            if player.frame.is_none() {
                player.frame = player.client.poll_frame(Micros(now_us));
                player.gather();
            }
            let takes = out.takes_text();
            out.write(player.frame.as_deref().unwrap_or_default())?;
            if takes {
                player.frame = None;
            }
            Ok(())
        })
    })
}

/// Moves the next outputs into an array of `capacity` elements and tells in `count` how many: fewer
/// than `capacity` only if no more wait. [one at a time] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_poll(
    client: *mut etude_client,
    outputs: *mut etude_output,
    capacity: usize,
    count: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (client, room, out) = unsafe {
            (
                reference(client, "client")?,
                array_out(outputs, capacity, "outputs")?,
                Out::new(count, "count")?,
            )
        };
        client.0.enter(|Player { waiting, .. }| {
            let moved = waiting.len().min(capacity);
            for (place, output) in room.iter_mut().zip(waiting.drain(..moved)) {
                place.write(output);
            }
            out.write(moved);
            Ok(())
        })
    })
}

/// Where the client stands. [one at a time] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_describe(
    client: *const etude_client,
    state: *mut etude_client_state,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (client, out) = unsafe { (reference(client, "client")?, SizedOut::new(state, "state")?) };
        client.0.enter(|Player { client, waiting, frame, .. }| {
            let wake = match frame {
                Some(_) => i64::MIN,
                None => client.next_timeout().map_or(ETUDE_NEVER, |at| at.0),
            };
            out.write(etude_client_state {
                struct_size: 0,
                ended: u32::from(client.local().has_ended()),
                events: client.local().events(),
                undelivered: client.waiting() as u64,
                waiting: waiting.len() as u64,
                wake_us: wake,
            });
            Ok(())
        })
    })
}

/// What the session said with its last refusal, a sentence for a person; empty if it never refused.
/// [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_message(
    client: *const etude_client,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (client, out) = unsafe { (reference(client, "client")?, TextOut::new(buffer, size, length)?) };
        client.0.enter(|player| out.write(&player.message))
    })
}

/// The result of the take as the session reckoned it; ETUDE_ERROR_ABSENT until it has come. Free it with
/// etude_report_free. [one at a time] with the same client
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_report(
    client: *const etude_client,
    report: *mut *mut etude_report,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (client, out) = unsafe { (reference(client, "client")?, HandleOut::new(report, "report")?) };
        let report = client.0.enter(|player| match &player.report {
            Some(report) => Ok(Report::clone(report)),
            None => Err(Failure::new(ETUDE_ERROR_ABSENT, "the session has sent no report")),
        })?;
        out.write(etude_report::from(report));
        Ok(())
    })
}

/// The result so far as this end reckons it, for the eye. Free it with etude_report_free.
/// [one at a time] with the same client
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_client_local_report(
    client: *const etude_client,
    report: *mut *mut etude_report,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (client, out) = unsafe { (reference(client, "client")?, HandleOut::new(report, "report")?) };
        let report = client.0.enter(|player| Ok(player.client.local().report()))?;
        out.write(etude_report::from(report));
        Ok(())
    })
}

impl etude_client {
    /// Shows this end's session to the section on places.
    pub(super) fn with<R>(&self, body: impl FnOnce(&Session) -> Result<R, Failure>) -> Result<R, Failure> {
        self.0.enter(|player| body(player.client.local()))
    }
}

impl Player {
    fn has_room(&self) -> Result<(), Failure> {
        match self.waiting.len() as u64 >= ETUDE_SESSION_WAITING_MAX {
            true => Err(Failure::new(ETUDE_ERROR_UNPOLLED, format!("{} outputs wait", self.waiting.len()))),
            false => Ok(()),
        }
    }

    fn push(&mut self, events: &[etude_event], now: Micros) -> Result<(), Failure> {
        self.has_room()?;
        let local = self.client.local();
        etude_event::check_all(events, local.events(), local.has_ended())?;
        let kept = events.iter().filter(|event| event.kind != ETUDE_EVENT_END).count();
        if self.client.waiting() + kept > OUTBOX_EVENTS_MAX {
            return Err(PushError::Full.into());
        }
        if kept > 0 && local.events() + kept as u64 >= ETUDE_SESSION_EVENTS_MAX {
            return Err(PushError::TooLong.into());
        }
        for event in events {
            let event = event.checked().expect("all were checked");
            self.client.push(event, now)?;
            self.struck.push(&event);
            self.gather();
        }
        Ok(())
    }

    /// Passes the client's outputs on to the caller.
    fn gather(&mut self) {
        while let Some(output) = self.client.poll_output() {
            let told = self.translate(output);
            self.waiting.push_back(told);
        }
    }

    fn translate(&mut self, output: Output) -> etude_output {
        // SAFETY: integers only, for which 0 is a value.
        let blank: etude_output = unsafe { std::mem::zeroed() };
        let of = |kind| etude_output { kind, ..blank };
        match output {
            Output::Local(record) => {
                etude_output { record: self.struck.record(&record), ..of(ETUDE_OUTPUT_LOCAL) }
            }
            Output::Official(record) => {
                etude_output { record: self.struck.record(&record), ..of(ETUDE_OUTPUT_OFFICIAL) }
            }
            Output::Acked { through } => etude_output { events: through.0, ..of(ETUDE_OUTPUT_ACKED) },
            Output::Live { missing } => {
                log::tell(ETUDE_LOG_INFO, format_args!("the session lacks {missing} events"));
                etude_output { events: missing, ..of(ETUDE_OUTPUT_LIVE) }
            }
            Output::Rejudged => {
                self.report = None;
                of(ETUDE_OUTPUT_REJUDGED)
            }
            Output::DigestMismatch { events, local, official } => {
                log::tell(
                    ETUDE_LOG_ERROR,
                    format_args!("the ends judge {events} events differently: {local}, {official}"),
                );
                etude_output {
                    events,
                    local_digest: local.value(),
                    official_digest: official.value(),
                    ..of(ETUDE_OUTPUT_DIGEST_MISMATCH)
                }
            }
            Output::Report(report) => {
                log::tell(ETUDE_LOG_INFO, "the session has sent its report");
                self.report = Some(report);
                of(ETUDE_OUTPUT_REPORT)
            }
            Output::Refused { code, message, recoverable } => {
                log::tell(ETUDE_LOG_WARNING, format_args!("the session refused: {message}"));
                self.frame = None;
                self.message = message;
                etude_output {
                    refusal: refusal_of(code),
                    recoverable: u8::from(recoverable),
                    ..of(ETUDE_OUTPUT_REFUSED)
                }
            }
            Output::Stalled => {
                log::tell(ETUDE_LOG_WARNING, "the session does not answer");
                self.frame = None;
                of(ETUDE_OUTPUT_STALLED)
            }
        }
    }
}

fn refusal_of(code: ErrorCode) -> etude_refusal {
    match code {
        ErrorCode::Malformed => ETUDE_REFUSAL_MALFORMED,
        ErrorCode::TooLarge => ETUDE_REFUSAL_TOO_LARGE,
        ErrorCode::Protocol => ETUDE_REFUSAL_PROTOCOL,
        ErrorCode::ScoreMismatch => ETUDE_REFUSAL_SCORE_MISMATCH,
        ErrorCode::ConfigMismatch => ETUDE_REFUSAL_CONFIG_MISMATCH,
        ErrorCode::HelloExpected => ETUDE_REFUSAL_HELLO_EXPECTED,
        ErrorCode::Gap => ETUDE_REFUSAL_GAP,
        ErrorCode::Ended => ETUDE_REFUSAL_ENDED,
        ErrorCode::Storage => ETUDE_REFUSAL_STORAGE,
        ErrorCode::NoSession => ETUDE_REFUSAL_NO_SESSION,
        ErrorCode::Superseded => ETUDE_REFUSAL_SUPERSEDED,
        ErrorCode::ReadOnly => ETUDE_REFUSAL_READ_ONLY,
        ErrorCode::TooFast => ETUDE_REFUSAL_TOO_FAST,
    }
}

impl From<PushError> for Failure {
    fn from(error: PushError) -> Self {
        let status = match error {
            PushError::Full | PushError::TooLong => ETUDE_ERROR_LIMIT,
            PushError::Ended => ETUDE_ERROR_ENDED,
        };
        Self::new(status, error.to_string())
    }
}

const _: () = assert!(ETUDE_FRAME_BYTES_MAX == FRAME_BYTES_MAX);
const _: () = assert!(ETUDE_CLIENT_WAITING_MAX == OUTBOX_EVENTS_MAX as u64);
