//! Each played note gets a verdict; each note not played is missed; nothing is matched twice.
//!
//! Turns the follower's readings into [`Record`]s. A reading may change while it is younger than
//! `follow::LAG` notes; then it is final, and only then does it count.

mod ledger;
mod reason;
mod told;
mod verdict;

use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) use ledger::{Ledger, State};
pub use reason::{pitch_name, reason};
use told::{Telling, Told};
pub use verdict::{Grade, Record, Verdict};

use crate::follow::{Follower, KeyIndex, LAG, Onsets, Part, Reading};
use crate::score::NoteIndex;
use crate::session::{Seq, TimingWindows};
use crate::units::{Micros, Pitch};

/// Verdicts become final in blocks of this many notes, so that the word of it is not a record a note.
const FINAL_BLOCK: u32 = 16;
/// Readings that may still change.
const OPEN_READINGS: usize = (LAG + FINAL_BLOCK) as usize * 2;

/// Judges one take.
pub(crate) struct Judge {
    follower: Follower,
    windows: TimingWindows,
    /// What has been said of each note that is not final, by step, as a ring.
    said: Vec<Said>,
    /// What was said, with all that may still change.
    live: Ledger,
    /// What is final.
    settled: Ledger,
    /// Notes that are final.
    final_steps: u32,
    steps: u32,
    /// The jumps among the final notes.
    pub(crate) jumps: Vec<(NoteIndex, NoteIndex)>,
    /// Final verdicts that match no score note, with the onset where they were played.
    pub(crate) strays: Vec<(Verdict, u32)>,
    /// When the final notes that were matched were played: (onset, time), in order of playing.
    pub(crate) pace: Vec<(u32, Micros)>,
    changes: Vec<Reading>,
    /// Keys that a revision has taken the match from.
    released: Vec<KeyIndex>,
    telling: Telling,
}

/// What has been said of one played note.
#[derive(Clone, Copy)]
struct Said {
    event: Seq,
    at: Micros,
    part: Part,
    verdict: Verdict,
    /// The key it claims.
    key: Option<KeyIndex>,
    front: Option<u32>,
    open: u32,
    jump: bool,
    spoken: bool,
}

impl Judge {
    pub(crate) fn new(follower: Follower, windows: TimingWindows) -> Self {
        let blank = Said {
            event: Seq(0),
            at: Micros(0),
            part: Part::Extra,
            verdict: Verdict::Extra,
            key: None,
            front: None,
            open: 0,
            jump: false,
            spoken: false,
        };
        let ledger = Ledger::new(follower.onsets());
        Self {
            telling: Telling::new(follower.onsets()),
            windows,
            said: vec![blank; OPEN_READINGS],
            live: ledger.clone(),
            settled: ledger,
            final_steps: 0,
            steps: 0,
            jumps: Vec::new(),
            strays: Vec::new(),
            pace: Vec::new(),
            changes: Vec::with_capacity(OPEN_READINGS),
            released: Vec::with_capacity(OPEN_READINGS),
            follower,
        }
    }

    pub(crate) fn onsets(&self) -> &Arc<Onsets> {
        self.follower.onsets()
    }

    /// The settled state of a key.
    pub(crate) fn settled(&self, key: KeyIndex) -> State {
        self.settled.state(key)
    }

    /// Judges a note-on.
    pub(crate) fn note_on(&mut self, event: Seq, at: Micros, pitch: Pitch, out: &mut VecDeque<Record>) {
        let before = out.len();
        self.changes.clear();
        self.changes.extend_from_slice(self.follower.note_on(at, pitch));
        let at = self.follower.now();
        let said = &mut self.said[slot(self.steps)];
        *said = Said { event, at, spoken: false, jump: false, key: None, ..*said };
        self.steps += 1;
        self.revise(out);
        if self.follower.final_steps() >= self.final_steps + FINAL_BLOCK {
            self.settle(self.follower.final_steps(), out);
        }
        self.hear(out, before);
    }

