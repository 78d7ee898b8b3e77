//! Import
//!
//! How a score is to be read from a file, and what was found there. The functions of the section before take the scores
//! that come from here just so.
//!
//! ```c
//! etude_import_options options = ETUDE_IMPORT_OPTIONS_INIT;
//! options.parts = 0; // the first part, whoever plays it
//! options.memory_bytes = 64 << 20;
//! etude_score *part;
//! if (etude_score_import(data, size, &options, &part, NULL, 0) == ETUDE_OK) {
//!     etude_score_free(part);
//! }
//! ```

use std::ffi::c_char;

use crate::capi::firewall::firewall;
use crate::capi::handle::Shared;
use crate::capi::memory::{Detail, HandleOut, Sized32, SizedOut, array, reference, sized};
use crate::capi::score::{Contents, at, etude_score, note_at, text_of};
use crate::capi::status::{ETUDE_ERROR_ARGUMENT, Failure, etude_status};
use crate::import::{self, HandSource, Limits, Options, PartChoice, PartKey};
use crate::score::Hand;
use crate::score::freedom::RollDirection;

/// The part or parts that a pianist plays, by Etude's own rule.
pub const ETUDE_PARTS_PIANO: i32 = -1;
/// All parts with notes.
pub const ETUDE_PARTS_ALL: i32 = -2;

/// How a score is to be read. ETUDE_IMPORT_OPTIONS_INIT gives the defaults. A limit of 0 is the default
/// one, which docs/IMPORT.md tells.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_import_options {
    /// sizeof(etude_import_options).
    pub struct_size: u32,
    /// ETUDE_PARTS_*, or the number of one part of a MusicXML file, from 0.
    pub parts: i32,
    /// Memory within which the import has to stay, the file itself not counted, or 0. It sets the limits
    /// below that are 0.
    pub memory_bytes: u64,
    /// Size of the file.
    pub file_bytes: u64,
    /// Size of the document in a compressed file.
    pub inflated_bytes: u64,
    /// Files in a compressed file.
    pub archive_entries: u32,
    /// Elements, attributes and texts of an XML document, each.
    pub xml_nodes: u32,
    /// Parts of a MusicXML file.
    pub parts_max: u32,
    /// Measures as written.
    pub measures: u32,
    /// Notes as written.
    pub notes: u32,
    /// Events of a MIDI file.
    pub midi_events: u32,
    /// Warnings that are kept.
    pub warnings: u32,
    /// 0.
    pub reserved: u32,
}

/// One of ETUDE_HANDS_BY_*: how it is known which hand plays what.
pub type etude_hands_by = i32;

/// By the staves or parts of a MusicXML file.
pub const ETUDE_HANDS_BY_STAVES: etude_hands_by = 0;
/// By the names of the tracks of a MIDI file.
pub const ETUDE_HANDS_BY_NAMES: etude_hands_by = 1;
/// By two tracks or channels of a MIDI file, of which one lies higher.
pub const ETUDE_HANDS_BY_TRACKS: etude_hands_by = 2;
/// Only by where the notes of a MIDI file lie: a guess.
pub const ETUDE_HANDS_BY_SPLIT: etude_hands_by = 3;
/// By the outer of three or more staves, and where the notes of the inner ones lie.
pub const ETUDE_HANDS_BY_OUTER_STAVES: etude_hands_by = 4;

/// What was found in the file.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_import_info {
    /// sizeof(etude_import_info).
    pub struct_size: u32,
    /// Parts of a MusicXML file, taken or not; 0 of a MIDI file.
    pub parts: u32,
    /// Entries of the tempo map.
    pub tempo_changes: u32,
    /// How it is known which hand plays what.
    pub hands_by: etude_hands_by,
    /// Notes of the right hand.
    pub right_notes: u32,
    /// Notes of the left hand.
    pub left_notes: u32,
    /// How many of the right hand's notes are likely to be its own, in percent: 100 unless it is a guess.
    pub right_percent: u32,
    /// The same of the left hand's.
    pub left_percent: u32,
}

