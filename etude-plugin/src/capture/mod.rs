//! The audio thread's part: what is played becomes events, and is judged in the same block.
//!
//! A [`Capture`] lives on the audio thread; its other end, a [`Desk`], with the owner of the practice room. What passes
//! between them passes through rings: takes to be judged go in and, done with, come back to be dropped elsewhere; events and
//! records come out. Nothing here allocates, locks, waits, logs or calls the system; a build with the feature
//! `assert_process_allocs` aborts where something does allocate.
//!
//! A [`Take`] is a session of the engine and the clock of its events. With none at hand, nothing is captured.

mod clock;
mod take;
mod transport;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use etude_engine::judge::Record;
use etude_engine::session::{Event, EventKind, Place};
use rtrb::{Consumer, Producer, RingBuffer};

pub use clock::SampleRate;
pub use take::{Take, TakeNumber};
pub use transport::Transport;

/// Events that may wait to be collected. More than a host sends in a second, and the desk is polled every millisecond.
pub const EVENTS_MAX: usize = 16_384;
/// Records that may wait to be collected.
pub const RECORDS_MAX: usize = 32_768;
/// Events that are judged in one block. A block with more in it is no hand's work: the rest of that take is judged off the
/// audio thread, which must not be late for it.
pub const JUDGED_PER_BLOCK_MAX: usize = 512;
/// Places of the player that may wait to be collected, one every few milliseconds. Only the last is of interest.
const PLACES_MAX: usize = 64;
/// Orders that may wait, and takes that may wait to come back.
const TAKES_MAX: usize = 16;

/// An event, and the take it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The take.
    pub take: TakeNumber,
    /// The event; the take's events come in the order of its log, from the first.
    pub event: Event,
}

/// A record of the judge on the audio thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The take.
    pub take: TakeNumber,
    /// The record, in the order of the verdict stream.
    pub record: Record,
}

/// Makes the two ends.
pub fn capture() -> (Capture, Desk) {
    let (order, orders) = RingBuffer::new(TAKES_MAX);
    let (retire, retired) = RingBuffer::new(TAKES_MAX);
    let (events, collected_events) = RingBuffer::new(EVENTS_MAX);
    let (records, collected_records) = RingBuffer::new(RECORDS_MAX);
    let (places, collected_places) = RingBuffer::new(PLACES_MAX);
    let signs = Arc::new(Signs::default());
    let capture = Capture {
        rate: SampleRate::DEFAULT,
        take: None,
        orders,
        retire,
        events,
        records,
        places,
        judged_in_block: 0,
        signs: Arc::clone(&signs),
    };
    let (events, records, places) = (collected_events, collected_records, collected_places);
    (capture, Desk { order, retired, events, records, places, signs })
}

/// The audio thread's end.
pub struct Capture {
    rate: SampleRate,
    take: Option<Box<Take>>,
    orders: Consumer<Option<Box<Take>>>,
    retire: Producer<Box<Take>>,
    events: Producer<Captured>,
    records: Producer<Judged>,
    places: Producer<(TakeNumber, Place)>,
    judged_in_block: usize,
    signs: Arc<Signs>,
}

/// What the audio thread shows without being asked.
#[derive(Default)]
struct Signs {
    /// Blocks processed: the host is alive.
    blocks: AtomicU64,
    /// Events that found the ring full, and are in no log.
    lost: AtomicU64,
    /// The last take that the audio thread stopped judging.
    unjudged: AtomicU32,
}

impl Capture {
    /// Samples come at this rate from the next block on.
    pub fn set_rate(&mut self, rate: SampleRate) {
        self.rate = rate;
        if let Some(take) = &mut self.take {
            take.set_rate(rate);
        }
    }

    /// A block begins. `transport` is the host's, if it has one.
    pub fn begin_block(&mut self, transport: Option<Transport>) {
        self.signs.blocks.fetch_add(1, Ordering::Relaxed);
        self.judged_in_block = 0;
        self.take_orders();
        let Some(take) = &mut self.take else { return };
        if let Some(kind) = transport.and_then(|now| take.transport(now)) {
            self.event(0, kind);
        }
    }

