//! A score as bytes, for the engine that wrote them: to have it again without reading its file.
//!
//! The version of the engine, then the parts, in postcard's format. What is read is checked as any parts are.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::notes::{self, Notes};
use super::{Edge, MEASURES_MAX, Mark, Measure, Score, ScoreDigest, ScoreError, TempoMap};
use crate::session::ENGINE;

/// Why bytes are no score.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAScore {
    /// Another version of the engine wrote them: it may have read the file differently.
    #[error("another version of the engine wrote the score")]
    Engine,
    /// They end too early, go on too long, or were changed.
    #[error("the score is damaged")]
    Damaged,
    /// Something is said that cannot be.
    #[error(transparent)]
    Score(#[from] ScoreError),
}

/// What a score is made of.
#[derive(Serialize, Deserialize)]
struct Parts<'a> {
    title: Cow<'a, Option<String>>,
    composer: Cow<'a, Option<String>>,
    ticks_per_quarter: u32,
    measures: Cow<'a, [Measure]>,
    #[serde(borrow)]
    notes: notes::Packed<'a>,
    edges: Cow<'a, [Edge]>,
    tempo: Cow<'a, TempoMap>,
    marks: Cow<'a, [Mark]>,
}

impl Score {
    /// The score as bytes, 10 to 25 a note.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { title, composer, ticks_per_quarter, measures, notes, edges, tempo, marks, digest: _ } =
            self;
        let parts = Parts {
            title: Cow::Borrowed(title),
            composer: Cow::Borrowed(composer),
            ticks_per_quarter: *ticks_per_quarter,
            measures: Cow::Borrowed(measures),
            notes: notes.pack(),
            edges: Cow::Borrowed(edges),
            tempo: Cow::Borrowed(tempo),
            marks: Cow::Borrowed(marks),
        };
        postcard::to_allocvec(&(ENGINE, parts)).expect("memory takes all, and every length is known")
    }

    /// The score of [`Self::to_bytes`].
    ///
    /// # Errors
    /// Unless this version of the engine wrote the bytes. Then the file of the piece is to be read.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAScore> {
        let (engine, parts) = postcard::take_from_bytes::<&str>(bytes).map_err(|_| NotAScore::Damaged)?;
        if engine != ENGINE {
            return Err(NotAScore::Engine);
        }
        let Ok((parts, [])) = postcard::take_from_bytes::<Parts<'_>>(parts) else {
            return Err(NotAScore::Damaged);
        };
        let measures: Box<[Measure]> = parts.measures.into_owned().into();
        if measures.len() > MEASURES_MAX {
            return Err(ScoreError::TooManyMeasures(measures.len()).into());
        }
        let notes = Notes::unpack(parts.notes, measures.len()).ok_or(NotAScore::Damaged)?;
        let score = Self {
            title: parts.title.into_owned(),
            composer: parts.composer.into_owned(),
            ticks_per_quarter: parts.ticks_per_quarter,
            measures,
            notes,
            edges: parts.edges.into_owned(),
            tempo: parts.tempo.into_owned(),
            marks: parts.marks.into_owned(),
            digest: ScoreDigest::NONE,
        };
        let score = score.checked()?;
        if !score.notes.in_order() {
            return Err(NotAScore::Damaged);
        }
        Ok(score)
    }
}

#[cfg(all(test, feature = "import"))]
mod tests {
    use super::*;
    use crate::import;

    const PIECES: [&[u8]; 2] = [
        include_bytes!("../../../examples/scores/beethoven-fuer-elise.musicxml"),
        include_bytes!("../../../examples/scores/petzold-menuet-in-g.musicxml"),
    ];

    fn scores() -> impl Iterator<Item = Score> {
        PIECES.into_iter().map(|piece| import::score(piece).expect("a piece").score)
    }

    #[test]
    fn a_score_comes_back_as_it_was() {
        for score in scores() {
            assert_eq!(Score::from_bytes(&score.to_bytes()), Ok(score));
        }
    }

    #[test]
    fn what_another_engine_wrote_is_not_read() {
        let score = scores().next().expect("a piece");
        let mut bytes = score.to_bytes();
        bytes[1] += 1;
        assert_eq!(Score::from_bytes(&bytes), Err(NotAScore::Engine));
    }

    /// Cut off anywhere it is no score; changed anywhere it is none, or another, and no harm is done.
    #[test]
    fn damage_is_found_or_makes_another_score() {
        if let Some(score) = scores().last() {
            let bytes = score.to_bytes();
            for end in 0..bytes.len() {
                assert!(Score::from_bytes(&bytes[..end]).is_err(), "cut off at {end}");
            }
            assert_eq!(Score::from_bytes(&[&bytes[..], &[0]].concat()), Err(NotAScore::Damaged));
            for at in (0..bytes.len()).step_by(7) {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << (at % 8);
                assert_ne!(Score::from_bytes(&changed), Ok(score.clone()), "changed at {at}");
            }
        }
    }
}