    /// Time has passed: in clock mode, keys whose window is over are missed.
    pub(crate) fn tick(&mut self, at: Micros, out: &mut VecDeque<Record>) {
        let before = out.len();
        if let Some(open) = self.follower.open_at(at) {
            let onsets = self.follower.onsets();
            self.live.advance(None, open, onsets, |key| say_missed(onsets, key, out));
        }
        self.hear(out, before);
    }

    /// The host's transport has moved: (playing, millionths of a quarter, microseconds per quarter). A seek ends what
    /// was begun and makes it final.
    pub(crate) fn transport(
        &mut self,
        event: Seq,
        at: Micros,
        (playing, position, micros_per_quarter): (bool, i64, u32),
        out: &mut VecDeque<Record>,
    ) {
        self.tick(at, out);
        let before = out.len();
        let Some(place) = self.follower.transport(at, playing, position, micros_per_quarter) else { return };
        self.settle(self.steps, out);
        let onsets = Arc::clone(self.follower.onsets());
        let (from, to) = (onsets.place(self.live.front().unwrap_or(0)), onsets.place(place));
        out.push_back(Record::Jump { event, from, to });
        self.jumps.push((from, to));
        let live = self.live.clone();
        self.live.jump(place, &onsets);
        say_difference(&live, &self.live, &onsets, out.len(), out);
        self.settled.jump(place, &onsets);
        self.hear(out, before);
    }

    /// The take is over: everything becomes final.
    pub(crate) fn finish(&mut self, events: Seq, out: &mut VecDeque<Record>) {
        let before = out.len();
        self.changes.clear();
        self.changes.extend_from_slice(self.follower.finish());
        self.revise(out);
        self.settle(self.steps, out);
        let onsets = Arc::clone(self.follower.onsets());
        self.settled.finish(&onsets, |_| {});
        self.hear(out, before);
        // Whatever was told and has turned out otherwise is put right, so that the stream alone tells the truth.
        for key in 0..onsets.key_count() {
            match (self.settled.state(key), self.telling.of(key)) {
                (State::Pending, _) | (State::Played { .. }, Told::Played(_)) => {}
                (State::Missed, Told::Missed) | (State::Skipped, Told::Skipped) => {}
                (State::Played { offset_us, grade }, _) => {
                    out.push_back(played_record(&onsets, key, self.settled.claimant(key), offset_us, grade));
                }
                (State::Missed, _) => say_missed(&onsets, key, out),
                (State::Skipped, _) => say_skipped(&onsets, key, out),
            }
        }
        out.push_back(Record::Final { through: events });
    }

    /// Takes note of what was told since there were `before` records.
    fn hear(&mut self, out: &VecDeque<Record>, before: usize) {
        out.range(before..).for_each(|record| self.telling.hear(record));
    }

    /// Says what is new or changed in the follower's readings.
    fn revise(&mut self, out: &mut VecDeque<Record>) {
        let onsets = Arc::clone(self.follower.onsets());
        // A jump that comes, moves or goes changes what became of notes far from the changed readings.
        let jumps = |reading: &Reading| reading.jump || self.said[slot(reading.step)].jump;
        if self.changes.iter().any(jumps) {
            self.revise_jumps(&onsets, out);
            return;
        }
        for reading in &self.changes {
            let said = &mut self.said[slot(reading.step)];
            if let Some(key) = said.key.take_if(|&mut key| claimed_key(reading.part) != Some(key)) {
                self.live.release(key, &onsets);
                self.released.push(key);
            }
        }
        for i in 0..self.changes.len() {
            let reading = self.changes[i];
            self.live.advance(reading.front, reading.open, &onsets, |key| say_missed(&onsets, key, out));
            self.say(reading, &onsets, out);
        }
        for key in self.released.drain(..) {
            if self.live.state(key) == State::Missed {
                say_missed(&onsets, key, out);
            }
        }
    }

