//! What is counted as notes become final, besides the state of each: by measure, by attempt, and how it was played.
//!
//! Bounded: it takes what it needs when it is made, and a take of any length leaves no more.

use std::ops::Range;

use super::histogram::Histogram;
use super::tally::Sum;
use crate::follow::{KeyIndex, Onsets};
use crate::judge::{Grade, Ledger, State, Verdict, Way};
use crate::score::{Articulations, Hand, NoteIndex};
use crate::units::{Micros, Ticks, Velocity};

/// Attempts that are told one by one; those after them are counted as one.
pub(super) const ATTEMPTS_MAX: usize = 64;
/// What lies further apart is no chord.
const CHORD_US: i64 = 400_000;
/// The player's tempo is taken over at least this much nominal time.
const TEMPO_OVER_US: i64 = 1_000_000;

/// What was counted.
pub(crate) struct Account {
    /// By measure of the score.
    pub(super) measures: Vec<MeasureAccount>,
    /// In order; the first began with the take.
    pub(super) attempts: Vec<AttemptAccount>,
    /// Attempts that the last of `attempts` stands for.
    pub(super) in_last: u32,
    /// Played notes that match no score note, by hand where they name one.
    pub(super) strays: [Sum; 2],
    /// All of them.
    pub(super) stray: Sum,
    /// Right hand, left hand.
    pub(super) hands: [HandAccount; 2],
    /// From the first to the last stroke of a chord that was struck as one, in microseconds.
    pub(super) chords: Histogram,
    /// First stroke of the left hand minus first stroke of the right, where both begin together, in microseconds.
    pub(super) asynchrony: Histogram,
    chord: Option<Chord>,
    /// Where the player's tempo is measured from: nominal time, and when that was played.
    tempo_since: Option<(i64, Micros)>,
    /// The player's tempo: nominal time, and how long that took.
    tempo: Option<(i64, i64)>,
    pedal: Pedal,
}

/// What happened in a measure.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MeasureAccount {
    /// Played notes that match no score note.
    pub(super) strays: Strays,
    /// First and last onset of its latest playing, and when.
    pub(super) span: Option<[(u32, Micros); 2]>,
    /// Matched notes, and the sum of their velocities.
    pub(super) loudness: (u32, u32),
}

/// Counts of a measure. See [`Tally`](super::Tally).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Strays {
    pub(super) wrong: u32,
    pub(super) extra: u32,
    pub(super) ornaments: u32,
    pub(super) repeats: u32,
}

/// One attempt: from where the player began, or went to, up to where the player left.
#[derive(Clone, Copy, Debug)]
pub(super) struct AttemptAccount {
    /// How it came about; the first did not.
    pub(super) way: Option<Way>,
    /// The place left, for the first that where it began.
    pub(super) from: NoteIndex,
    /// Where it began.
    pub(super) to: NoteIndex,
    /// The furthest note matched, if any.
    pub(super) reached: Option<NoteIndex>,
    pub(super) sum: Sum,
}

/// How a hand played.
#[derive(Clone, Debug)]
pub(super) struct HandAccount {
    /// Velocities.
    pub(super) velocities: Histogram,
    /// How long keys were held, in percent of what is written, at the player's tempo: of notes with no sign, with
    /// a staccato sign, with a tenuto sign.
    pub(super) held: [Histogram; 3],
}

/// A played note, as far as reports want to know.
#[derive(Clone, Copy)]
pub(crate) struct Heard {
    /// When it was struck.
    pub(crate) at: Micros,
    /// How hard.
    pub(crate) velocity: Velocity,
    /// How long it was held, where that is known.
    pub(crate) held: Option<Micros>,
}

/// The use of the sustain pedal.
#[derive(Clone, Copy, Debug, Default)]
struct Pedal {
    /// Times it went down.
    presses: u32,
    /// Since when it is down.
    down: Option<Micros>,
    /// How long it was down.
    held: Micros,
    /// From the first to the latest event of the take.
    span: Option<(Micros, Micros)>,
}

/// A chord being struck.
struct Chord {
    onset: u32,
    strokes: u32,
    /// Whether all of it is to be struck together.
    strict: bool,
    first: Micros,
    last: Micros,
    /// First stroke of each hand.
    hands: [Option<Micros>; 2],
}

