//! Records
//!
//! What comes out of a session: verdicts, which name events and score notes by number. A record about an
//! event replaces the earlier one about it, until an ETUDE_RECORD_FINAL has passed the event.
//!
//! ```c
//! etude_record records[32];
//! size_t polled = 0;
//! char reason[128];
//! if (etude_session_poll(session, records, 32, &polled) == ETUDE_OK) {
//!     for (size_t i = 0; i < polled; i++) {
//!         if (records[i].verdict == ETUDE_VERDICT_MATCHED) {
//!             printf("note %u, %lld us late\n", (unsigned)records[i].note, (long long)records[i].offset_us);
//!         } else if (etude_record_reason(&records[i], score, reason, sizeof reason, NULL) == ETUDE_OK) {
//!             printf("%s\n", reason);
//!         }
//!     }
//! }
//! ```

use std::ffi::c_char;
use std::fmt::Display;

use crate::capi::event::ETUDE_TIME_MAX;
use crate::capi::firewall::firewall;
use crate::capi::memory::{Detail, TextOut, reference};
use crate::capi::score::etude_score;
use crate::capi::status::{ETUDE_ERROR_ARGUMENT, ETUDE_ERROR_INDEX, Failure, etude_status};
use crate::judge::{Grade, Record, Verdict, Way, reason};
use crate::protocol::EVENTS_PER_SESSION_MAX;
use crate::score::{NoteIndex, Score};
use crate::session::{Event, EventKind, Seq};
use crate::units::{Micros, Pitch};

/// One of ETUDE_RECORD_*.
pub type etude_record_kind = i32;

/// What a note-on was: event, pitch, verdict, and what the verdict names.
pub const ETUDE_RECORD_PLAYED: etude_record_kind = 1;
/// The position has passed this score note and no key was struck for it: note. Taken back by a later
/// ETUDE_VERDICT_MATCHED that names the note.
pub const ETUDE_RECORD_MISSED: etude_record_kind = 2;
/// The score notes from `from` up to, not including, `to` have been jumped over: those not played are
/// skipped, also if they were said to be missed.
pub const ETUDE_RECORD_SKIPPED: etude_record_kind = 3;
/// With this note-on the player went elsewhere, and a new attempt begins, in which notes may be matched
/// again: event, pitch, way, `from` and `to` are the first score notes of the place left and of that entered.
/// Replaces an earlier jump at this note-on.
pub const ETUDE_RECORD_JUMP: etude_record_kind = 4;
/// The jump announced at this note-on did not happen: event, pitch.
pub const ETUDE_RECORD_STAY: etude_record_kind = 5;
/// No verdict about an event before this one will change any more: event. At the end of a take it may be
/// told once more, where a jump that did not happen had made its note missed.
pub const ETUDE_RECORD_FINAL: etude_record_kind = 6;
/// Before this note-on the player paused, and then went on from there: event, pitch, and offset_us is how
/// much later it came than the player's tempo had it. Taken back by a jump at the same note-on.
pub const ETUDE_RECORD_HESITATION: etude_record_kind = 7;

/// One of ETUDE_VERDICT_*.
pub type etude_verdict = i32;

/// The record is not about a played note.
pub const ETUDE_VERDICT_NONE: etude_verdict = 0;
/// It is this note of the score: note, offset_us, grade.
pub const ETUDE_VERDICT_MATCHED: etude_verdict = 1;
/// It took the place of another: note is the one that should have been struck.
pub const ETUDE_VERDICT_WRONG: etude_verdict = 2;
/// It has no place in the score.
pub const ETUDE_VERDICT_EXTRA: etude_verdict = 3;
/// It is part of an ornament: note is the one that carries the sign.
pub const ETUDE_VERDICT_ORNAMENT: etude_verdict = 4;
/// It struck again a note that was already played: note.
pub const ETUDE_VERDICT_REPEAT: etude_verdict = 5;

/// One of ETUDE_GRADE_*.
pub type etude_grade = i32;

/// The verdict has no timing.
pub const ETUDE_GRADE_NONE: etude_grade = 0;
/// Within the perfect window.
pub const ETUDE_GRADE_PERFECT: etude_grade = 1;
/// Within the good window.
pub const ETUDE_GRADE_GOOD: etude_grade = 2;
/// Before the good window.
pub const ETUDE_GRADE_EARLY: etude_grade = 3;
/// After the good window.
pub const ETUDE_GRADE_LATE: etude_grade = 4;

/// One of ETUDE_WAY_*.
pub type etude_way = u8;

