//! Random takes of random scores.

use std::sync::Arc;

use etude_engine::judge::Record;
use etude_engine::report::Report;
use etude_engine::score::{
    Articulations, Freedom, Hand, Measure, Note, NoteId, Ornaments, Score, ScoreNote, ScoreParts,
    TempoChange, TempoMap,
};
use etude_engine::session::{Config, Event, EventKind, Mode, Session};
use etude_engine::units::{Micros, Pitch, Ticks, Velocity};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::settings::{choose, config, hands};

const TICKS_PER_QUARTER: i64 = 4;
const MEASURE_TICKS: i64 = 3 * TICKS_PER_QUARTER;

/// A score, how it is judged, and what is played.
#[derive(Clone)]
pub struct Take {
    pub score: Arc<Score>,
    pub config: Config,
    pub events: Vec<Event>,
}

/// A line a note: a failing case should be readable.
impl std::fmt::Debug for Take {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:?}\n{:?}", self.config, self.score.tempo().changes())?;
        for (i, note) in self.score.notes().iter().enumerate() {
            let (onset, pitch) = (note.onset.0, note.pitch.number());
            let grace = if note.grace { " grace" } else { "" };
            writeln!(f, "note {i}: {pitch} at {onset}{grace} {:?}", note.ornaments)?;
        }
        for (i, Event { at, kind }) in self.events.iter().enumerate() {
            match kind {
                EventKind::NoteOn { pitch, .. } => writeln!(f, "event {i}: {} at {}", pitch.number(), at.0)?,
                _ => writeln!(f, "event {i}: {kind:?} at {}", at.0)?,
            }
        }
        Ok(())
    }
}

/// What the engine said.
pub struct Judged {
    pub records: Vec<Record>,
    pub report: Report,
}

impl Take {
    /// The notes to be played.
    pub fn expected(&self) -> impl Iterator<Item = ScoreNote<'_>> {
        self.score.notes().iter().filter(|note| self.config.selection().has(note))
    }

    pub fn session(&self) -> Session {
        Session::new(Arc::clone(&self.score), self.config).unwrap()
    }

    /// The same score and settings, and the notes as they are written: each stroke at its time, at the tempo of the clock.
    pub fn perfect(mut self) -> Self {
        let mut strokes: Vec<(Ticks, bool, Pitch)> =
            self.expected().map(|note| (note.onset, !note.grace, note.pitch)).collect();
        strokes.dedup();
        let onsets = strokes.iter().map(|&(onset, ..)| onset);
        let times = self.score.tempo().micros_of(onsets, self.score.ticks_per_quarter());
        let percent = match self.config.mode {
            Mode::Follow | Mode::Wait => 100,
            Mode::Clock => i64::from(self.config.tempo_percent),
        };
        let velocity = Velocity::new(80).unwrap();
        let note_ons = strokes.iter().zip(&times).map(|(&(.., pitch), at)| Event {
            at: Micros((at.0 - times[0].0) * 100 / percent),
            kind: EventKind::NoteOn { pitch, velocity },
        });
        self.events = note_ons.collect();
        let at = self.events.last().unwrap().at;
        self.events.push(Event { at, kind: EventKind::End });
        self
    }

    pub fn judged(&self) -> Judged {
        let mut session = self.session();
        let mut records = Vec::new();
        for event in &self.events {
            session.handle(*event).unwrap();
            records.extend(std::iter::from_fn(|| session.poll()));
        }
        Judged { records, report: session.report() }
    }
}

pub fn take() -> impl Strategy<Value = Take> {
    let passages = prop_oneof![
        // Long enough for verdicts to become final on the way; short enough to be read when it shrinks.
        2 => vec(passage(), 1..8),
        1 => vec(passage(), 8..24),
    ];
    let chosen = (config(), hands(), prop::option::weighted(0.3, (any::<Index>(), any::<Index>())));
    (chords(), tempi(), chosen, passages).prop_map(|(chords, tempi, (config, hands, range), passages)| {
        let score = engrave(&chords, tempi);
        let config = choose(&score, config, hands, range);
        let events = play(&score, &passages);
        Take { score, config, events }
    })
}

#[derive(Clone, Debug)]
struct Chord {
    /// Ticks since the chord before; 0 adds to it.
    gap: i64,
    notes: Vec<(u8, bool, Ornaments)>,
}

