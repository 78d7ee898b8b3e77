//! Many players at once, each at the pace of a number of notes a second, one performance after the other.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use etude_engine::session::EventKind;

use crate::failure::{Result, hold};
use crate::player::Player;
use crate::repertoire::{Repertoire, Take};
use crate::service::{Http, Opened};

/// Performances that are played in turn. Few, so that those who play cost less than those who listen.
const TAKES: usize = 12;
/// So that a proof that waits for what never comes fails instead of hanging. Says nothing about speed.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Band {
    seats: Vec<Seat>,
    /// Sessions that are open, and what is to be played into them.
    supply: Receiver<Result<(Arc<Take>, Opened)>>,
    /// From one note of a player to the next.
    interval: Duration,
    pub(crate) finished: u64,
    pub(crate) notes: u64,
    /// From notes to their verdicts, in microseconds.
    pub(crate) round_trips: Vec<u32>,
}

struct Seat {
    player: Option<Player>,
    due: Instant,
    /// When the last note was played.
    done: Option<Instant>,
}

impl Band {
    /// Seats players who begin one after the other, so that no two play at the same instant.
    pub(crate) fn new(http: &Http, players: usize, notes_per_second: u32) -> Result<Self> {
        let repertoire = Repertoire::load()?;
        let takes: Vec<_> = (0..TAKES.min(repertoire.len()))
            // Spread over the whole of it.
            .map(|index| {
                Ok(Arc::new(repertoire.take(index * repertoire.len() / TAKES.min(repertoire.len()))?))
            })
            .collect::<Result<_>>()?;
        let interval = Duration::from_secs(1) / notes_per_second.max(1);
        let begun = Instant::now();
        let seats = (0..players)
            .map(|seat| Seat {
                player: None,
                due: begun + interval.mul_f64(seat as f64 / players as f64),
                done: None,
            })
            .collect();
        Ok(Self {
            seats,
            supply: supply(http.clone(), takes),
            interval,
            finished: 0,
            notes: 0,
            round_trips: Vec::new(),
        })
    }

    /// Plays what is due, and takes in what came. No connection may be lost.
    pub(crate) fn step(&mut self) -> Result<()> {
        let now = Instant::now();
        for seat in &mut self.seats {
            let Some(player) = &mut seat.player else {
                if let Ok(next) = self.supply.try_recv() {
                    let (take, opened) = next?;
                    seat.player = Some(Player::new(take, opened)?);
                    seat.due = seat.due.max(now);
                }
                continue;
            };
            if seat.due > now {
                player.listen()?;
                continue;
            }
            while seat.due <= now {
                seat.due += self.interval;
                let rest = &player.take.events[player.pushed()..];
                let note = rest.iter().position(|event| matches!(event.kind, EventKind::NoteOn { .. }));
                self.notes += u64::from(note.is_some());
                let until = player.pushed() + note.map_or(rest.len(), |note| note + 1);
                player.play_to(until)?;
                if player.pushed() == player.take.events.len() {
                    break;
                }
            }
            hold(player.lost == 0, || format!("{}: the connection was lost", player.take.name))?;
            if player.pushed() == player.take.events.len() {
                let done = *seat.done.get_or_insert(now);
                hold(done.elapsed() < PATIENCE, || {
                    format!("{}: no report after {} s", player.take.name, PATIENCE.as_secs())
                })?;
                if player.reported {
                    player.settle()?;
                    self.finished += 1;
                    let trips = player.round_trips.iter();
                    self.round_trips.extend(trips.map(|trip| trip.as_micros().min(u32::MAX.into()) as u32));
                    (seat.player, seat.done) = (None, None);
                }
            }
        }
        Ok(())
    }

    /// Lets each finish its performance.
    pub(crate) fn finish(mut self) -> Result<Self> {
        for seat in &mut self.seats {
            let Some(player) = &mut seat.player else { continue };
            player.play_to(player.take.events.len())?;
        }
        for seat in &mut self.seats {
            let Some(mut player) = seat.player.take() else { continue };
            player.settle()?;
            hold(player.lost == 0, || format!("{}: the connection was lost", player.take.name))?;
            self.finished += 1;
        }
        Ok(self)
    }

    /// A quantile of the round trips, in milliseconds.
    pub(crate) fn round_trip_ms(&mut self, percent: usize) -> f64 {
        self.round_trips.sort_unstable();
        let at = (self.round_trips.len() * percent / 100).min(self.round_trips.len().saturating_sub(1));
        self.round_trips.get(at).map_or(0.0, |&micros| f64::from(micros) / 1_000.0)
    }
}

/// Opens sessions ahead of those who want to play, for as long as someone does.
fn supply(http: Http, takes: Vec<Arc<Take>>) -> Receiver<Result<(Arc<Take>, Opened)>> {
    let (open, opened) = mpsc::sync_channel(4);
    thread::spawn(move || {
        let pieces: Result<Vec<String>> = takes.iter().map(|take| http.upload(&take.piece)).collect();
        let pieces = match pieces {
            Ok(pieces) => pieces,
            Err(failure) => return drop(open.send(Err(failure))),
        };
        for at in 0.. {
            let (take, piece) = (&takes[at % takes.len()], &pieces[at % takes.len()]);
            let next = http.open(piece).map(|opened| (take.clone(), opened));
            let failed = next.is_err();
            if open.send(next).is_err() || failed {
                return;
            }
        }
    });
    opened
}
