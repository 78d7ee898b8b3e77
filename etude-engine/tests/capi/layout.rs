//! Where every field of every struct lies: the same for C as for Rust, and as it was.

use std::fmt::Write as _;
use std::fs;
use std::mem::{align_of, offset_of, size_of};

use etude_engine::capi::client::*;
use etude_engine::capi::event::*;
use etude_engine::capi::import::*;
use etude_engine::capi::notation::*;
use etude_engine::capi::place::*;
use etude_engine::capi::record::*;
use etude_engine::capi::report::*;
use etude_engine::capi::score::*;
use etude_engine::capi::session::*;

use crate::toolchain::{compilers, root, succeed, temporary};

macro_rules! layout {
    ($($structure:ident { $($field:ident)* })*) => {{
        let mut text = String::new();
        $(
            writeln!(text, "STRUCT({}, {}, {})", stringify!($structure), size_of::<$structure>(), align_of::<$structure>())
                .expect("a string takes all");
            $(
                writeln!(text, "FIELD({}, {}, {})", stringify!($structure), stringify!($field), offset_of!($structure, $field))
                    .expect("a string takes all");
            )*
        )*
        text
    }};
}

/// The list is included by tests/c/layout.c, where the C compiler holds its own layout against it.
#[test]
fn the_layout_of_the_structs_is_frozen() {
    let layout = layout! {
        etude_score_info {
            struct_size notes measures warnings ticks_per_quarter reserved
        }
        etude_note {
            struct_size measure onset_ticks duration_ticks hand voice pass pitch staff grace ornamented articulations
        }
        etude_import_options {
            struct_size parts memory_bytes file_bytes inflated_bytes archive_entries xml_nodes parts_max measures notes midi_events warnings reserved
        }
        etude_import_info {
            struct_size parts tempo_changes hands_by right_notes left_notes right_percent left_percent
        }
        etude_part {
            struct_size staves notes taken keyboard reserved
        }
        etude_measure {
            struct_size written onset_ticks duration_ticks pass reserved
        }
        etude_tempo {
            struct_size micros_per_quarter at_ticks
        }
        etude_freedom {
            struct_size optional roll roll_group ornament_until_ticks ornament_keys_low ornament_keys_high
        }
        etude_mark {
            struct_size kind at_ticks measure staff dynamic level
        }
        etude_edge {
            struct_size kind from to
        }
        etude_event {
            at_us kind pitch velocity pedal playing position_uq micros_per_quarter reserved
        }
        etude_record {
            kind verdict event offset_us grade note from to pitch way reserved
        }
        etude_config {
            struct_size mode perfect_us good_us match_us tempo_percent reserved hands first_measure last_measure good_percent match_percent note_percent looping log_events
        }
        etude_session_state {
            struct_size ended events waiting
        }
        etude_tally {
            struct_size expected correct missed skipped wrong extra ornaments repeats perfect good early late reserved note_accuracy timing_accuracy combined
        }
        etude_output {
            kind refusal events local_digest official_digest recoverable reserved record
        }
        etude_client_state {
            struct_size ended events undelivered waiting wake_us
        }
        etude_place {
            struct_size measure position_uq ticks pass behind ahead micros_per_quarter moving reserved
        }
    };
    let header = fs::read_to_string(root().join("include/etude.h")).expect("include/etude.h");
    let fields =
        header.lines().filter(|line| line.starts_with("    ") && line.ends_with(';') && !line.contains(')'));
    assert_eq!(fields.count(), layout.matches("FIELD(").count(), "a field is not in the list above");
    let now = temporary("layout.def");
    fs::write(&now, &layout).expect("a file");
    assert!(
        layout == include_str!("../c/layout.def"),
        "etude-engine/tests/c/layout.def differs from {}; programs out there were compiled by it",
        now.display()
    );
}

#[test]
fn c_lays_the_structs_out_as_rust_does() {
    let source = root().join("etude-engine/tests/c/layout.c");
    for compiler in compilers() {
        for standard in ["c99", "c++11"] {
            let object = temporary(format!("layout_{standard}.o"));
            succeed(compiler.flags(standard).arg("-c").arg(&source).arg("-o").arg(object));
        }
    }
}
