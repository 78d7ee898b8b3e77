//! The entry points that hosts look for. The framework's macros write them, `unsafe` and undocumented.
#![allow(unsafe_code, missing_docs, clippy::undocumented_unsafe_blocks)]

use nice_plug::{nice_export_clap, nice_export_vst3};

use super::Etude;
use super::variant::{Fx, Instrument, InstrumentVst3, Note};

nice_export_clap!(Etude<Instrument>, Etude<Fx>, Etude<Note>);
nice_export_vst3!(Etude<InstrumentVst3>, Etude<Fx>, Etude<Note>);