impl Account {
    pub(crate) fn new(onsets: &Onsets) -> Self {
        let mut attempts = Vec::with_capacity(ATTEMPTS_MAX);
        let begin = onsets.place(0);
        attempts.push(AttemptAccount {
            way: None,
            from: begin,
            to: begin,
            reached: None,
            sum: Sum::default(),
        });
        let hand = HandAccount {
            velocities: Histogram::new(0, 2),
            held: [Histogram::new(0, 4), Histogram::new(0, 4), Histogram::new(0, 4)],
        };
        Self {
            measures: vec![MeasureAccount::default(); onsets.score().measures().len()],
            attempts,
            in_last: 1,
            strays: [Sum::default(); 2],
            stray: Sum::default(),
            hands: [hand.clone(), hand],
            chords: Histogram::new(0, 5_000),
            asynchrony: Histogram::new(-160_000, 5_000),
            chord: None,
            tempo_since: None,
            tempo: None,
            pedal: Pedal::default(),
        }
    }

    /// A key was matched. Its offset is worth so many millionths.
    pub(crate) fn matched(
        &mut self,
        key: KeyIndex,
        (grade, credit): (Grade, u32),
        heard: Heard,
        onsets: &Onsets,
    ) {
        let struck = onsets.key(key);
        let score = onsets.score();
        let note = score.note(struck.note);
        let attempt = self.attempts.last_mut().expect("there is one always");
        attempt.reached = attempt.reached.max(Some(struck.note));
        for _ in onsets.notes_of(key) {
            attempt.sum.matched(grade, credit);
        }
        let measure = &mut self.measures[note.measure as usize];
        measure.loudness.0 += 1;
        measure.loudness.1 += u32::from(heard.velocity.value());
        match &mut measure.span {
            Some([_, last]) if struck.onset > last.0 => *last = (struck.onset, heard.at),
            // The same onset again is the rest of a chord; an earlier one begins the measure anew.
            Some([_, last]) if struck.onset == last.0 => {}
            span => *span = Some([(struck.onset, heard.at); 2]),
        }
        let hand = usize::from(note.hand == Hand::Left);
        self.hands[hand].velocities.add(i64::from(heard.velocity.value()));
        if !struck.grace() {
            self.chord(struck.onset, struck.loose(), hand, heard.at);
            self.keep_tempo(onsets.onset(struck.onset).nominal, heard.at);
            self.held(note.onset, note.duration, note.articulations, hand, heard, onsets);
        }
    }

    /// A note was played that matches none. `onset` is where the player was.
    pub(crate) fn stray(&mut self, verdict: Verdict, onset: u32, onsets: &Onsets) {
        let named = match verdict {
            Verdict::Wrong { instead_of } => Some(instead_of),
            Verdict::Ornament { of } | Verdict::Repeat { of } => Some(of),
            Verdict::Matched { .. } | Verdict::Extra => None,
        };
        let score = onsets.score();
        let place = named.unwrap_or_else(|| onsets.place(onset.min(onsets.count() - 1)));
        self.stray.stray(verdict);
        self.attempts.last_mut().expect("there is one always").sum.stray(verdict);
        let strays = &mut self.measures[score.note(place).measure as usize].strays;
        *match verdict {
            Verdict::Wrong { .. } => &mut strays.wrong,
            Verdict::Ornament { .. } => &mut strays.ornaments,
            Verdict::Repeat { .. } => &mut strays.repeats,
            Verdict::Extra | Verdict::Matched { .. } => &mut strays.extra,
        } += 1;
        // An extra note belongs to no hand.
        if let Some(note) = named {
            self.strays[usize::from(score.note(note).hand == Hand::Left)].stray(verdict);
        }
    }

    /// Of these keys, those that the ledger has as missed were missed by this attempt.
    pub(crate) fn missed(&mut self, swept: Range<KeyIndex>, ledger: &Ledger, onsets: &Onsets) {
        let sum = &mut self.attempts.last_mut().expect("there is one always").sum;
        for key in swept.filter(|&key| ledger.state(key) == State::Missed) {
            onsets.notes_of(key).for_each(|_| sum.missed());
        }
    }