    /// Takes the readings as changed, and makes the live ledger anew: it is the settled one and all open readings.
    fn revise_jumps(&mut self, onsets: &Onsets, out: &mut VecDeque<Record>) {
        let mark = out.len();
        let before = std::mem::replace(&mut self.live, self.settled.clone());
        let mut changes = self.changes.iter().peekable();
        let mut readings = Vec::with_capacity(OPEN_READINGS);
        for step in self.final_steps..self.steps {
            let said = &mut self.said[slot(step)];
            said.key = None;
            readings.push(match changes.next_if(|reading| reading.step == step) {
                Some(&reading) => reading,
                None => {
                    Reading { step, part: said.part, front: said.front, open: said.open, jump: said.jump }
                }
            });
        }
        for reading in readings {
            let said = self.said[slot(reading.step)];
            if reading.jump {
                let place = reading.front.unwrap_or(0);
                // One that turns out to have gone to another place is told anew.
                if !said.jump || said.front != reading.front {
                    let from = onsets.place(self.live.front().unwrap_or(0));
                    out.push_back(Record::Jump { event: said.event, from, to: onsets.place(place) });
                }
                self.live.jump(place, onsets);
            } else if said.jump {
                out.push_back(Record::Stay { event: said.event });
            }
            self.live.advance(reading.front, reading.open, onsets, |_| {});
            self.say(reading, onsets, out);
        }
        say_difference(&before, &self.live, onsets, mark, out);
    }

    /// Says what the reading makes of its note, if that is news, and claims the key.
    fn say(&mut self, reading: Reading, onsets: &Onsets, out: &mut VecDeque<Record>) {
        let verdict = self.verdict(reading.part, self.said[slot(reading.step)], onsets);
        let said = &mut self.said[slot(reading.step)];
        (said.part, said.front, said.open, said.jump) =
            (reading.part, reading.front, reading.open, reading.jump);
        // The same note read along another way keeps the timing it was given: that is no news.
        if !(said.spoken && same(said.verdict, verdict)) {
            said.verdict = verdict;
            said.spoken = true;
            out.push_back(Record::Played { event: said.event, verdict });
        }
        if let Verdict::Matched { offset, grade, .. } = said.verdict
            && said.key.is_none()
            && let Some(key) = claimed_key(reading.part)
        {
            said.key = Some(key);
            self.live.claim(key, said.event, State::Played { offset_us: offset.0 as i32, grade });
        }
    }

    /// Makes all notes before `through` final.
    fn settle(&mut self, through: u32, out: &mut VecDeque<Record>) {
        let onsets = Arc::clone(self.follower.onsets());
        for step in self.final_steps..through {
            let said = self.said[slot(step)];
            if said.jump {
                let from = onsets.place(self.settled.front().unwrap_or(0));
                let place = said.front.unwrap_or(0);
                self.jumps.push((from, onsets.place(place)));
                self.settled.jump(place, &onsets);
            }
            match (said.verdict, said.key) {
                (Verdict::Matched { offset, grade, .. }, Some(key)) if !self.settled.is_claimed(key) => {
                    self.settled.claim(key, said.event, State::Played { offset_us: offset.0 as i32, grade });
                    self.pace.push((onsets.key(key).onset, said.at));
                }
                (Verdict::Matched { note, .. }, _) => {
                    // A revision made two notes of one: the later is the repeat.
                    let verdict = Verdict::Repeat { of: note };
                    out.push_back(Record::Played { event: said.event, verdict });
                    self.strays.push((verdict, said.front.unwrap_or(0)));
                }
                (verdict, _) => self.strays.push((verdict, said.front.unwrap_or(0))),
            }
            self.settled.advance(said.front, said.open, &onsets, |_| {});
        }
        if through > self.final_steps {
            self.final_steps = through;
            let last = self.said[slot(through - 1)].event;
            out.push_back(Record::Final { through: Seq(last.0 + 1) });
        }
    }

