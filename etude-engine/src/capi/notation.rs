//! Notation
//!
//! What else the page says: marks of expression, how notes are touched, and where a player may go on
//! otherwise than in performed order. No verdict depends on the marks.
//!
//! ```c
//! etude_mark mark = ETUDE_MARK_INIT;
//! for (uint32_t i = 0; etude_score_mark(score, i, &mark) == ETUDE_OK; i++) {
//!     if (mark.kind == ETUDE_MARK_PEDAL_DOWN) {
//!         printf("pedal at tick %lld\n", (long long)mark.at_ticks);
//!     }
//! }
//! ```

use crate::capi::firewall::firewall;
use crate::capi::import::struct_of;
use crate::capi::memory::{Detail, Out, Sized32, reference};
use crate::capi::score::{at, etude_score, note_at};
use crate::capi::status::etude_status;
use crate::score::marks::{Dynamic, MarkKind};
use crate::score::{EdgeKind, NoteIndex};

/// Bits of etude_note.articulations: staccato, a dot.
pub const ETUDE_ARTICULATION_STACCATO: u32 = 1;
/// Staccatissimo or spiccato, a wedge.
pub const ETUDE_ARTICULATION_STACCATISSIMO: u32 = 2;
/// Tenuto, a line.
pub const ETUDE_ARTICULATION_TENUTO: u32 = 4;
/// Portato, a line and a dot.
pub const ETUDE_ARTICULATION_PORTATO: u32 = 8;
/// Accent, a wedge lying on its side.
pub const ETUDE_ARTICULATION_ACCENT: u32 = 16;
/// Marcato, a wedge standing up.
pub const ETUDE_ARTICULATION_MARCATO: u32 = 32;
/// Stressed.
pub const ETUDE_ARTICULATION_STRESS: u32 = 64;
/// Unstressed.
pub const ETUDE_ARTICULATION_UNSTRESS: u32 = 128;
/// A fermata stands on the note.
pub const ETUDE_ARTICULATION_FERMATA: u32 = 256;
/// A breath mark or a caesura follows the note.
pub const ETUDE_ARTICULATION_BREATH: u32 = 512;
/// Left to ring on.
pub const ETUDE_ARTICULATION_LET_RING: u32 = 1024;

/// One of ETUDE_MARK_*.
pub type etude_mark_kind = i32;

/// A dynamic: dynamic, level.
pub const ETUDE_MARK_DYNAMIC: etude_mark_kind = 1;
/// A crescendo hairpin opens.
pub const ETUDE_MARK_CRESCENDO: etude_mark_kind = 2;
/// A diminuendo hairpin opens.
pub const ETUDE_MARK_DIMINUENDO: etude_mark_kind = 3;
/// A hairpin ends.
pub const ETUDE_MARK_HAIRPIN_END: etude_mark_kind = 4;
/// The damper pedal goes down.
pub const ETUDE_MARK_PEDAL_DOWN: etude_mark_kind = 5;
/// The damper pedal goes up and down again.
pub const ETUDE_MARK_PEDAL_CHANGE: etude_mark_kind = 6;
/// The damper pedal goes up.
pub const ETUDE_MARK_PEDAL_UP: etude_mark_kind = 7;
/// The sostenuto pedal goes down.
pub const ETUDE_MARK_SOSTENUTO_DOWN: etude_mark_kind = 8;
/// The sostenuto pedal goes up.
pub const ETUDE_MARK_SOSTENUTO_UP: etude_mark_kind = 9;
/// A fermata on a note, a rest or a bar line.
pub const ETUDE_MARK_FERMATA: etude_mark_kind = 10;
/// A breath mark, after the note that begins here.
pub const ETUDE_MARK_BREATH: etude_mark_kind = 11;
/// A caesura, after the note that begins here.
pub const ETUDE_MARK_CAESURA: etude_mark_kind = 12;

