//! Etude's engine: follows a pianist through a score and judges each note.
//!
//! No I/O, no clock, no threads, no randomness, no floating point in a verdict: the same score, settings and event
//! log give the same verdicts natively, behind the C ABI and in WebAssembly. A note's way, and the folders:
//! [`score`] -> `follow` -> [`judge`] -> [`session`] -> [`report`]; [`import`] makes scores from files, [`fair`] looks
//! whether a take can have been played as it says, and [`protocol`] is the wire.
//!
//! ```
//! # #[cfg(feature = "import")] {
//! use std::sync::Arc;
//!
//! use etude_engine::session::{Config, Event, EventKind, Session};
//! use etude_engine::units::{Micros, Pitch, Velocity};
//! use etude_engine::{import, judge};
//!
//! // C, D and E, quarters of half a second each.
//! let note = |step| format!("<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>1</duration></note>");
//! let piece = format!(
//!     "<score-partwise><part-list><score-part id='P1'><part-name>Piano</part-name></score-part></part-list>
//!     <part id='P1'><measure number='1'><attributes><divisions>1</divisions></attributes>{}{}{}</measure></part>
//!     </score-partwise>",
//!     note("C"), note("D"), note("E"),
//! );
//! let score = import::score(piece.as_bytes())?.score;
//! let mut session = Session::new(Arc::new(score), Config::default())?;
//!
//! let note_on = |pitch| EventKind::NoteOn { pitch: Pitch::new(pitch).unwrap(), velocity: Velocity::new(80).unwrap() };
//! // The D comes as D sharp.
//! let take = [(0, note_on(60)), (500, note_on(63)), (1_000, note_on(64)), (1_500, EventKind::End)];
//! let mut told = Vec::new();
//! for (at_ms, kind) in take {
//!     session.handle(Event { at: Micros::from_millis(at_ms), kind })?;
//!     while let Some(record) = session.poll() {
//!         told.push(judge::reason(session.score(), &record, None));
//!     }
//! }
//! println!("{}", told.join("\n"));
//!
//! let total = session.report().total;
//! assert_eq!((total.expected, total.correct, total.wrong, total.missed), (3, 2, 1, 1));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "capi")]
pub mod capi;
pub mod fair;
mod follow;
#[cfg(feature = "import")]
pub mod import;
pub mod judge;
pub mod protocol;
pub mod report;
pub mod score;
pub mod session;
mod sorted;
pub mod units;
