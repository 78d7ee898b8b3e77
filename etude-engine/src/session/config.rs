//! How a take is to be judged. Part of what determines its verdicts, so it travels with the session.

use serde::{Deserialize, Serialize};

use crate::score::{Hands, MeasureRange, Selection, SelectionError};
use crate::units::Micros;

/// Settings of a session. [`Config::default`] is what a pianist meets who changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What played notes are timed against.
    pub mode: Mode,
    /// Which hands play. Notes of the other are not expected, and extra where they are played.
    pub hands: Hands,
    /// The measures to be played, by index in performed order; left out, all. Notes beyond are not expected, and extra
    /// where they are played. A metronome starts with the range.
    pub range: Option<MeasureRange>,
    /// Whether the first of the notes to be played comes again after the last. A transport loops, or not, by itself.
    pub looping: bool,
    /// When a note counts as perfect, good, early or late.
    pub windows: TimingWindows,
    /// Speed of the metronome in clock mode, in percent of the score's tempo: 10 to 400. A transport has its own tempo;
    /// the other modes have none.
    pub tempo_percent: u16,
    /// What timing and notes are worth in the report.
    pub scoring: Scoring,
}

/// What played notes are timed against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The player's own local tempo.
    #[default]
    Follow,
    /// A metronome at the score's tempo, or the host's transport once a transport event came.
    Clock,
    /// Nothing: the position moves on when the expected notes are down.
    Wait,
}

/// Limits on the size of a note's timing offset, each at least as large as the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TimingWindows {
    /// Up to here, perfect: full credit. In microseconds.
    #[serde(rename = "perfect_us")]
    pub perfect: Micros,
    /// Up to here, good: credit falls to [`Scoring::good_percent`]. In microseconds.
    #[serde(rename = "good_us")]
    pub good: Micros,
    /// Up to here, early or late: credit falls to [`Scoring::match_percent`]. In clock mode a note further off matches
    /// nothing; in the others it keeps that credit. In microseconds.
    #[serde(rename = "match_us")]
    pub match_: Micros,
}

/// What timing and notes are worth. Changes figures of the report, never a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Scoring {
    /// Timing credit at the end of the good window, in percent: 0 to 100.
    pub good_percent: u8,
    /// Timing credit at the end of the match window and beyond, in percent: 0 to `good_percent`.
    pub match_percent: u8,
    /// What note accuracy counts for in the combined figure, in percent: 0 to 100. Timing accuracy counts for the rest.
    pub note_percent: u8,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            hands: Hands::default(),
            range: None,
            looping: false,
            windows: TimingWindows::default(),
            tempo_percent: 100,
            scoring: Scoring::default(),
        }
    }
}

impl Default for TimingWindows {
    fn default() -> Self {
        Self {
            perfect: Micros::from_millis(75),
            good: Micros::from_millis(150),
            match_: Micros::from_millis(300),
        }
    }
}

impl Default for Scoring {
    fn default() -> Self {
        Self { good_percent: 50, match_percent: 25, note_percent: 60 }
    }
}

/// Why a [`Config`] was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Windows negative, falling, or beyond ten seconds.
    #[error("timing windows must hold 0 <= perfect_us <= good_us <= match_us <= 10000000")]
    Windows,
    /// Tempo outside 10 to 400 percent.
    #[error("tempo_percent is {0}; it must be 10 to 400")]
    TempoPercent(u16),
    /// Credits or weight beyond 100 percent, or a credit that rises with the offset.
    #[error("scoring must hold 0 <= match_percent <= good_percent <= 100 and note_percent <= 100")]
    Scoring,
    /// There is nothing to play.
    #[error(transparent)]
    Selection(#[from] SelectionError),
}

impl Config {
    /// Checks what can be checked without a score: the ranges that the field docs give. That there is something to play
    /// is checked by [`Session::new`](crate::session::Session::new).
    pub fn check(&self) -> Result<(), ConfigError> {
        let TimingWindows { perfect, good, match_ } = self.windows;
        let rising = Micros(0) <= perfect && perfect <= good && good <= match_;
        if !rising || match_ > Micros::from_millis(10_000) {
            return Err(ConfigError::Windows);
        }
        if !(10..=400).contains(&self.tempo_percent) {
            return Err(ConfigError::TempoPercent(self.tempo_percent));
        }
        let Scoring { good_percent, match_percent, note_percent } = self.scoring;
        if match_percent > good_percent || good_percent > 100 || note_percent > 100 {
            return Err(ConfigError::Scoring);
        }
        if let Some(range) = self.range {
            range.check()?;
        }
        Ok(())
    }

    /// The notes that are to be played.
    pub fn selection(&self) -> Selection {
        Selection { hands: self.hands, range: self.range }
    }
}
