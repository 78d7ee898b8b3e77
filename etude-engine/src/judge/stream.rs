//! The verdict stream on its way out.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::verdict::Record;
use crate::follow::{KeyIndex, Onsets};
use crate::score::NoteIndex;
use crate::session::VerdictDigest;

/// Records that wait to be polled, and the digest of all that ever did.
pub(crate) struct Stream {
    onsets: Arc<Onsets>,
    queue: VecDeque<Entry>,
    digest: VerdictDigest,
}

enum Entry {
    Record(Record),
    /// Keys in a row that were missed, kept as one: a silence under a clock can miss a whole piece, and the queue must
    /// not grow with it. Of the first, so many notes have been polled.
    Missed {
        keys: Range<KeyIndex>,
        polled: u32,
    },
}

/// More than any one event leads to, but for takes beyond all reason; for those the queue grows.
const ENTRIES: usize = 128;

impl Stream {
    pub(crate) fn new(onsets: Arc<Onsets>) -> Self {
        Self { onsets, queue: VecDeque::with_capacity(ENTRIES), digest: VerdictDigest::default() }
    }

    pub(crate) fn push(&mut self, record: Record) {
        self.digest = self.digest.with(&record);
        self.queue.push_back(Entry::Record(record));
    }

    /// All notes of these keys were missed.
    pub(crate) fn push_missed(&mut self, keys: Range<KeyIndex>) {
        for note in keys.clone().flat_map(|key| self.onsets.notes_of(key)) {
            self.digest = self.digest.with(&Record::Missed { note: NoteIndex(note) });
        }
        self.queue.push_back(Entry::Missed { keys, polled: 0 });
    }

    #[inline]
    pub(crate) fn poll(&mut self) -> Option<Record> {
        match self.queue.front()? {
            Entry::Record(record) => {
                let record = *record;
                self.queue.pop_front();
                Some(record)
            }
            Entry::Missed { .. } => self.poll_missed(),
        }
    }

    /// The next record, where the first entry is of missed keys. Apart, so that what is inlined stays small.
    #[inline(never)]
    fn poll_missed(&mut self) -> Option<Record> {
        while let Entry::Missed { keys, polled } = self.queue.front_mut()? {
            if keys.start >= keys.end {
                self.queue.pop_front();
            } else if let Some(note) = self.onsets.notes_of(keys.start).nth(*polled as usize) {
                *polled += 1;
                return Some(Record::Missed { note: NoteIndex(note) });
            } else {
                (keys.start, *polled) = (keys.start + 1, 0);
            }
        }
        self.poll()
    }

    /// How many entries wait; notes missed in a row are one.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn digest(&self) -> VerdictDigest {
        self.digest
    }
}
