//! A piece as the page sees it: columns of plain numbers, one entry a note or a measure.

use etude_engine::import::{Imported, Warning};
use etude_engine::score::{EdgeKind, Hand, ScoreDigest};
use etude_engine::session::ENGINE;
use etude_engine::units::Ticks;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct Outline<'a> {
    engine: &'static str,
    digest: ScoreDigest,
    title: Option<&'a str>,
    composer: Option<&'a str>,
    ticks_per_quarter: u32,
    measures: Vec<Measure<'a>>,
    notes: Notes<'a>,
    tempo: Vec<Tempo>,
    edges: Vec<Edge>,
    warnings: &'a [Warning],
}

/// A measure of the performed order.
#[derive(Serialize)]
struct Measure<'a> {
    number: &'a str,
    pass: u16,
    /// Index of the written measure.
    written: u32,
    onset: i64,
    duration: i64,
    /// When it begins at the score's tempo.
    at_us: i64,
}

/// One column a field, one row a note, in performed order.
#[derive(Default, Serialize)]
struct Notes<'a> {
    id: Vec<&'a str>,
    pass: Vec<u16>,
    onset: Vec<i64>,
    duration: Vec<i64>,
    /// When it is struck at the score's tempo.
    at_us: Vec<i64>,
    pitch: Vec<u8>,
    measure: Vec<u32>,
    /// 0 right, 1 left.
    hand: Vec<u8>,
    staff: Vec<u8>,
    grace: Vec<u8>,
    /// Score note that stands for all that one stroke plays.
    unison: Vec<u32>,
}

#[derive(Serialize)]
struct Tempo {
    at: i64,
    micros_per_quarter: u32,
}

#[derive(Serialize)]
struct Edge {
    from: u32,
    to: Option<u32>,
    kind: &'static str,
}

impl<'a> Outline<'a> {
    pub(crate) fn new(imported: &'a Imported) -> Self {
        let score = &imported.score;
        let micros = |places: &mut dyn Iterator<Item = Ticks>| {
            let times = score.tempo().micros_of(places, score.ticks_per_quarter());
            times.into_iter().map(|time| time.0)
        };
        let measure_times = micros(&mut score.measures().iter().map(|measure| measure.onset));
        let measures = score.measures().iter().zip(measure_times).map(|(measure, at_us)| Measure {
            number: &measure.number,
            pass: measure.pass,
            written: measure.written,
            onset: measure.onset.0,
            duration: measure.duration.0,
            at_us,
        });
        let mut notes = Notes::default();
        let note_times = micros(&mut score.notes().iter().map(|note| note.onset));
        for ((index, note), at_us) in (0..).zip(score.notes().iter()).zip(note_times) {
            notes.id.push(note.id.xml_id);
            notes.pass.push(note.id.pass);
            notes.onset.push(note.onset.0);
            notes.duration.push(note.duration.0);
            notes.at_us.push(at_us);
            notes.pitch.push(note.pitch.number());
            notes.measure.push(note.measure);
            notes.hand.push(u8::from(note.hand == Hand::Left));
            notes.staff.push(note.staff);
            notes.grace.push(u8::from(note.grace));
            notes.unison.push(score.unison(etude_engine::score::NoteIndex(index)).0);
        }
        let tempo = score.tempo().changes().iter();
        Self {
            engine: ENGINE,
            digest: score.digest(),
            title: score.title(),
            composer: score.composer(),
            ticks_per_quarter: score.ticks_per_quarter(),
            measures: measures.collect(),
            notes,
            tempo: tempo
                .map(|change| Tempo { at: change.at.0, micros_per_quarter: change.micros_per_quarter })
                .collect(),
            edges: score
                .edges()
                .iter()
                .map(|edge| Edge { from: edge.from, to: edge.to, kind: edge_kind(edge.kind) })
                .collect(),
            warnings: &imported.warnings,
        }
    }
}

fn edge_kind(kind: EdgeKind) -> &'static str {
    match kind {
        EdgeKind::RepeatSkipped => "repeat_skipped",
        EdgeKind::RepeatAdded => "repeat_added",
        EdgeKind::JumpSkipped => "jump_skipped",
        EdgeKind::JumpEarly => "jump_early",
    }
}
