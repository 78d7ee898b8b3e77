//! Which hand plays a note, where the file does not say.
//!
//! Both hands are followed at once, as in the merged-output model of E. Nakamura, N. Ono and S. Sagayama,
//! "Merged-Output HMM for Piano Fingering of Both Hands" (ISMIR 2014): each hand moves by a model of its own, and
//! what is heard is the two together. Here the probabilities are integer costs, written down below, and the search
//! keeps the best few explanations at every onset. In a chord the left hand has the lower keys; from chord to
//! chord the hands may cross.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::score::Hand;
use crate::units::Pitch;

/// By what it is known which hand plays a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandSource {
    /// The staves or the parts of a MusicXML file.
    Staves,
    /// The names of the tracks of a MIDI file: "Right Hand" and "LH", "upper" and "lower", "m.d." and "m.g.".
    Names,
    /// Two tracks or two channels of a MIDI file: the one lying higher is the right hand's.
    Tracks,
    /// Only where the notes of a MIDI file, or of a single staff, lie: a guess.
    Split,
    /// The staves of a MusicXML file, but the notes of those in the middle are divided at middle C: half a guess.
    OuterStaves,
}

/// How it is known which hand plays what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandsTold {
    /// By what.
    pub source: HandSource,
    /// How many of the right hand's notes are likely to be its own, in per cent: 100 unless it is a guess.
    pub right_percent: u8,
    /// The same of the left hand's.
    pub left_percent: u8,
}

impl HandsTold {
    /// The outer of several staves are told, and the notes between them guessed; each of these counts half.
    pub(super) fn of_staves(all: impl Iterator<Item = (Hand, bool)>) -> Self {
        let (mut told, mut notes, mut guesses) = ([0_usize; 2], [0_usize; 2], 0);
        for (hand, guess) in all {
            notes[hand as usize] += 1;
            told[hand as usize] += usize::from(!guess);
            guesses += usize::from(guess);
        }
        let source = if guesses > 0 { HandSource::OuterStaves } else { HandSource::Staves };
        let percent = |hand: Hand| {
            let hand = hand as usize;
            (50 * (told[hand] + notes[hand])).checked_div(notes[hand]).map_or(100, |percent| percent as u8)
        };
        Self { source, right_percent: percent(Hand::Right), left_percent: percent(Hand::Left) }
    }

    /// The mean confidence of each hand's notes, rounded down; 100 where it has none.
    pub(super) fn guessed(source: HandSource, guesses: &[Guess]) -> Self {
        let mean = |hand| {
            let of_hand = || guesses.iter().filter(|guess| guess.hand == hand);
            let sum: usize = of_hand().map(|guess| usize::from(guess.confidence)).sum();
            sum.checked_div(of_hand().count()).map_or(100, |mean| mean as u8)
        };
        Self { source, right_percent: mean(Hand::Right), left_percent: mean(Hand::Left) }
    }
}

/// A note of the file, in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sounding {
    pub(super) onset: i64,
    pub(super) end: i64,
    pub(super) pitch: Pitch,
}

/// The hand of a note, and how sure that is in per cent, from 50.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guess {
    pub(super) hand: Hand,
    pub(super) confidence: u8,
}

/// Explanations kept at an onset.
const BEAM: usize = 24;
/// Keys that a hand is known to hold.
const HELD_MAX: usize = 6;
/// Chords of more keys than this are nobody's, and are divided at middle C.
const KEYS_MAX: usize = 20;

// The costs. They were found by coordinate search on every second piece of the bench, where they tell 92.9 % of the
// notes right; on the other pieces 92.5 %.

/// Of a semitone by which a hand moves, beyond the two that it turns.
const MOVEMENT: i32 = 3;
/// After so many eighths of a quarter, a movement costs half.
const MOVEMENT_HALVES: i32 = 26;
/// Of a semitone by which the hands cross.
const CROSSING: i32 = 8;
/// Of a semitone by which a hand is wider than eight of them.
const STRETCH: i32 = 8;
/// Of a semitone more than a tenth.
const TOO_WIDE: i32 = 135;
/// Of a key more than five.
const TOO_MANY: i32 = 117;
/// What is given back where a key joins one at most nine semitones away, which the hand leaves just now.
const LEGATO: i32 = 19;
/// Of a semitone on the other hand's side of middle C, beyond the first two.
const REGISTER: i32 = 1;

/// Divides the notes between the hands. They must be in order of onset.
pub(super) fn divide(notes: &[Sounding], ticks_per_quarter: i64) -> Vec<Guess> {
    let chords = chords(notes, ticks_per_quarter);
    let path = search(&chords, ticks_per_quarter);
    let mut guesses = vec![Guess { hand: Hand::Right, confidence: 50 }; notes.len()];
    let mut hands = Hands::default();
    for (index, chord) in chords.iter().enumerate() {
        let margins = margins(&hands, &chords[index..], &path[index..], ticks_per_quarter);
        let lower = path[index];
        for (rank, key) in chord.keys.iter().enumerate() {
            let hand = if rank < lower { Hand::Left } else { Hand::Right };
            let confidence = confidence(margins[rank]);
            for &note in &key.notes {
                guesses[note] = Guess { hand, confidence };
            }
        }
        hands.play(chord, lower, ticks_per_quarter);
    }
    guesses
}

