//! Etude as a program of its own: the plugin with JACK, ALSA, CoreAudio or WASAPI in the place of a host.
//!
//! `etude --help` tells how to choose the audio and the MIDI input; an empty name lists what there is.

use std::process::ExitCode;
use std::time::Duration;

use etude_plugin::editor;
use etude_plugin::plugin::Etude;
use etude_plugin::plugin::variant::Instrument;

/// How often the window is looked after.
const LOOK: Duration = Duration::from_millis(100);
/// So long the audio has to end once the window is closed.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    std::thread::spawn(end_with_the_window);
    if nice_plug::prelude::nice_export_standalone::<Etude<Instrument>>() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A closed window is the end, also where the audio does not come to one: nice-plug 0.4.2 waits for a block that a JACK server
/// which has gone never asks for, and libjack 1.9.21 can wait for itself when a client is closed while its processing ends.
fn end_with_the_window() {
    while !editor::is_any_open() {
        std::thread::sleep(LOOK);
    }
    while editor::is_any_open() {
        std::thread::sleep(LOOK);
    }
    std::thread::sleep(PATIENCE);
    std::process::exit(0);
}
