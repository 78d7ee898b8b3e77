//! The plugins: what a host loads. Glue between nice-plug and [`Capture`] and [`Practice`], and nothing else.
//!
//! One binary holds three plugins, which differ in the audio they carry and so in where a host lets them stand; see
//! [`variant`]. All pass on what comes in, note for note and sample for sample.
//!
//! Loading, scanning, restoring a project, bypassing, rendering and opening the editor open no socket. The only thing that
//! does is [`Command::Join`](crate::practice::Command::Join), which a user gives.

mod export;
mod params;
pub mod variant;

use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::sync::Arc;

use etude_engine::session::EventKind;
use etude_engine::units::{Pitch, Velocity};
use nice_plug::context::PluginApi;
use nice_plug::prelude::*;

use crate::capture::{Capture, SampleRate, Transport};
use crate::editor;
use crate::practice::{JOIN_VARIABLE, Practice};
use params::EtudeParams;
use variant::Variant;

/// Events of one block that are taken without a new allocation by the framework: more than any host sends.
const EVENTS_PER_BLOCK: usize = 16_384;
/// The sustain pedal's controller.
const SUSTAIN: u8 = control_change::DAMPER_PEDAL;

/// Etude in a host, with the audio of a variant.
pub struct Etude<V: Variant> {
    practice: Practice,
    capture: Capture,
    params: Arc<EtudeParams>,
    hears: bool,
    variant: PhantomData<V>,
}

impl<V: Variant> Default for Etude<V> {
    fn default() -> Self {
        let (practice, capture) = Practice::new();
        let params = Arc::new(EtudeParams::new(practice.clone()));
        Self { practice, capture, params, hears: true, variant: PhantomData }
    }
}

impl<V: Variant> Plugin for Etude<V> {
    const NAME: &'static str = V::NAME;
    const VENDOR: &'static str = "Etude";
    const URL: &'static str = env!("CARGO_PKG_REPOSITORY");
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] = V::LAYOUTS;
    const MIDI_INPUT: MidiConfig = V::MIDI;
    const MIDI_OUTPUT: MidiConfig = V::MIDI;
    const INPUT_EVENT_CAPACITY: usize = EVENTS_PER_BLOCK;

    type Editor = editor::Editor;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.params.clone()
    }

    fn editor(&mut self, _async_executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        Some(editor::Editor::new(self.practice.clone(), self.params.editor.clone()))
    }

    fn activate(
        &mut self,
        _audio_io_layout: &AudioIOLayout,
        buffer_config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        self.capture.set_rate(SampleRate::new(buffer_config.sample_rate));
        // What is rendered was played before: it is no take, unless the environment says that this host only renders. In VST3
        // nice-plug 0.4.2 tells the mode of the activation before: after a bounce it would be deaf to the player.
        let mode_is_known = context.plugin_api() != PluginApi::Vst3;
        let renders = mode_is_known && buffer_config.process_mode == ProcessMode::Offline;
        self.hears = !renders || std::env::var_os(JOIN_VARIABLE).is_some();
        self.practice.host_is_ready();
        true
    }

    fn process(
        &mut self,
        buffer: &mut Buffer<'_>,
        _aux: &mut AuxiliaryBuffers<'_>,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        if V::IS_INSTRUMENT {
            // Nobody else writes to the output of an instrument.
            for channel in buffer.as_slice() {
                channel.fill(0.0);
            }
        }
        let transport = match context.plugin_api() {
            // Its transport rolls from the start and goes nowhere.
            PluginApi::Standalone => None,
            _ => {
                let transport = context.transport();
                Transport::new(transport.playing, transport.pos_beats(), transport.tempo)
            }
        };
        self.capture.begin_block(transport);
        while let Some(event) = context.next_event() {
            if let Some(kind) = played(&event).filter(|_| self.hears) {
                self.capture.event(event.timing(), kind);
            }
            // A host without a note output has nothing that could be passed on to.
            let _ = context.try_send_event(event);
        }
        self.capture.end_block(buffer.samples() as u32);
        // An instrument that sleeps hears no time pass, and a take's end is silence.
        ProcessStatus::KeepAlive
    }
}

/// What the judge wants to know of the event.
fn played(event: &NoteEvent<()>) -> Option<EventKind> {
    match *event {
        NoteEvent::NoteOn { key, velocity, .. } => {
            Some(EventKind::NoteOn { pitch: Pitch::new(key.number()?)?, velocity: seven_bits(velocity) })
        }
        NoteEvent::NoteOff { key, .. } => Some(EventKind::NoteOff { pitch: Pitch::new(key.number()?)? }),
        NoteEvent::MidiCC { cc: SUSTAIN, value, .. } => Some(EventKind::Pedal { value: seven_bits(value) }),
        _ => None,
    }
}

/// Hosts give MIDI's 0 to 127 as 0 to 1.
fn seven_bits(value: f32) -> Velocity {
    // The cast takes what is not a number for 0.
    Velocity::new((value.clamp(0.0, 1.0) * 127.0).round() as u8).expect("it was clamped")
}

const STEREO: Option<NonZeroU32> = NonZeroU32::new(2);
