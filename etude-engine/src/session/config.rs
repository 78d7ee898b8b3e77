//! How a take is to be judged. Part of what determines its verdicts, so it travels with the session.

use serde::{Deserialize, Serialize};

use crate::units::Micros;

/// Settings of a session. [`Config::default`] is what a pianist meets who changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What played notes are timed against.
    pub mode: Mode,
    /// When a note counts as perfect, good, early or late.
    pub windows: TimingWindows,
    /// Speed of the clock in clock mode, in percent of the score's tempo: 10 to 400. Follow mode ignores it.
    pub tempo_percent: u16,
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
}

/// Limits on the size of a note's timing offset, each at least as large as the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TimingWindows {
    /// Up to here, perfect: full credit. In microseconds.
    #[serde(rename = "perfect_us")]
    pub perfect: Micros,
    /// Up to here, good: credit falls to one half. In microseconds.
    #[serde(rename = "good_us")]
    pub good: Micros,
    /// Up to here, early or late: credit falls to one quarter. In clock mode a note further off matches nothing;
    /// in follow mode it keeps one quarter. In microseconds.
    #[serde(rename = "match_us")]
    pub match_: Micros,
}

impl Default for Config {
    fn default() -> Self {
        Self { mode: Mode::default(), windows: TimingWindows::default(), tempo_percent: 100 }
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

/// Why a [`Config`] was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Windows negative, falling, or beyond ten seconds.
    #[error("timing windows must hold 0 <= perfect_us <= good_us <= match_us <= 10000000")]
    Windows,
    /// Tempo outside 10 to 400 percent.
    #[error("tempo_percent is {0}; it must be 10 to 400")]
    TempoPercent(u16),
}

impl Config {
    /// Checks the ranges that the field docs give.
    pub fn check(&self) -> Result<(), ConfigError> {
        let TimingWindows { perfect, good, match_ } = self.windows;
        let rising = Micros(0) <= perfect && perfect <= good && good <= match_;
        if !rising || match_ > Micros::from_millis(10_000) {
            return Err(ConfigError::Windows);
        }
        if !(10..=400).contains(&self.tempo_percent) {
            return Err(ConfigError::TempoPercent(self.tempo_percent));
        }
        Ok(())
    }
}