    /// The verdict of a reading. A key that this attempt has matched already is a repeat, whatever the follower says.
    fn verdict(&self, part: Part, said: Said, onsets: &Onsets) -> Verdict {
        let first_note = |key| onsets.key(key).note;
        match part {
            Part::Match { key, .. } if said.key != Some(key) && self.live.is_claimed(key) => {
                Verdict::Repeat { of: first_note(key) }
            }
            Part::Match { key, offset_us } => {
                let offset = Micros(i64::from(offset_us));
                Verdict::Matched { note: first_note(key), offset, grade: grade(offset, &self.windows) }
            }
            Part::Wrong { key } => Verdict::Wrong { instead_of: first_note(key) },
            Part::Ornament { key } => Verdict::Ornament { of: first_note(key) },
            Part::Repeat { key } => Verdict::Repeat { of: first_note(key) },
            Part::Extra => Verdict::Extra,
        }
    }
}

/// What an offset is worth.
pub(crate) fn grade(offset: Micros, windows: &TimingWindows) -> Grade {
    let size = Micros(offset.0.abs());
    match () {
        () if size <= windows.perfect => Grade::Perfect,
        () if size <= windows.good => Grade::Good,
        () if offset.0 < 0 => Grade::Early,
        () => Grade::Late,
    }
}

fn claimed_key(part: Part) -> Option<KeyIndex> {
    if let Part::Match { key, .. } = part { Some(key) } else { None }
}

/// Whether two verdicts differ at most in timing.
fn same(a: Verdict, b: Verdict) -> bool {
    match (a, b) {
        (Verdict::Matched { note: a, .. }, Verdict::Matched { note: b, .. }) => a == b,
        _ => a == b,
    }
}

fn say_missed(onsets: &Onsets, key: KeyIndex, out: &mut VecDeque<Record>) {
    out.extend(onsets.notes_of(key).map(|note| Record::Missed { note: NoteIndex(note) }));
}

/// Says what makes of the one ledger the other. That a missed note may yet be played is not said: if it is, its match
/// says so. What has been said since `mark` is not said again.
fn say_difference(from: &Ledger, to: &Ledger, onsets: &Onsets, mark: usize, out: &mut VecDeque<Record>) {
    let said = mark..out.len();
    // Stretches of onsets of which nothing is expected any more are told as one.
    let mut skipped = None;
    for onset in 0..=onsets.count() {
        let keys = onsets.first_key(onset)..onsets.first_key(onset + 1);
        let passed_over = |key| matches!(to.state(key), State::Skipped | State::Played { .. });
        if onset < onsets.count() && keys.clone().all(passed_over) {
            if keys.clone().any(|key| to.state(key) == State::Skipped && from.state(key) != State::Skipped) {
                skipped = Some((skipped.map_or(onset, |(first, _)| first), onset + 1));
            }
        } else if let Some((first, end)) = skipped.take() {
            let end = if end < onsets.count() {
                onsets.place(end)
            } else {
                NoteIndex(onsets.score().notes().len() as u32)
            };
            out.push_back(Record::Skipped { from: onsets.place(first), to: end });
        }
        let mixed = !keys.clone().all(passed_over);
        for key in keys {
            match (from.state(key), to.state(key)) {
                (State::Missed | State::Skipped, State::Played { offset_us, grade }) => {
                    let again = played_record(onsets, key, to.claimant(key), offset_us, grade);
                    if !out.range(said.clone()).any(|record| *record == again) {
                        out.push_back(again);
                    }
                }
                (State::Missed, State::Missed) | (State::Skipped, State::Skipped) => {}
                (_, State::Missed) => say_missed(onsets, key, out),
                (_, State::Skipped) if mixed => say_skipped(onsets, key, out),
                _ => {}
            }
        }
    }
}

fn slot(step: u32) -> usize {
    step as usize % OPEN_READINGS
}

fn say_skipped(onsets: &Onsets, key: KeyIndex, out: &mut VecDeque<Record>) {
    for note in onsets.notes_of(key) {
        out.push_back(Record::Skipped { from: NoteIndex(note), to: NoteIndex(note + 1) });
    }
}

fn played_record(onsets: &Onsets, key: KeyIndex, event: Seq, offset_us: i32, grade: Grade) -> Record {
    let (note, offset) = (onsets.key(key).note, Micros(i64::from(offset_us)));
    Record::Played { event, verdict: Verdict::Matched { note, offset, grade } }
}
