//! Note lists, ours and those of others, in the form in which they are compared.

use std::collections::BTreeMap;

use etude_engine::score::Score;
use etude_engine::score::written::WrittenScore;

use crate::raw::{QUARTER, millionths};

/// A note's name: id in the file, and the pass.
pub(crate) type Name = (String, u16);

/// One note of a list. Times in millionths of a quarter.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Printed number of its measure.
    pub(crate) measure: String,
    pub(crate) onset: i64,
    pub(crate) duration: i64,
    pub(crate) pitch: i64,
    pub(crate) staff: i64,
    /// Index of the performed measure it stands in; known of ours alone.
    pub(crate) visit: usize,
}

pub(crate) type List = BTreeMap<Name, Row>;

/// The list that a reader or the bench set wrote as a table.
pub(crate) fn of_table(text: &str) -> Result<List, String> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or("").split('\t').collect();
    let column = |name: &str| {
        header.iter().position(|column| *column == name).ok_or_else(|| format!("there is no column {name}"))
    };
    let [id, xml_id, pass, onset, duration, pitch, staff, measure] = [
        column("id")?,
        column("xml_id")?,
        column("pass")?,
        column("onset_q")?,
        column("dur_q")?,
        column("pitch")?,
        column("staff")?,
        column("measure")?,
    ];
    let mut list = List::new();
    for line in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        let cell = |index: usize| cells.get(index).copied().ok_or_else(|| format!("too few columns: {line}"));
        let number = |index: usize| {
            let text = cell(index)?;
            text.parse::<f64>().map_err(|_| format!("{text:?} is no number: {line}"))
        };
        let time = |index: usize| Ok::<_, String>((number(index)? * QUARTER as f64).round() as i64);
        // Two scores of the bench set have their repeats written out, and the pass in the ids of the file.
        let pass = if cell(id)? == cell(xml_id)? { 1 } else { number(pass)? as u16 };
        let row = Row {
            measure: cell(measure)?.to_owned(),
            onset: time(onset)?,
            duration: time(duration)?,
            pitch: number(pitch)? as i64,
            // Some readers know of no staff.
            staff: cell(staff)?.parse().unwrap_or(0),
            visit: 0,
        };
        if list.insert((cell(xml_id)?.to_owned(), pass), row).is_some() {
            return Err(format!("{} is listed twice", cell(id)?));
        }
    }
    Ok(list)
}

/// Our list in performed order, ties joined.
pub(crate) fn performed(score: &Score) -> List {
    let row = |note: etude_engine::score::ScoreNote<'_>| Row {
        measure: score.measures()[note.measure as usize].number.clone(),
        onset: millionths(note.onset.0, score),
        duration: millionths(note.duration.0, score),
        pitch: i64::from(note.pitch.number()),
        staff: i64::from(note.staff),
        visit: note.measure as usize,
    };
    score.notes().iter().map(|note| ((note.id.xml_id.to_string(), note.id.pass), row(note))).collect()
}

/// Our list of the notes as they are written: each `<note>` by itself, in written order.
pub(crate) fn written(score: &WrittenScore) -> List {
    let mut list = List::new();
    let mut start = 0;
    let time = |ticks: i64| {
        (i128::from(ticks) * i128::from(QUARTER) / i128::from(score.ticks_per_quarter.max(1))) as i64
    };
    for (index, measure) in score.measures.iter().enumerate() {
        for note in &measure.notes {
            let row = Row {
                measure: measure.number.clone(),
                onset: time(start + note.offset.0),
                duration: time(note.duration.0),
                pitch: i64::from(note.pitch.number()),
                staff: i64::from(note.staff),
                visit: index,
            };
            list.insert((note.id.to_string(), 1), row);
        }
        start += measure.duration.0;
    }
    list
}
