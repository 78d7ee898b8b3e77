//! Waiting for the player: the position moves on when the expected notes are down, and not before.
//!
//! There is no tempo and nothing to guess, so a reading is final at once. The position is the first onset with a key that
//! is waited for. Notes that may be left out, grace notes and cue notes, are not; they may come until the position
//! has moved on once more.

use std::ops::Range;
use std::sync::Arc;

use super::hypothesis::{ORNAMENT_OVER_US, Part, WRONG_NEAR};
use super::onsets::{KeyIndex, Onsets};
use super::{Reading, TIME_MAX_US};
use crate::units::{Micros, Pitch};

/// An ornament is looked for so many onsets behind the latest begun.
const ORNAMENT_BEHIND: u32 = 32;
/// A grace note on the key of its main note sounds within this time of it, in microseconds.
const GRACE_US: i64 = 250_000;
/// Open keys of one pitch that are looked at.
const SAME_MAX: usize = 256;
/// Keys of an onset that are not grace notes, at most: one for each pitch. They come last.
const MAIN_MAX: usize = 128;

/// Waits for the notes of one score, onset by onset.
pub struct Wait {
    onsets: Arc<Onsets>,
    /// Whether the first onset comes after the last.
    looping: bool,
    /// The onset waited for; the number of onsets when none is left.
    position: u32,
    /// Keys of it that are still waited for.
    needed: u32,
    /// First onset whose keys may still be struck.
    open: u32,
    /// The latest onset begun since the player was last sent elsewhere.
    front: Option<u32>,
    /// When the first key of the position was struck whose moment is not the player's choice.
    begun_at: Option<i64>,
    /// A note that may be left out, whose key was struck and taken for its main note, and when.
    owed: Option<(KeyIndex, i64)>,
    /// One bit a key: whether it has been struck. Kept from `open` to the position.
    struck: Vec<u64>,
    steps: u32,
    now: i64,
    reading: Option<Reading>,
}

impl Wait {
    /// Waits for the first onset. With `looping`, the first comes again after the last.
    pub fn new(onsets: Arc<Onsets>, looping: bool) -> Self {
        let struck = vec![0; onsets.key_count().div_ceil(64) as usize];
        let mut wait = Self {
            onsets,
            looping,
            position: 0,
            needed: 0,
            open: 0,
            front: None,
            begun_at: None,
            owed: None,
            struck,
            steps: 0,
            now: -TIME_MAX_US,
            reading: None,
        };
        wait.go(0);
        wait
    }

    /// The score as it is waited for.
    pub fn onsets(&self) -> &Arc<Onsets> {
        &self.onsets
    }

    /// The onset waited for; the number of onsets when none is left.
    pub(super) fn position(&self) -> u32 {
        self.position
    }

    /// The latest onset begun since the player was last sent elsewhere.
    pub(super) fn front(&self) -> Option<u32> {
        self.front
    }

    /// Moves the clock and gives what an event of that time is judged by, as the follower does.
    pub fn advance(&mut self, at: Micros) -> Micros {
        self.now = self.now.max(at.0.min(TIME_MAX_US));
        Micros(self.now)
    }

    /// Notes that are final: all.
    pub fn final_steps(&self) -> u32 {
        self.steps
    }

    /// Reads a note.
    pub fn note_on(&mut self, at: Micros, pitch: Pitch) -> &[Reading] {
        self.advance(at);
        let mut key = self.awaited(pitch);
        let mut stray = self.ornament(pitch).or_else(|| self.repeat(pitch));
        let mut jump = false;
        if key.is_none() && self.is_over() && (stray.is_none() || self.opens_with(pitch)) {
            self.go(0);
            (jump, key, stray) = (true, self.awaited(pitch), self.ornament(pitch));
        }
        let part = match key {
            Some(key) => Part::Match { key, offset_us: self.strike(key) },
            None => stray.or_else(|| self.wrong(pitch)).unwrap_or(Part::Extra),
        };
        // Who begins again goes to the first onset, whichever of the first was struck.
        let front = if jump { Some(0) } else { self.front };
        let reading = Reading { step: self.steps, part, front, open: self.open, jump };
        self.steps += 1;
        self.reading = Some(reading);
        self.reading.as_slice()
    }

    /// The host's transport has moved. While it rolls, it says nothing about a player who is waited for; standing, it
    /// shows where to go on. Returns the place, if that is another.
    pub fn transport(&mut self, at: Micros, playing: bool, position: i64) -> Option<u32> {
        self.advance(at);
        let place = self.onsets.partition_point(|onset| self.onsets.position(onset) < position);
        let place = place.min(self.onsets.count() - 1);
        if playing || self.waited_from(place) == self.position {
            return None;
        }
        self.go(place);
        Some(place)
    }

    /// Waits for the notes from an onset on, as if none had been struck.
    fn go(&mut self, onset: u32) {
        (self.open, self.front, self.owed) = (onset, None, None);
        self.wait_from(onset);
    }

    /// Moves the position to the first onset, from this one on, that is waited for.
    fn wait_from(&mut self, onset: u32) {
        self.position = self.waited_from(onset);
        let main = self.main_keys(self.position);
        self.needed = main.filter(|&key| !self.onsets.key(key).optional()).count() as u32;
        self.begun_at = None;
        for key in self.onsets.first_key(onset)..self.onsets.first_key(self.position.saturating_add(1)) {
            self.struck[key as usize / 64] &= !(1 << (key % 64));
        }
    }