/// One of ETUDE_DYNAMIC_*.
pub type etude_dynamic = i32;

/// The mark is no dynamic.
pub const ETUDE_DYNAMIC_NONE: etude_dynamic = 0;
/// Pianissimo and softer: level is how many p, 2 to 6.
pub const ETUDE_DYNAMIC_PP: etude_dynamic = 1;
/// Piano.
pub const ETUDE_DYNAMIC_P: etude_dynamic = 2;
/// Mezzo-piano.
pub const ETUDE_DYNAMIC_MP: etude_dynamic = 3;
/// Mezzo-forte.
pub const ETUDE_DYNAMIC_MF: etude_dynamic = 4;
/// Forte.
pub const ETUDE_DYNAMIC_F: etude_dynamic = 5;
/// Fortissimo and louder: level is how many f, 2 to 6.
pub const ETUDE_DYNAMIC_FF: etude_dynamic = 6;
/// An accent: sf, sfz, fz, rf and the like.
pub const ETUDE_DYNAMIC_SFORZATO: etude_dynamic = 7;
/// Loud, then at once soft: fp and the like.
pub const ETUDE_DYNAMIC_FORTEPIANO: etude_dynamic = 8;
/// Niente.
pub const ETUDE_DYNAMIC_NIENTE: etude_dynamic = 9;

/// A mark of expression.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_mark {
    /// sizeof(etude_mark).
    pub struct_size: u32,
    /// What it says.
    pub kind: etude_mark_kind,
    /// Where it takes effect, in ticks.
    pub at_ticks: i64,
    /// Index of the measure it stands in.
    pub measure: u32,
    /// Staff it stands on, from 1.
    pub staff: u32,
    /// Which dynamic.
    pub dynamic: etude_dynamic,
    /// How many letters a dynamic has; 0 where it makes no difference.
    pub level: u32,
}

/// One of ETUDE_EDGE_*: which liberty is taken.
pub type etude_edge_kind = i32;

/// A repeat is not taken, or once less.
pub const ETUDE_EDGE_REPEAT_SKIPPED: etude_edge_kind = 1;
/// A repeat is taken once more than the performed order has it.
pub const ETUDE_EDGE_REPEAT_ADDED: etude_edge_kind = 2;
/// A D.C., D.S., To Coda or Fine that the performed order obeys is passed by.
pub const ETUDE_EDGE_JUMP_SKIPPED: etude_edge_kind = 3;
/// A jump is made earlier than the performed order makes it.
pub const ETUDE_EDGE_JUMP_EARLY: etude_edge_kind = 4;

/// In place of the index of a measure: none.
pub const ETUDE_NO_MEASURE: u32 = 0xFFFF_FFFF;

/// Where the page allows to go on otherwise than with the next measure of the performed order.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etude_edge {
    /// sizeof(etude_edge).
    pub struct_size: u32,
    /// Which liberty is taken.
    pub kind: etude_edge_kind,
    /// Index of the measure at whose end the player may leave.
    pub from: u32,
    /// Index of the measure at whose beginning the player goes on; ETUDE_NO_MEASURE if the piece may end.
    pub to: u32,
}

// SAFETY: repr(C), integers without padding (the C program in tests/ adds them up), struct_size first.
unsafe impl Sized32 for etude_mark {
    const SIZE_MIN: u32 = 32;
}

// SAFETY: as above.
unsafe impl Sized32 for etude_edge {
    const SIZE_MIN: u32 = 16;
}