/// The record is not about a jump.
pub const ETUDE_WAY_NONE: etude_way = 0;
/// Back to the first note of the score.
pub const ETUDE_WAY_RESTART: etude_way = 1;
/// Back, to play something again.
pub const ETUDE_WAY_BACK: etude_way = 2;
/// On, over something left out.
pub const ETUDE_WAY_SKIP: etude_way = 3;
/// Back to where a repeat of the score begins, once more than the performed order has it.
pub const ETUDE_WAY_REPEAT_TAKEN: etude_way = 4;
/// On past a repeat of the score that the performed order has.
pub const ETUDE_WAY_REPEAT_SKIPPED: etude_way = 5;
/// Past a D.C., D.S., To Coda or Fine that the performed order obeys.
pub const ETUDE_WAY_JUMP_SKIPPED: etude_way = 6;
/// To the coda, sooner than the performed order goes there.
pub const ETUDE_WAY_JUMP_EARLY: etude_way = 7;
/// To where the host's transport went.
pub const ETUDE_WAY_SEEK: etude_way = 8;

/// In place of the index of a note: none.
pub const ETUDE_NO_NOTE: u32 = 0xFFFF_FFFF;
/// In place of the number of an event: none.
pub const ETUDE_NO_EVENT: u64 = 0xFFFF_FFFF_FFFF_FFFF;
/// In place of a pitch: none.
pub const ETUDE_NO_PITCH: u8 = 0xFF;

/// One entry of a session's stream of verdicts. What its kind does not name is 0 or ETUDE_NO_*.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct etude_record {
    /// What is told.
    pub kind: etude_record_kind,
    /// What the played note was.
    pub verdict: etude_verdict,
    /// Number of the event.
    pub event: u64,
    /// Played minus expected time, in microseconds: negative is early.
    pub offset_us: i64,
    /// What the offset is worth.
    pub grade: etude_grade,
    /// Index of the score note.
    pub note: u32,
    /// Index of the first score note of a stretch skipped or a place left.
    pub from: u32,
    /// Index of the first score note after a stretch skipped or of a place entered. After a stretch at the
    /// very end it is the number of notes in the score.
    pub to: u32,
    /// The key that was struck, as a MIDI note number.
    pub pitch: u8,
    /// What kind of jump it is.
    pub way: etude_way,
    /// 0.
    pub reserved: [u8; 6],
}

/// The reason of a record, for a person, such as "38 ms late". The score is that of the session which
/// gave the record. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_record_reason(
    record: *const etude_record,
    score: *const etude_score,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (record, score, out) = unsafe {
            (reference(record, "record")?, reference(score, "score")?, TextOut::new(buffer, size, length)?)
        };
        let score = score.share()?;
        let (record, played) = record.parse(&score)?;
        out.write(&reason(&score, &record, played))
    })
}

/// The key that each event of a take struck, by the event's number; a record tells it.
pub(super) struct Struck(Vec<u8>);

impl Struck {
    /// For as many events as a take may have: a realtime function fills it. The system gives memory when it is first
    /// written, which takes its time; for the first 65,536 events that is now.
    pub(super) fn new() -> Self {
        let mut keys = Vec::with_capacity(EVENTS_PER_SESSION_MAX as usize);
        keys.resize(1 << 16, ETUDE_NO_PITCH);
        keys.clear();
        Self(keys)
    }

    /// The next event.
    #[inline(always)]
    pub(super) fn push(&mut self, event: &Event) {
        self.0.push(match event.kind {
            EventKind::NoteOn { pitch, .. } => pitch.number(),
            _ => ETUDE_NO_PITCH,
        });
    }

    #[inline(always)]
    pub(super) fn record(&self, record: &Record) -> etude_record {
        let about =
            |kind, event: Seq| etude_record { kind, event: event.0, pitch: self.pitch(event), ..BLANK };
        match *record {
            Record::Played { event, verdict } => about(ETUDE_RECORD_PLAYED, event).with(verdict),
            Record::Missed { note } => etude_record { kind: ETUDE_RECORD_MISSED, note: note.0, ..BLANK },
            Record::Skipped { from, to } => {
                etude_record { kind: ETUDE_RECORD_SKIPPED, from: from.0, to: to.0, ..BLANK }
            }
            Record::Jump { event, from, to, way } => {
                let way = WAYS.iter().find(|(_, of)| *of == way).map_or(ETUDE_WAY_NONE, |(code, _)| *code);
                etude_record { from: from.0, to: to.0, way, ..about(ETUDE_RECORD_JUMP, event) }
            }
            Record::Hesitation { event, pause } => {
                etude_record { offset_us: pause.0, ..about(ETUDE_RECORD_HESITATION, event) }
            }
            Record::Stay { event } => about(ETUDE_RECORD_STAY, event),
            Record::Final { through } => etude_record { kind: ETUDE_RECORD_FINAL, event: through.0, ..BLANK },
        }
    }

    #[inline]
    fn pitch(&self, event: Seq) -> u8 {
        let number = usize::try_from(event.0).ok();
        number.and_then(|number| self.0.get(number)).copied().unwrap_or(ETUDE_NO_PITCH)
    }
}

/// What a record says that says nothing.
const BLANK: etude_record = etude_record {
    kind: 0,
    verdict: ETUDE_VERDICT_NONE,
    event: ETUDE_NO_EVENT,
    offset_us: 0,
    grade: ETUDE_GRADE_NONE,
    note: ETUDE_NO_NOTE,
    from: ETUDE_NO_NOTE,
    to: ETUDE_NO_NOTE,
    pitch: ETUDE_NO_PITCH,
    way: ETUDE_WAY_NONE,
    reserved: [0; 6],
};

