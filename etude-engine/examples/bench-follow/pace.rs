//! How long a session takes for a note.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use etude_engine::score::Score;
use etude_engine::session::{Config, Event, Session};

use super::take::is_note_on;

/// Times of notes, in nanoseconds.
pub struct Times {
    sorted: Vec<u64>,
}

impl Times {
    /// The time below which so many thousandths of the notes are.
    pub fn at(&self, thousandths: usize) -> u64 {
        self.sorted[(self.sorted.len() - 1) * thousandths / 1_000]
    }

    /// The average.
    pub fn mean(&self) -> f64 {
        self.sorted.iter().sum::<u64>() as f64 / self.sorted.len() as f64
    }
}

/// A session for the score, with an empty log.
pub fn session(score: &Arc<Score>) -> Session {
    Session::new(Arc::clone(score), Config::default()).expect("the default settings")
}

/// One event and all that the session has to say about it. What is measured, by its name also: callgrind looks for it.
#[inline(never)]
pub fn hear_event(session: &mut Session, event: Event) {
    black_box(session.handle(event)).expect("the take has not ended");
    while let Some(record) = session.poll() {
        black_box(record);
    }
}

/// The same for an event that is no note and not counted.
#[inline(never)]
pub fn pass_event(session: &mut Session, event: Event) {
    session.handle(event).expect("the take has not ended");
    while session.poll().is_some() {}
}

/// Each note's time is the least of so many passes, which takes away what the machine did besides. What reading the
/// clock takes, `clock` nanoseconds, is subtracted.
pub fn times(score: &Arc<Score>, events: &[Event], passes: usize, clock: u64) -> Times {
    let notes = events.iter().filter(|event| is_note_on(event)).count();
    let mut least = vec![u64::MAX; notes];
    for _ in 0..passes {
        let mut session = session(score);
        let mut least = least.iter_mut();
        for &event in events {
            if is_note_on(&event) {
                let begin = Instant::now();
                hear_event(&mut session, event);
                let time = (begin.elapsed().as_nanos() as u64).saturating_sub(clock);
                let least = least.next().expect("a place for each note");
                *least = time.min(*least);
            } else {
                pass_event(&mut session, event);
            }
        }
    }
    least.sort_unstable();
    Times { sorted: least }
}

/// What a measurement of nothing gives, in nanoseconds: the median.
pub fn clock() -> u64 {
    let mut times: Vec<u64> = (0..10_001)
        .map(|_| {
            let begin = Instant::now();
            begin.elapsed().as_nanos() as u64
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}
