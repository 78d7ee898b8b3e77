//! Takes that every target must judge alike, bit for bit: tests/wasm.rs compares what it says natively with what it says
//! in WebAssembly.

use std::sync::Arc;

use etude_engine::import;
use etude_engine::score::{MeasureRange, NoteIndex, Score};
use etude_engine::session::{Config, Event, EventKind, Mode, Session};
use etude_engine::units::{Micros, Pitch, Velocity};
use fastrand::Rng;

const SCORE: &[u8] = include_bytes!("../../../examples/scores/petzold-menuet-in-g.musicxml");
const LEARNER: usize = 3_000;
const GARBAGE: usize = 3_000;

/// For each take, by each kind of settings: which it is, the digest of all that was said of it, and its report.
pub fn digests() -> Vec<String> {
    let score = Arc::new(import::score(SCORE).expect("a score").score);
    let takes = [("learner", learner(&score)), ("garbage", garbage())];
    let mut lines = Vec::new();
    for (name, events) in &takes {
        for mode in [Mode::Follow, Mode::Clock, Mode::Wait] {
            for looping in [false, true] {
                let range = looping.then_some(MeasureRange { from: 2, to: 9 });
                let config = Config { mode, looping, range, ..Config::default() };
                let mut session = Session::new(Arc::clone(&score), config).expect("settings in range");
                for &event in events {
                    session.handle(event).expect("the end comes last");
                    while session.poll().is_some() {}
                }
                let report = serde_json::to_string(&session.report()).expect("JSON");
                lines.push(format!("{name} {mode:?} {looping} {} {report}", session.digest()));
            }
        }
    }
    lines
}

/// Plays on, unevenly, leaves out, hits beside, strikes again, stops, and goes elsewhere. Of the generator only numbers of
/// fixed width: those of `usize` differ between targets.
fn learner(score: &Score) -> Vec<Event> {
    let mut rng = Rng::with_seed(7);
    let notes = score.notes();
    let times = score.tempo().micros_of(notes.iter().map(|note| note.onset), score.ticks_per_quarter());
    let (mut at, mut place, mut events) = (0, 0, Vec::new());
    let velocity = Velocity::new(80).expect("seven bits");
    while events.len() < LEARNER {
        if place == notes.len() || rng.u8(..100) == 0 {
            place = rng.u32(..notes.len() as u32) as usize;
            at += rng.i64(300_000..3_000_000);
        }
        let since = times[place].0 - times[place.saturating_sub(1)].0;
        at += since * rng.i64(90..115) / 100 + if rng.u8(..80) == 0 { rng.i64(0..2_500_000) } else { 0 };
        let key = score.note(NoteIndex(place as u32)).pitch.number();
        let struck: &[u8] = match rng.u8(..60) {
            0 => &[],
            1 => &[(key + rng.u8(1..4)) % 128],
            2 => &[key, key],
            3 => &[rng.u8(..128), key],
            _ => &[key],
        };
        for &key in struck {
            let pitch = Pitch::new(key).expect("a key");
            events.push(Event {
                at: Micros(at + rng.i64(-25_000..25_000)),
                kind: EventKind::NoteOn { pitch, velocity },
            });
        }
        place += 1;
    }
    events.push(Event { at: Micros(at), kind: EventKind::End });
    events
}

/// What no hand plays: any keys, clusters of all 128, a host's transport gone mad, and a clock that steps back.
fn garbage() -> Vec<Event> {
    let mut rng = Rng::with_seed(11);
    let (mut at, mut events) = (0, Vec::new());
    let velocity = Velocity::new(80).expect("seven bits");
    while events.len() < GARBAGE {
        at += if rng.u8(..100) == 0 { rng.i64(-5_000_000..60_000_000) } else { rng.i64(-20_000..300_000) };
        let key = Pitch::new(rng.u8(..128)).expect("a key");
        let kind = match rng.u8(..100) {
            0 => {
                let cluster = (0..128).map(|key| Pitch::new(key).expect("a key"));
                events.extend(
                    cluster
                        .map(|pitch| Event { at: Micros(at), kind: EventKind::NoteOn { pitch, velocity } }),
                );
                EventKind::Tick
            }
            1 => EventKind::Transport {
                playing: rng.bool(),
                position: rng.i64(-8_000_000..400_000_000),
                micros_per_quarter: rng.u32(100_000..2_000_000),
            },
            2..10 => EventKind::NoteOff { pitch: key },
            10..15 => EventKind::Tick,
            _ => EventKind::NoteOn { pitch: key, velocity },
        };
        events.push(Event { at: Micros(at), kind });
    }
    events.push(Event { at: Micros(at), kind: EventKind::End });
    events
}
