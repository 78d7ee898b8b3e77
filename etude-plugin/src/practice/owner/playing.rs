//! A take, from the order to the audio thread to the report.

use std::sync::Arc;
use std::time::{Duration, Instant};

use etude_engine::session::{Event, EventKind, Session};

use super::{Joined, Owner};
use crate::capture::{self, TakeNumber};
use crate::practice::picture::{Fault, Problem};
use crate::practice::take::Take;

/// The audio thread gives a take back at its next block; a host that has stopped has none.
const GIVE_BACK_MAX: Duration = Duration::from_millis(250);

impl Owner {
    /// Throws away the take, if there is one, and has the audio thread judge a new one. False if there can be none.
    pub(super) fn begin_take(&mut self) -> bool {
        self.begin_take_with(&[])
    }

    /// The same, with a log to go on with.
    pub(super) fn begin_take_with(&mut self, log: &[Event]) -> bool {
        let Some(piece) = &self.piece else { return false };
        let (score, config) = (Arc::clone(&piece.score), self.settings.judging);
        let number = TakeNumber(self.numbers + 1);
        let mut take = Take::new(number, Arc::clone(&score), config);
        let made = capture::Take::new(number, score, config, self.settings.ends_by_itself)
            .map(|take| take.compensating(self.settings.latency))
            .and_then(|mut on_audio| take.resume(log).map(|()| on_audio.resume(log)).map(|()| on_audio));
        match made {
            Ok(on_audio) => {
                self.numbers += 1;
                (self.ending, self.place) = (None, None);
                self.view.report = take.report().map(Arc::new);
                self.view.report_is_official = false;
                self.official.clear();
                // A log that was ended is not gone on with.
                let goes_on = !take.has_ended();
                self.take = Some(take);
                self.desk.order(goes_on.then(|| Box::new(on_audio)));
                self.dirty = true;
                true
            }
            Err(error) => {
                self.view.problem = Some(Problem(error.to_string()));
                false
            }
        }
    }

    pub(super) fn end_take(&mut self) {
        let Some(take) = &self.take else { return };
        if !take.has_ended() && !take.log().is_empty() && self.ending.is_none() {
            self.desk.order(None);
            self.ending = Some(Instant::now());
        }
    }

    /// Takes what the audio thread has for us, events before the records about them.
    pub(super) fn collect(&mut self) {
        while let Some(captured) = self.desk.next_event() {
            let Some(take) = self.take.as_mut().filter(|take| take.number == captured.take) else { continue };
            if take.has_ended() {
                continue;
            }
            if take.log().is_empty() {
                self.view.report = None;
            }
            take.push(captured.event);
            if captured.event.kind != EventKind::Tick {
                self.heard = Some(Instant::now());
            }
            self.dirty = true;
            self.deliver_event(captured.event);
        }
        while let Some(judged) = self.desk.next_record() {
            if let Some(take) = self.take.as_mut().filter(|take| take.number == judged.take) {
                take.record(judged.record);
                self.dirty = true;
            }
        }
        if let Some(take) = &self.take
            && let Some(place) = self.desk.latest_place(take.number)
        {
            self.place = Some(place);
            self.dirty = true;
        }
        if let Some(take) = &mut self.take
            && self.desk.is_unjudged(take.number)
            && let Err(error) = take.judge_here()
        {
            self.view.problem = Some(Problem(error.to_string()));
        }
        let lost = self.desk.lost();
        if lost != self.lost {
            self.fault(Fault::Lost { events: lost - self.lost });
            self.lost = lost;
        }
        while let Some(back) = self.desk.next_retired() {
            // Its last events were in the ring before it was.
            let is_ours = self.take.as_ref().is_some_and(|take| take.number == back.number());
            if is_ours && self.take.as_ref().is_some_and(|take| !take.has_ended()) {
                self.collect_rest();
                self.conclude(Some(back.into_session()));
            }
        }
    }

    pub(super) fn deliver_event(&mut self, event: Event) {
        if let Joined::Yes(line) = &mut self.joined
            && let Some(fault) = line.push(event)
        {
            self.fault(fault);
        }
    }

    fn collect_rest(&mut self) {
        while let Some(captured) = self.desk.next_event() {
            if let Some(take) = self.take.as_mut().filter(|take| take.number == captured.take) {
                take.push(captured.event);
                self.deliver_event(captured.event);
            }
        }
        let Some(take) = &mut self.take else { return };
        while let Some(judged) = self.desk.next_record() {
            if judged.take == take.number {
                take.record(judged.record);
            }
        }
    }

    pub(super) fn finish_ending(&mut self) {
        if self.ending.is_some_and(|since| since.elapsed() >= GIVE_BACK_MAX) {
            self.conclude(None);
        }
    }

    /// The take is over.
    fn conclude(&mut self, back: Option<Session>) {
        self.ending = None;
        let Some(take) = &mut self.take else { return };
        match take.end(back) {
            Ok(report) => {
                self.view.report = Some(Arc::new(report));
                self.view.report_is_official = false;
            }
            Err(error) => self.view.problem = Some(Problem(error.to_string())),
        }
        self.dirty = true;
        if let Some(end) = self.take.as_ref().and_then(|take| take.log().last().copied()) {
            self.deliver_event(end);
        }
    }
}
