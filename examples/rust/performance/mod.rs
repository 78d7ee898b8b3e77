//! A performance of a score: key strokes in time, made from the notes by the habits of hands.

mod blunder;
mod expression;
mod midi;
mod ornament;

use std::collections::{BTreeMap, BTreeSet};

use etude_engine::score::{Hand, NoteIndex, Ornaments, Score, ScoreNote};
use etude_engine::units::{Micros, Ticks};
use fastrand::Rng;

pub use blunder::Blunder;
use expression::{Course, gauss};

/// Time before the first stroke, so that nothing falls before the file's beginning.
const LEAD_IN: i64 = 500_000;
/// A key is up at least this long before it is struck again.
const KEY_UP: i64 = 25_000;
/// No key is down for less.
const STROKE_MIN: i64 = 30_000;

/// How to play.
pub struct Style {
    /// Another seed, another performance.
    pub seed: u64,
    /// Speed in percent of the score's tempo.
    pub tempo_percent: u32,
    /// Whether the sustain pedal is used.
    pub pedal: bool,
}

/// One key going down and up. Times are in microseconds.
#[derive(Clone)]
struct Stroke {
    /// The note it plays or belongs to, none for a slip of the finger.
    of: Option<NoteIndex>,
    /// Whether it is the note itself, not a part of its ornament.
    main: bool,
    /// Where in the score it belongs.
    place: Ticks,
    down: i64,
    up: i64,
    pitch: u8,
    velocity: u8,
    /// Left out on purpose: kept for the time at which it was due.
    silent: bool,
}

/// All strokes of one take.
pub struct Performance {
    strokes: Vec<Stroke>,
    /// Pedal down and up, in microseconds.
    pedal: Vec<(i64, i64)>,
    blunders: Vec<blunder::Made>,
    rng: Rng,
}

impl Performance {
    /// A faultless take of the whole score.
    pub fn of(score: &Score, style: &Style) -> Self {
        let mut rng = Rng::with_seed(style.seed);
        let course = Course::new(score, style.tempo_percent, &mut rng);
        let hands = Hands::new(score);
        let mut take = Self { strokes: Vec::new(), pedal: Vec::new(), blunders: Vec::new(), rng };
        let mut sounded: BTreeSet<(Ticks, u8)> = BTreeSet::new();
        for (index, note) in score.notes().iter().enumerate() {
            // Two voices in unison are one key.
            if note.grace || sounded.insert((note.onset, note.pitch.number())) {
                take.note(score, NoteIndex(index as u32), &note, &course, &hands);
            }
        }
        if style.pedal {
            take.pedal = course.measures().map(|(from, to)| (from + 60_000, to + 10_000)).collect();
        }
        take
    }

    fn note(
        &mut self,
        score: &Score,
        index: NoteIndex,
        note: &ScoreNote<'_>,
        course: &Course,
        hands: &Hands,
    ) {
        let rng = &mut self.rng;
        let place = note.onset;
        let end = Ticks(place.0 + hands.longest(note).0);
        let chord = hands.chord(note);
        let rank = chord.iter().position(|&pitch| pitch == note.pitch.number()).unwrap_or(0) as i64;
        let top = rank as usize + 1 == chord.len();

        // The right hand leads a little; chords spread upwards; fingers are never exact.
        let lead = if note.hand == Hand::Right { -7_000.0 } else { 6_000.0 };
        let spread = if note.ornaments.intersects(Ornaments::ARPEGGIO) { 45_000 } else { 5_000 };
        let mut down = course.at(place) + rank * spread + (lead + gauss(rng) * 6_000.0) as i64;
        let sounding = (course.at(end) - course.at(place)).max(STROKE_MIN);

        // Legato into a neighbour of the same voice, a breath before anything else.
        let up = if hands.goes_on(note) {
            course.at(end) + 8_000 + (gauss(rng).abs() * 12_000.0) as i64
        } else {
            course.at(place) + sounding * 7 / 8
        };
        let (arch, strong) = course.emphasis(place);
        let voicing = match (note.hand, top) {
            (Hand::Right, true) => 14.0,
            (Hand::Left, _) if rank == 0 => 3.0,
            _ => -5.0,
        };
        let touch = 58.0 + voicing + 10.0 * arch + if strong { 4.0 } else { 0.0 } + 3.0 * gauss(rng);
        let velocity = touch.clamp(20.0, 110.0) as u8;

        if note.grace {
            let before = hands.graces_after(score, index);
            let room = (course.at(place) - course.at(hands.onset_before(place))) / 2;
            let each = (room / (before + 1)).clamp(30_000, 85_000);
            down = course.at(place) - each * before + (gauss(rng) * 3_000.0) as i64;
            let velocity = velocity.saturating_sub(6);
            let (pitch, up) = (note.pitch.number(), down + each + 10_000);
            self.strokes.push(Stroke {
                of: Some(index),
                main: true,
                place,
                down,
                up,
                pitch,
                velocity,
                silent: false,
            });
            return;
        }
        for part in ornament::realise(score, note, sounding, rng) {
            self.strokes.push(Stroke {
                of: Some(index),
                main: part.main,
                place,
                down: down + part.after,
                up: part
                    .lasts
                    .map_or(up, |lasts| down + part.after + lasts)
                    .max(down + part.after + STROKE_MIN),
                pitch: part.pitch,
                velocity: if part.main { velocity } else { velocity.saturating_sub(5) },
                silent: false,
            });
        }
    }