    /// An attempt begins.
    pub(crate) fn jump(&mut self, from: NoteIndex, to: NoteIndex, way: Way) {
        self.finish();
        self.tempo_since = None;
        if self.attempts.len() == ATTEMPTS_MAX {
            self.in_last += 1;
        } else {
            self.attempts.push(AttemptAccount {
                way: Some(way),
                from,
                to,
                reached: None,
                sum: Sum::default(),
            });
        }
    }

    /// The sustain pedal moved.
    pub(crate) fn pedal(&mut self, at: Micros, down: bool) {
        let pedal = &mut self.pedal;
        match (pedal.down, down) {
            (None, true) => {
                pedal.presses += 1;
                pedal.down = Some(at);
            }
            (Some(since), false) => {
                pedal.held.0 += at.0 - since.0;
                pedal.down = None;
            }
            _ => {}
        }
    }

    /// How often the pedal went down, and the share of the take in which it was; `None` if it never moved.
    pub(super) fn pedal_use(&self) -> Option<(u32, f64)> {
        let pedal = &self.pedal;
        let (first, last) = pedal.span?;
        let down = pedal.held.0 + pedal.down.map_or(0, |since| last.0 - since.0);
        let whole = (last.0 - first.0).max(1);
        (pedal.presses > 0).then(|| (pedal.presses, (down as f64 / whole as f64).min(1.0)))
    }

    /// The take has come to this time.
    pub(crate) fn reach(&mut self, at: Micros) {
        let first = self.pedal.span.map_or(at, |(first, _)| first);
        self.pedal.span = Some((first, at));
    }

    /// Nothing more belongs to the chord being struck.
    pub(crate) fn finish(&mut self) {
        if let Some(chord) = self.chord.take()
            && chord.strict
            && chord.strokes > 1
        {
            let spread = chord.last.0 - chord.first.0;
            if spread <= CHORD_US {
                self.chords.add(spread);
            }
            if let [Some(right), Some(left)] = chord.hands
                && (left.0 - right.0).abs() <= CHORD_US
            {
                self.asynchrony.add(left.0 - right.0);
            }
        }
    }

    fn chord(&mut self, onset: u32, loose: bool, hand: usize, at: Micros) {
        if self.chord.as_ref().is_none_or(|chord| chord.onset != onset) {
            self.finish();
            self.chord =
                Some(Chord { onset, strokes: 0, strict: true, first: at, last: at, hands: [None; 2] });
        }
        let chord = self.chord.as_mut().expect("made above");
        chord.strokes += 1;
        chord.strict &= !loose;
        chord.last = at;
        chord.hands[hand].get_or_insert(at);
    }

    /// Takes the player's tempo from how long the last nominal second or more took.
    fn keep_tempo(&mut self, nominal: i64, at: Micros) {
        match self.tempo_since {
            Some((from, began)) if nominal > from => {
                if nominal - from >= TEMPO_OVER_US && at > began {
                    self.tempo = Some((nominal - from, at.0 - began.0));
                    self.tempo_since = Some((nominal, at));
                }
            }
            Some((from, _)) if nominal == from => {}
            _ => self.tempo_since = Some((nominal, at)),
        }
    }

    fn held(
        &mut self,
        onset: Ticks,
        duration: Ticks,
        signs: Articulations,
        hand: usize,
        heard: Heard,
        onsets: &Onsets,
    ) {
        let (Some(held), Some((nominal, played))) = (heard.held, self.tempo) else { return };
        let score = onsets.score();
        let tempo = i128::from(score.tempo().micros_per_quarter_at(onset));
        let written = i128::from(duration.0) * tempo / i128::from(score.ticks_per_quarter());
        let expected = written * i128::from(played) / i128::from(nominal);
        if expected > 0 {
            let short =
                Articulations::STACCATO.with(Articulations::STACCATISSIMO).with(Articulations::PORTATO);
            let class = match () {
                () if signs.intersects(short) => 1,
                () if signs.intersects(Articulations::TENUTO) => 2,
                () => 0,
            };
            let percent = (i128::from(held.0) * 100 / expected).clamp(0, 100_000) as i64;
            self.hands[hand].held[class].add(percent);
        }
    }
}
