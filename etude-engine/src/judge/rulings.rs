//! The verdicts as they were said: which may still change, and what is final.

use std::ops::Range;
use std::sync::Arc;

use super::ledger::{Claimant, Ledger, OFFSET_MIN_US};
use super::stream::Stream;
use super::told::Told;
use super::verdict::{Grade, Record, Verdict, Way};
use crate::follow::{KeyIndex, LAG, Onsets, Part, Reading};
use crate::report::{Account, Heard, credit};
use crate::score::marks::MarkKind;
use crate::score::{Articulations, EdgeKind, NoteIndex};
use crate::session::{Config, Mode, Seq, TimingWindows};
use crate::units::{Micros, Pitch, Velocity};

/// Verdicts become final in blocks of this many notes, so that the word of it is not a record a note.
const FINAL_BLOCK: u32 = 16;
/// Readings that may still change.
const OPEN_READINGS: usize = (LAG + FINAL_BLOCK) as usize + 1;
/// A note that comes so much later than the player's tempo has it was hesitated before.
const HESITATION_US: i64 = 1_000_000;
/// The key that is not sounding.
const SILENT: u32 = u32::MAX;

/// The verdicts of one take.
pub(super) struct Rulings {
    onsets: Arc<Onsets>,
    config: Config,
    /// What has been said of each note that is not final, by step, as a ring.
    said: Vec<Said>,
    /// What was said, with all that may still change.
    live: Ledger,
    /// What is final.
    pub(super) settled: Ledger,
    /// What is counted of it besides.
    pub(super) account: Account,
    told: Told,
    /// Keys of the live ledger that have changed since they were told.
    touched: Vec<Range<KeyIndex>>,
    /// The step that struck each pitch which sounds.
    sounding: [u32; 128],
    /// Notes played.
    steps: u32,
    /// Notes that are final.
    final_steps: u32,
    pub(super) stream: Stream,
}

/// A note-on.
#[derive(Clone, Copy)]
pub(super) struct Struck {
    pub(super) event: Seq,
    pub(super) at: Micros,
    pub(super) pitch: Pitch,
    pub(super) velocity: Velocity,
}

/// What has been said of one played note.
#[derive(Clone, Copy)]
struct Said {
    struck: Struck,
    /// How long the key was held, once it has gone up.
    held: Option<Micros>,
    /// What was said, once something was.
    verdict: Option<Verdict>,
    /// The key it claims.
    key: Option<KeyIndex>,
    /// The key it was told to have played.
    told: Option<KeyIndex>,
    part: Part,
    front: Option<u32>,
    open: u32,
    jump: bool,
    /// Whether it was said that the player paused before it.
    hesitated: bool,
}

impl Said {
    fn new(struck: Struck) -> Self {
        Self {
            struck,
            held: None,
            verdict: None,
            key: None,
            told: None,
            part: Part::Extra,
            front: None,
            open: 0,
            jump: false,
            hesitated: false,
        }
    }

    fn claimant(&self) -> Claimant {
        self.struck.event.0 as Claimant + 1
    }
}

impl Rulings {
    pub(super) fn new(onsets: Arc<Onsets>, config: Config) -> Self {
        let low = Pitch::new(0).expect("0 is a pitch");
        let blank = Struck {
            event: Seq(0),
            at: Micros(0),
            pitch: low,
            velocity: Velocity::new(0).expect("0 is one"),
        };
        let ledger = Ledger::new(&onsets);
        Self {
            config,
            said: vec![Said::new(blank); OPEN_READINGS],
            live: ledger.clone(),
            settled: ledger,
            account: Account::new(&onsets),
            told: Told::new(&onsets),
            touched: Vec::with_capacity(4 * OPEN_READINGS),
            sounding: [SILENT; 128],
            steps: 0,
            final_steps: 0,
            stream: Stream::new(Arc::clone(&onsets)),
            onsets,
        }
    }

