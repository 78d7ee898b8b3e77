//! Random scores and takes, and the randomness itself.

use std::sync::Arc;

use etude_engine::score::{
    Articulations, Freedom, Hand, Measure, Note, NoteId, Ornaments, Score, ScoreParts, TempoMap,
};
use etude_engine::session::{Config, Event, EventKind, Mode};
use etude_engine::units::{Micros, Pitch, Ticks, Velocity};

/// SplitMix64: small, and the same on every machine for ever, so a seed stays a bug report.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In `from..to`.
    pub fn range(&mut self, from: i64, to: i64) -> i64 {
        from + (self.next() % (to - from) as u64) as i64
    }

    /// Below `len`, which is not 0.
    pub fn index(&mut self, len: usize) -> usize {
        (self.next() % len as u64) as usize
    }

    pub fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
}

/// What is played: the events of the take end with the end.
pub struct Take {
    pub score: Arc<Score>,
    pub config: Config,
    pub events: Vec<Event>,
}

const TICKS_PER_QUARTER: i64 = 4;
const MICROS_PER_TICK: i64 = 500_000 / TICKS_PER_QUARTER;

impl Take {
    /// A take of a score of `onsets` chords, with mistakes, note-offs, pedals, restarts and idle ticks.
    pub fn random(rng: &mut Rng, onsets: usize) -> Self {
        let chords = chords(rng, onsets);
        let mode = if rng.percent(25) { Mode::Clock } else { Mode::Follow };
        let events = play(rng, &chords);
        Self { score: engrave(&chords), config: Config { mode, ..Config::default() }, events }
    }
}

/// Onset in ticks, and the keys.
type Chord = (i64, Vec<u8>);

fn chords(rng: &mut Rng, onsets: usize) -> Vec<Chord> {
    let mut at = 0;
    (0..onsets)
        .map(|_| {
            let mut keys: Vec<u8> = (0..rng.range(1, 4)).map(|_| rng.range(40, 85) as u8).collect();
            keys.sort_unstable();
            keys.dedup();
            at += rng.range(1, 5);
            (at, keys)
        })
        .collect()
}

fn engrave(chords: &[Chord]) -> Arc<Score> {
    let measure_ticks = 4 * TICKS_PER_QUARTER;
    let last = chords.last().map_or(0, |&(onset, _)| onset);
    let measures = (0..=last / measure_ticks).map(|i| Measure {
        number: (i + 1).to_string(),
        pass: 1,
        written: i as u32,
        onset: Ticks(i * measure_ticks),
        duration: Ticks(measure_ticks),
    });
    let keys = chords.iter().flat_map(|(onset, keys)| keys.iter().map(move |&key| (*onset, key)));
    let notes = keys.enumerate().map(|(i, (onset, key))| Note {
        id: NoteId { xml_id: format!("n{i}").into(), pass: 1 },
        onset: Ticks(onset),
        duration: Ticks(1),
        pitch: Pitch::new(key).unwrap(),
        measure: (onset / measure_ticks) as u32,
        hand: if key < 60 { Hand::Left } else { Hand::Right },
        staff: 1,
        voice: 1,
        grace: false,
        ornaments: Ornaments::NONE,
        articulations: Articulations::NONE,
        freedom: Freedom::default(),
    });
    let parts = ScoreParts {
        ticks_per_quarter: TICKS_PER_QUARTER as u32,
        measures: measures.collect(),
        notes: notes.collect(),
        tempo: TempoMap::default(),
        ..ScoreParts::default()
    };
    Arc::new(Score::new(parts).unwrap())
}

fn play(rng: &mut Rng, chords: &[Chord]) -> Vec<Event> {
    let mut events = Vec::new();
    let (mut now, mut place, mut restarts) = (0, 0, 2);
    while place < chords.len() {
        let (onset, keys) = &chords[place];
        let before = place.checked_sub(1).map_or(0, |earlier| chords[earlier].0);
        now += (onset - before).max(1) * MICROS_PER_TICK + rng.range(-40_000, 40_000);
        for &key in keys {
            if rng.percent(4) {
                continue;
            }
            let key = if rng.percent(4) { key + 1 } else { key };
            let pitch = Pitch::new(key).unwrap();
            let velocity = Velocity::new(rng.range(0, 128) as u8).unwrap();
            events.push(Event { at: Micros(now), kind: EventKind::NoteOn { pitch, velocity } });
            if rng.percent(50) {
                events.push(Event { at: Micros(now + 1_000), kind: EventKind::NoteOff { pitch } });
            }
            now += rng.range(1_000, 20_000);
        }
        if rng.percent(5) {
            let value = Velocity::new(rng.range(0, 128) as u8).unwrap();
            events.push(Event { at: Micros(now), kind: EventKind::Pedal { value } });
        }
        if rng.percent(3) {
            now += rng.range(0, 2_000_000);
            events.push(Event { at: Micros(now), kind: EventKind::Tick });
        }
        place += 1;
        if restarts > 0 && rng.percent(1) {
            restarts -= 1;
            place = rng.index(place);
        }
    }
    events.push(Event { at: Micros(now + 500_000), kind: EventKind::End });
    events
}
