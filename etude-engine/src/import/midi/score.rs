//! A Standard MIDI File as a score.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use midly::Timing;

use super::tracks::{File, Kind};
use crate::import::musicxml::parts::MIDDLE_C;
use crate::import::warnings::Warnings;
use crate::import::{ImportError, Limits, Options, Warning};
use crate::score::tempo::MICROS_PER_QUARTER_DEFAULT;
use crate::score::times::Times;
use crate::score::written::{WrittenMeasure, WrittenNote, WrittenScore, WrittenTempo};
use crate::score::{Articulations, Freedom, Hand, Ornaments};
use crate::units::{Pitch, Ticks};

/// The channel that plays drums, counted from 0.
const DRUMS: u8 = 9;
/// Programs 0 to 7 are keyboards.
const KEYBOARD_PROGRAMS: u8 = 8;

/// Reads a score: measures by the time signatures, no repeats.
pub(in crate::import) fn score(
    bytes: &[u8],
    options: &Options,
) -> Result<(WrittenScore, Vec<Warning>), ImportError> {
    let limits = &options.limits;
    let file = File::read(bytes, limits)?;
    let mut warnings = Warnings::new(limits);
    // Without a beat, two quarters are taken to be a second.
    let ticks_per_quarter = match file.timing {
        Timing::Metrical(ticks) => u32::from(ticks.as_int()),
        Timing::Timecode(fps, parts) => {
            warnings.add(None, "the file counts seconds, not beats; it is taken as 120 quarters a minute");
            (u32::from(fps.as_int()) * u32::from(parts)).div_ceil(2)
        }
    };
    let notes = choose(notes(&file, &mut warnings), &file, &mut warnings);
    if notes.is_empty() {
        return Err(ImportError::NoNotes);
    }
    let mut measures = measures(&file, i64::from(ticks_per_quarter), limits, &mut warnings)?;
    let starts: Vec<i64> = measures
        .iter()
        .scan(0, |at, measure: &WrittenMeasure| {
            let start = *at;
            *at += measure.duration.0;
            Some(start)
        })
        .collect();
    let measure_at = |tick: i64| starts.partition_point(|start| *start <= tick).saturating_sub(1);
    let hands = Hands::of(&notes);
    for (index, note) in notes.iter().enumerate() {
        let measure = measure_at(note.onset);
        if index == limits.notes {
            let measure = measures[measure].number.clone();
            return Err(ImportError::TooManyNotes { measure, limit: limits.notes });
        }
        let hand = hands.of_note(note);
        measures[measure].notes.push(WrittenNote {
            id: format!("n{}", index + 1).into(),
            offset: Ticks(note.onset - starts[measure]),
            duration: Ticks(note.end - note.onset),
            pitch: note.pitch,
            hand,
            staff: if hand == Hand::Right { 1 } else { 2 },
            voice: 0,
            grace: false,
            ornaments: Ornaments::NONE,
            articulations: Articulations::NONE,
            freedom: Freedom::default(),
            tie_start: false,
            tie_stop: false,
            times: Times::ANY,
        });
    }
    measures[0].tempo.push(WrittenTempo {
        offset: Ticks(0),
        micros_per_quarter: MICROS_PER_QUARTER_DEFAULT,
        times: Times::ANY,
    });
    if matches!(file.timing, Timing::Metrical(_)) {
        for event in &file.events {
            if let Kind::Tempo(micros_per_quarter) = event.kind {
                let tick = ticks(event.tick);
                let measure = measure_at(tick);
                let offset = Ticks(tick - starts[measure]);
                measures[measure].tempo.push(WrittenTempo { offset, micros_per_quarter, times: Times::ANY });
            }
        }
    }
    let title = file.names.first().cloned().flatten();
    let score = WrittenScore { title, composer: None, ticks_per_quarter, pickup: false, measures };
    Ok((score, warnings.into_vec()))
}

/// A voice of the file: one channel of one track.
type Line = (usize, u8);

struct Note {
    line: Line,
    onset: i64,
    end: i64,
    pitch: Pitch,
}

