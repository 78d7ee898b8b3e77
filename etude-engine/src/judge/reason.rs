//! What a record means, in words.

use super::verdict::{Grade, Record, Verdict, Way};
use crate::score::{NoteIndex, Score};
use crate::units::{Micros, Pitch};

/// One sentence for a person: "F♯4 in measure 12: 38 ms late".
///
/// `played` is the pitch of the event that the record is about, where the caller has it.
///
/// # Panics
/// If the record names a note that is not of this score.
pub fn reason(score: &Score, record: &Record, played: Option<Pitch>) -> String {
    match *record {
        Record::Played { verdict, .. } => verdict_reason(score, verdict, played),
        Record::Missed { note } => format!("{} was not played", place(score, note)),
        Record::Skipped { from, to } => {
            let last = NoteIndex(to.0.saturating_sub(1).max(from.0));
            let (from, to) = (score.measure_of(from), score.measure_of(last));
            match from == to {
                true => format!("notes of measure {} were skipped", to.number),
                false => format!("measures {} to {} were skipped", from.number, to.number),
            }
        }
        Record::Jump { from, to, way, .. } => {
            let (from, to) = (&score.measure_of(from).number, &score.measure_of(to).number);
            match way {
                Way::Restart => "began again".to_owned(),
                Way::Back if from == to => format!("went back within measure {to}"),
                Way::Back => format!("went back from measure {from} to measure {to}"),
                Way::Skip if from == to => format!("went on within measure {to}"),
                Way::Skip => format!("went on from measure {from} to measure {to}"),
                Way::RepeatTaken => format!("repeated from measure {to}"),
                Way::RepeatSkipped => format!("did not repeat, and went on to measure {to}"),
                Way::JumpSkipped => format!("did not jump after measure {from}, and went on to measure {to}"),
                Way::JumpEarly => format!("jumped from measure {from} to measure {to} already"),
                Way::Seek => format!("the host went from measure {from} to measure {to}"),
            }
        }
        Record::Hesitation { pause, .. } => {
            let tenths = (pause.0 + 50_000) / 100_000;
            format!("paused for {}.{} s", tenths / 10, tenths % 10)
        }
        Record::Stay { .. } => "did not go elsewhere after all".to_owned(),
        Record::Final { through } => format!("verdicts before event {} are final", through.0),
    }
}

/// A pitch as musicians write it, middle C being C4; black keys as sharps.
pub fn pitch_name(pitch: Pitch) -> String {
    const NAMES: [&str; 12] = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
    let number = pitch.number();
    format!("{}{}", NAMES[usize::from(number % 12)], i16::from(number / 12) - 1)
}

fn verdict_reason(score: &Score, verdict: Verdict, played: Option<Pitch>) -> String {
    let struck = played.map_or_else(|| "a note".to_owned(), pitch_name);
    match verdict {
        Verdict::Matched { note, offset, grade } => {
            format!("{}: {}", place(score, note), timing(offset, grade))
        }
        Verdict::Wrong { instead_of } => format!("{struck} for {}", place(score, instead_of)),
        Verdict::Extra => format!("{struck} is not in the score here"),
        Verdict::Ornament { of } => format!("{struck} belongs to the ornament on {}", place(score, of)),
        Verdict::Repeat { of } => format!("{} was struck again", place(score, of)),
    }
}

fn timing(offset: Micros, grade: Grade) -> String {
    let ms = offset.round_to_millis();
    match (grade, ms) {
        (_, 0) => "on time".to_owned(),
        (Grade::Perfect, _) => format!("on time ({ms:+} ms)"),
        (_, 1..) => format!("{ms} ms late"),
        _ => format!("{} ms early", -ms),
    }
}

fn place(score: &Score, note: NoteIndex) -> String {
    format!("{} in measure {}", pitch_name(score.note(note).pitch), score.measure_of(note).number)
}
