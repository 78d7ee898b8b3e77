//! What holds of every take of every score, however it is played: checked over random ones.
//!
//! The scores are small and full of what makes following hard: few pitches, unisons, grace notes, ornaments, changes of
//! tempo. The takes go from clean playing to garbage with a broken clock. They are the same at every run,
//! unless `PROPTEST_CASES` asks for so many others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use etude_engine::judge::{Record, Verdict, reason};
use etude_engine::report::{Report, Tally};
use etude_engine::score::{
    Articulations, Freedom, Hand, Measure, NoteId, NoteIndex, Ornaments, Score, ScoreNote, ScoreParts,
    TempoChange, TempoMap,
};
use etude_engine::session::{Config, Event, EventKind, Mode, Seq, Session};
use etude_engine::units::{Micros, Pitch, Ticks, Velocity};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::RngSeed;
use settings::{choose, config, hands};

#[path = "properties/settings.rs"]
mod settings;

const TICKS_PER_QUARTER: i64 = 4;
const MEASURE_TICKS: i64 = 3 * TICKS_PER_QUARTER;

fn cases() -> ProptestConfig {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    match std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()) {
        Some(cases) => ProptestConfig { cases, ..config },
        None => ProptestConfig { cases: 150, rng_seed: RngSeed::Fixed(1), ..config },
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn each_note_on_is_answered_at_once_and_nothing_else_is(take in take()) {
        let mut session = take.session();
        for event in &take.events {
            let seq = session.handle(*event).unwrap();
            let now: Vec<Record> = std::iter::from_fn(|| session.poll()).collect();
            let answered = now.iter().any(|record| is_played(record, seq));
            prop_assert_eq!(answered, is_note_on(event), "{:?} of {:?}", seq, event);
            for record in now {
                if let Record::Played { event, .. } = record {
                    prop_assert!(is_note_on(&take.events[event.0 as usize]), "{:?}", record);
                }
            }
        }
        prop_assert!(session.handle(take.events[0]).is_err());
    }

    #[test]
    fn what_is_final_stays(take in take()) {
        let mut settled = Seq(0);
        let mut verdicts = BTreeMap::new();
        for record in &take.judged().records {
            match *record {
                Record::Played { event, verdict } => {
                    let before = verdicts.insert(event, verdict);
                    // The same word may be told again.
                    let stays = event >= settled || before == Some(verdict);
                    prop_assert!(stays, "{:?} after a final of {:?}", record, settled);
                }
                Record::Jump { event, .. } | Record::Stay { event } | Record::Hesitation { event, .. } => {
                    prop_assert!(event >= settled, "{:?} after a final of {:?}", record, settled);
                }
                Record::Final { through } => {
                    prop_assert!(through >= settled, "{:?} after a final of {:?}", record, settled);
                    settled = through;
                }
                Record::Missed { .. } | Record::Skipped { .. } => {}
            }
        }
        prop_assert_eq!(settled.0, take.events.len() as u64);
    }

    #[test]
    fn no_note_is_matched_twice_in_an_attempt(take in take()) {
        let fold = Fold::of(&take, &take.judged().records);
        let mut matched = BTreeSet::new();
        for (event, verdict) in &fold.verdicts {
            // The attempt is known by the jump that began it; a seek of the transport is one too.
            let begun = fold.jumps.range(..=event).next_back().map(|(event, _)| *event);
            if let Verdict::Matched { note, .. } = *verdict {
                prop_assert!(matched.insert((begun, fold.key(note))), "{:?} again at {:?}", note, event);
            }
        }
    }

    #[test]
    fn the_stream_alone_tells_the_report(take in take()) {
        let Judged { records, report } = take.judged();
        let fold = Fold::of(&take, &records);
        prop_assert_eq!(fold.count(State::Pending), 0);
        let counts = (fold.count(State::Played), fold.count(State::Missed), fold.count(State::Skipped));
        let total = &report.total;
        prop_assert_eq!(counts, (total.correct, total.missed, total.skipped), "played, missed, skipped");
        let strays = |is: fn(&Verdict) -> bool| fold.verdicts.values().filter(|verdict| is(verdict)).count() as u32;
        prop_assert_eq!(strays(|verdict| matches!(verdict, Verdict::Wrong { .. })), total.wrong);
        prop_assert_eq!(strays(|verdict| matches!(verdict, Verdict::Extra)), total.extra);
        prop_assert_eq!(strays(|verdict| matches!(verdict, Verdict::Ornament { .. })), total.ornaments);
        prop_assert_eq!(strays(|verdict| matches!(verdict, Verdict::Repeat { .. })), total.repeats);
        // Of very many attempts the last are told as one.
        let entered: Vec<_> = report.attempts[1..].iter().map(|attempt| attempt.to).collect();
        let jumps: Vec<_> = fold.jumps.values().copied().collect();
        prop_assert_eq!(&jumps[..entered.len()], &entered);
        prop_assert_eq!(jumps.len() as u32 + 1, report.attempts.len() as u32 - 1 + report.attempts_in_last);
    }

    #[test]
    fn a_report_adds_up(take in take()) {
        let Judged { report, .. } = take.judged();
        let all = std::iter::once(&report.total)
            .chain(report.hands.iter().map(|hand| &hand.tally))
            .chain(report.measures.iter().map(|measure| &measure.tally));
        for tally in all {
            prop_assert_eq!(tally.expected, tally.correct + tally.missed);
            prop_assert_eq!(tally.correct, tally.perfect + tally.good + tally.early + tally.late);
            for accuracy in [tally.note_accuracy, tally.timing_accuracy, tally.combined] {
                prop_assert!((0.0..=1.0).contains(&accuracy), "{:?}", tally);
            }
        }
        let notes = |tally: &Tally| [tally.correct, tally.missed, tally.skipped];
        let strays = |tally: &Tally| [tally.wrong, tally.extra, tally.ornaments, tally.repeats];
        for (index, measure) in report.measures.iter().enumerate() {
            let inside = take.config.range.is_none_or(|range| range.has(index as u32));
            prop_assert!(inside || (notes(&measure.tally), strays(&measure.tally)) == ([0; 3], [0; 4]));
        }
        let hands: Vec<_> = report.hands.iter().map(|hand| hand.tally).collect();
        let measures: Vec<_> = report.measures.iter().map(|measure| measure.tally).collect();
        prop_assert_eq!(notes(&report.total).iter().sum::<u32>() as usize, take.expected().count());
        prop_assert_eq!(sum(&hands, notes), notes(&report.total));
        prop_assert_eq!(sum(&measures, notes), notes(&report.total));
        prop_assert_eq!(sum(&measures, strays), strays(&report.total));
        prop_assert_eq!(report.timing.histogram.iter().sum::<u32>() > 0, report.total.correct > 0);
    }

    #[test]
    fn every_note_played_is_counted_once(take in take()) {
        let Judged { records, report } = take.judged();
        let fold = Fold::of(&take, &records);
        let note_ons = take.events.iter().filter(|event| is_note_on(event)).count();
        prop_assert_eq!(fold.verdicts.len(), note_ons);
        // A note played in an earlier attempt counts once in the report, but each of its strokes was matched.
        let matched = fold.verdicts.values().filter(|verdict| matches!(verdict, Verdict::Matched { .. })).count();
        let Tally { wrong, extra, ornaments, repeats, .. } = report.total;
        prop_assert_eq!(matched as u32 + wrong + extra + ornaments + repeats, note_ons as u32);
        for verdict in fold.verdicts.values() {
            if let Verdict::Matched { note, .. } | Verdict::Wrong { instead_of: note } | Verdict::Ornament { of: note }
                | Verdict::Repeat { of: note } = *verdict
            {
                prop_assert!(fold.expected[note.get()], "{:?} names a note that is not to be played", verdict);
            }
        }
    }

    #[test]
    fn playing_what_is_written_scores_a_hundred_percent(take in take()) {
        let take = take.perfect();
        let Judged { records, report } = take.judged();
        let Tally { expected, correct, note_accuracy, timing_accuracy, combined, .. } = report.total;
        prop_assert_eq!([expected, correct], [take.expected().count() as u32; 2], "{:?}", records);
        prop_assert_eq!([note_accuracy, timing_accuracy, combined], [1.0; 3], "{:?}", records);
        prop_assert_eq!(report.attempts.len(), 1);
    }

    #[test]
    fn a_replay_says_the_same_whenever_it_is_polled(take in take(), late in any::<u64>()) {
        let Judged { records, report } = take.judged();
        let mut again = take.session();
        let mut said = Vec::new();
        for (i, event) in take.events.iter().enumerate() {
            again.handle(*event).unwrap();
            if late >> (i % 64) & 1 == 0 {
                said.extend(again.poll());
            }
            // Looking changes nothing.
            if i % 50 == 0 {
                again.report();
            }
        }
        said.extend(std::iter::from_fn(|| again.poll()));
        prop_assert_eq!(&said, &records);
        prop_assert_eq!(again.report(), report);
    }

    #[test]
    fn records_and_reports_travel_unchanged_and_can_be_told(take in take()) {
        let Judged { records, report } = take.judged();
        for record in &records {
            let json = serde_json::to_string(record).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Record>(&json).unwrap(), record, "{}", json);
            prop_assert!(!reason(&take.score, record, None).is_empty());
        }
        let json = serde_json::to_string(&report).unwrap();
        prop_assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}