fn chords() -> impl Strategy<Value = Vec<Chord>> {
    let signs = [
        Ornaments::TRILL,
        Ornaments::TURN,
        Ornaments::MORDENT,
        Ornaments::TREMOLO,
        Ornaments::ARPEGGIO,
        Ornaments::GLISSANDO,
        Ornaments::TRILL.with(Ornaments::ARPEGGIO),
    ];
    let ornaments = prop_oneof![8 => Just(Ornaments::NONE), 1 => select(signs.to_vec())];
    // Few pitches, so that much is repeated; both hands have some.
    let pitch = prop_oneof![5 => 55u8..67, 1 => 0u8..128];
    let note = (pitch, prop::bool::weighted(0.1), ornaments);
    let chord = (0..6i64, vec(note, 1..4)).prop_map(|(gap, notes)| Chord { gap, notes });
    vec(chord, 1..48)
}

fn tempi() -> impl Strategy<Value = Vec<TempoChange>> {
    let change = (0..150i64, 100_000..2_000_000u32)
        .prop_map(|(at, micros_per_quarter)| TempoChange { at: Ticks(at), micros_per_quarter });
    vec(change, 0..4)
}

fn engrave(chords: &[Chord], tempi: Vec<TempoChange>) -> Arc<Score> {
    let mut notes = Vec::new();
    let mut onset = 0;
    for chord in chords {
        onset += chord.gap;
        for &(pitch, grace, ornaments) in &chord.notes {
            notes.push(Note {
                id: NoteId { xml_id: format!("n{}", notes.len()).into(), pass: 1 },
                onset: Ticks(onset),
                duration: Ticks(if grace { 0 } else { 3 }),
                pitch: Pitch::new(pitch).unwrap(),
                measure: (onset / MEASURE_TICKS) as u32,
                hand: if pitch < 60 { Hand::Left } else { Hand::Right },
                staff: 1,
                voice: 1,
                grace,
                ornaments,
                articulations: Articulations::NONE,
                freedom: Freedom::default(),
            });
        }
    }
    let measure = |i: i64| Measure {
        number: (i + 1).to_string(),
        pass: 1,
        written: i as u32,
        onset: Ticks(i * MEASURE_TICKS),
        duration: Ticks(MEASURE_TICKS),
    };
    let parts = ScoreParts {
        ticks_per_quarter: TICKS_PER_QUARTER as u32,
        measures: (0..=onset / MEASURE_TICKS).map(measure).collect(),
        notes,
        tempo: TempoMap::new(tempi),
        ..ScoreParts::default()
    };
    Arc::new(Score::new(parts).unwrap())
}

/// A stretch of a take.
#[derive(Clone, Debug)]
enum Passage {
    /// Plays so many notes of the score, from a place or from where the last stretch ended.
    Notes { from: Option<Index>, count: usize, tempo_percent: i64, strokes: Vec<Stroke> },
    /// Plays anything: time since the last event, which may be negative, and key.
    Garbage(Vec<(i64, u8)>),
    /// All 128 keys, one after another: time between two of them.
    Cluster(i64),
    /// Does something else than playing.
    Other(i64, EventKind),
    /// The take's clock leaps to this.
    Clock(i64),
}

/// How one note of the score is played.
#[derive(Clone, Debug)]
struct Stroke {
    jitter_us: i64,
    slip: Slip,
}

#[derive(Clone, Copy, Debug)]
enum Slip {
    None,
    LeftOut,
    /// So many semitones higher.
    Wrong(u8),
    Twice,
    /// Another key along with it.
    Extra(u8),
}