    /// A note-on that the readings to come will tell of.
    pub(super) fn strike(&mut self, struck: Struck) {
        self.said[slot(self.steps)] = Said::new(struck);
        self.sounding[usize::from(struck.pitch.number())] = self.steps;
        self.steps += 1;
    }

    /// A key went up. Of notes that are final by then it is not known how long they were held.
    pub(super) fn note_off(&mut self, at: Micros, pitch: Pitch) {
        let step = std::mem::replace(&mut self.sounding[usize::from(pitch.number())], SILENT);
        if (self.final_steps..self.steps).contains(&step) {
            let said = &mut self.said[slot(step)];
            said.held = Some(Micros(at.0 - said.struck.at.0));
        }
    }

    /// Says what is new or changed in the readings.
    pub(super) fn revise(&mut self, changes: &[Reading]) {
        // A jump that comes, moves or goes changes what became of notes far from the changed readings.
        if changes.iter().any(|reading| reading.jump || self.said[slot(reading.step)].jump) {
            let first = changes.first().map_or(self.steps, |reading| reading.step);
            self.rewind(first);
            let mut changes = changes.iter().peekable();
            for step in first..self.steps {
                let Said { part, front, open, jump, .. } = self.said[slot(step)];
                let before = Reading { step, part, front, open, jump };
                self.take(*changes.next_if(|reading| reading.step == step).unwrap_or(&before));
            }
        } else {
            for reading in changes {
                let said = &mut self.said[slot(reading.step)];
                if let Some(key) = said.key.take_if(|&mut key| claimed_key(reading.part) != Some(key)) {
                    self.live.release(key, &self.onsets);
                    self.touched.push(key..key + 1);
                }
            }
            changes.iter().for_each(|&reading| self.take(reading));
        }
        self.tell();
    }

    /// Makes final what the follower will not change any more, if it is worth a record.
    pub(super) fn settle_in_blocks(&mut self, through: u32) {
        if through >= self.final_steps + FINAL_BLOCK {
            self.settle(through);
        }
    }

    /// Time has passed: onsets before `open` can no longer be played.
    pub(super) fn pass(&mut self, open: u32) {
        let swept = self.live.advance(None, open, &self.onsets);
        self.touch([swept]);
        self.tell();
    }

    /// With this event a metronome came to a new lap: what was not played of the last is missed.
    pub(super) fn lap(&mut self, event: Seq, place: u32) {
        let end = self.onsets.count();
        self.pass(end);
        self.settle(self.steps);
        let swept = self.settled.advance(None, end, &self.onsets);
        self.account.missed(swept, &self.settled, &self.onsets);
        self.seek(event, place, Way::Restart);
    }

    /// The clock went to `place` with this event. What was begun is final.
    pub(super) fn seek(&mut self, event: Seq, place: u32, way: Way) {
        self.settle(self.steps);
        let from = self.onsets.place(self.live.front().unwrap_or(0));
        let to = self.onsets.place(place);
        self.stream.push(Record::Jump { event, from, to, way });
        let claimant = event.0 as Claimant + 1;
        let touched = self.live.jump(place, claimant, &self.onsets);
        self.touch(touched);
        self.tell();
        self.close(place, claimant, way);
    }

    /// Nothing more will come: everything is final.
    pub(super) fn finish(&mut self, events: Seq) {
        self.settle(self.steps);
        let swept = self.settled.finish(&self.onsets);
        self.account.missed(swept, &self.settled, &self.onsets);
        self.account.finish();
        // Whatever was told and has turned out otherwise is put right, so that the stream alone tells the truth.
        let all = 0..self.onsets.key_count();
        self.told.tell(all, &self.settled, &self.config.windows, &self.onsets, &mut self.stream);
        self.stream.push(Record::Final { through: events });
    }

