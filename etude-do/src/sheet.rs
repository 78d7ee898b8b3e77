//! The score as a page needs it to draw verdicts: which note each number in a record means, and where it stands.

use etude_engine::score::{Hand, Score, ScoreDigest};
use etude_engine::session::ENGINE;
use etude_engine::units::Pitch;
use serde::Serialize;

/// The score in performed order. Times are in ticks.
#[derive(Debug, Serialize)]
pub struct Sheet<'a> {
    title: Option<&'a str>,
    composer: Option<&'a str>,
    /// Digest of the score.
    score: ScoreDigest,
    /// Version of the engine that read it.
    engine: &'static str,
    ticks_per_quarter: u32,
    /// Tempo changes in order of place.
    tempo: Vec<SheetTempo>,
    /// Repeats written out.
    measures: Vec<SheetMeasure<'a>>,
    /// The note of number n in a record is the n-th, from 0.
    notes: Vec<SheetNote<'a>>,
}

#[derive(Debug, Serialize)]
struct SheetTempo {
    at: i64,
    micros_per_quarter: u32,
}

#[derive(Debug, Serialize)]
struct SheetMeasure<'a> {
    /// The number printed in the score.
    number: &'a str,
    /// Which time through this written measure, from 1.
    pass: u16,
    /// Which written measure, from 0.
    written: u32,
    at: i64,
    ticks: i64,
}

#[derive(Debug, Serialize)]
struct SheetNote<'a> {
    /// The `id` attribute of its `<note>`, or one made from its place in the file.
    id: &'a str,
    /// Which time through, from 1.
    pass: u16,
    at: i64,
    ticks: i64,
    pitch: Pitch,
    /// Place in `measures`, from 0.
    measure: u32,
    hand: Hand,
    /// Staff within its part, from 1.
    staff: u8,
    voice: u16,
    grace: bool,
}

impl<'a> Sheet<'a> {
    /// Of a score.
    pub fn of(score: &'a Score) -> Self {
        let tempo = score.tempo().changes().iter();
        let measures = score.measures().iter();
        let notes = score.notes().iter();
        Self {
            title: score.title(),
            composer: score.composer(),
            score: score.digest(),
            engine: ENGINE,
            ticks_per_quarter: score.ticks_per_quarter(),
            tempo: tempo
                .map(|change| SheetTempo { at: change.at.0, micros_per_quarter: change.micros_per_quarter })
                .collect(),
            measures: measures
                .map(|measure| SheetMeasure {
                    number: &measure.number,
                    pass: measure.pass,
                    written: measure.written,
                    at: measure.onset.0,
                    ticks: measure.duration.0,
                })
                .collect(),
            notes: notes
                .map(|note| SheetNote {
                    id: note.id.xml_id,
                    pass: note.id.pass,
                    at: note.onset.0,
                    ticks: note.duration.0,
                    pitch: note.pitch,
                    measure: note.measure,
                    hand: note.hand,
                    staff: note.staff,
                    voice: note.voice,
                    grace: note.grace,
                })
                .collect(),
        }
    }
}