fn passage() -> impl Strategy<Value = Passage> {
    let slip = prop_oneof![
        16 => Just(Slip::None),
        1 => Just(Slip::LeftOut),
        1 => (1..6u8).prop_map(Slip::Wrong),
        1 => Just(Slip::Twice),
        1 => (0..128u8).prop_map(Slip::Extra),
    ];
    let jitter_us = prop_oneof![2 => Just(0), 2 => -40_000..40_000i64, 1 => -400_000..400_000i64];
    let stroke = (jitter_us, slip).prop_map(|(jitter_us, slip)| Stroke { jitter_us, slip });
    let careful = vec(Just(Stroke { jitter_us: 0, slip: Slip::None }), 1..2);
    let strokes = prop_oneof![1 => careful, 3 => vec(stroke, 1..40)];
    let from = prop_oneof![1 => Just(None), 1 => any::<Index>().prop_map(Some)];
    let notes = (from, 1..70usize, 30..300i64, strokes).prop_map(|(from, count, tempo_percent, strokes)| {
        Passage::Notes { from, count, tempo_percent, strokes }
    });
    let key = prop_oneof![3 => 55u8..67, 1 => 0u8..128];
    let garbage = vec((-200_000..1_000_000i64, key), 1..12).prop_map(Passage::Garbage);
    let other = (-100_000..5_000_000i64, other()).prop_map(|(after, kind)| Passage::Other(after, kind));
    let clock = prop_oneof![
        4 => -60_000_000..600_000_000i64,
        1 => any::<i64>(),
        1 => select(&[i64::MIN, i64::MAX, 1 << 53, 0][..]),
    ];
    let cluster = prop_oneof![2 => Just(0), 1 => -1_000..20_000i64].prop_map(Passage::Cluster);
    prop_oneof![24 => notes, 4 => garbage, 1 => cluster, 6 => other, 2 => clock.prop_map(Passage::Clock)]
}

fn other() -> impl Strategy<Value = EventKind> {
    let seven_bits = 0..128u8;
    let position = prop_oneof![
        6 => -4_000_000..60_000_000i64,
        1 => any::<i64>(),
        1 => select(&[i64::MIN, i64::MAX][..]),
    ];
    let tempo = prop_oneof![6 => 200_000..1_000_000u32, 1 => any::<u32>(), 1 => select(&[0, u32::MAX][..])];
    let transport =
        (prop::bool::weighted(0.8), position, tempo).prop_map(|(playing, position, micros_per_quarter)| {
            EventKind::Transport { playing, position, micros_per_quarter }
        });
    prop_oneof![
        3 => transport,
        2 => Just(EventKind::Tick),
        1 => seven_bits.clone().prop_map(|pitch| EventKind::NoteOff { pitch: Pitch::new(pitch).unwrap() }),
        1 => seven_bits.prop_map(|value| EventKind::Pedal { value: Velocity::new(value).unwrap() }),
    ]
}

fn play(score: &Score, passages: &[Passage]) -> Vec<Event> {
    let notes = score.notes();
    let times = score.tempo().micros_of(notes.iter().map(|note| note.onset), score.ticks_per_quarter());
    let mut events = Vec::new();
    let (mut now, mut place) = (0i64, 0);
    let note_on = |at: i64, pitch: u8| {
        let (pitch, velocity) = (Pitch::new(pitch & 127).unwrap(), Velocity::new(80).unwrap());
        Event { at: Micros(at), kind: EventKind::NoteOn { pitch, velocity } }
    };
    for passage in passages {
        match passage {
            Passage::Notes { from, count, tempo_percent, strokes } => {
                if let Some(from) = from {
                    place = from.index(notes.len());
                    now = now.saturating_add(500_000);
                }
                for stroke in strokes.iter().cycle().take(*count) {
                    let Some(note) = notes.get(place) else { break };
                    let since = times[place].0 - times[place.saturating_sub(1)].0;
                    now = now.saturating_add(since * 100 / tempo_percent);
                    let (at, pitch) = (now.saturating_add(stroke.jitter_us), note.pitch.number());
                    match stroke.slip {
                        Slip::None => events.push(note_on(at, pitch)),
                        Slip::LeftOut => {}
                        Slip::Wrong(by) => events.push(note_on(at, pitch + by)),
                        Slip::Twice => events.extend([note_on(at, pitch), note_on(at, pitch)]),
                        Slip::Extra(other) => events.extend([note_on(at, other), note_on(at, pitch)]),
                    }
                    place += 1;
                }
            }
            Passage::Garbage(keys) => {
                for &(after, key) in keys {
                    now = now.saturating_add(after);
                    events.push(note_on(now, key));
                }
            }
            Passage::Cluster(between) => {
                for key in 0..128 {
                    now = now.saturating_add(*between);
                    events.push(note_on(now, key));
                }
            }
            Passage::Other(after, kind) => {
                now = now.saturating_add(*after);
                events.push(Event { at: Micros(now), kind: *kind });
            }
            Passage::Clock(at) => now = *at,
        }
    }
    events.push(Event { at: Micros(now), kind: EventKind::End });
    events
}
