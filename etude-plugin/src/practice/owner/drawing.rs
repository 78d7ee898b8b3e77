//! The picture, kept up to date while somebody looks.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Joined, Owner};
use crate::practice::picture::{Connection, Picture, TakeState, TakeView};

/// A picture is good for so long: one frame.
const FRAME: Duration = Duration::from_millis(16);

impl Owner {
    /// Brings the picture up to date, at most once a frame.
    pub(super) fn draw(&mut self) {
        if !self.dirty || self.drawn.elapsed() < FRAME || !self.shared.is_watched() {
            return;
        }
        (self.dirty, self.drawn) = (false, Instant::now());
        let take = self.view_of_take();
        let (connection, round_trip) = match &self.joined {
            Joined::No => (Connection::Offline, None),
            Joined::Opening | Joined::Fetching(_) => (Connection::Connecting, None),
            Joined::Yes(line) => (line.connection(), line.round_trip()),
        };
        {
            let mut picture = self.shared.picture.lock();
            let revision = picture.revision + 1;
            *picture = Arc::new(Picture {
                revision,
                piece: self.piece.clone(),
                settings: self.settings,
                host_is_processing: self.blocks.0 > 0 && self.blocks.1.elapsed() < Duration::from_secs(1),
                take,
                report: self.view.report.clone(),
                report_is_official: self.view.report_is_official,
                connection,
                round_trip,
                unsent: self.view.unsent,
                faults: self.view.faults.clone(),
                problem: self.view.problem.clone(),
                recent: Arc::clone(&self.view.recent),
                studio: self.view.studio.clone(),
            });
        }
        if let Some(call) = &*self.shared.changed.lock() {
            call();
        }
    }

    fn view_of_take(&self) -> TakeView {
        let Some(take) = &self.take else { return TakeView::default() };
        let board = take.board();
        let state = match take {
            take if take.has_ended() => TakeState::Ended,
            take if take.log().is_empty() => TakeState::Ready,
            _ => TakeState::Playing,
        };
        TakeView {
            state,
            notes: board.notes().to_vec(),
            played: board.played().copied().collect(),
            position: board.position(),
            place: self.place,
            clock: board.clock(),
            figures: board.figures(),
            shows_session: take.shows_session(),
        }
    }
}
