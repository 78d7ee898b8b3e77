//! A take of a score as a learner might play it, as events.

use etude_engine::import;
use etude_engine::score::Score;
use etude_engine::session::{Event, EventKind};
use etude_engine::units::Micros;

use super::performance::{Performance, Style};

/// Score notes for each deliberate mistake of the humaniser: wrong, missed, extra, late, a hesitation, a measure begun
/// again.
const NOTES_A_MISTAKE: usize = 60;
/// Note-ons after which the player goes back, and how far, besides.
const GOES_BACK_AFTER: usize = 1_000;
const GOES_BACK_BY: usize = 60;
/// The silence before that, in microseconds.
const SILENCE: i64 = 1_500_000;

/// The number of mistakes made, and the take: the same for the same score. Its last event is the end.
pub fn take(score: &Score) -> (usize, Vec<Event>) {
    let style = Style { seed: score.notes().len() as u64, tempo_percent: 100, pedal: true };
    let mut performance = Performance::of(score, &style);
    performance.blunder(score, score.notes().len() / NOTES_A_MISTAKE);
    performance.settle();
    let events = import::performance(&performance.midi("take")).expect("a performance");
    (performance.blunders().len(), go_back(&events))
}

/// Whether it is a note-on: the event that gets a verdict.
pub fn is_note_on(event: &Event) -> bool {
    matches!(event.kind, EventKind::NoteOn { .. })
}

/// The take with a passage played again now and then.
fn go_back(events: &[Event]) -> Vec<Event> {
    let strokes: Vec<usize> = (0..events.len()).filter(|&index| is_note_on(&events[index])).collect();
    let mut out = Vec::with_capacity(events.len() * 11 / 10);
    let (mut from, mut later) = (0, 0);
    for stroke in (GOES_BACK_AFTER..strokes.len()).step_by(GOES_BACK_AFTER) {
        let (begin, stop) = (strokes[stroke - GOES_BACK_BY], strokes[stroke]);
        out.extend(events[from..stop].iter().map(|event| delayed(event, later)));
        later += events[stop].at.0 - events[begin].at.0 + SILENCE;
        from = begin;
    }
    out.extend(events[from..].iter().map(|event| delayed(event, later)));
    out
}

fn delayed(event: &Event, by: i64) -> Event {
    Event { at: Micros(event.at.0 + by), ..*event }
}