    /// Strikes a key that may be struck. Returns how late it is, in microseconds: where a chord has no one moment, there
    /// is no late and early.
    fn strike(&mut self, key: KeyIndex) -> i32 {
        let struck = *self.onsets.key(key);
        self.struck[key as usize / 64] |= 1 << (key % 64);
        self.front = self.front.max(Some(struck.onset));
        let same = |&key: &KeyIndex| {
            let key = self.onsets.key(key);
            key.optional() && key.onset == struck.onset
        };
        let owed = self.open_keys(struck.pitch).find(same).map(|owed| (owed, self.now));
        self.owed = owed.or(self.owed.filter(|&(owed, _)| owed != key));
        if struck.optional() {
            return 0;
        }
        let mut offset = 0;
        if !struck.loose() {
            offset = self.now - *self.begun_at.get_or_insert(self.now);
        }
        self.needed -= 1;
        if self.needed == 0 {
            self.open = self.position;
            self.wait_from(self.position + 1);
        }
        offset.min(i64::from(i32::MAX)) as i32
    }

    /// The key that a stroke of this pitch is taken for, if any is expected.
    fn awaited(&self, pitch: Pitch) -> Option<KeyIndex> {
        if let Some((key, since)) = self.owed
            && self.onsets.key(key).pitch == pitch
            && !self.has_struck(key)
            && self.now - since <= GRACE_US
        {
            return Some(key);
        }
        let onset_of = |key: KeyIndex| self.onsets.key(key).onset;
        // What stands alone before the position comes before it; what is left of an onset that was played, after.
        let alone = |&key: &KeyIndex| onset_of(key) < self.position && !self.is_waited_for(onset_of(key));
        let main = |&key: &KeyIndex| !self.onsets.key(key).optional();
        let mut open = self.open_keys(pitch);
        open.clone().find(alone).or_else(|| open.clone().find(main)).or_else(|| open.next())
    }

    /// The ornament near the position that the pitch belongs to: one that is to begin, or one that lasts.
    fn ornament(&self, pitch: Pitch) -> Option<Part> {
        let has = |onset: u32| {
            let first = self.onsets.first_key(onset);
            let mut keys = (first..).zip(self.onsets.keys_at(onset));
            keys.find(|(_, key)| self.onsets.ornament_of(key).has(pitch))
                .map(|(key, _)| Part::Ornament { key })
        };
        let signed = |onset: u32| self.onsets.onset(onset).ornament_us() > 0;
        if self.position < self.onsets.count()
            && signed(self.position)
            && let Some(part) = has(self.position)
        {
            return Some(part);
        }
        let front = self.front?;
        let now = self.onsets.onset(front).nominal;
        let lasts =
            |&onset: &u32| signed(onset) && self.onsets.onset(onset).ornament_end() + ORNAMENT_OVER_US > now;
        (front.saturating_sub(ORNAMENT_BEHIND)..=front).rev().filter(lasts).find_map(has)
    }

    /// The key just played that was struck again.
    fn repeat(&self, pitch: Pitch) -> Option<Part> {
        let struck = self.near_keys(pitch).filter(|&key| self.has_struck(key));
        struck.last().map(|key| Part::Repeat { key })
    }

    /// The key waited for that the stroke was meant for.
    fn wrong(&self, pitch: Pitch) -> Option<Part> {
        let far = |key: KeyIndex| self.onsets.key(key).pitch.number().abs_diff(pitch.number());
        let waited = self.main_keys(self.position).filter(|&key| {
            !self.onsets.key(key).optional() && !self.has_struck(key) && WRONG_NEAR.contains(&far(key))
        });
        waited.min_by_key(|&key| far(key)).map(|key| Part::Wrong { key })
    }

    /// Whether all has been played, and begins again with the next note.
    pub(super) fn is_over(&self) -> bool {
        self.looping && self.position == self.onsets.count() && self.front.is_some()
    }

    /// Whether the first notes have this pitch.
    fn opens_with(&self, pitch: Pitch) -> bool {
        let end = self.onsets.first_key(self.waited_from(0).saturating_add(1));
        self.onsets.keys_of(pitch).first().is_some_and(|&key| key < end)
    }

    /// The first onset, from this one on, that is waited for.
    pub(super) fn waited_from(&self, onset: u32) -> u32 {
        let count = self.onsets.count();
        (onset..count).find(|&onset| self.is_waited_for(onset)).unwrap_or(count)
    }

    fn is_waited_for(&self, onset: u32) -> bool {
        self.main_keys(onset).any(|key| !self.onsets.key(key).optional())
    }

    /// The keys of an onset, but for most of its grace notes.
    fn main_keys(&self, onset: u32) -> Range<KeyIndex> {
        let (first, end) = (self.onsets.first_key(onset), self.onsets.first_key(onset.saturating_add(1)));
        first.max(end.saturating_sub(MAIN_MAX as u32))..end
    }

    /// Keys of this pitch that may still be struck, in order.
    fn open_keys(&self, pitch: Pitch) -> impl Iterator<Item = KeyIndex> + Clone + '_ {
        self.near_keys(pitch).filter(|&key| !self.has_struck(key))
    }

    /// Keys of this pitch from the first open onset to the position.
    fn near_keys(&self, pitch: Pitch) -> impl Iterator<Item = KeyIndex> + Clone + '_ {
        let (first, end) =
            (self.onsets.first_key(self.open), self.onsets.first_key(self.position.saturating_add(1)));
        let same = self.onsets.keys_of(pitch);
        let from = same.partition_point(|&key| key < first);
        same[from..].iter().copied().take_while(move |&key| key < end).take(SAME_MAX)
    }

    pub(super) fn has_struck(&self, key: KeyIndex) -> bool {
        self.struck[key as usize / 64] >> (key % 64) & 1 == 1
    }
}