    /// Makes the live ledger what it was before step `first`: what was touched since is as it is settled, and as the steps
    /// before have left it.
    fn rewind(&mut self, first: u32) {
        let Self { said, live, settled, onsets, touched, .. } = self;
        let mut sweep = settled.sweep();
        each_step(said, self.final_steps..first, |step| match step {
            Step::Jump { place, claimant } => drop(sweep.jump(place, claimant, onsets)),
            Step::Claim { .. } => {}
            Step::Advance { front, open } => drop(sweep.advance(front, open, onsets)),
        });
        let mut touch = |keys: Range<KeyIndex>| touched.extend(Some(keys).filter(|keys| !keys.is_empty()));
        each_step(said, first..self.steps, |step| match step {
            Step::Jump { place, claimant } => {
                sweep.jump(place, claimant, onsets).into_iter().for_each(&mut touch)
            }
            Step::Claim { key, .. } => touch(key..key + 1),
            Step::Advance { front, open } => touch(sweep.advance(front, open, onsets)),
        });
        (first..self.steps).for_each(|step| said[slot(step)].key = None);
        join(touched);
        let all = touched.first().map_or(0, |keys| keys.start)..touched.last().map_or(0, |keys| keys.end);
        live.rewind(settled, touched);
        each_step(said, self.final_steps..first, |step| match step {
            Step::Jump { place, claimant } => live.jump_among(touched, place, claimant, onsets),
            Step::Claim { key, claimant, offset_us } => {
                if all.contains(&key) && touched.iter().any(|keys| keys.contains(&key)) {
                    live.claim(key, claimant, offset_us);
                }
            }
            Step::Advance { front, open } => live.advance_among(touched, front, open, onsets),
        });
    }

    /// Takes a reading as it now is: goes where it went, says its verdict, if that is news, and claims its key.
    fn take(&mut self, reading: Reading) {
        let said = self.said[slot(reading.step)];
        let event = said.struck.event;
        if reading.jump {
            let place = reading.front.unwrap_or(0);
            // One that turns out to have gone to another place is told anew.
            if !said.jump || said.front != reading.front {
                let (from, to) = (self.live.front().unwrap_or(0), place);
                let way = self.way(from, to);
                let (from, to) = (self.onsets.place(from), self.onsets.place(to));
                self.stream.push(Record::Jump { event, from, to, way });
            }
            let touched = self.live.jump(place, said.claimant(), &self.onsets);
            self.touch(touched);
        } else if said.jump {
            self.stream.push(Record::Stay { event });
        } else if !matches!(said.verdict, Some(Verdict::Matched { .. })) {
            self.hesitation(&reading);
        }
        let swept = self.live.advance(reading.front, reading.open, &self.onsets);
        self.touch([swept]);
        self.say(reading);
    }

    /// Says what the reading makes of its note, if that is news, and claims the key.
    fn say(&mut self, reading: Reading) {
        let said = &mut self.said[slot(reading.step)];
        Reading { part: said.part, front: said.front, open: said.open, jump: said.jump, .. } = reading;
        let mut verdict = verdict(reading.part, &self.config.windows, &self.onsets);
        let mut key = claimed_key(reading.part);
        // A key that this attempt has matched already is a repeat, whatever the follower says.
        if let (Verdict::Matched { note, .. }, Some(claimed)) = (verdict, key)
            && said.key != key
            && self.live.is_claimed(claimed)
        {
            (verdict, key) = (Verdict::Repeat { of: note }, None);
        }
        let (event, claimant) = (said.struck.event, said.claimant());
        // The same note read along another way keeps the timing it was given: that is no news.
        let verdict = match said.verdict {
            Some(before) if same(before, verdict) => before,
            _ => {
                said.verdict = Some(verdict);
                if let Some(told) = said.told {
                    self.told.not_played(told, claimant);
                }
                said.told = key;
                if let Some(key) = key {
                    self.told.played(key, claimant);
                }
                self.stream.push(Record::Played { event, verdict });
                verdict
            }
        };
        if let (Verdict::Matched { offset, .. }, None, Some(key)) = (verdict, said.key, key) {
            said.key = Some(key);
            self.live.claim(key, claimant, offset.0 as i32);
            self.touched.push(key..key + 1);
        }
    }