    /// Something was played at this sample of the block. Samples should not fall within a block; those that do are taken
    /// at the time of the event before.
    pub fn event(&mut self, offset: u32, kind: EventKind) {
        let Some(take) = &mut self.take else { return };
        if self.events.is_full() {
            // What is not in the log must not be judged either.
            self.signs.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let event = take.date(offset, kind, self.rate);
        let captured = Captured { take: take.number(), event };
        // There is room, and nobody else pushes.
        let _ = self.events.push(captured);
        self.judge(event);
    }

    /// The block is over. A take that has come to its end goes back.
    pub fn end_block(&mut self, samples: u32) {
        let Some(take) = &mut self.take else { return };
        take.advance(samples);
        while let Some(tick) = self.take.as_mut().and_then(|take| take.tick()) {
            if self.events.is_full() {
                break;
            }
            let Some(take) = &self.take else { break };
            let _ = self.events.push(Captured { take: take.number(), event: tick });
            self.judge(tick);
        }
        if let Some(take) = &mut self.take
            && let Some(place) = take.place()
        {
            // A full ring holds what nobody looks at.
            let _ = self.places.push((take.number(), place));
        }
        if self.take.as_ref().is_some_and(|take| take.is_over()) && !self.retire.is_full() {
            self.give_back();
        }
    }

    fn judge(&mut self, event: Event) {
        let Some(take) = &mut self.take else { return };
        if !take.is_judging() {
            return;
        }
        self.judged_in_block += 1;
        let (number, records) = (take.number(), &mut self.records);
        let kept_up = self.judged_in_block <= JUDGED_PER_BLOCK_MAX
            && take.judge(event, |record| records.push(Judged { take: number, record }).is_ok());
        if !kept_up {
            take.stop_judging();
            self.signs.unjudged.store(number.0, Ordering::Release);
        }
    }

    /// New takes replace the old, which goes back before it is let go of.
    fn take_orders(&mut self) {
        while !self.retire.is_full() {
            let Ok(order) = self.orders.pop() else { return };
            self.give_back();
            self.take = order;
            if let Some(take) = &mut self.take {
                take.set_rate(self.rate);
            }
        }
    }

    fn give_back(&mut self) {
        if let Some(take) = self.take.take()
            && let Err(rtrb::PushError::Full(take)) = self.retire.push(take)
        {
            self.take = Some(take);
        }
    }
}

/// The other end: where takes come from and what was captured goes.
pub struct Desk {
    order: Producer<Option<Box<Take>>>,
    retired: Consumer<Box<Take>>,
    events: Consumer<Captured>,
    records: Consumer<Judged>,
    places: Consumer<(TakeNumber, Place)>,
    signs: Arc<Signs>,
}

impl Desk {
    /// Has the audio thread judge this take from its next block on, or none. The one it has comes back by
    /// [`Self::next_retired`]. False if too many orders wait, for the host does not process: then the take is dropped here.
    pub fn order(&mut self, take: Option<Box<Take>>) -> bool {
        self.order.push(take).is_ok()
    }

    /// A take that the audio thread has done with: all its events and records can be collected.
    pub fn next_retired(&mut self) -> Option<Box<Take>> {
        self.retired.pop().ok()
    }

    /// The next event.
    pub fn next_event(&mut self) -> Option<Captured> {
        self.events.pop().ok()
    }

    /// The next record.
    pub fn next_record(&mut self) -> Option<Judged> {
        self.records.pop().ok()
    }

    /// Where the player of this take was last, if that is news.
    pub fn latest_place(&mut self, take: TakeNumber) -> Option<Place> {
        let mut latest = None;
        while let Ok((of, place)) = self.places.pop() {
            latest = Some(place).filter(|_| of == take).or(latest);
        }
        latest
    }

    /// Blocks that the host has had processed.
    pub fn blocks(&self) -> u64 {
        self.signs.blocks.load(Ordering::Relaxed)
    }

    /// Events that are in no log, for nobody collected.
    pub fn lost(&self) -> u64 {
        self.signs.lost.load(Ordering::Relaxed)
    }

    /// Whether the audio thread has stopped judging this take, which has too much in it: its records stop short, and its log
    /// is to be judged elsewhere.
    pub fn is_unjudged(&self, take: TakeNumber) -> bool {
        self.signs.unjudged.load(Ordering::Acquire) == take.0
    }
}
