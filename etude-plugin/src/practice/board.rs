//! What has become of each note: the fold of a verdict stream, for the eye.

use std::collections::VecDeque;

use etude_engine::judge::{Grade, Record, Verdict};
use etude_engine::score::{NoteIndex, Score, ScoreNote};
use etude_engine::session::{Config, Event, EventKind, Seq};
use etude_engine::units::Micros;

use super::picture::{Figures, NoteState, PLAYED_MAX, PlayedNote};

/// The latest word on each score note and on the last played notes.
pub(super) struct Board {
    notes: Vec<NoteState>,
    played: VecDeque<PlayedNote>,
    position: Option<NoteIndex>,
    wrong: u32,
    extra: u32,
    clock: Micros,
}

impl Board {
    pub(super) fn new(score: &Score, config: &Config) -> Self {
        let selection = config.selection();
        let blank = |note: ScoreNote<'_>| {
            if selection.has(&note) { NoteState::Pending } else { NoteState::NotExpected }
        };
        Self {
            notes: score.notes().iter().map(blank).collect(),
            played: VecDeque::new(),
            position: None,
            wrong: 0,
            extra: 0,
            clock: Micros(0),
        }
    }

    /// The log has this event.
    pub(super) fn event(&mut self, seq: Seq, event: Event) {
        self.clock = event.at;
        if let EventKind::NoteOn { pitch, velocity } = event.kind {
            if self.played.len() == PLAYED_MAX {
                self.played.pop_front();
            }
            let (verdict, is_final, is_confirmed) = (None, false, false);
            let at = event.at;
            self.played.push_back(PlayedNote {
                event: seq,
                at,
                pitch,
                velocity,
                verdict,
                is_final,
                is_confirmed,
            });
        }
    }

    /// The stream has this record. The event it is about has been told before.
    pub(super) fn record(&mut self, score: &Score, record: Record) {
        match record {
            Record::Played { event, verdict } => self.verdict(score, event, verdict),
            Record::Missed { note } => self.set(score, note, NoteState::Missed),
            Record::Skipped { from, to } => {
                let range = from.get().min(self.notes.len())..to.get().min(self.notes.len());
                for state in self.notes.get_mut(range).unwrap_or_default() {
                    if matches!(state, NoteState::Pending | NoteState::Missed) {
                        *state = NoteState::Skipped;
                    }
                }
            }
            Record::Jump { to, .. } => self.position = Some(to),
            Record::Stay { .. } | Record::Hesitation { .. } => {}
            Record::Final { through } => {
                for note in self.played.iter_mut().rev().skip_while(|note| note.event >= through) {
                    if std::mem::replace(&mut note.is_final, true) {
                        break;
                    }
                }
            }
        }
    }

    /// The session's stream has this record.
    pub(super) fn confirm(&mut self, record: Record) {
        if let Record::Played { event, verdict } = record
            && let Some(note) = self.find(event)
        {
            note.is_confirmed = note.verdict == Some(verdict);
        }
    }

    pub(super) fn notes(&self) -> &[NoteState] {
        &self.notes
    }

    pub(super) fn played(&self) -> impl Iterator<Item = &PlayedNote> {
        self.played.iter()
    }

    pub(super) fn position(&self) -> Option<NoteIndex> {
        self.position
    }

    pub(super) fn clock(&self) -> Micros {
        self.clock
    }

    pub(super) fn figures(&self) -> Figures {
        let mut figures = Figures { wrong: self.wrong, extra: self.extra, ..Figures::default() };
        for state in &self.notes {
            match state {
                NoteState::Played { grade, .. } => {
                    figures.correct += 1;
                    match grade {
                        Grade::Perfect | Grade::Good => figures.on_time += 1,
                        Grade::Early => figures.early += 1,
                        Grade::Late => figures.late += 1,
                    }
                }
                NoteState::Missed => figures.missed += 1,
                NoteState::Pending | NoteState::Skipped | NoteState::NotExpected => {}
            }
        }
        figures
    }

    fn verdict(&mut self, score: &Score, event: Seq, verdict: Verdict) {
        let before = self.find(event).and_then(|note| note.verdict.replace(verdict));
        match before {
            Some(Verdict::Matched { note, .. }) => self.unplay(score, note, event),
            Some(Verdict::Wrong { .. }) => self.wrong = self.wrong.saturating_sub(1),
            Some(Verdict::Extra) => self.extra = self.extra.saturating_sub(1),
            _ => {}
        }
        match verdict {
            Verdict::Matched { note, offset, grade } => {
                self.set(score, note, NoteState::Played { offset, grade, event });
                self.position = Some(note);
            }
            Verdict::Wrong { .. } => self.wrong += 1,
            Verdict::Extra => self.extra += 1,
            Verdict::Ornament { .. } | Verdict::Repeat { .. } => {}
        }
    }

    /// The note was not played by this event after all.
    fn unplay(&mut self, score: &Score, note: NoteIndex, by: Seq) {
        let is_by = |state: Option<&NoteState>| matches!(state, Some(NoteState::Played { event, .. }) if *event == by);
        if is_by(self.notes.get(note.get())) {
            self.set(score, note, NoteState::Pending);
        }
    }

    /// Of the note and all in unison with it, but those that the settings leave out.
    fn set(&mut self, score: &Score, note: NoteIndex, state: NoteState) {
        if note.get() >= self.notes.len() {
            return; // A session's record about a note that this score does not have.
        }
        let first = score.unison(note);
        for (other, old) in (first.0..).map(NoteIndex).zip(&mut self.notes[first.get()..]) {
            if other != first && !score.is_unison(first, other) {
                break;
            }
            if *old != NoteState::NotExpected {
                *old = state;
            }
        }
    }

    fn find(&mut self, event: Seq) -> Option<&mut PlayedNote> {
        let index = self.played.binary_search_by_key(&event, |note| note.event).ok()?;
        self.played.get_mut(index)
    }
}
