//! Which notes of a score are practised: a hand, a range of measures.

use serde::{Deserialize, Serialize};

use super::{Hand, Score, ScoreNote};

/// The notes of a score that are to be played. The default is all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Selection {
    /// Only notes of these hands.
    pub hands: Hands,
    /// Only notes that stand in these measures; `None` for all.
    pub range: Option<MeasureRange>,
}

/// Which hands play.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Hands {
    /// Both.
    #[default]
    Both,
    /// The right hand alone.
    Right,
    /// The left hand alone.
    Left,
}

/// Measures of the performed order, the last included. [`Score::find_measure`] finds them by their printed number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MeasureRange {
    /// Index of the first measure in performed order, from 0.
    pub from: u32,
    /// Index of the last, not before the first.
    pub to: u32,
}

/// Why a score has nothing to play for a [`Selection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// The range ends before it begins.
    #[error("range: it goes from measure index {from} back to {to}; `from` must not be after `to`")]
    Reversed {
        /// Its first measure.
        from: u32,
        /// Its last.
        to: u32,
    },
    /// The range goes beyond the score.
    #[error(
        "range: there is no measure index {to}; with its repeats played the score has {measures} measures, and the \
         first has index 0"
    )]
    Beyond {
        /// Its last measure.
        to: u32,
        /// How many there are.
        measures: u32,
    },
    /// No note of these hands stands in the range.
    #[error("there is nothing to play for {} in {}; choose other measures or both hands", hands.words(), words(*range))]
    Empty {
        /// The hands.
        hands: Hands,
        /// The range.
        range: Option<MeasureRange>,
    },
}

impl Selection {
    /// Whether a note of the score is to be played.
    pub fn has(&self, note: &ScoreNote<'_>) -> bool {
        self.hands.has(note.hand) && self.range.is_none_or(|range| range.has(note.measure))
    }

    /// Whether there is anything to play. Looks at the whole score.
    pub fn check(&self, score: &Score) -> Result<(), SelectionError> {
        if let Some(range) = self.range {
            range.check()?;
            let (to, measures) = (range.to, score.measures().len() as u32);
            if to >= measures {
                return Err(SelectionError::Beyond { to, measures });
            }
        }
        match score.notes().iter().any(|note| self.has(&note)) {
            true => Ok(()),
            false => Err(SelectionError::Empty { hands: self.hands, range: self.range }),
        }
    }
}

impl Hands {
    /// Whether this hand plays.
    pub fn has(self, hand: Hand) -> bool {
        match self {
            Self::Both => true,
            Self::Right => hand == Hand::Right,
            Self::Left => hand == Hand::Left,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Both => "either hand",
            Self::Right => "the right hand",
            Self::Left => "the left hand",
        }
    }
}

impl MeasureRange {
    /// Whether a measure lies in it.
    pub fn has(self, measure: u32) -> bool {
        (self.from..=self.to).contains(&measure)
    }

    /// Whether it goes forward.
    pub fn check(self) -> Result<(), SelectionError> {
        let Self { from, to } = self;
        if from > to { Err(SelectionError::Reversed { from, to }) } else { Ok(()) }
    }
}

fn words(range: Option<MeasureRange>) -> String {
    match range {
        None => "this score".to_owned(),
        Some(MeasureRange { from, to }) => format!("measure indices {from} to {to}"),
    }
}
