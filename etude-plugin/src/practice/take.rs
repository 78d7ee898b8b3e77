//! A take as the practice room has it: its log, its judge, and what it came to.

use std::sync::Arc;

use etude_engine::judge::Record;
use etude_engine::report::Report;
use etude_engine::score::Score;
use etude_engine::session::{Config, ConfigError, Event, EventKind, Seq, Session};
use etude_engine::units::Micros;

use super::board::Board;
use crate::capture::TakeNumber;

/// One take.
pub(super) struct Take {
    pub(super) number: TakeNumber,
    score: Arc<Score>,
    config: Config,
    log: Vec<Event>,
    /// The judge, where it is not on the audio thread.
    judge: Option<Session>,
    board: Board,
    /// What the session says, while that may differ from what is said here.
    official: Option<Board>,
    ended: bool,
}

impl Take {
    pub(super) fn new(number: TakeNumber, score: Arc<Score>, config: Config) -> Self {
        let board = Board::new(&score, &config);
        let log = Vec::new();
        Self { number, score, config, log, judge: None, board, official: None, ended: false }
    }

    pub(super) fn log(&self) -> &[Event] {
        &self.log
    }

    /// What is to be shown.
    pub(super) fn board(&self) -> &Board {
        self.official.as_ref().unwrap_or(&self.board)
    }

    /// A record of the session.
    pub(super) fn official(&mut self, record: Record) {
        match &mut self.official {
            Some(board) => board.record(&self.score, record),
            None => self.board.confirm(record),
        }
    }

    /// The session's word differs from this machine's: from its first record on, `told`, it is what is shown.
    pub(super) fn show_session(&mut self, told: &[Record]) {
        let mut board = Board::new(&self.score, &self.config);
        for (seq, event) in (0..).map(Seq).zip(&self.log) {
            board.event(seq, *event);
        }
        for record in told {
            board.record(&self.score, *record);
        }
        self.official = Some(board);
    }

    pub(super) fn shows_session(&self) -> bool {
        self.official.is_some()
    }

    /// Goes on with a log that was begun before. Judged here as far as it goes: the audio thread goes on from there.
    pub(super) fn resume(&mut self, log: &[Event]) -> Result<(), ConfigError> {
        self.log = log.to_vec();
        self.judge_here()?;
        self.ended = log.last().is_some_and(|last| last.kind == EventKind::End);
        if !self.ended {
            self.judge = None;
        }
        Ok(())
    }

    /// The report, once it has ended.
    pub(super) fn report(&self) -> Option<Report> {
        self.judge.as_ref().filter(|_| self.ended).map(Session::report)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// The next event of the log.
    pub(super) fn push(&mut self, event: Event) -> Seq {
        let seq = Seq(self.log.len() as u64);
        self.log.push(event);
        self.board.event(seq, event);
        if let Some(board) = &mut self.official {
            board.event(seq, event);
        }
        if let Some(judge) = &mut self.judge {
            step(judge, event, &self.score, &mut self.board);
        }
        seq
    }

    /// A record of the audio thread's judge.
    pub(super) fn record(&mut self, record: Record) {
        if self.judge.is_none() {
            self.board.record(&self.score, record);
        }
    }

    /// Judges from here on on this thread, for the audio thread does not any more: folds the log from its beginning.
    pub(super) fn judge_here(&mut self) -> Result<(), ConfigError> {
        if self.judge.is_some() {
            return Ok(());
        }
        let mut judge = Session::new(Arc::clone(&self.score), self.config)?;
        self.board = Board::new(&self.score, &self.config);
        for (seq, event) in (0..).map(Seq).zip(&self.log) {
            self.board.event(seq, *event);
            step(&mut judge, *event, &self.score, &mut self.board);
        }
        self.judge = Some(judge);
        Ok(())
    }

    /// Ends the take. `back` is the audio thread's judge, if it came back.
    pub(super) fn end(&mut self, back: Option<Session>) -> Result<Report, ConfigError> {
        match back {
            // It has folded all of the log, and its records have been collected.
            Some(session) if session.events() == self.log.len() as u64 && self.judge.is_none() => {
                self.judge = Some(session);
            }
            _ => self.judge_here()?,
        }
        let at = self.log.last().map_or(Micros(0), |event| event.at);
        self.push(Event { at, kind: EventKind::End });
        self.ended = true;
        let judge = self.judge.as_ref().expect("it was just made sure of");
        Ok(judge.report())
    }
}

fn step(judge: &mut Session, event: Event, score: &Score, board: &mut Board) {
    // The log of a take that has ended is not pushed to.
    let _ = judge.handle(event);
    while let Some(record) = judge.poll() {
        board.record(score, record);
    }
}
