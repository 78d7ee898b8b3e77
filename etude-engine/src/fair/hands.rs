//! How fast it was played, and what was held at once.

use std::collections::VecDeque;

use crate::session::{Event, EventKind};
use crate::units::Pitch;

/// Keys further apart than this are in two hands: a thirteenth, in semitones. The largest hands span about that.
const SPAN: usize = 21;
/// Keys that one hand holds at most: a thumb can hold two.
const KEYS_PER_HAND: usize = 6;
/// What is held for less is a key let go of late, in microseconds.
const HELD_US: i64 = 150_000;
/// A key held longer was let go of without word, in microseconds.
const FORGOTTEN_US: i64 = 10_000_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hands {
    /// The most notes in a second.
    pub(super) second: i64,
    /// The most notes in ten seconds.
    pub(super) ten_seconds: i64,
    /// The most strokes of one key in half a second.
    pub(super) one_key: i64,
    /// How often keys were held that two hands cannot hold. `None` where no key was ever let go of.
    pub(super) reach: Option<i64>,
}

pub(super) fn measure(log: &[Event]) -> Hands {
    let (mut second, mut ten) = (Window::new(1_000_000), Window::new(10_000_000));
    let mut keys: Vec<Window> = (0..128).map(|_| Window::new(500_000)).collect();
    let mut held = Held::default();
    let mut hands = Hands::default();
    let mut now = i64::MIN;
    for event in log {
        now = now.max(event.at.0);
        match event.kind {
            EventKind::NoteOn { pitch, .. } => {
                hands.second = hands.second.max(second.add(now));
                hands.ten_seconds = hands.ten_seconds.max(ten.add(now));
                hands.one_key = hands.one_key.max(keys[usize::from(pitch.number())].add(now));
                held.down(pitch, now);
            }
            EventKind::NoteOff { pitch } => {
                held.up(pitch, now);
                hands.reach = Some(held.times);
            }
            _ => {}
        }
    }
    hands
}

/// What came in a length of time up to the latest.
struct Window {
    length: i64,
    times: VecDeque<i64>,
}

impl Window {
    fn new(length: i64) -> Self {
        Self { length, times: VecDeque::new() }
    }

    /// How many there are with this one.
    fn add(&mut self, now: i64) -> i64 {
        self.times.push_back(now);
        while self.times.front().is_some_and(|&first| now.saturating_sub(first) >= self.length) {
            self.times.pop_front();
        }
        self.times.len() as i64
    }
}

/// The keys that are down.
struct Held {
    since: [Option<i64>; 128],
    /// Since when two hands cannot hold them.
    impossible: Option<i64>,
    times: i64,
}

impl Default for Held {
    fn default() -> Self {
        Self { since: [None; 128], impossible: None, times: 0 }
    }
}

impl Held {
    fn down(&mut self, pitch: Pitch, now: i64) {
        self.since[usize::from(pitch.number())] = Some(now);
        self.look(now);
    }

    fn up(&mut self, pitch: Pitch, now: i64) {
        self.since[usize::from(pitch.number())] = None;
        self.look(now);
    }

    fn look(&mut self, now: i64) {
        for since in &mut self.since {
            if since.is_some_and(|since| now.saturating_sub(since) > FORGOTTEN_US) {
                *since = None;
            }
        }
        match (self.impossible, self.fits()) {
            (Some(since), true) => {
                self.times += i64::from(now.saturating_sub(since) >= HELD_US);
                self.impossible = None;
            }
            (None, false) => self.impossible = Some(now),
            _ => {}
        }
    }

    /// Whether one hand can hold the lower of them and the other the upper.
    fn fits(&self) -> bool {
        let down = || (0..128).filter(|&key| self.since[key].is_some());
        let hand = |from: usize| {
            let keys = down().filter(move |&key| key >= from && key <= from + SPAN).take(KEYS_PER_HAND);
            keys.last()
        };
        // As many as the left hand can hold, from the lowest up; what is left is the right hand's. That is best: a
        // larger share of the left hand leaves the right one less.
        let Some(left) = down().next().and_then(hand) else { return true };
        let Some(above) = down().find(|&key| key > left) else { return true };
        hand(above) == down().next_back()
    }
}
