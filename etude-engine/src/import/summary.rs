//! What an import found, in a form to be shown: the score report.

use serde::{Deserialize, Serialize};

use super::{HandSource, HandsTold, Imported, PartFound, Warning};
use crate::score::{Hand, Measure, Score, ScoreDigest};
use crate::units::Micros;

/// What a file holds, as far as a player wants to know before playing: plain data, for a page or another language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Title of the work, if known.
    pub title: Option<String>,
    /// Composer, if known.
    pub composer: Option<String>,
    /// The parts of a MusicXML file, taken or left out; none of a MIDI file.
    pub parts: Vec<PartFound>,
    /// Digest of the score.
    pub digest: ScoreDigest,
    /// Written measures that are played at least once.
    pub measures: u32,
    /// Measures as played, repeats counted each time.
    pub performed_measures: u32,
    /// The performed order, in stretches that are played from first to last measure as written.
    pub order: Vec<Stretch>,
    /// Notes to be played, those of repeats counted each time; a tied chain is one.
    pub notes: u32,
    /// How many of them are grace notes.
    pub grace_notes: u32,
    /// How many of them have an ornament sign.
    pub ornamented_notes: u32,
    /// By what it is known which hand plays a note.
    pub hand_source: HandSource,
    /// The notes of each hand that has any, the right hand first.
    pub hands: Vec<HandNotes>,
    /// The tempo map.
    pub tempo: Vec<TempoPlace>,
    /// How long the music lasts at its own tempo, a pickup included.
    pub duration_us: Micros,
    /// What was left out or guessed, in order of appearance.
    pub warnings: Vec<Warning>,
}

/// Measures played one after another as they are written, all for the same time. Written `17-32 (2nd)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// Printed number of the first measure.
    pub first: String,
    /// Printed number of the last measure.
    pub last: String,
    /// Which time through, from 1.
    pub pass: u16,
    /// How many measures.
    pub measures: u32,
}

/// What one hand has to play.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandNotes {
    /// The hand.
    pub hand: Hand,
    /// Its notes, repeats counted each time.
    pub notes: u32,
    /// How many of them are likely to be its own, in per cent: 100 unless it is a guess.
    pub confidence_percent: u8,
}

/// Where a tempo takes effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TempoPlace {
    /// Printed number of the measure.
    pub measure: String,
    /// Which time through that measure, from 1.
    pub pass: u16,
    /// How long a quarter lasts from here on, in microseconds.
    pub micros_per_quarter: u32,
}

impl Summary {
    /// Sums up an import.
    pub fn new(imported: &Imported) -> Self {
        let score = &imported.score;
        let count = |wanted: &dyn Fn(&crate::score::ScoreNote<'_>) -> bool| {
            score.notes().iter().filter(|note| wanted(note)).count() as u32
        };
        let HandsTold { source, right_percent, left_percent } = imported.hands;
        let hands = [(Hand::Right, right_percent), (Hand::Left, left_percent)];
        let hands = hands.map(|(hand, confidence_percent)| HandNotes {
            hand,
            notes: count(&|note| note.hand == hand),
            confidence_percent,
        });
        Self {
            title: score.title().map(str::to_owned),
            composer: score.composer().map(str::to_owned),
            parts: imported.parts.clone(),
            digest: score.digest(),
            measures: score.measures().iter().filter(|measure| measure.pass == 1).count() as u32,
            performed_measures: score.measures().len() as u32,
            order: order(score.measures()),
            notes: score.notes().len() as u32,
            grace_notes: count(&|note| note.grace),
            ornamented_notes: count(&|note| !note.ornaments.is_empty()),
            hand_source: source,
            hands: hands.into_iter().filter(|hand| hand.notes > 0).collect(),
            tempo: tempo(score),
            duration_us: duration(score),
            warnings: imported.warnings.clone(),
        }
    }
}

impl std::fmt::Display for Stretch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.first)?;
        if self.measures > 1 {
            write!(f, "-{}", self.last)?;
        }
        match self.pass {
            0 | 1 => Ok(()),
            pass => write!(f, " ({pass}{})", ordinal_suffix(pass)),
        }
    }
}

fn ordinal_suffix(number: u16) -> &'static str {
    match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

fn order(measures: &[Measure]) -> Vec<Stretch> {
    let goes_on = |a: &Measure, b: &Measure| a.pass == b.pass && a.written + 1 == b.written;
    let stretch = |run: &[Measure]| Stretch {
        first: run[0].number.clone(),
        last: run[run.len() - 1].number.clone(),
        pass: run[0].pass,
        measures: run.len() as u32,
    };
    measures.chunk_by(goes_on).map(stretch).collect()
}

fn tempo(score: &Score) -> Vec<TempoPlace> {
    let place = |change: &crate::score::TempoChange| {
        let after = score.measures().partition_point(|measure| measure.onset <= change.at);
        let measure = score.measures().get(after.saturating_sub(1))?;
        Some(TempoPlace {
            measure: measure.number.clone(),
            pass: measure.pass,
            micros_per_quarter: change.micros_per_quarter,
        })
    };
    score.tempo().changes().iter().filter_map(place).collect()
}

fn duration(score: &Score) -> Micros {
    let (Some(first), Some(last)) = (score.measures().first(), score.measures().last()) else {
        return Micros(0);
    };
    let end = crate::units::Ticks(last.onset.0.saturating_add(last.duration.0));
    let times =
        score.tempo().micros_of([first.onset, end.max(first.onset)].into_iter(), score.ticks_per_quarter());
    Micros(times[1].0 - times[0].0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Ticks;

    fn measure(number: &str, written: u32, pass: u16) -> Measure {
        Measure { number: number.to_owned(), pass, written, onset: Ticks(0), duration: Ticks(4) }
    }

    #[test]
    fn the_order_is_told_in_stretches() {
        let played = [
            measure("1", 0, 1),
            measure("2", 1, 1),
            measure("3", 2, 1),
            measure("1", 0, 2),
            measure("2", 1, 2),
            measure("4", 3, 1),
            measure("X1", 4, 1),
            measure("1", 0, 11),
        ];
        let told: Vec<String> = order(&played).iter().map(Stretch::to_string).collect();
        assert_eq!(told, ["1-3", "1-2 (2nd)", "4-X1", "1 (11th)"]);
    }
}
