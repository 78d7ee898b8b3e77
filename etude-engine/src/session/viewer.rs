//! What a session shows to those who read along, sans-IO.
//!
//! A viewer gets the take's events and the verdict stream, both numbered, from where it has them, and then live. It is
//! sent a bounded amount for each hello and says hello again to be sent more: so nothing piles up for a viewer that
//! does not read, and no viewer can send what ends on disk ([`Shown`] has no such case).

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::protocol::{
    ClientMessage, EVENTS_PER_FRAME_MAX, ErrorCode, Role, ServerMessage, VIEWER_EVENTS_MAX,
    VIEWER_RECORDS_MAX,
};
use crate::session::server::{Refusal, SessionServer};
use crate::session::{Event, Seq};

/// What the server must remember of a viewer's connection, small enough for a socket attachment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewing {
    greeted: bool,
    /// Up to where its hellos have been answered: one that goes behind it is refused.
    told: Place,
    /// Up to where it may be sent what comes live, while it has been sent all that came before. `None` while it lags.
    live_until: Option<Place>,
}

/// A place in the two streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    records: u64,
    events: u64,
}

/// What to do with a viewer's frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    /// Send these, in this order.
    Reply {
        /// The welcome.
        welcome: String,
        /// The events of these numbers, from the disk, as [`heard`] frames.
        events: Range<u64>,
        /// The verdicts, and the report if there is one.
        verdicts: Vec<String>,
    },
    /// Send this error, then close with this code.
    Refuse {
        /// The frame to send.
        frame: String,
        /// WebSocket close code.
        close: u16,
    },
}

/// The frames that show events to a viewer.
pub fn heard(first: u64, events: &[Event]) -> impl Iterator<Item = String> {
    let firsts = (first..).step_by(EVENTS_PER_FRAME_MAX);
    events
        .chunks(EVENTS_PER_FRAME_MAX)
        .zip(firsts)
        .map(|(events, first)| ServerMessage::Heard { first: Seq(first), events: events.to_vec() }.to_frame())
}

impl SessionServer {
    /// Takes a frame of a viewer. Changes nothing but its connection.
    pub fn show(&self, viewing: &mut Viewing, frame: &str) -> Shown {
        match self.answer_viewer(viewing, frame) {
            Ok(shown) => shown,
            Err(refusal) => {
                let (frame, close) = refusal.into_last_words();
                Shown::Refuse { frame, close }
            }
        }
    }

    /// Whether a viewer is to be sent what was just committed: its events as [`heard`] frames, then the frames that
    /// [`SessionServer::commit`] returned. Ask once after each commit, for each viewer. One that has used up what its
    /// last hello allows is sent nothing more until it says hello again, and then gets all it lacks.
    pub fn keeps_up(&self, viewing: &mut Viewing) -> bool {
        let end = self.end();
        let within = |until: &Place| end.records <= until.records && end.events <= until.events;
        viewing.live_until = viewing.live_until.filter(within);
        viewing.live_until.is_some()
    }

    fn answer_viewer(&self, viewing: &mut Viewing, frame: &str) -> Result<Shown, Refusal> {
        let (attempt, from) = match ClientMessage::from_frame(frame)? {
            ClientMessage::Hello { protocol, attempt, score, records, judged_by, heard, .. } => {
                let records = self.greet(protocol, score, records, judged_by.as_deref())? as u64;
                (attempt, Place { records, events: heard })
            }
            ClientMessage::Events { .. } => {
                let message = "this connection reads along; only the player sends events".to_owned();
                return Err(Refusal::new(ErrorCode::ReadOnly, message));
            }
        };
        let end = self.end();
        if from.events > end.events {
            return Err(Refusal {
                code: ErrorCode::Gap,
                message: format!("the viewer has {} events; the session has {}", from.events, end.events),
                recoverable: false,
            });
        }
        if viewing.greeted && (from.records < viewing.told.records || from.events < viewing.told.events) {
            let message = format!(
                "this connection was told {} records and {} events and asks again from {} and {}; open a new one",
                viewing.told.records, viewing.told.events, from.records, from.events
            );
            return Err(Refusal::new(ErrorCode::Gap, message));
        }
        let until = Place {
            records: from.records + VIEWER_RECORDS_MAX as u64,
            events: from.events + VIEWER_EVENTS_MAX as u64,
        };
        let to = Place { records: end.records.min(until.records), events: end.events.min(until.events) };
        *viewing = Viewing { greeted: true, told: to, live_until: (to == end).then_some(until) };
        Ok(Shown::Reply {
            welcome: self.welcome(Role::Viewer, attempt, to.records as usize),
            events: from.events..to.events,
            verdicts: self.frames(from.records as usize, to.records as usize),
        })
    }

    fn end(&self) -> Place {
        Place { records: self.records().len() as u64, events: self.session().events() }
    }
}
