//! Etude as a program of its own: the plugin with JACK, ALSA, CoreAudio or WASAPI in the place of a host.
//!
//! `etude --help` tells how to choose the audio and the MIDI input; an empty name lists what there is.

use std::process::ExitCode;

use etude_plugin::plugin::Etude;
use etude_plugin::plugin::variant::Instrument;

fn main() -> ExitCode {
    if nice_plug::prelude::nice_export_standalone::<Etude<Instrument>>() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
