//! Scores and takes small enough to read, and what the engine says about them without a service.

use std::fmt::Write as _;
use std::sync::Arc;

use etude_engine::judge::Record;
use etude_engine::report::Report;
use etude_engine::score::Score;
use etude_engine::session::{Config, Event, EventKind, Session};
use etude_engine::units::{Micros, Pitch, Velocity};

const QUARTER: i64 = 500_000;
const STEPS: [(char, u8); 7] = [('C', 0), ('D', 2), ('E', 4), ('F', 5), ('G', 7), ('A', 9), ('B', 11)];

/// A scale up and down again, four quarters a measure, as MusicXML.
pub(crate) fn scale(measures: usize) -> String {
    let mut xml = String::from(
        "<score-partwise version=\"4.0\"><work><work-title>Scale</work-title></work><part-list><score-part id=\"P1\">\
         <part-name>Piano</part-name></score-part></part-list><part id=\"P1\">\n",
    );
    let mut pitches = pitches();
    for measure in 1..=measures {
        let _ = writeln!(xml, "<measure number=\"{measure}\">");
        if measure == 1 {
            xml.push_str(
                "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time>",
            );
            xml.push_str("</attributes>\n");
        }
        for (step, octave, _) in pitches.by_ref().take(4) {
            let _ = writeln!(
                xml,
                "<note><pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>1</duration></note>"
            );
        }
        xml.push_str("</measure>\n");
    }
    xml.push_str("</part></score-partwise>\n");
    xml
}

/// A take of that scale: nearly in time, each 7th note wrong, each 11th left out, each 13th struck twice; the end last.
pub(crate) fn take(measures: usize) -> Vec<Event> {
    let velocity = Velocity::new(64).expect("a velocity");
    let mut events = Vec::new();
    for (n, (_, _, pitch)) in (1..=4 * measures as i64).zip(pitches()) {
        // Up to 60 ms off, differently for each note.
        let at = (n - 1) * QUARTER + (n * 37 % 121 - 60) * 1_000;
        let key = Pitch::new(if n % 7 == 0 { pitch + 1 } else { pitch }).expect("a key");
        if n % 11 != 0 {
            events.push(Event { at: Micros(at), kind: EventKind::NoteOn { pitch: key, velocity } });
            events.push(Event { at: Micros(at + QUARTER / 3), kind: EventKind::NoteOff { pitch: key } });
        }
        if n % 13 == 0 {
            events.push(Event {
                at: Micros(at + QUARTER / 2),
                kind: EventKind::NoteOn { pitch: key, velocity },
            });
        }
    }
    events.push(Event { at: Micros(4 * measures as i64 * QUARTER), kind: EventKind::End });
    events
}

/// What the engine says natively when it folds the events in one go.
pub(crate) fn straight_fold(piece: &str, config: &Config, events: &[Event]) -> (Vec<Record>, Session) {
    let score: Score = etude_engine::import::score(piece.as_bytes()).expect("a score").score;
    let mut session = Session::new(Arc::new(score), *config).expect("a session");
    let mut records = Vec::new();
    for event in events {
        session.handle(*event).expect("the take goes on");
        records.extend(std::iter::from_fn(|| session.poll()));
    }
    (records, session)
}

pub(crate) fn report_of(session: &Session) -> Report {
    assert!(session.has_ended());
    session.report()
}

/// Up and down between C3 and B5.
fn pitches() -> impl Iterator<Item = (char, u8, u8)> {
    let up = (3..6)
        .flat_map(|octave| STEPS.map(|(step, semitones)| (step, octave, 12 * (octave + 1) + semitones)));
    let scale: Vec<_> = up.clone().chain(up.rev()).collect();
    scale.into_iter().cycle()
}