/// A part of a MusicXML file.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_part {
    /// sizeof(etude_part).
    pub struct_size: u32,
    /// Staves on which it has notes, or which it declares.
    pub staves: u32,
    /// Notes as written, those of repeats once.
    pub notes: u32,
    /// 1 if it is taken, otherwise 0.
    pub taken: u32,
    /// 1 if it is a keyboard's, otherwise 0.
    pub keyboard: u32,
    /// 0.
    pub reserved: u32,
}

/// One measure of the performed order.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_measure {
    /// sizeof(etude_measure).
    pub struct_size: u32,
    /// Index of the written measure: equal for all its passes.
    pub written: u32,
    /// Where it begins, in ticks. Negative for a pickup.
    pub onset_ticks: i64,
    /// How long it lasts, in ticks.
    pub duration_ticks: i64,
    /// Which time through this written measure, from 1.
    pub pass: u32,
    /// 0.
    pub reserved: u32,
}

/// From here on, a quarter lasts this long.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_tempo {
    /// sizeof(etude_tempo).
    pub struct_size: u32,
    /// Length of a quarter, in microseconds.
    pub micros_per_quarter: u32,
    /// Where it takes effect, in ticks.
    pub at_ticks: i64,
}

/// One of ETUDE_ROLL_*: how the chord of a note is rolled.
pub type etude_roll = i32;

/// No sign says so.
pub const ETUDE_ROLL_NONE: etude_roll = 0;
/// Rolled, upwards by custom.
pub const ETUDE_ROLL_EITHER: etude_roll = 1;
/// Rolled upwards.
pub const ETUDE_ROLL_UP: etude_roll = 2;
/// Rolled downwards.
pub const ETUDE_ROLL_DOWN: etude_roll = 3;
/// To be struck together.
pub const ETUDE_ROLL_TOGETHER: etude_roll = 4;

/// What the notation leaves to the player of one note.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_freedom {
    /// sizeof(etude_freedom).
    pub struct_size: u32,
    /// 1 if the note may be left out, otherwise 0.
    pub optional: u32,
    /// How its chord is rolled.
    pub roll: etude_roll,
    /// Notes of the same group are rolled as one; 0 where there is no roll.
    pub roll_group: u32,
    /// Until when its ornament may go on, in ticks; 0 if it has none.
    pub ornament_until_ticks: i64,
    /// Keys that may sound in an ornament, 0 to 63: bit 0 is key 0. 0 if it has none.
    pub ornament_keys_low: u64,
    /// Keys that may sound in an ornament, 64 to 127: bit 0 is key 64.
    pub ornament_keys_high: u64,
}

// SAFETY: repr(C), integers without padding (the C program in tests/ adds them up), struct_size first.
unsafe impl Sized32 for etude_import_options {
    const SIZE_MIN: u32 = 64;
}

// SAFETY: as above.
unsafe impl Sized32 for etude_import_info {
    const SIZE_MIN: u32 = 32;
}

// SAFETY: as above.
unsafe impl Sized32 for etude_part {
    const SIZE_MIN: u32 = 24;
}

// SAFETY: as above.
unsafe impl Sized32 for etude_measure {
    const SIZE_MIN: u32 = 32;
}

// SAFETY: as above.
unsafe impl Sized32 for etude_tempo {
    const SIZE_MIN: u32 = 16;
}

// SAFETY: as above.
unsafe impl Sized32 for etude_freedom {
    const SIZE_MIN: u32 = 40;
}