/// Pairs each note-on with the next note-off of its key; of keys struck again while down, the first ends first.
fn notes(file: &File, warnings: &mut Warnings) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let mut down: BTreeMap<(Line, u8), VecDeque<usize>> = BTreeMap::new();
    let mut drums = 0;
    for event in &file.events {
        match event.kind {
            Kind::NoteOn { channel: DRUMS, .. } => drums += 1,
            Kind::NoteOn { channel, key, .. } => {
                let Some(pitch) = Pitch::new(key) else { continue };
                let line = (event.track, channel);
                down.entry((line, key)).or_default().push_back(notes.len());
                let tick = ticks(event.tick);
                notes.push(Note { line, onset: tick, end: tick, pitch });
            }
            Kind::NoteOff { channel, key } => {
                let first = down.get_mut(&((event.track, channel), key)).and_then(VecDeque::pop_front);
                if let Some(note) = first {
                    notes[note].end = ticks(event.tick);
                }
            }
            _ => {}
        }
    }
    let hanging: Vec<usize> = down.into_values().flatten().collect();
    if !hanging.is_empty() {
        warnings.add(None, format!("{} notes never end; they were ended with the file", hanging.len()));
    }
    for note in hanging {
        notes[note].end = ticks(file.end);
    }
    if drums > 0 {
        warnings.add(None, format!("{drums} notes on the drum channel were left out"));
    }
    notes
}

/// Keeps the lines with a keyboard's program, or with none; all if there is no such line.
fn choose(notes: Vec<Note>, file: &File, warnings: &mut Warnings) -> Vec<Note> {
    let mut programs: BTreeMap<Line, u8> = BTreeMap::new();
    for event in &file.events {
        if let Kind::Program { channel, program } = event.kind {
            programs.entry((event.track, channel)).or_insert(program);
        }
    }
    let is_keyboard = |line: &Line| programs.get(line).is_none_or(|program| *program < KEYBOARD_PROGRAMS);
    let lines: BTreeSet<Line> = notes.iter().map(|note| note.line).collect();
    let others: Vec<String> = lines
        .iter()
        .filter(|line| !is_keyboard(line))
        .map(|(track, channel)| match &file.names[*track] {
            Some(name) => format!("\"{name}\""),
            None => format!("track {}, channel {}", track + 1, channel + 1),
        })
        .collect();
    if others.is_empty() || others.len() == lines.len() {
        return notes;
    }
    warnings.add(None, format!("only the keyboard's tracks are taken; left out: {}", others.join(", ")));
    notes.into_iter().filter(|note| is_keyboard(&note.line)).collect()
}

/// How the lines divide between the hands.
enum Hands {
    /// Two lines; this one lies higher.
    Upper(Line),
    /// At middle C.
    Split,
}

impl Hands {
    fn of(notes: &[Note]) -> Self {
        let mut pitches: BTreeMap<Line, (u64, u64)> = BTreeMap::new();
        for note in notes {
            let (sum, count) = pitches.entry(note.line).or_default();
            *sum += u64::from(note.pitch.number());
            *count += 1;
        }
        let lines: Vec<(Line, (u64, u64))> = pitches.into_iter().collect();
        match lines[..] {
            [(first, (sum, count)), (second, (other_sum, other_count))] => {
                let first_is_upper = sum * other_count >= other_sum * count;
                Self::Upper(if first_is_upper { first } else { second })
            }
            _ => Self::Split,
        }
    }

    fn of_note(&self, note: &Note) -> Hand {
        let right = match self {
            Self::Upper(line) => note.line == *line,
            Self::Split => note.pitch.number() >= MIDDLE_C,
        };
        if right { Hand::Right } else { Hand::Left }
    }
}

/// Empty measures to the end of the file. A time signature that comes inside a measure ends it there.
fn measures(
    file: &File,
    per_quarter: i64,
    limits: &Limits,
    warnings: &mut Warnings,
) -> Result<Vec<WrittenMeasure>, ImportError> {
    let end = ticks(file.end).max(1);
    let mut signatures: Vec<(i64, i64)> = vec![(0, 4 * per_quarter)];
    for event in &file.events {
        if let Kind::Time { beats, beat_type } = event.kind {
            let length = (4 * per_quarter * i64::from(beats)) >> beat_type.min(10);
            if length == 0 {
                warnings.add(None, format!("a time signature {beats}/2^{beat_type} was left out"));
            } else {
                signatures.push((ticks(event.tick), length));
            }
        }
    }
    let mut measures = Vec::new();
    for (index, &(start, length)) in signatures.iter().enumerate() {
        let stop = signatures.get(index + 1).map_or(end, |next| next.0.min(end));
        let mut at = start;
        while at < stop {
            if measures.len() >= limits.measures {
                return Err(ImportError::TooManyMeasures { limit: limits.measures });
            }
            let is_last = index + 1 == signatures.len();
            let duration = if is_last { length } else { length.min(stop - at) };
            let number = (measures.len() + 1).to_string();
            measures.push(WrittenMeasure { number, duration: Ticks(duration), ..WrittenMeasure::default() });
            at += duration;
        }
    }
    Ok(measures)
}

/// Deltas of 28 bits a million times over stay far below the sign.
fn ticks(tick: u64) -> i64 {
    tick as i64
}
