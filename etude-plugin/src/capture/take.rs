//! One take on the audio thread: the engine's session, the clock of its events, and where it ends by itself.

use std::sync::Arc;

use etude_engine::judge::{Record, Verdict};
use etude_engine::score::{NoteIndex, Score};
use etude_engine::session::{Config, ConfigError, Event, EventKind, Mode, Place, Session};
use etude_engine::units::Micros;

use super::SampleRate;
use super::clock::SampleClock;
use super::transport::{Told, Transport};

/// In clock mode the time goes on while nobody plays: so often is the judge told.
const TICK: Micros = Micros::from_millis(500);
/// So many ticks in a row; who has not played for that long is not playing.
const TICKS_MAX: u32 = 240;
/// Silence after the last note of the score that ends a take.
const SILENCE: Micros = Micros::from_millis(3_000);
/// The same, with keys still down: a last chord is held for long, and some hosts lose a note-off.
const SILENCE_HELD: Micros = Micros::from_millis(12_000);

/// How often the player's place is told: once a frame of the editor.
const PLACE_EVERY: Micros = Micros::from_millis(16);
/// A take that is gone on with goes on so long after its last event: the clocks of the two hosts have nothing in common.
const PAUSE: Micros = Micros::from_millis(1_000);

/// Which take of its practice room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TakeNumber(pub u32);

/// What is judged on the audio thread. Made elsewhere, handed over by pointer, and given back.
pub struct Take {
    number: TakeNumber,
    session: Session,
    judging: bool,
    clock: Option<SampleClock>,
    clock_mode: bool,
    told: Told,
    rate: SampleRate,
    last: Micros,
    ticks: u32,
    held: u32,
    ends_by_itself: bool,
    /// The first of the last notes to be played.
    last_note: NoteIndex,
    reached: bool,
    place_told: Micros,
    place: Option<Place>,
    latency: Micros,
}

impl Take {
    /// A take with nothing played. `ends_by_itself` is whether silence after the last note ends it.
    ///
    /// # Errors
    /// If the settings are out of range, or leave nothing to play.
    pub fn new(
        number: TakeNumber,
        score: Arc<Score>,
        config: Config,
        ends_by_itself: bool,
    ) -> Result<Self, ConfigError> {
        let last_note = last_note(&score, &config);
        let session = Session::new(score, config)?;
        Ok(Self {
            number,
            session,
            judging: true,
            clock: None,
            clock_mode: config.mode == Mode::Clock,
            told: Told::default(),
            rate: SampleRate::DEFAULT,
            last: Micros(0),
            ticks: 0,
            held: 0,
            ends_by_itself: ends_by_itself && !config.looping,
            last_note,
            reached: false,
            place_told: Micros(i64::MIN),
            place: None,
            latency: Micros(0),
        })
    }

    /// Takes what is played under the host's transport for so much earlier: the time from the sound of the beat to the ear,
    /// and from the key to the host.
    #[must_use]
    pub fn compensating(self, latency: Micros) -> Self {
        Self { latency, ..self }
    }

    /// Goes on with a take that was begun before: judges its log. Not for the audio thread.
    pub fn resume(&mut self, log: &[Event]) {
        for event in log {
            self.judge(*event, |_| true);
            self.last = event.at;
        }
        if !log.is_empty() {
            self.last.0 += PAUSE.0;
            self.clock = Some(SampleClock::starting_at(0, self.rate).from(self.last));
        }
    }

    /// Which take it is.
    pub fn number(&self) -> TakeNumber {
        self.number
    }

    /// The engine's session, with all that was judged on the audio thread folded.
    pub fn into_session(self) -> Session {
        self.session
    }

    pub(super) fn set_rate(&mut self, rate: SampleRate) {
        self.rate = rate;
        if let Some(clock) = &mut self.clock {
            clock.set_rate(rate);
        }
    }

    /// The event with its time. The first event is the take's zero.
    pub(super) fn date(&mut self, offset: u32, kind: EventKind, rate: SampleRate) -> Event {
        let clock = self.clock.get_or_insert_with(|| SampleClock::starting_at(offset, rate));
        let at = clock.at(offset).max(self.last);
        match kind {
            EventKind::NoteOn { .. } => self.held = self.held.saturating_add(1),
            EventKind::NoteOff { .. } => self.held = self.held.saturating_sub(1),
            _ => {}
        }
        (self.last, self.ticks) = (at, 0);
        Event { at, kind }
    }

    /// What the log of a take in clock mode lacks of the transport.
    pub(super) fn transport(&mut self, now: Transport) -> Option<EventKind> {
        let news = if self.clock_mode { self.told.news(now, self.rate) } else { None }?;
        Some(match news {
            EventKind::Transport { playing, position, micros_per_quarter } => {
                // A player who hears the beat late is, at any moment, where the transport was by so much before.
                let behind = i128::from(self.latency.0) * 1_000_000 / i128::from(micros_per_quarter.max(1));
                let position = position.saturating_sub(behind as i64);
                EventKind::Transport { playing, position, micros_per_quarter }
            }
            other => other,
        })
    }