/// Reads a score as etude_score_new does, by the given options. `options` may be NULL for the defaults.
/// Free it with etude_score_free. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_import(
    data: *const u8,
    size: usize,
    options: *const etude_import_options,
    score: *mut *mut etude_score,
    detail: *mut c_char,
    detail_size: usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    let detail = unsafe { Detail::new(detail, detail_size) };
    firewall(detail, || {
        // SAFETY: the rules of the header.
        let (bytes, out) = unsafe { (array(data, size, "data")?, HandleOut::new(score, "score")?) };
        let options = match options.is_null() {
            true => Options::default(),
            // SAFETY: the rules of the header.
            false => unsafe { sized(options, "options") }?.parse()?,
        };
        let contents = Contents::told(import::score_with(bytes, &options)?);
        out.write(etude_score(Shared::new(contents)));
        Ok(())
    })
}

/// What was found in the file. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_import_info(
    score: *const etude_score,
    info: *mut etude_import_info,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe {
        struct_of(score, info, "info", |it| {
            let notes = |hand| it.score.notes().iter().filter(|note| note.hand == hand).count() as u32;
            Ok(etude_import_info {
                struct_size: 0,
                parts: it.parts.len() as u32,
                tempo_changes: it.score.tempo().changes().len() as u32,
                hands_by: match it.hands.source {
                    HandSource::Staves => ETUDE_HANDS_BY_STAVES,
                    HandSource::Names => ETUDE_HANDS_BY_NAMES,
                    HandSource::Tracks => ETUDE_HANDS_BY_TRACKS,
                    HandSource::Split => ETUDE_HANDS_BY_SPLIT,
                    HandSource::OuterStaves => ETUDE_HANDS_BY_OUTER_STAVES,
                },
                right_notes: notes(Hand::Right),
                left_notes: notes(Hand::Left),
                right_percent: u32::from(it.hands.right_percent),
                left_percent: u32::from(it.hands.left_percent),
            })
        })
    }
}

/// A part of the file. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_part(
    score: *const etude_score,
    index: u32,
    part: *mut etude_part,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe {
        struct_of(score, part, "part", |it| {
            let part = at(&it.parts, index)?;
            Ok(etude_part {
                struct_size: 0,
                staves: u32::from(part.staves),
                notes: part.notes,
                taken: u32::from(part.chosen),
                keyboard: u32::from(part.keyboard),
                reserved: 0,
            })
        })
    }
}

/// The name of a part; empty if the file gives none. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_part_name(
    score: *const etude_score,
    index: u32,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe {
        text_of(score, buffer, size, length, |it| Ok(at(&it.parts, index)?.name.clone().unwrap_or_default()))
    }
}

/// A measure. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_measure(
    score: *const etude_score,
    index: u32,
    measure: *mut etude_measure,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe {
        struct_of(score, measure, "measure", |it| {
            let measure = at(it.score.measures(), index)?;
            Ok(etude_measure {
                struct_size: 0,
                written: measure.written,
                onset_ticks: measure.onset.0,
                duration_ticks: measure.duration.0,
                pass: u32::from(measure.pass),
                reserved: 0,
            })
        })
    }
}

/// An entry of the tempo map, in order of place. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_tempo(
    score: *const etude_score,
    index: u32,
    tempo: *mut etude_tempo,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe {
        struct_of(score, tempo, "tempo", |it| {
            let change = at(it.score.tempo().changes(), index)?;
            Ok(etude_tempo {
                struct_size: 0,
                micros_per_quarter: change.micros_per_quarter,
                at_ticks: change.at.0,
            })
        })
    }
}

