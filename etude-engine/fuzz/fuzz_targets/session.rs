//! Any log, in either mode: each note-on is answered, no jump is told of what is final, and the report adds up.
//!
//! The first byte picks the mode; then each event is a kind, a time and an argument.

#![no_main]

use std::sync::{Arc, LazyLock};

use etude_engine::judge::Record;
use etude_engine::score::{Articulations, Freedom, Hand, Measure, NoteId, Ornaments, Score, Note, ScoreParts, TempoMap};
use etude_engine::session::{Config, Event, EventKind, Mode, Seq, Session};
use etude_engine::units::{Micros, Pitch, Ticks, Velocity};

/// Sixty notes of two voices, of seven pitches, some trilled and some grace notes.
static SCORE: LazyLock<Arc<Score>> = LazyLock::new(|| {
    let notes = (0..60).map(|i| Note {
        id: NoteId { xml_id: format!("n{i}").into(), pass: 1 },
        onset: Ticks(i * 2 / 3),
        duration: Ticks(2),
        pitch: Pitch::new(57 + (i * i % 11) as u8).expect("below 128"),
        measure: 0,
        hand: Hand::Right,
        staff: 1,
        voice: 1,
        grace: i % 16 == 9,
        ornaments: if i % 13 == 7 { Ornaments::TRILL } else { Ornaments::NONE },
        articulations: Articulations::NONE,
        freedom: Freedom::default(),
    });
    let measure = Measure { number: "1".into(), pass: 1, written: 0, onset: Ticks(0), duration: Ticks(42) };
    let parts = ScoreParts {
        ticks_per_quarter: 2,
        measures: vec![measure],
        notes: notes.collect(),
        tempo: TempoMap::default(),
        ..ScoreParts::default()
    };
    Arc::new(Score::new(parts).expect("a score of sixty notes"))
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((mode, mut log)) = data.split_first() else { return };
    let mode = if mode % 2 == 0 { Mode::Follow } else { Mode::Clock };
    let config = Config { mode, ..Config::default() };
    let mut session = Session::new(SCORE.clone(), config).expect("default settings");
    let mut settled = Seq(0);
    let mut now = 0;
    while let Some(kind) = event(&mut log, &mut now) {
        let note_on = matches!(kind, EventKind::NoteOn { .. });
        let seq = session.handle(Event { at: Micros(now), kind }).expect("the end has not come");
        settled = heard(&mut session, settled, note_on.then_some(seq));
    }
    session.handle(Event { at: Micros(now), kind: EventKind::End }).expect("the first end");
    settled = heard(&mut session, settled, None);
    assert_eq!(settled.0, session.events());
    let total = session.report().total;
    assert_eq!((total.correct + total.missed + total.skipped) as usize, SCORE.notes().len());
    assert!((0.0..=1.0).contains(&total.combined));
});

/// The next event, and `now` moved to its time.
fn event(log: &mut &[u8], now: &mut i64) -> Option<EventKind> {
    let [kind, after, argument] = *log.split_off(..3)? else { return None };
    // A step of up to a second; rarely, a leap to anywhere.
    *now = match kind >> 4 {
        0 => i64::from_le_bytes(log.split_off(..8)?.try_into().ok()?),
        1 => now.saturating_sub(i64::from(after) * 4_000),
        _ => now.saturating_add(i64::from(after) * 4_000),
    };
    let (pitch, value) = (Pitch::new(argument & 127)?, Velocity::new(argument & 127)?);
    Some(match kind & 15 {
        0 => EventKind::Tick,
        1 => EventKind::NoteOff { pitch },
        2 => EventKind::Pedal { value },
        3 => EventKind::Transport {
            playing: argument & 1 == 0,
            position: i64::from_le_bytes(log.split_off(..8)?.try_into().ok()?),
            micros_per_quarter: u32::from_le_bytes(log.split_off(..4)?.try_into().ok()?),
        },
        // Mostly keys of the score.
        4..=12 => EventKind::NoteOn { pitch: Pitch::new(57 + argument % 11)?, velocity: value },
        _ => EventKind::NoteOn { pitch, velocity: value },
    })
}

/// Empties the session's stream; where the last event is final then.
fn heard(session: &mut Session, mut settled: Seq, note_on: Option<Seq>) -> Seq {
    let mut answered = false;
    while let Some(record) = session.poll() {
        match record {
            // A verdict may be told again after it is final, never changed; tests/properties.rs sees to that.
            Record::Played { event, .. } => answered |= note_on == Some(event),
            Record::Jump { event, .. } | Record::Stay { event } | Record::Hesitation { event, .. } => {
                assert!(event >= settled);
            }
            Record::Final { through } => settled = through,
            Record::Missed { .. } | Record::Skipped { .. } => {}
        }
    }
    assert!(answered || note_on.is_none());
    settled
}