    /// Puts the take in order: begins after a short silence, and lifts each key before it is struck again.
    pub fn settle(&mut self) {
        let first = self.strokes.iter().map(|stroke| stroke.down).min().unwrap_or(0);
        for stroke in &mut self.strokes {
            stroke.down += LEAD_IN - first;
            stroke.up += LEAD_IN - first;
        }
        for (down, up) in &mut self.pedal {
            *down += LEAD_IN - first;
            *up += LEAD_IN - first;
        }
        let mut of_key: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (index, stroke) in self.strokes.iter().enumerate().filter(|(_, stroke)| !stroke.silent) {
            of_key.entry(stroke.pitch).or_default().push(index);
        }
        for mut key in of_key.into_values() {
            key.sort_by_key(|&index| self.strokes[index].down);
            for pair in key.windows(2) {
                let next = self.strokes[pair[1]].down;
                let stroke = &mut self.strokes[pair[0]];
                stroke.up = stroke.up.min(next - KEY_UP).max(stroke.down + 1_000);
            }
        }
    }

    /// How many keys are struck.
    pub fn strokes_sounding(&self) -> usize {
        self.strokes.iter().filter(|stroke| !stroke.silent).count()
    }

    /// What was done wrong on purpose, in the order of playing.
    pub fn blunders(&self) -> Vec<Blunder> {
        let mut all: Vec<Blunder> = self.blunders.iter().map(|made| made.told(&self.strokes)).collect();
        all.sort_by_key(|blunder| blunder.at);
        all
    }

    fn last_up(&self) -> Micros {
        Micros(self.strokes.iter().map(|stroke| stroke.up).max().unwrap_or(0))
    }
}

/// Which notes stand together, and which follow one another in a voice.
struct Hands {
    chords: BTreeMap<(Ticks, bool), Vec<u8>>,
    voices: BTreeMap<(u8, u16, Ticks), Vec<u8>>,
    unisons: BTreeMap<(Ticks, u8), Ticks>,
    onsets: BTreeSet<Ticks>,
}

impl Hands {
    fn new(score: &Score) -> Self {
        let (mut chords, mut voices): (BTreeMap<_, Vec<u8>>, BTreeMap<_, Vec<u8>>) = Default::default();
        let mut unisons = BTreeMap::new();
        // Notes are sorted by pitch within an onset, so chords come out from the bottom up.
        for note in score.notes().iter().filter(|note| !note.grace) {
            let pitch = note.pitch.number();
            chords.entry((note.onset, note.hand == Hand::Left)).or_default().push(pitch);
            voices.entry((note.staff, note.voice, note.onset)).or_default().push(pitch);
            let longest: &mut Ticks = unisons.entry((note.onset, pitch)).or_default();
            *longest = note.duration.max(*longest);
        }
        chords.values_mut().for_each(|chord| chord.dedup());
        let onsets = score.notes().iter().map(|note| note.onset).collect();
        Self { chords, voices, unisons, onsets }
    }

    fn chord(&self, note: &ScoreNote<'_>) -> &[u8] {
        self.chords.get(&(note.onset, note.hand == Hand::Left)).map_or(&[], Vec::as_slice)
    }

    /// The longest of the notes that share this one's key and onset.
    fn longest(&self, note: &ScoreNote<'_>) -> Ticks {
        self.unisons.get(&(note.onset, note.pitch.number())).copied().unwrap_or(note.duration)
    }

    fn goes_on(&self, note: &ScoreNote<'_>) -> bool {
        let end = Ticks(note.onset.0 + note.duration.0);
        let next = self.voices.get(&(note.staff, note.voice, end));
        next.is_some_and(|pitches| !pitches.contains(&note.pitch.number()))
    }

    /// How many grace notes stand from this one to the main note, itself included.
    fn graces_after(&self, score: &Score, index: NoteIndex) -> i64 {
        let note = score.note(index);
        let group = score.notes().iter_from(index).take_while(|other| other.onset == note.onset);
        group.filter(|other| other.grace && other.staff == note.staff).count() as i64
    }

    fn onset_before(&self, place: Ticks) -> Ticks {
        self.onsets.range(..place).next_back().copied().unwrap_or(Ticks(place.0 - 1))
    }
}