/// A mark, in order of place; ETUDE_ERROR_INDEX beyond the last. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_mark(
    score: *const etude_score,
    index: u32,
    mark: *mut etude_mark,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe {
        struct_of(score, mark, "mark", |it| {
            let mark = at(it.score.marks(), index)?;
            let (dynamic, level) = match mark.kind {
                MarkKind::Dynamic(dynamic) => dynamic_of(dynamic),
                _ => (ETUDE_DYNAMIC_NONE, 0),
            };
            Ok(etude_mark {
                struct_size: 0,
                kind: match mark.kind {
                    MarkKind::Dynamic(_) => ETUDE_MARK_DYNAMIC,
                    MarkKind::Crescendo => ETUDE_MARK_CRESCENDO,
                    MarkKind::Diminuendo => ETUDE_MARK_DIMINUENDO,
                    MarkKind::HairpinEnd => ETUDE_MARK_HAIRPIN_END,
                    MarkKind::PedalDown => ETUDE_MARK_PEDAL_DOWN,
                    MarkKind::PedalChange => ETUDE_MARK_PEDAL_CHANGE,
                    MarkKind::PedalUp => ETUDE_MARK_PEDAL_UP,
                    MarkKind::SostenutoDown => ETUDE_MARK_SOSTENUTO_DOWN,
                    MarkKind::SostenutoUp => ETUDE_MARK_SOSTENUTO_UP,
                    MarkKind::Fermata => ETUDE_MARK_FERMATA,
                    MarkKind::Breath => ETUDE_MARK_BREATH,
                    MarkKind::Caesura => ETUDE_MARK_CAESURA,
                },
                at_ticks: mark.at.0,
                measure: mark.measure,
                staff: u32::from(mark.staff),
                dynamic,
                level,
            })
        })
    }
}

/// An alternative to the performed order, by the measure it leaves; ETUDE_ERROR_INDEX beyond the last.
/// [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_edge(
    score: *const etude_score,
    index: u32,
    edge: *mut etude_edge,
) -> etude_status {
    // SAFETY: the rules of the header.
    unsafe {
        struct_of(score, edge, "edge", |it| {
            let edge = at(it.score.edges(), index)?;
            Ok(etude_edge {
                struct_size: 0,
                kind: match edge.kind {
                    EdgeKind::RepeatSkipped => ETUDE_EDGE_REPEAT_SKIPPED,
                    EdgeKind::RepeatAdded => ETUDE_EDGE_REPEAT_ADDED,
                    EdgeKind::JumpSkipped => ETUDE_EDGE_JUMP_SKIPPED,
                    EdgeKind::JumpEarly => ETUDE_EDGE_JUMP_EARLY,
                },
                from: edge.from,
                to: edge.to.unwrap_or(ETUDE_NO_MEASURE),
            })
        })
    }
}

/// The note that stands for this one and all in unison with it: one stroke of the key plays them all. It is the
/// first of them, and itself where there is no other. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etude_score_unison(
    score: *const etude_score,
    note: u32,
    first: *mut u32,
) -> etude_status {
    firewall(Detail::NONE, || {
        // SAFETY: the rules of the header.
        let (score, out) = unsafe { (reference(score, "score")?, Out::new(first, "first")?) };
        score.0.read(|it| {
            note_at(&it.score, note)?;
            out.write(it.score.unison(NoteIndex(note)).0);
            Ok(())
        })
    })
}

fn dynamic_of(dynamic: Dynamic) -> (etude_dynamic, u32) {
    match dynamic {
        Dynamic::Pp(level) => (ETUDE_DYNAMIC_PP, u32::from(level)),
        Dynamic::P => (ETUDE_DYNAMIC_P, 0),
        Dynamic::Mp => (ETUDE_DYNAMIC_MP, 0),
        Dynamic::Mf => (ETUDE_DYNAMIC_MF, 0),
        Dynamic::F => (ETUDE_DYNAMIC_F, 0),
        Dynamic::Ff(level) => (ETUDE_DYNAMIC_FF, u32::from(level)),
        Dynamic::Sforzato => (ETUDE_DYNAMIC_SFORZATO, 0),
        Dynamic::Fortepiano => (ETUDE_DYNAMIC_FORTEPIANO, 0),
        Dynamic::Niente => (ETUDE_DYNAMIC_NIENTE, 0),
    }
}