/// Notes struck together, unisons as one key, from low to high.
struct Chord {
    onset: i64,
    keys: Vec<Key>,
}

impl Chord {
    /// How many of the lowest keys the left hand may take.
    fn divisions(&self) -> RangeInclusive<usize> {
        if self.keys.len() <= KEYS_MAX {
            return 0..=self.keys.len();
        }
        let lower = self.keys.partition_point(|key| key.pitch < 60);
        lower..=lower
    }
}

struct Key {
    pitch: i32,
    end: i64,
    notes: Vec<usize>,
}

fn chords(notes: &[Sounding], ticks_per_quarter: i64) -> Vec<Chord> {
    // A recorded chord is spread; no written note is as short as this.
    let together = ticks_per_quarter / 24;
    let mut chords = Vec::new();
    let mut first = 0;
    while first < notes.len() {
        let onset = notes[first].onset;
        let count = notes[first..].partition_point(|note| note.onset <= onset.saturating_add(together));
        let mut keys: Vec<Key> = Vec::new();
        for (index, note) in notes.iter().enumerate().skip(first).take(count) {
            let pitch = i32::from(note.pitch.number());
            let at = keys.binary_search_by_key(&pitch, |key| key.pitch).unwrap_or_else(|at| {
                keys.insert(at, Key { pitch, end: note.end, notes: Vec::new() });
                at
            });
            keys[at].end = keys[at].end.max(note.end);
            keys[at].notes.push(index);
        }
        chords.push(Chord { onset, keys });
        first += count;
    }
    chords
}

/// Where one hand is. Small, for thousands are tried for each chord.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    /// Twice the middle of where it played of late.
    middle: i32,
    /// Keys that it holds: the first so many of them.
    pitches: [u8; HELD_MAX],
    holds: u8,
    /// Until when it holds each.
    ends: [i64; HELD_MAX],
    /// When it last played; `None` before its first note.
    played: Option<i64>,
}

/// Where both hands are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Hands {
    left: Place,
    right: Place,
}

impl Hands {
    /// Plays a chord, whose `lower` lowest keys the left hand takes. What that costs.
    fn play(&mut self, chord: &Chord, lower: usize, ticks_per_quarter: i64) -> i32 {
        let (low, high) = chord.keys.split_at(lower);
        let mut cost = self.left.play(chord.onset, low, ticks_per_quarter);
        cost += self.right.play(chord.onset, high, ticks_per_quarter);
        cost += low.iter().map(|key| register(key.pitch - 60)).sum::<i32>();
        cost += high.iter().map(|key| register(60 - key.pitch)).sum::<i32>();
        // The hands cross where what one holds or strikes lies beyond what the other does.
        if let (Some(left), Some(right)) = (self.left.highest(), self.right.lowest()) {
            cost += (left - right).clamp(0, 12) * CROSSING;
        }
        cost
    }
}

/// What a key costs that lies so many semitones on the other hand's side of middle C.
fn register(beyond: i32) -> i32 {
    (beyond - 2).clamp(0, 24) * REGISTER
}

impl Place {
    fn play(&mut self, onset: i64, keys: &[Key], ticks_per_quarter: i64) -> i32 {
        let (Some(lowest), Some(highest)) = (keys.first(), keys.last()) else {
            self.release(onset);
            return 0;
        };
        let middle = lowest.pitch + highest.pitch;
        let mut cost = 0;
        if let Some(played) = self.played {
            // The longer the way took, the less it tells.
            let eighths = ((onset - played).saturating_mul(8) / ticks_per_quarter).clamp(0, 64) as i32;
            let moved = (middle - self.middle).abs() / 2;
            cost += (moved - 2).max(0) * MOVEMENT * MOVEMENT_HALVES / (MOVEMENT_HALVES + eighths);
            for key in keys {
                let joins = |(pitch, end): (i32, i64)| {
                    (onset - end).abs() * 12 <= ticks_per_quarter && (pitch - key.pitch).abs() <= 9
                };
                if self.held().any(joins) {
                    cost -= LEGATO;
                }
            }
        }
        self.release(onset + ticks_per_quarter / 24);
        let low = self.lowest().unwrap_or(127).min(lowest.pitch);
        let high = self.highest().unwrap_or(0).max(highest.pitch);
        let width = high - low;
        cost += (width - 8).max(0) * STRETCH + (width - 16).max(0) * TOO_WIDE;
        cost += (i32::from(self.holds) + keys.len() as i32 - 5).max(0) * TOO_MANY;
        for key in keys {
            self.hold(key);
        }
        self.middle = if self.played.is_some() { (5 * self.middle + 3 * middle) / 8 } else { middle };
        self.played = Some(onset);
        cost
    }