    /// Says so, once, if the player paused before this note, where no sign of the score asks for it.
    fn hesitation(&mut self, reading: &Reading) {
        let (Part::Match { key, offset_us }, Some(front)) = (reading.part, self.live.front()) else { return };
        let pause = i64::from(offset_us);
        let told = self.said[slot(reading.step)].hesitated;
        if told
            || self.config.mode != Mode::Follow
            || pause < HESITATION_US
            || self.onsets.key(key).onset <= front
        {
            return;
        }
        let score = self.onsets.score();
        let rests = Articulations::FERMATA.with(Articulations::BREATH);
        let asked = |onset: u32| {
            let mut notes = (self.onsets.first_key(onset)..self.onsets.first_key(onset + 1))
                .flat_map(|key| self.onsets.notes_of(key));
            notes.any(|note| score.note(NoteIndex(note)).articulations.intersects(rests))
        };
        let ticks = |onset: u32| score.note(self.onsets.place(onset)).onset;
        let marks = score.marks();
        let between = marks.partition_point(|mark| mark.at < ticks(front));
        let marked = marks[between..].iter().take_while(|mark| mark.at < ticks(self.onsets.key(key).onset));
        let mut pauses = marked
            .filter(|mark| matches!(mark.kind, MarkKind::Fermata | MarkKind::Breath | MarkKind::Caesura));
        if !asked(front) && pauses.next().is_none() {
            let said = &mut self.said[slot(reading.step)];
            said.hesitated = true;
            self.stream.push(Record::Hesitation { event: said.struck.event, pause: Micros(pause) });
        }
    }

    /// What kind of jump leads from one onset to another.
    fn way(&self, from: u32, to: u32) -> Way {
        let score = self.onsets.score();
        let measure = |onset: u32| score.note(self.onsets.place(onset)).measure;
        let (left, entered) = (measure(from), measure(to));
        let edge = score.edges().iter().find(|edge| edge.from == left && edge.to == Some(entered));
        match edge.map(|edge| edge.kind) {
            Some(EdgeKind::RepeatAdded) => Way::RepeatTaken,
            Some(EdgeKind::RepeatSkipped) => Way::RepeatSkipped,
            Some(EdgeKind::JumpSkipped) => Way::JumpSkipped,
            Some(EdgeKind::JumpEarly) => Way::JumpEarly,
            None if to == 0 => Way::Restart,
            None if to <= from => Way::Back,
            None => Way::Skip,
        }
    }

    /// Makes all notes before `through` final.
    fn settle(&mut self, through: u32) {
        for step in self.final_steps..through {
            let said = self.said[slot(step)];
            let claimant = said.claimant();
            if said.jump {
                let place = said.front.unwrap_or(0);
                let way = self.way(self.settled.front().unwrap_or(0), place);
                self.close(place, claimant, way);
            }
            let heard = Heard { at: said.struck.at, velocity: said.struck.velocity, held: said.held };
            match (said.verdict, said.key) {
                (Some(Verdict::Matched { offset, grade, .. }), Some(key))
                    if !self.settled.is_claimed(key) =>
                {
                    self.settled.claim(key, claimant, offset.0 as i32);
                    let worth = (grade, credit(offset, &self.config.windows, &self.config.scoring));
                    self.account.matched(key, worth, heard, &self.onsets);
                }
                (Some(Verdict::Matched { note, .. }), _) => {
                    // A revision made two notes of one: the later is the repeat.
                    let verdict = Verdict::Repeat { of: note };
                    if let Some(told) = said.told {
                        self.told.not_played(told, claimant);
                    }
                    self.stream.push(Record::Played { event: said.struck.event, verdict });
                    self.account.stray(verdict, said.front.unwrap_or(0), &self.onsets);
                }
                (verdict, _) => {
                    let verdict = verdict.unwrap_or(Verdict::Extra);
                    self.account.stray(verdict, said.front.unwrap_or(0), &self.onsets);
                }
            }
            let swept = self.settled.advance(said.front, said.open, &self.onsets);
            self.account.missed(swept, &self.settled, &self.onsets);
        }
        if through > self.final_steps {
            self.final_steps = through;
            let last = self.said[slot(through - 1)].struck.event;
            self.stream.push(Record::Final { through: Seq(last.0 + 1) });
        }
    }