impl etude_record {
    #[inline(always)]
    fn with(self, verdict: Verdict) -> Self {
        let naming = |verdict, note: NoteIndex| Self { verdict, note: note.0, ..self };
        match verdict {
            Verdict::Matched { note, offset, grade } => Self {
                offset_us: offset.0,
                grade: match grade {
                    Grade::Perfect => ETUDE_GRADE_PERFECT,
                    Grade::Good => ETUDE_GRADE_GOOD,
                    Grade::Early => ETUDE_GRADE_EARLY,
                    Grade::Late => ETUDE_GRADE_LATE,
                },
                ..naming(ETUDE_VERDICT_MATCHED, note)
            },
            Verdict::Wrong { instead_of } => naming(ETUDE_VERDICT_WRONG, instead_of),
            Verdict::Extra => Self { verdict: ETUDE_VERDICT_EXTRA, ..self },
            Verdict::Ornament { of } => naming(ETUDE_VERDICT_ORNAMENT, of),
            Verdict::Repeat { of } => naming(ETUDE_VERDICT_REPEAT, of),
        }
    }

    /// The record, in which every note is one of the score, and the pitch that was played.
    fn parse(&self, score: &Score) -> Result<(Record, Option<Pitch>), Failure> {
        let notes = score.notes().len();
        let event = Seq(self.event);
        let record = match self.kind {
            ETUDE_RECORD_PLAYED => Record::Played { event, verdict: self.parse_verdict(score)? },
            ETUDE_RECORD_MISSED => Record::Missed { note: within(self.note, notes)? },
            ETUDE_RECORD_SKIPPED => {
                Record::Skipped { from: within(self.from, notes)?, to: within(self.to, notes + 1)? }
            }
            ETUDE_RECORD_JUMP => Record::Jump {
                event,
                from: within(self.from, notes)?,
                to: within(self.to, notes)?,
                way: match WAYS.iter().find(|(code, _)| *code == self.way) {
                    Some(&(_, way)) => way,
                    None => return Err(unknown("way", self.way)),
                },
            },
            ETUDE_RECORD_HESITATION => Record::Hesitation { event, pause: self.offset()? },
            ETUDE_RECORD_STAY => Record::Stay { event },
            ETUDE_RECORD_FINAL => Record::Final { through: event },
            other => return Err(unknown("kind", other)),
        };
        Ok((record, Pitch::new(self.pitch)))
    }

    fn offset(&self) -> Result<Micros, Failure> {
        match self.offset_us {
            offset if offset.unsigned_abs() <= ETUDE_TIME_MAX.unsigned_abs() => Ok(Micros(offset)),
            other => Err(unknown("offset_us", other)),
        }
    }

    fn parse_verdict(&self, score: &Score) -> Result<Verdict, Failure> {
        let note = || within(self.note, score.notes().len());
        Ok(match self.verdict {
            ETUDE_VERDICT_MATCHED => Verdict::Matched {
                note: note()?,
                offset: self.offset()?,
                grade: match self.grade {
                    ETUDE_GRADE_PERFECT => Grade::Perfect,
                    ETUDE_GRADE_GOOD => Grade::Good,
                    ETUDE_GRADE_EARLY => Grade::Early,
                    ETUDE_GRADE_LATE => Grade::Late,
                    other => return Err(unknown("grade", other)),
                },
            },
            ETUDE_VERDICT_WRONG => Verdict::Wrong { instead_of: note()? },
            ETUDE_VERDICT_EXTRA => Verdict::Extra,
            ETUDE_VERDICT_ORNAMENT => Verdict::Ornament { of: note()? },
            ETUDE_VERDICT_REPEAT => Verdict::Repeat { of: note()? },
            other => return Err(unknown("verdict", other)),
        })
    }
}

const WAYS: [(etude_way, Way); 8] = [
    (ETUDE_WAY_RESTART, Way::Restart),
    (ETUDE_WAY_BACK, Way::Back),
    (ETUDE_WAY_SKIP, Way::Skip),
    (ETUDE_WAY_REPEAT_TAKEN, Way::RepeatTaken),
    (ETUDE_WAY_REPEAT_SKIPPED, Way::RepeatSkipped),
    (ETUDE_WAY_JUMP_SKIPPED, Way::JumpSkipped),
    (ETUDE_WAY_JUMP_EARLY, Way::JumpEarly),
    (ETUDE_WAY_SEEK, Way::Seek),
];

fn within(index: u32, end: usize) -> Result<NoteIndex, Failure> {
    match (index as usize) < end {
        true => Ok(NoteIndex(index)),
        false => Err(Failure::new(ETUDE_ERROR_INDEX, format!("record: the score has no note {index}"))),
    }
}

fn unknown(field: &str, value: impl Display) -> Failure {
    Failure::new(ETUDE_ERROR_ARGUMENT, format!("record: {field} is {value}, which has no meaning"))
}
