//! The least a plugin can be: silence, and notes passed on. `cargo xtask bench plugin` measures Etude beside it.
#![allow(unsafe_code, missing_docs, clippy::undocumented_unsafe_blocks)] // The framework's macros write the entry points.

use std::num::NonZeroU32;
use std::sync::Arc;

use nice_plug::prelude::*;

#[derive(Default)]
struct PassThrough(Arc<Nothing>);

#[derive(Default, Params)]
struct Nothing {}

impl Plugin for PassThrough {
    const NAME: &'static str = "Pass-through";
    const VENDOR: &'static str = "Etude";
    const URL: &'static str = env!("CARGO_PKG_REPOSITORY");
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    // All as the instrument of Etude has it.
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] =
        &[AudioIOLayout { main_output_channels: NonZeroU32::new(2), ..AudioIOLayout::const_default() }];
    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    const MIDI_OUTPUT: MidiConfig = MidiConfig::MidiCCs;
    const INPUT_EVENT_CAPACITY: usize = 16_384;

    type Editor = ();
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.0.clone()
    }

    fn process(
        &mut self,
        buffer: &mut Buffer<'_>,
        _aux: &mut AuxiliaryBuffers<'_>,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        for channel in buffer.as_slice() {
            channel.fill(0.0);
        }
        while let Some(event) = context.next_event() {
            let _ = context.try_send_event(event);
        }
        ProcessStatus::KeepAlive
    }
}

impl ClapPlugin for PassThrough {
    const CLAP_ID: &'static str = "practice.etude.pass-through";
    const CLAP_DESCRIPTION: Option<&'static str> = None;
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] = &[ClapFeature::Instrument, ClapFeature::Stereo];
}

nice_export_clap!(PassThrough);
