//! A Standard MIDI File as a score.

use midly::{Fps, Timing};

use super::notes::{self, Note};
use super::tracks::{File, Kind};
use super::voices::divide;
use crate::import::warnings::Warnings;
use crate::import::{HandSource, HandsTold, ImportError, Limits, Options, Read};
use crate::score::tempo::MICROS_PER_QUARTER_DEFAULT;
use crate::score::times::Times;
use crate::score::written::{WrittenMeasure, WrittenNote, WrittenScore, WrittenTempo};
use crate::score::{Articulations, Freedom, Hand, Ornaments};
use crate::units::Ticks;

/// Reads a score: measures by the time signatures, no repeats.
pub(in crate::import) fn score(bytes: &[u8], options: &Options) -> Result<Read, ImportError> {
    let limits = &options.limits;
    let file = File::read(bytes, limits)?;
    let mut warnings = Warnings::new(limits);
    let Base { ticks_per_quarter, micros_per_quarter, follows_tempo } = Base::of(file.timing);
    if !follows_tempo {
        warnings.add(
            None,
            "the file counts seconds, not beats; a second is taken as a quarter, and its tempo marks count for nothing",
        );
    }
    let notes = notes::choose(notes::read(&file, &mut warnings), &file, &mut warnings);
    if notes.is_empty() {
        return Err(ImportError::NoNotes);
    }
    let per_quarter = i64::from(ticks_per_quarter);
    if !on_a_grid(&notes, per_quarter) {
        warnings
            .add(None, "most notes lie on no beat or part of one: this is a recording rather than a score");
    }
    let mut measures = measures(&file, &notes, per_quarter, limits, &mut warnings)?;
    let (hands, source) = divide(&notes, &file, per_quarter);
    let told = HandsTold::guessed(source, &hands);
    if source == HandSource::Split {
        let HandsTold { right_percent: right, left_percent: left, .. } = told;
        let reason =
            "the file does not say which hand plays what; the hands were told apart by where they lie";
        let sure =
            format!("{right} % of the right hand's notes and {left} % of the left's are likely to be so");
        warnings.add(None, format!("{reason}: {sure}"));
    }
    let starts = starts(&measures);
    let measure_at = |tick: i64| starts.partition_point(|start| *start <= tick).saturating_sub(1);
    for (index, (note, guess)) in notes.iter().zip(&hands).enumerate() {
        let measure = measure_at(note.onset);
        if index == limits.notes {
            let measure = measures[measure].number.clone();
            return Err(ImportError::TooManyNotes { measure, limit: limits.notes });
        }
        measures[measure].notes.push(WrittenNote {
            id: format!("n{}", index + 1).into(),
            offset: Ticks(note.onset - starts[measure]),
            duration: Ticks(note.end - note.onset),
            pitch: note.pitch,
            hand: guess.hand,
            staff: if guess.hand == Hand::Right { 1 } else { 2 },
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
    measures[0].tempo.push(WrittenTempo { offset: Ticks(0), micros_per_quarter, times: Times::ANY });
    if follows_tempo {
        for event in &file.events {
            if let Kind::Tempo(micros_per_quarter) = event.kind {
                let measure = measure_at(event.tick);
                let offset = Ticks(event.tick - starts[measure]);
                measures[measure].tempo.push(WrittenTempo { offset, micros_per_quarter, times: Times::ANY });
            }
        }
    }
    let title = file.names.first().cloned().flatten();
    let written = WrittenScore { title, composer: None, ticks_per_quarter, pickup: false, measures };
    Ok(Read { written, warnings: warnings.into_vec(), hands: told, parts: Vec::new() })
}

/// What a tick is.
struct Base {
    ticks_per_quarter: u32,
    micros_per_quarter: u32,
    follows_tempo: bool,
}

impl Base {
    fn of(timing: Timing) -> Self {
        match timing {
            Timing::Metrical(ticks) => Self {
                ticks_per_quarter: u32::from(ticks.as_int()),
                micros_per_quarter: MICROS_PER_QUARTER_DEFAULT,
                follows_tempo: true,
            },
            // 30 frames of 29.97 last 1.001 seconds.
            Timing::Timecode(Fps::Fps29, parts) => Self {
                ticks_per_quarter: 30 * u32::from(parts),
                micros_per_quarter: 1_001_000,
                follows_tempo: false,
            },
            Timing::Timecode(fps, parts) => Self {
                ticks_per_quarter: u32::from(fps.as_int()) * u32::from(parts),
                micros_per_quarter: 1_000_000,
                follows_tempo: false,
            },
        }
    }
}

/// Whether most onsets lie where written notes do: on a 24th, 32nd, 10th or 14th part of a quarter, which are the 64th
/// notes and triplets, quintuplets and septuplets of larger ones. Of a resolution or a length too small to tell, yes.
fn on_a_grid(notes: &[Note], per_quarter: i64) -> bool {
    const ONSETS_MIN: usize = 32;
    const PARTS: [i64; 4] = [24, 32, 10, 14];
    // By chance, 30 % of the ticks of this one lie on a part.
    const RESOLUTION_MIN: i64 = 384;
    if per_quarter < RESOLUTION_MIN {
        return true;
    }
    let mut onsets: Vec<i64> = notes.iter().map(|note| note.onset).collect();
    onsets.dedup();
    // Where a part is no whole number of ticks, both neighbours count.
    let on = |onset: &i64| {
        PARTS.iter().any(|parts| {
            let over = (onset * parts).rem_euclid(per_quarter);
            over == 0 || (per_quarter % parts != 0 && (over < *parts || per_quarter - over < *parts))
        })
    };
    let lie = onsets.iter().filter(|onset| on(onset)).count();
    onsets.len() < ONSETS_MIN || lie * 2 >= onsets.len()
}

/// Empty measures to the end of the notes. A time signature that comes inside a measure ends it there.
fn measures(
    file: &File,
    notes: &[Note],
    per_quarter: i64,
    limits: &Limits,
    warnings: &mut Warnings,
) -> Result<Vec<WrittenMeasure>, ImportError> {
    // A file may go on long after its music.
    let end = notes.iter().map(|note| note.end).max().unwrap_or(0).max(1);
    let mut signatures: Vec<(i64, i64)> = vec![(0, 4 * per_quarter)];
    for event in &file.events {
        if let Kind::Time { beats, beat_type } = event.kind {
            let length = (4 * per_quarter * i64::from(beats)) >> beat_type.min(10);
            if length == 0 {
                warnings.add(None, format!("a time signature {beats}/2^{beat_type} was left out"));
            } else {
                signatures.push((event.tick, length));
            }
        }
    }
    let mut measures = Vec::new();
    for (index, &(start, length)) in signatures.iter().enumerate() {
        let next = signatures.get(index + 1).map_or(i64::MAX, |next| next.0);
        let mut at = start;
        while at < next.min(end) {
            if measures.len() >= limits.measures {
                return Err(ImportError::TooManyMeasures { limit: limits.measures });
            }
            let duration = length.min(next - at);
            let number = (measures.len() + 1).to_string();
            measures.push(WrittenMeasure { number, duration: Ticks(duration), ..WrittenMeasure::default() });
            at += duration;
        }
    }
    Ok(measures)
}

fn starts(measures: &[WrittenMeasure]) -> Vec<i64> {
    let start = |at: &mut i64, measure: &WrittenMeasure| {
        let start = *at;
        *at += measure.duration.0;
        Some(start)
    };
    measures.iter().scan(0, start).collect()
}