fn is_played(record: &Record, seq: Seq) -> bool {
    matches!(*record, Record::Played { event, .. } if event == seq)
}

fn is_note_on(event: &Event) -> bool {
    matches!(event.kind, EventKind::NoteOn { .. })
}

fn sum<const N: usize>(tallies: &[Tally], of: impl Fn(&Tally) -> [u32; N]) -> [u32; N] {
    let mut sums = [0; N];
    for tally in tallies {
        for (sum, part) in sums.iter_mut().zip(of(tally)) {
            *sum += part;
        }
    }
    sums
}

/// What became of a score note, by the stream alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Pending,
    Played,
    Missed,
    Skipped,
}

/// A verdict stream, read as the docs of [`Record`] say.
struct Fold {
    /// The last word on each note-on.
    verdicts: BTreeMap<Seq, Verdict>,
    /// The jumps not taken back, and where they went.
    jumps: BTreeMap<Seq, NoteIndex>,
    /// By score note; and which event's match says so.
    notes: Vec<(State, Option<Seq>)>,
    /// Whether the settings leave each of them in.
    expected: Vec<bool>,
    /// The first of the notes that are played by the same stroke.
    keys: Vec<NoteIndex>,
}

impl Fold {
    fn of(take: &Take, records: &[Record]) -> Self {
        let notes = take.score.notes();
        let mut first = BTreeMap::new();
        let keys = notes.iter().enumerate().map(|(i, note)| {
            *first.entry((note.onset, note.pitch, note.grace)).or_insert(NoteIndex(i as u32))
        });
        let keys = keys.collect();
        let expected = notes.iter().map(|note| take.config.selection().has(note)).collect();
        let (verdicts, jumps) = (BTreeMap::new(), BTreeMap::new());
        let states = vec![(State::Pending, None); notes.len()];
        let mut fold = Self { verdicts, jumps, notes: states, expected, keys };
        records.iter().for_each(|record| fold.hear(record));
        fold
    }