    /// Ends what is final of an attempt, and begins the next.
    fn close(&mut self, place: u32, claimant: Claimant, way: Way) {
        let from = self.onsets.place(self.settled.front().unwrap_or(0));
        let [swept, _] = self.settled.jump(place, claimant, &self.onsets);
        self.account.missed(swept, &self.settled, &self.onsets);
        self.account.jump(from, self.onsets.place(place), way);
    }

    /// These keys of the live ledger may have changed.
    fn touch(&mut self, keys: impl IntoIterator<Item = Range<KeyIndex>>) {
        self.touched.extend(keys.into_iter().filter(|keys| !keys.is_empty()));
    }

    /// Tells what has become of the keys touched.
    fn tell(&mut self) {
        join(&mut self.touched);
        for keys in self.touched.drain(..) {
            self.told.tell(keys, &self.live, &self.config.windows, &self.onsets, &mut self.stream);
        }
    }
}

/// Makes one stretch of what overlaps or follows on, and puts the stretches in order.
fn join(touched: &mut Vec<Range<KeyIndex>>) {
    touched.sort_unstable_by_key(|keys| keys.start);
    touched.dedup_by(|next, keys| {
        let joins = next.start <= keys.end;
        if joins {
            keys.end = keys.end.max(next.end);
        }
        joins
    });
}

/// What a ledger goes through.
enum Step {
    Jump { place: u32, claimant: Claimant },
    Claim { key: KeyIndex, claimant: Claimant, offset_us: i32 },
    Advance { front: Option<u32>, open: u32 },
}

/// What the ledger went through with these steps. Between two jumps it sweeps once, after all claims: what is claimed is
/// not missed, whichever comes first.
fn each_step(said: &[Said], steps: Range<u32>, mut take: impl FnMut(Step)) {
    let (mut front, mut open) = (None, 0);
    let (from, to) = (slot(steps.start), slot(steps.end));
    let (older, newer) = match () {
        () if steps.is_empty() => (0..0, 0..0),
        () if from < to => (from..to, 0..0),
        () => (from..said.len(), 0..to),
    };
    for said in said[older].iter().chain(&said[newer]) {
        if said.jump {
            take(Step::Advance { front, open });
            take(Step::Jump { place: said.front.unwrap_or(0), claimant: said.claimant() });
            (front, open) = (None, 0);
        }
        (front, open) = (said.front.or(front), open.max(said.open));
        if let (Some(key), Some(Verdict::Matched { offset, .. })) = (said.key, said.verdict) {
            take(Step::Claim { key, claimant: said.claimant(), offset_us: offset.0 as i32 });
        }
    }
    take(Step::Advance { front, open });
}

/// A match of a key so much off.
pub(super) fn matched(key: KeyIndex, offset_us: i32, windows: &TimingWindows, onsets: &Onsets) -> Verdict {
    let offset = Micros(i64::from(offset_us.max(OFFSET_MIN_US)));
    Verdict::Matched { note: onsets.key(key).note, offset, grade: grade(offset, windows) }
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

fn verdict(part: Part, windows: &TimingWindows, onsets: &Onsets) -> Verdict {
    let first_note = |key| onsets.key(key).note;
    match part {
        Part::Match { key, offset_us } => matched(key, offset_us, windows, onsets),
        Part::Wrong { key } => Verdict::Wrong { instead_of: first_note(key) },
        Part::Ornament { key } => Verdict::Ornament { of: first_note(key) },
        Part::Repeat { key } => Verdict::Repeat { of: first_note(key) },
        Part::Extra => Verdict::Extra,
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

fn slot(step: u32) -> usize {
    step as usize % OPEN_READINGS
}
