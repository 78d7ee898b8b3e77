//! Whether a take can have been played as it says: evidence, for people to look at.
//!
//! Nothing here changes a verdict, and nothing is an accusation: each check is a number beside the limit that no
//! honest performance we know has passed, and a sentence. What the limits are and where they come from stands in
//! docs/SCORING.md. All of it follows from the log and from when its batches arrived by the service's clock
//! ([`Delivered`]), but for earlier takes, which only a studio knows ([`Fingerprint`]).

mod clock;
mod export;
mod fingerprint;
mod hands;
mod regular;
mod words;

use serde::{Deserialize, Serialize};

pub use export::{Delivery, Export, ExportError, FORMAT, Mismatch, Signature, Statement, log_hash};
pub use fingerprint::{Fingerprint, NotAFingerprint};

use crate::report::Timing;
use crate::session::{Event, Mode};

/// A take as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Delivered<'a> {
    /// Its events.
    pub log: &'a [Event],
    /// The batches in which they arrived, in order. Empty where that is not known.
    pub batches: &'a [Batch],
    /// When the session was opened, by the service's clock, in milliseconds since 1970.
    pub opened_ms: u64,
}

/// Events that arrived together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many.
    pub events: u64,
    /// When, by the service's clock, in milliseconds since 1970.
    pub arrived_ms: u64,
}

/// What was measured of a take. [`Evidence::weigh`] sets it beside the limits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    clock: clock::Clock,
    hands: hands::Hands,
    regular: regular::Regular,
    earlier: Option<Earlier>,
}

/// What a studio found when it held a take beside the earlier ones of the same piece.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// How many takes it was compared with.
    pub compared: u32,
    /// The largest share of its passages that stands in one of them note for note, in thousandths.
    pub shared_permille: u32,
    /// The sessions of those that share more than the limit, the likest first.
    pub sessions: Vec<String>,
}

/// The evidence on a take, in a [`Report`](crate::report::Report).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plausibility {
    /// Each check, whether or not anything was found.
    pub checks: Vec<Check>,
    /// With how many earlier takes of the piece it was compared; `null` until the studio has done so.
    pub compared: Option<u32>,
    /// Sessions of earlier takes that it repeats note for note.
    pub same_as: Vec<String>,
}

/// One number, and what it is held against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// What was looked at.
    pub check: Kind,
    /// What was measured, in `unit`; `null` where there is too little to measure.
    pub value: Option<i64>,
    /// Up to where (`grid`, `timing_spread`: down to where) that is nothing unusual.
    pub limit: i64,
    /// Unit of both.
    pub unit: Unit,
    /// Whether it is worth a look.
    pub found: bool,
    /// The same for people.
    pub words: String,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The largest step back of the take's own clock.
    ClockBack,
    /// How much longer the take says that it lasted than its session was open.
    ClockAhead,
    /// How far the speed of the take's clock is from the service's.
    ClockRate,
    /// The share of notes that arrived long after their own time.
    Late,
    /// The most notes in one second.
    Second,
    /// The most notes in ten seconds.
    TenSeconds,
    /// The most strokes of one key in half a second.
    OneKey,
    /// How often keys were held that two hands cannot hold.
    Reach,
    /// The share of steps that are as long as the one before to the millisecond.
    Evenness,
    /// How many different lengths the steps have, of those that they would have if they were not rounded.
    Grid,
    /// The spread of the timing against the score.
    TimingSpread,
    /// The share of notes with the most frequent velocity.
    Velocity,
    /// The share of passages that an earlier take has note for note.
    Replay,
}

/// A unit of a [`Check`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Microseconds.
    Us,
    /// Thousandths.
    Permille,
    /// Notes, or strokes.
    Notes,
    /// Occurrences.
    Times,
}

/// A step back of the clock larger than this is found, in microseconds: events of one audio block (at most 8,192 samples,
/// 186 ms at 44.1 kHz) may come in any order.
pub const CLOCK_BACK_US: i64 = 250_000;
/// A take that lasted this much longer than its session was open is found, in microseconds. Clocks agree to within a
/// thousandth; the rest is for a service whose clock was set.
pub const CLOCK_AHEAD_US: i64 = 2_000_000;
/// A clock that runs this much faster or slower than the service's is found, in thousandths: sound cards and computers
/// are off by at most a tenth of one.
pub const CLOCK_RATE_PERMILLE: i64 = 20;
/// A share of late notes larger than this is found, in thousandths.
pub const LATE_PERMILLE: i64 = 250;
/// What arrives this long after its own time is late, in microseconds.
pub const LATE_US: i64 = 10_000_000;
/// More notes in a second than this are found: half as many again as in the densest second of the bench, 56.
pub const SECOND_NOTES: i64 = 84;
/// More notes in ten seconds than this are found: half as many again as in the densest of the bench, 380.
pub const TEN_SECONDS_NOTES: i64 = 570;
/// More strokes of one key in half a second than this are found. The fastest of the bench are 8 in 0.63 s.
pub const ONE_KEY_STROKES: i64 = 11;
/// Keys that two hands cannot hold are found when they are held more often than this.
pub const REACH_TIMES: i64 = 2;
/// A larger share of equal steps than this is found, in thousandths. The largest of the bench is 41.
pub const EVENNESS_PERMILLE: i64 = 400;
/// A smaller share of lengths than this is found, in thousandths: times are rounded to some 25 ms or more.
pub const GRID_PERMILLE: i64 = 60;
/// A smaller spread of the timing than this is found, in microseconds.
pub const TIMING_SPREAD_US: i64 = 3_000;
/// A larger share of notes with one velocity than this is told, in thousandths; found only with a timing no hand has, for
/// a keyboard without touch has one velocity.
pub const VELOCITY_PERMILLE: i64 = 950;
/// A larger share of an earlier take's passages than this is found, in thousandths.
pub const REPLAY_PERMILLE: i64 = 50;
/// Fewer notes than this say nothing.
pub const NOTES_MIN: usize = 64;

