//! A piece of any length with a pianist's texture: two hands, chords, broken chords, runs, repeated notes, trills, and
//! themes that come back changed. Made up from a seed, because real scores of 50,000 notes are rare and not ours to give.

use etude_engine::score::{
    Articulations, Freedom, Hand, Measure, Note, NoteId, Ornaments, Score, ScoreParts, TempoChange, TempoMap,
};
use etude_engine::units::{Pitch, Ticks};
use fastrand::Rng;

/// Ticks in a quarter: sixteenths are the shortest notes.
const QUARTER: i64 = 4;
/// Four quarters.
const MEASURE: i64 = 4 * QUARTER;
const MICROS_PER_QUARTER: u32 = 600_000;
/// Measures in a theme.
const THEME_MEASURES: usize = 4;
/// One note in so many is another one when a theme comes back.
const VARIED: u32 = 12;
/// The scale's keys above its tonic.
const SCALE: [i64; 7] = [0, 2, 4, 5, 7, 9, 11];

/// A note of a theme: where in its measure, how long, its step in the scale.
#[derive(Clone)]
struct Tone {
    offset: i64,
    duration: i64,
    step: i64,
    hand: Hand,
    ornaments: Ornaments,
}

type Theme = Vec<Vec<Tone>>;

/// A piece of exactly so many notes. The same number gives the same piece.
pub fn piece(notes: usize) -> Score {
    let mut rng = Rng::with_seed(notes as u64);
    let mut parts = ScoreParts { ticks_per_quarter: QUARTER as u32, ..ScoreParts::default() };
    parts.tempo = TempoMap::new(vec![TempoChange { at: Ticks(0), micros_per_quarter: MICROS_PER_QUARTER }]);
    while parts.notes.len() < notes {
        let tonic = 58 + rng.i64(0..5);
        let (one, two) = (theme(&mut rng), theme(&mut rng));
        for theme in [&one, &varied(&one, &mut rng), &two, &one] {
            theme.iter().for_each(|measure| write(measure, tonic, notes, &mut parts));
        }
    }
    Score::new(parts).expect("a score within all limits")
}

fn write(tones: &[Tone], tonic: i64, notes: usize, parts: &mut ScoreParts) {
    let index = parts.measures.len();
    if parts.notes.len() == notes {
        return;
    }
    let onset = index as i64 * MEASURE;
    parts.measures.push(Measure {
        number: (index + 1).to_string(),
        pass: 1,
        written: index as u32,
        onset: Ticks(onset),
        duration: Ticks(MEASURE),
    });
    for tone in tones.iter().take(notes - parts.notes.len()) {
        let right = tone.hand == Hand::Right;
        let key = tonic + 12 * tone.step.div_euclid(7) + SCALE[tone.step.rem_euclid(7) as usize];
        parts.notes.push(Note {
            id: NoteId { xml_id: format!("n{}", parts.notes.len()).into(), pass: 1 },
            onset: Ticks(onset + tone.offset),
            duration: Ticks(tone.duration),
            pitch: Pitch::new(key.clamp(21, 108) as u8).expect("a key of the piano"),
            measure: index as u32,
            hand: tone.hand,
            staff: if right { 1 } else { 2 },
            voice: if right { 1 } else { 5 },
            grace: false,
            ornaments: tone.ornaments,
            articulations: Articulations::default(),
            freedom: Freedom::default(),
        });
    }
}

fn theme(rng: &mut Rng) -> Theme {
    (0..THEME_MEASURES)
        .map(|_| {
            let root = [0, 3, 4, 5][rng.usize(..4)];
            let mut tones = right_hand(root, rng);
            tones.extend(left_hand(root, rng));
            tones.sort_by_key(|tone| (tone.offset, tone.step));
            tones
        })
        .collect()
}

fn right_hand(root: i64, rng: &mut Rng) -> Vec<Tone> {
    let tone = |offset, duration, step| Tone {
        offset,
        duration,
        step,
        hand: Hand::Right,
        ornaments: Ornaments::NONE,
    };
    let top = root + 7 + rng.i64(0..5);
    match rng.u8(..5) {
        // A run in sixteenths that turns about.
        0 => {
            let up = if rng.bool() { 1 } else { -1 };
            let turn = rng.i64(4..12);
            (0..MEASURE)
                .map(|at| tone(at, 1, top + up * if at < turn { at } else { 2 * turn - at }))
                .collect()
        }
        // A melody in eighths, in thirds on the beats.
        1 => (0..8)
            .flat_map(|eighth| {
                let step = top + rng.i64(-2..3);
                let third = (eighth % 2 == 0).then(|| tone(eighth * 2, 2, step - 2));
                [Some(tone(eighth * 2, 2, step)), third].into_iter().flatten()
            })
            .collect(),
        // Chords in quarters.
        2 => (0..4)
            .flat_map(|beat| {
                let step = top + rng.i64(-1..2);
                [0, -2, -4].map(|below| tone(beat * QUARTER, QUARTER, step + below))
            })
            .collect(),
        // Repeated notes.
        3 => (0..8).map(|eighth| tone(eighth * 2, 2, top + (eighth / 4) * rng.i64(-1..2))).collect(),
        // A long note, mostly trilled, and a way down from it.
        _ => {
            let signs = if rng.u8(..3) > 0 { Ornaments::TRILL } else { Ornaments::MORDENT };
            let long = Tone { ornaments: signs, ..tone(0, 2 * QUARTER, top) };
            [long]
                .into_iter()
                .chain((0..4).map(|eighth| tone(2 * QUARTER + eighth * 2, 2, top - 1 - eighth)))
                .collect()
        }
    }
}

fn left_hand(root: i64, rng: &mut Rng) -> Vec<Tone> {
    let low = root - 14;
    let tone = |offset, duration, step| Tone {
        offset,
        duration,
        step,
        hand: Hand::Left,
        ornaments: Ornaments::NONE,
    };
    match rng.u8(..3) {
        // A broken chord in eighths.
        0 => (0..8).map(|eighth| tone(eighth * 2, 2, low + 7 + [0, 4, 2, 4][eighth as usize % 4])).collect(),
        // A bass and two chords, twice.
        1 => [0, 2 * QUARTER]
            .into_iter()
            .flat_map(|half| {
                let chord = [2, 4, 7].map(|above| tone(half + QUARTER, QUARTER, low + 5 + above));
                [tone(half, QUARTER, low)].into_iter().chain(chord)
            })
            .collect(),
        // Octaves in halves.
        _ => [0, 2 * QUARTER]
            .into_iter()
            .flat_map(|half| [low, low + 7].map(|step| tone(half, 2 * QUARTER, step)))
            .collect(),
    }
}

fn varied(theme: &Theme, rng: &mut Rng) -> Theme {
    let mut theme = theme.clone();
    for tone in theme.iter_mut().flatten().filter(|tone| tone.hand == Hand::Right) {
        if rng.u32(..VARIED) == 0 {
            tone.step += if rng.bool() { 1 } else { -1 };
        }
    }
    theme
}
