//! A made-up piece of any length and a performance of it, the same on every machine.

use std::fmt::Write as _;
use std::sync::Arc;

use etude_engine::import;
use etude_engine::session::{Event, EventKind};
use etude_engine::units::{Micros, Pitch, Velocity};
use fastrand::Rng;

use crate::failure::{Failure, Result};
use crate::repertoire::Take;

const STEPS: [(&str, u8); 7] = [("C", 0), ("D", 2), ("E", 4), ("F", 5), ("G", 7), ("A", 9), ("B", 11)];
const EIGHTH: i64 = 250_000;

/// A melody of eighths that wanders over five octaves, divided between two staves as piano music is, and a take of it without a
/// mistake, each note up to 25 ms off. Each seed gives a piece of its own.
pub(super) fn wandering(notes: usize, seed: u64) -> Result<Take> {
    let mut rng = Rng::with_seed(seed);
    let mut xml = String::from(
        "<score-partwise version=\"4.0\"><part-list><score-part id=\"P1\"><part-name>Piano</part-name></score-part></part-list>\
         <part id=\"P1\">\n",
    );
    let (mut place, mut events) = (14_i32, Vec::new());
    for note in 0..notes {
        place = (place + rng.i32(-4..=4)).clamp(0, 34);
        let (octave, (step, semitones)) = (place / 7 + 2, STEPS[(place % 7) as usize]);
        if note % 8 == 0 {
            let _ = writeln!(xml, "<measure number=\"{}\">", note / 8 + 1);
        }
        if note == 0 {
            xml += "<attributes><divisions>2</divisions><time><beats>4</beats><beat-type>4</beat-type></time><staves>2</staves></attributes>\n";
        }
        let _ = writeln!(
            xml,
            "<note id=\"n{note}\"><pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>1</duration>\
             <voice>1</voice><type>eighth</type><staff>{}</staff></note>",
            if octave >= 4 { 1 } else { 2 }
        );
        if note % 8 == 7 || note + 1 == notes {
            xml += "</measure>\n";
        }
        let at = note as i64 * EIGHTH + rng.i64(-25_000..=25_000);
        if let (Some(pitch), Some(velocity)) =
            (Pitch::new(12 * (octave as u8 + 1) + semitones), Velocity::new(64))
        {
            events.push(Event { at: Micros(at), kind: EventKind::NoteOn { pitch, velocity } });
            events.push(Event { at: Micros(at + EIGHTH / 2), kind: EventKind::NoteOff { pitch } });
        }
    }
    xml += "</part></score-partwise>\n";
    let score = import::score(xml.as_bytes())
        .map_err(|error| Failure::Music { path: "the made-up piece".into(), why: error.to_string() })?;
    Take::new("the made-up piece".into(), xml.into_bytes(), Arc::new(score.score), events)
}
