//! Score
//!
//! What is to be played, with its repeats played out. Notes and measures are numbered from 0 in
//! performed order. A score never changes.
//!
//! ```c
//! etude_score *piece;
//! char text[256];
//! if (etude_score_new(data, size, &piece, text, sizeof text) != ETUDE_OK) {
//!     fprintf(stderr, "%s\n", text); // what is wrong with the file, and where
//! } else {
//!     etude_note note = ETUDE_NOTE_INIT;
//!     for (uint32_t i = 0; etude_score_note(piece, i, &note) == ETUDE_OK; i++) {
//!         printf("key %d at tick %lld\n", note.pitch, (long long)note.onset_ticks);
//!     }
//!     etude_score_free(piece);
//! }
//! ```

use std::ffi::c_char;
use std::sync::Arc;

use crate::capi::firewall::firewall;
use crate::capi::handle::{self, Shared};
use crate::capi::log::{self, ETUDE_LOG_WARNING};
use crate::capi::memory::{Detail, HandleOut, Out, Sized32, SizedOut, TextOut, array, reference};
use crate::capi::status::{ETUDE_ERROR_INDEX, Failure, etude_status};
use crate::import::{self, HandsTold, Imported, PartFound, Warning};
use crate::score::{Hand, Score, ScoreNote};

/// A score. [thread-safe]
pub struct etude_score(pub(super) Shared<Contents>);

/// What a score's handle holds.
pub(super) struct Contents {
    pub(super) score: Arc<Score>,
    pub(super) warnings: Vec<Warning>,
    pub(super) parts: Vec<PartFound>,
    pub(super) hands: HandsTold,
}

impl Contents {
    /// What was imported, its warnings told to the log.
    pub(super) fn told(imported: Imported) -> Self {
        let Imported { score, warnings, parts, hands } = imported;
        warnings.iter().for_each(|warning| log::tell(ETUDE_LOG_WARNING, warning));
        Self { score: Arc::new(score), warnings, parts, hands }
    }
}

/// One of ETUDE_HAND_*.
pub type etude_hand = i32;

/// The upper staff of a piano part.
pub const ETUDE_HAND_RIGHT: etude_hand = 0;
/// The lower staff of a piano part.
pub const ETUDE_HAND_LEFT: etude_hand = 1;

/// How much there is in a score.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_score_info {
    /// sizeof(etude_score_info).
    pub struct_size: u32,
    /// Notes to be played.
    pub notes: u32,
    /// Measures to be played.
    pub measures: u32,
    /// Things in the file that were left out or guessed.
    pub warnings: u32,
    /// Ticks in a quarter note.
    pub ticks_per_quarter: u32,
    /// 0.
    pub reserved: u32,
}

/// One note to be played. A tied chain is one note.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_note {
    /// sizeof(etude_note).
    pub struct_size: u32,
    /// Index of the measure it stands in.
    pub measure: u32,
    /// When it is to be struck, in ticks from the beginning. Negative in a pickup.
    pub onset_ticks: i64,
    /// Notated length in ticks; 0 for a grace note.
    pub duration_ticks: i64,
    /// Which hand plays it.
    pub hand: etude_hand,
    /// Voice as numbered in the file, 0 where there is none.
    pub voice: u16,
    /// Which time through its measure, from 1.
    pub pass: u16,
    /// The key, as a MIDI note number.
    pub pitch: u8,
    /// Staff within its part, from 1.
    pub staff: u8,
    /// 1 for a grace note, otherwise 0.
    pub grace: u8,
    /// 1 if the note carries an ornament sign, otherwise 0.
    pub ornamented: u8,
    /// How it is to be touched: bits of ETUDE_ARTICULATION_*.
    pub articulations: u32,
}

// SAFETY: repr(C), integers without padding (the C program in tests/ adds them up), struct_size first.
unsafe impl Sized32 for etude_score_info {
    const SIZE_MIN: u32 = 24;
}

// SAFETY: as above.
unsafe impl Sized32 for etude_note {
    const SIZE_MIN: u32 = 40;
}

/// Reads a score from the bytes of a file: MusicXML, compressed MusicXML (.mxl) or Standard MIDI File.
/// Free it with etude_score_free. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_new(
    data: *const u8,
    size: usize,
    score: *mut *mut etude_score,
    detail: *mut c_char,
    detail_size: usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    let detail = unsafe { Detail::new(detail, detail_size) };
    firewall(detail, || {
        // SAFETY: the rules of the header.
        let (bytes, out) = unsafe { (array(data, size, "data")?, HandleOut::new(score, "score")?) };
        out.write(etude_score(Shared::new(Contents::told(import::score(bytes)?))));
        Ok(())
    })
}

/// Frees a score. [one at a time]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_free(score: *mut etude_score) {
    // SAFETY: the rules of the header.
    unsafe { handle::free(score) }
}

