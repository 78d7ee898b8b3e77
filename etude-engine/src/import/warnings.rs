//! Warnings in order of appearance, without unbounded growth.

use super::{Limits, Warning};

/// Collects the warnings of one file.
pub(super) struct Warnings {
    kept: Vec<Warning>,
    dropped: usize,
    kept_max: usize,
}

impl Warnings {
    pub(super) fn new(limits: &Limits) -> Self {
        Self { kept: Vec::new(), dropped: 0, kept_max: limits.warnings }
    }

    /// The same reason in the same measure is kept once.
    pub(super) fn add(&mut self, measure: Option<&str>, reason: impl Into<String>) {
        let warning = Warning { measure: measure.map(str::to_owned), reason: reason.into() };
        if self.kept.contains(&warning) {
            return;
        }
        if self.kept.len() < self.kept_max {
            self.kept.push(warning);
        } else {
            self.dropped += 1;
        }
    }

    pub(super) fn into_vec(mut self) -> Vec<Warning> {
        if self.dropped > 0 {
            self.kept.push(Warning { measure: None, reason: format!("{} more warnings", self.dropped) });
        }
        self.kept
    }
}