/// Measures a take.
pub fn examine(delivered: &Delivered<'_>) -> Evidence {
    Evidence {
        clock: clock::measure(delivered),
        hands: hands::measure(delivered.log),
        regular: regular::measure(delivered.log),
        earlier: None,
    }
}

impl Evidence {
    /// Adds what a studio found.
    pub fn compare(&mut self, earlier: Earlier) {
        self.earlier = Some(earlier);
    }

    /// Sets what was measured beside the limits. The timing is that of the take's report.
    pub fn weigh(&self, mode: Mode, timing: &Timing) -> Plausibility {
        let Self { clock, hands, regular, earlier } = self;
        let above = |check, value: Option<i64>, limit, unit| {
            let found = value.is_some_and(|value| value > limit);
            Check { check, value, limit, unit, found, words: words::of(check, value, found) }
        };
        let notes: u64 = timing.histogram.iter().map(|&count| u64::from(count)).sum();
        // A player who is waited for is late by nobody's clock.
        let spread = (mode != Mode::Wait && notes >= NOTES_MIN as u64).then_some(timing.spread_us);
        let evenness = above(Kind::Evenness, regular.even_permille, EVENNESS_PERMILLE, Unit::Permille);
        let below = |check, value: Option<i64>, limit, unit| {
            let found = value.is_some_and(|value| value < limit);
            Check { check, value, limit, unit, found, words: words::of(check, value, found) }
        };
        let grid = below(Kind::Grid, regular.lengths_permille, GRID_PERMILLE, Unit::Permille);
        let timing_spread = below(Kind::TimingSpread, spread, TIMING_SPREAD_US, Unit::Us);
        let mut velocity =
            above(Kind::Velocity, regular.velocity_permille, VELOCITY_PERMILLE, Unit::Permille);
        velocity.found &= evenness.found || grid.found || timing_spread.found;
        velocity.words = words::of(Kind::Velocity, velocity.value, velocity.found);
        let mut late = above(Kind::Late, clock.late_permille, LATE_PERMILLE, Unit::Permille);
        late.words = words::late(&late, clock.latest_us);
        let rate = clock.rate_permille;
        let mut clock_rate = above(Kind::ClockRate, rate.map(i64::abs), CLOCK_RATE_PERMILLE, Unit::Permille);
        clock_rate.found &= clock.drift_us > CLOCK_AHEAD_US;
        clock_rate.value = rate;
        clock_rate.words = words::of(Kind::ClockRate, rate, clock_rate.found);
        let shared = earlier.as_ref().map(|earlier| i64::from(earlier.shared_permille));
        let checks = vec![
            above(Kind::ClockBack, Some(clock.back_us), CLOCK_BACK_US, Unit::Us),
            above(Kind::ClockAhead, clock.ahead_us, CLOCK_AHEAD_US, Unit::Us),
            clock_rate,
            late,
            above(Kind::Second, Some(hands.second), SECOND_NOTES, Unit::Notes),
            above(Kind::TenSeconds, Some(hands.ten_seconds), TEN_SECONDS_NOTES, Unit::Notes),
            above(Kind::OneKey, Some(hands.one_key), ONE_KEY_STROKES, Unit::Notes),
            above(Kind::Reach, hands.reach, REACH_TIMES, Unit::Times),
            evenness,
            grid,
            timing_spread,
            velocity,
            above(Kind::Replay, shared, REPLAY_PERMILLE, Unit::Permille),
        ];
        Plausibility {
            checks,
            compared: earlier.as_ref().map(|earlier| earlier.compared),
            same_as: earlier.as_ref().map_or_else(Vec::new, |earlier| earlier.sessions.clone()),
        }
    }
}

impl Plausibility {
    /// What is worth a look.
    pub fn findings(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| check.found)
    }
}