    pub(super) fn advance(&mut self, samples: u32) {
        if let Some(clock) = &mut self.clock {
            clock.advance(samples);
        }
        self.told.advance(samples);
    }

    /// The next tick that is due by the end of the block.
    pub(super) fn tick(&mut self) -> Option<Event> {
        if !self.clock_mode || self.ticks >= TICKS_MAX {
            return None;
        }
        let at = Micros(self.last.0 + TICK.0);
        if at > self.clock?.at(0) {
            return None;
        }
        self.ticks += 1;
        self.last = at;
        Some(Event { at, kind: EventKind::Tick })
    }

    pub(super) fn is_judging(&self) -> bool {
        self.judging
    }

    pub(super) fn stop_judging(&mut self) {
        self.judging = false;
    }

    /// Judges the event and tells the records. False if they could not all be told.
    pub(super) fn judge(&mut self, event: Event, mut tell: impl FnMut(Record) -> bool) -> bool {
        // A log that long has been refused by the owner before.
        let _ = self.session.handle(event);
        let mut told = true;
        while let Some(record) = self.session.poll() {
            match record {
                Record::Played { verdict: Verdict::Matched { note, .. }, .. } => {
                    self.reached |= note >= self.last_note;
                }
                // The transport has passed it; that the player was not with it must not keep the take open.
                Record::Missed { note } if self.clock_mode => self.reached |= note >= self.last_note,
                Record::Jump { to, .. } if to < self.last_note => self.reached = false,
                _ => {}
            }
            told &= tell(record);
        }
        told
    }

    /// Where the player is, if that is news and due.
    pub(super) fn place(&mut self) -> Option<Place> {
        let now = self.clock?.at(0);
        if !self.judging || now.0 < self.place_told.0.saturating_add(PLACE_EVERY.0) {
            return None;
        }
        self.place_told = now;
        let place = self.session.place(now);
        let is_news = self.place != Some(place);
        self.place = Some(place);
        is_news.then_some(place)
    }

    /// Whether the last note was played and silence has followed.
    pub(super) fn is_over(&self) -> bool {
        let Some(clock) = self.clock.filter(|_| self.ends_by_itself && self.reached) else { return false };
        // Ticks are no sound.
        let played = self.last.0 - i64::from(self.ticks) * TICK.0;
        let silence = clock.at(0).0 - played;
        silence >= SILENCE_HELD.0 || (self.held == 0 && silence >= SILENCE.0)
    }
}

/// The first of the notes at the last onset to be played.
fn last_note(score: &Score, config: &Config) -> NoteIndex {
    let selection = config.selection();
    let notes = score.notes();
    let last = notes.iter().rfind(|note| selection.has(note)).map(|note| note.onset);
    notes.partition_point(|note| last.is_some_and(|last| note.onset < last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::practice::{Piece, PieceSource};

    #[test]
    fn a_transport_that_has_passed_the_score_ends_the_take() {
        let piece = Piece::open(PieceSource::Bundled("petzold-menuet-in-g".to_owned())).unwrap();
        let config = Config { mode: Mode::Clock, ..Config::default() };
        let mut take = Take::new(TakeNumber(1), Arc::clone(&piece.score), config, true).unwrap();
        let rate = SampleRate::DEFAULT;
        let second = rate.samples_in(Micros::from_millis(1_000)) as u32;
        let rolls = take.transport(Transport::new(true, Some(0.0), Some(120.0)).unwrap()).unwrap();
        let event = take.date(0, rolls, rate);
        assert!(take.judge(event, |_| true));
        let last = piece.score.note(last_note(&piece.score, &config));
        // At 120 a quarter lasts half a second.
        let end = last.onset.0 as f64 / f64::from(piece.score.ticks_per_quarter()) / 2.0;
        let over = (1..200).find(|_| {
            take.advance(second);
            while let Some(tick) = take.tick() {
                assert!(take.judge(tick, |_| true));
            }
            take.is_over()
        });
        let over = f64::from(over.expect("it ends"));
        assert!((end..end + 5.0).contains(&over), "{over} s of {end} s");
    }

    #[test]
    fn a_compensated_transport_is_behind_by_the_latency_at_its_tempo() {
        let piece = Piece::open(PieceSource::Bundled("petzold-menuet-in-g".to_owned())).unwrap();
        let config = Config { mode: Mode::Clock, ..Config::default() };
        let position = |latency| {
            let take = Take::new(TakeNumber(1), Arc::clone(&piece.score), config, false).unwrap();
            let mut take = take.compensating(latency);
            let transport = Transport::new(true, Some(8.0), Some(120.0)).unwrap();
            match take.transport(transport) {
                Some(EventKind::Transport { position, .. }) => position,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(position(Micros(0)), 8_000_000);
        // At 120 a quarter lasts half a second.
        assert_eq!(position(Micros::from_millis(50)), 7_900_000);
        assert_eq!(position(Micros::from_millis(-50)), 8_100_000);
    }
}