/// What the notation leaves to the player of a note. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_freedom(
    score: *const etude_score,
    note: u32,
    freedom: *mut etude_freedom,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe {
        struct_of(score, freedom, "freedom", |it| {
            let freedom = note_at(&it.score, note)?.freedom;
            let (mut low, mut high) = (0_u64, 0_u64);
            for key in freedom.ornament.iter().flat_map(|ornament| ornament.keys.keys()) {
                match key.number() {
                    key @ 0..64 => low |= 1 << key,
                    key => high |= 1 << (key - 64),
                }
            }
            Ok(etude_freedom {
                struct_size: 0,
                optional: u32::from(freedom.optional),
                roll: match freedom.roll.map(|roll| roll.direction) {
                    None => ETUDE_ROLL_NONE,
                    Some(RollDirection::Either) => ETUDE_ROLL_EITHER,
                    Some(RollDirection::Up) => ETUDE_ROLL_UP,
                    Some(RollDirection::Down) => ETUDE_ROLL_DOWN,
                    Some(RollDirection::Together) => ETUDE_ROLL_TOGETHER,
                },
                roll_group: freedom.roll.map_or(0, |roll| roll.group),
                ornament_until_ticks: freedom.ornament.as_ref().map_or(0, |ornament| ornament.until.0),
                ornament_keys_low: low,
                ornament_keys_high: high,
            })
        })
    }
}

/// The number printed at the measure that a warning is about; empty if it is about none. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_warning_measure(
    score: *const etude_score,
    index: u32,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe {
        text_of(score, buffer, size, length, |it| {
            Ok(at(&it.warnings, index)?.measure.clone().unwrap_or_default())
        })
    }
}

/// What a warning says, without its measure. [thread-safe]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_warning_reason(
    score: *const etude_score,
    index: u32,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe { text_of(score, buffer, size, length, |it| Ok(at(&it.warnings, index)?.reason.clone())) }
}

/// # Safety
/// The rules of the header.
pub(super) unsafe fn struct_of<T: Sized32>(
    score: *const etude_score,
    pointer: *mut T,
    name: &'static str,
    value: impl FnOnce(&Contents) -> Result<T, Failure>,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (score, out) = unsafe { (reference(score, "score")?, SizedOut::new(pointer, name)?) };
        score.0.read(|contents| {
            out.write(value(contents)?);
            Ok(())
        })
    })
}

impl Default for etude_import_options {
    fn default() -> Self {
        Self {
            struct_size: size_of::<Self>() as u32,
            parts: ETUDE_PARTS_PIANO,
            memory_bytes: 0,
            file_bytes: 0,
            inflated_bytes: 0,
            archive_entries: 0,
            xml_nodes: 0,
            parts_max: 0,
            measures: 0,
            notes: 0,
            midi_events: 0,
            warnings: 0,
            reserved: 0,
        }
    }
}

impl etude_import_options {
    fn parse(&self) -> Result<Options, Failure> {
        if self.reserved != 0 {
            return Err(Failure::new(ETUDE_ERROR_ARGUMENT, "reserved is not 0"));
        }
        let parts = match self.parts {
            ETUDE_PARTS_PIANO => PartChoice::Piano,
            ETUDE_PARTS_ALL => PartChoice::All,
            part => match usize::try_from(part) {
                Ok(part) => PartChoice::These(vec![PartKey::Index(part)]),
                Err(_) => return Err(Failure::new(ETUDE_ERROR_ARGUMENT, format!("there is no part {part}"))),
            },
        };
        let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let base = match self.memory_bytes {
            0 => Limits::default(),
            memory => Limits::within(bytes(memory)),
        };
        let or = |given: u64, base: usize| if given == 0 { base } else { bytes(given) };
        let limits = Limits {
            file_bytes: or(self.file_bytes, base.file_bytes),
            inflated_bytes: or(self.inflated_bytes, base.inflated_bytes),
            archive_entries: or(self.archive_entries.into(), base.archive_entries),
            xml_nodes: if self.xml_nodes == 0 { base.xml_nodes } else { self.xml_nodes },
            parts: or(self.parts_max.into(), base.parts),
            measures: or(self.measures.into(), base.measures),
            notes: or(self.notes.into(), base.notes),
            midi_events: or(self.midi_events.into(), base.midi_events),
            warnings: or(self.warnings.into(), base.warnings),
        };
        Ok(Options { limits, parts })
    }
}