/// How much there is in the score. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_describe(
    score: *const etude_score,
    info: *mut etude_score_info,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (score, out) = unsafe { (reference(score, "score")?, SizedOut::new(info, "info")?) };
        score.0.read(|Contents { score, warnings, .. }| {
            out.write(etude_score_info {
                struct_size: 0,
                notes: score.notes().len() as u32,
                measures: score.measures().len() as u32,
                warnings: u32::try_from(warnings.len()).unwrap_or(u32::MAX),
                ticks_per_quarter: score.ticks_per_quarter(),
                reserved: 0,
            });
            Ok(())
        })
    })
}

/// The title of the work; empty if the file gives none. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_title(
    score: *const etude_score,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe { text_of(score, buffer, size, length, |it| Ok(it.score.title().unwrap_or_default().to_owned())) }
}

/// The composer; empty if the file gives none. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_composer(
    score: *const etude_score,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe {
        text_of(score, buffer, size, length, |it| Ok(it.score.composer().unwrap_or_default().to_owned()))
    }
}

/// The digest of the score, 64 hexadecimal digits. Two scores with the same digest give the same
/// verdicts. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_digest(
    score: *const etude_score,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe { text_of(score, buffer, size, length, |it| Ok(it.score.digest().to_string())) }
}

/// Something in the file that was left out or guessed, as a sentence. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_warning(
    score: *const etude_score,
    index: u32,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe { text_of(score, buffer, size, length, |it| Ok(at(&it.warnings, index)?.to_string())) }
}

/// A note. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_note(
    score: *const etude_score,
    index: u32,
    note: *mut etude_note,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (score, out) = unsafe { (reference(score, "score")?, SizedOut::new(note, "note")?) };
        score.0.read(|Contents { score, .. }| {
            let note = note_at(score, index)?;
            out.write(etude_note {
                struct_size: 0,
                measure: note.measure,
                onset_ticks: note.onset.0,
                duration_ticks: note.duration.0,
                hand: match note.hand {
                    Hand::Right => ETUDE_HAND_RIGHT,
                    Hand::Left => ETUDE_HAND_LEFT,
                },
                voice: note.voice,
                pass: note.id.pass,
                pitch: note.pitch.number(),
                staff: note.staff,
                grace: u8::from(note.grace),
                ornamented: u8::from(!note.ornaments.is_empty()),
                articulations: u32::from(note.articulations.bits()),
            });
            Ok(())
        })
    })
}

/// The name of a note: the id of its element in the MusicXML, "-", and which time through, such as
/// "n12-1". Unique in the score. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_note_id(
    score: *const etude_score,
    index: u32,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe { text_of(score, buffer, size, length, |it| Ok(note_at(&it.score, index)?.id.to_string())) }
}

/// The number printed at a measure, such as "12" or "12a". [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_measure_number(
    score: *const etude_score,
    index: u32,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe { text_of(score, buffer, size, length, |it| Ok(at(it.score.measures(), index)?.number.clone())) }
}

/// The measure with this printed number, the `pass`th time through (from 1): its index in performed
/// order. Where several measures are printed with one number, the first of them. ETUDE_ERROR_INDEX if
/// there is none. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_find_measure(
    score: *const etude_score,
    number: *const c_char,
    number_size: usize,
    pass: u32,
    index: *mut u32,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (score, number, out) = unsafe {
            (
                reference(score, "score")?,
                array(number.cast::<u8>(), number_size, "number")?,
                Out::new(index, "index")?,
            )
        };
        score.0.read(|Contents { score, .. }| {
            let found = || score.find_measure(str::from_utf8(number).ok()?, u16::try_from(pass).ok()?);
            out.write(found().ok_or_else(|| Failure::of("number", ETUDE_ERROR_INDEX, "is no measure's"))?);
            Ok(())
        })
    })
}

impl etude_score {
    /// The score itself, for the other sections.
    pub(super) fn share(&self) -> Result<Arc<Score>, Failure> {
        self.0.read(|contents| Ok(contents.score.clone()))
    }
}

/// # Safety
/// The rules of the header.
pub(super) unsafe fn text_of(
    score: *const etude_score,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
    text: impl FnOnce(&Contents) -> Result<String, Failure>,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (score, out) = unsafe { (reference(score, "score")?, TextOut::new(buffer, size, length)?) };
        score.0.read(|contents| out.write(&text(contents)?))
    })
}

pub(super) fn at<T>(items: &[T], index: u32) -> Result<&T, Failure> {
    items.get(index as usize).ok_or(BEYOND)
}

pub(super) fn note_at(score: &Score, index: u32) -> Result<ScoreNote<'_>, Failure> {
    score.notes().get(index as usize).ok_or(BEYOND)
}

const BEYOND: Failure = Failure::of("index", ETUDE_ERROR_INDEX, "is beyond the last");