    /// Lets go of keys that ended.
    fn release(&mut self, now: i64) {
        let (before, mut kept) = (usize::from(self.holds), 0);
        for index in 0..before {
            if self.ends[index] > now {
                (self.pitches[kept], self.ends[kept]) = (self.pitches[index], self.ends[index]);
                kept += 1;
            }
        }
        // Two places are the same if they hold the same, whatever they once held.
        self.pitches[kept..before].fill(0);
        self.ends[kept..before].fill(0);
        self.holds = kept as u8;
    }

    fn hold(&mut self, key: &Key) {
        if usize::from(self.holds) == HELD_MAX {
            self.pitches.rotate_left(1);
            self.ends.rotate_left(1);
            self.holds -= 1;
        }
        let free = usize::from(self.holds);
        (self.pitches[free], self.ends[free]) = (key.pitch as u8, key.end);
        self.holds += 1;
    }

    fn held(&self) -> impl Iterator<Item = (i32, i64)> {
        let pitches = self.pitches.iter().map(|&pitch| i32::from(pitch));
        pitches.zip(self.ends).take(usize::from(self.holds))
    }

    fn highest(&self) -> Option<i32> {
        self.held().map(|(pitch, _)| pitch).max()
    }

    fn lowest(&self) -> Option<i32> {
        self.held().map(|(pitch, _)| pitch).min()
    }
}

/// For each chord, how many of its lowest keys the left hand takes.
fn search(chords: &[Chord], ticks_per_quarter: i64) -> Vec<usize> {
    let mut steps = Vec::with_capacity(chords.len());
    let mut ways = Vec::new();
    let mut beam = vec![(0_i64, Hands::default())];
    let (mut tried, mut order) = (Vec::new(), Vec::new());
    for chord in chords {
        tried.clear();
        order.clear();
        for (from, (cost, hands)) in beam.iter().enumerate() {
            for lower in chord.divisions() {
                let mut hands = *hands;
                let more = hands.play(chord, lower, ticks_per_quarter);
                order.push((cost + i64::from(more), (from as u8, lower as u8), tried.len()));
                tried.push(hands);
            }
        }
        order.sort_unstable();
        beam.clear();
        steps.push(ways.len());
        for &(cost, way, hands) in &order {
            // Of ways to the same place only the cheapest is worth keeping.
            let hands = &tried[hands];
            if !beam.iter().any(|(_, kept)| kept == hands) {
                beam.push((cost, *hands));
                ways.push(way);
                if beam.len() == BEAM {
                    break;
                }
            }
        }
    }
    let mut path = vec![0; chords.len()];
    let mut at = 0;
    for (chord, first) in steps.into_iter().enumerate().rev() {
        let (from, lower): (u8, u8) = ways[first + at];
        path[chord] = usize::from(lower);
        at = usize::from(from);
    }
    path
}

/// For each key of the first chord, how much more it would cost if the other hand took it and all that follows
/// stayed as it is.
fn margins(hands: &Hands, chords: &[Chord], path: &[usize], ticks_per_quarter: i64) -> Vec<i32> {
    /// Chords after which a hand has found its place again.
    const AHEAD: usize = 5;
    let cost = |lower: usize| {
        let mut hands = *hands;
        let first = hands.play(&chords[0], lower, ticks_per_quarter);
        let ahead = chords.iter().zip(path).take(AHEAD).skip(1);
        first + ahead.map(|(chord, &lower)| hands.play(chord, lower, ticks_per_quarter)).sum::<i32>()
    };
    let keys = chords[0].keys.len();
    if keys > KEYS_MAX {
        return vec![0; keys];
    }
    let costs: Vec<i32> = chords[0].divisions().map(cost).collect();
    let best = costs[path[0]];
    let least = |costs: &[i32]| costs.iter().min().map_or(0, |least| least - best);
    (0..keys)
        .map(|rank| if rank < path[0] { least(&costs[..=rank]) } else { least(&costs[rank + 1..]) })
        .collect()
}

/// How many in a hundred of the bench's notes with at least this margin, and less than the next, are told right.
fn confidence(margin: i32) -> u8 {
    const TOLD_RIGHT: [(i32, u8); 15] = [
        (0, 54),
        (5, 58),
        (10, 63),
        (15, 65),
        (20, 68),
        (25, 70),
        (30, 73),
        (35, 76),
        (45, 81),
        (55, 86),
        (75, 88),
        (80, 90),
        (85, 92),
        (95, 94),
        (255, 97),
    ];
    let below = TOLD_RIGHT.partition_point(|(least, _)| *least <= margin);
    TOLD_RIGHT.get(below.saturating_sub(1)).map_or(50, |(_, percent)| *percent)
}