    fn hear(&mut self, record: &Record) {
        match *record {
            Record::Played { event, verdict } => {
                if let Some(Verdict::Matched { note, .. }) = self.verdicts.insert(event, verdict) {
                    let taken_back = |state: &mut (State, Option<Seq>)| {
                        if *state == (State::Played, Some(event)) {
                            *state = (State::Pending, None);
                        }
                    };
                    self.stroke(note).for_each(taken_back);
                }
                if let Verdict::Matched { note, .. } = verdict {
                    self.stroke(note).for_each(|state| *state = (State::Played, Some(event)));
                }
            }
            Record::Missed { note } => {
                assert!(self.expected[note.get()], "{note:?} was not to be played");
                self.notes[note.get()] = (State::Missed, None);
            }
            Record::Skipped { from, to } => {
                for (state, _) in &mut self.notes[from.get()..to.get()] {
                    if *state != State::Played {
                        *state = State::Skipped;
                    }
                }
            }
            Record::Jump { event, to, .. } => drop(self.jumps.insert(event, to)),
            Record::Stay { event } => drop(self.jumps.remove(&event)),
            Record::Final { .. } | Record::Hesitation { .. } => {}
        }
    }

    fn key(&self, note: NoteIndex) -> NoteIndex {
        self.keys[note.get()]
    }

    /// The notes that one stroke plays.
    fn stroke(&mut self, note: NoteIndex) -> impl Iterator<Item = &mut (State, Option<Seq>)> {
        let key = self.key(note);
        self.notes.iter_mut().zip(&self.keys).filter(move |(_, of)| **of == key).map(|(state, _)| state)
    }

    /// How many of the notes to be played are so.
    fn count(&self, state: State) -> u32 {
        let notes = self.notes.iter().zip(&self.expected);
        notes.filter(|((is, _), expected)| **expected && *is == state).count() as u32
    }
}

struct Take {
    score: Arc<Score>,
    config: Config,
    events: Vec<Event>,
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

struct Judged {
    records: Vec<Record>,
    report: Report,
}

impl Take {
    /// The notes to be played.
    fn expected(&self) -> impl Iterator<Item = &ScoreNote> {
        self.score.notes().iter().filter(|note| self.config.selection().has(note))
    }

    fn session(&self) -> Session {
        Session::new(Arc::clone(&self.score), self.config).unwrap()
    }

    /// The same score and settings, and the notes as they are written: each stroke at its time, at the tempo of the clock.
    fn perfect(mut self) -> Self {
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

    fn judged(&self) -> Judged {
        let mut session = self.session();
        let mut records = Vec::new();
        for event in &self.events {
            session.handle(*event).unwrap();
            records.extend(std::iter::from_fn(|| session.poll()));
        }
        Judged { records, report: session.report() }
    }
}

fn take() -> impl Strategy<Value = Take> {
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
            notes.push(ScoreNote {
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
    prop_oneof![12 => notes, 2 => garbage, 3 => other, 1 => clock.prop_map(Passage::Clock)]
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
