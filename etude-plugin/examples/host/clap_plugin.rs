//! CLAP, by clack-host.

use std::ffi::CString;
use std::io::Cursor;
use std::path::Path;

use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::events::event_types::{MidiEvent, NoteOffEvent, NoteOnEvent, TransportEvent, TransportFlags};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{EventFlags, EventHeader, Pckn, UnknownEvent};
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, SecondsTime};
use etude_engine::session::EventKind;

use super::plugin::{Audio, EVENTS_PER_BLOCK, Error, Plugin, Setup, Transport};

pub(crate) struct Host;
pub(crate) struct Shared;

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {}
    fn request_process(&self) {}
    fn request_callback(&self) {}
}

impl HostHandlers for Host {
    type Shared<'a> = Shared;
    type MainThread<'a> = ();
    type AudioProcessor<'a> = ();
}

/// A file of CLAP plugins.
pub(crate) struct File {
    entry: PluginEntry,
    info: HostInfo,
    pub(crate) ids: Vec<String>,
}

impl File {
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        let info = HostInfo::new("Etude's tests", "Etude", "https://example.com", "1")?;
        // SAFETY: the file is a CLAP plugin, which is what a host can know.
        let entry = unsafe { PluginEntry::load(path)? };
        let factory = entry.get_plugin_factory().ok_or("it has no plugin factory")?;
        let ids = factory
            .plugin_descriptors()
            .filter_map(|plugin| Some(plugin.id()?.to_string_lossy().into_owned()))
            .collect();
        Ok(Self { entry, info, ids })
    }

    pub(crate) fn make(&self, id: &str) -> Result<Clap, Error> {
        let id = CString::new(id)?;
        let instance = PluginInstance::new(|_| Shared, |_| (), &self.entry, &id, &self.info)?;
        Ok(Clap { instance, back: None })
    }
}

/// An instance.
pub(crate) struct Clap {
    instance: PluginInstance<Host>,
    /// Where the audio thread gives its part back: a ring, which a sealed thread may use.
    back: Option<rtrb::Consumer<StoppedPluginAudioProcessor<Host>>>,
}

impl Plugin for Clap {
    type Audio = Processor;

    fn load(&mut self, state: &[u8]) -> bool {
        let plugin = self.instance.plugin_handle();
        let extension = plugin.get_extension::<PluginState>();
        extension.is_some_and(|extension| extension.load(&plugin, &mut Cursor::new(state)).is_ok())
    }

    fn save(&mut self) -> Result<Vec<u8>, Error> {
        let plugin = self.instance.plugin_handle();
        let mut state = Vec::new();
        let extension = plugin.get_extension::<PluginState>().ok_or("it has no state")?;
        extension.save(&plugin, &mut state)?;
        Ok(state)
    }

    fn activate(&mut self, setup: Setup) -> Result<Processor, Error> {
        let plugin = self.instance.plugin_handle();
        if let Some(render) = plugin.get_extension::<PluginRender>() {
            let mode = if setup.offline { RenderMode::Offline } else { RenderMode::Realtime };
            render.set(&plugin, mode)?;
        }
        let config = PluginAudioConfiguration {
            sample_rate: setup.rate,
            min_frames_count: setup.block,
            max_frames_count: setup.block,
        };
        let processor = self.instance.activate(|_, ()| (), config)?;
        let (give, back) = rtrb::RingBuffer::new(1);
        self.back = Some(back);
        Ok(Processor::new(processor, setup.block, give))
    }

    fn block(&self, events: &[(u32, EventKind)]) -> EventBuffer {
        let mut buffer = EventBuffer::new();
        for (at, kind) in events {
            push(&mut buffer, *at, *kind);
        }
        buffer
    }

    fn deactivate(&mut self) -> Result<(), Error> {
        let stopped = self.back.take().and_then(|mut back| back.pop().ok());
        self.instance.deactivate(stopped.ok_or("the audio thread did not stop")?);
        Ok(())
    }
}

pub(crate) struct Processor {
    state: Option<PluginAudioProcessor<Host>>,
    give: rtrb::Producer<StoppedPluginAudioProcessor<Host>>,
    inputs: AudioPorts,
    outputs: AudioPorts,
    input: [Vec<f32>; 2],
    output: [Vec<f32>; 2],
    nothing: EventBuffer,
    heard: EventBuffer,
}

impl Processor {
    fn new(
        processor: StoppedPluginAudioProcessor<Host>,
        block: u32,
        give: rtrb::Producer<StoppedPluginAudioProcessor<Host>>,
    ) -> Self {
        let silence = || [vec![0.0; block as usize], vec![0.0; block as usize]];
        Self {
            state: Some(processor.into()),
            give,
            inputs: AudioPorts::with_capacity(2, 1),
            outputs: AudioPorts::with_capacity(2, 1),
            input: silence(),
            output: silence(),
            nothing: EventBuffer::new(),
            heard: EventBuffer::with_capacity(EVENTS_PER_BLOCK),
        }
    }
}

impl Audio for Processor {
    type Block = EventBuffer;

    fn process(&mut self, block: Option<&EventBuffer>, transport: Option<Transport>) -> bool {
        let input = block.unwrap_or(&self.nothing);
        self.heard.clear();
        let audio_in = self.inputs.with_input_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                self.input.iter_mut().map(|channel| InputChannel::constant(channel.as_mut_slice())),
            ),
        }]);
        let mut audio_out = self.outputs.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(self.output.iter_mut().map(Vec::as_mut_slice)),
        }]);
        let (events_in, mut events_out) = (input.as_input(), self.heard.as_output());
        let Some(Ok(started)) = self.state.as_mut().map(PluginAudioProcessor::ensure_processing_started)
        else {
            return false;
        };
        let transport = transport.map(Transport::event);
        let processed =
            started.process(&audio_in, &mut audio_out, &events_in, &mut events_out, None, transport.as_ref());
        processed.is_ok()
    }

    fn passed_on(&self, block: Option<&EventBuffer>) -> bool {
        // The framework hands MIDI controllers on as such, and notes as notes: byte for byte what went in.
        let (input, heard) = (block.unwrap_or(&self.nothing), &self.heard);
        input.len() == heard.len() && input.iter().zip(heard.iter()).all(|(a, b)| is_same(a, b))
    }

    fn reset(&mut self) {
        if let Some(state) = &mut self.state {
            state.ensure_processing_stopped();
            state.reset();
        }
    }

    fn stop(mut self) {
        if let Some(state) = self.state.take() {
            // There is room for one.
            let _ = self.give.push(state.into_stopped());
        }
        // Freeing calls the system.
        std::mem::forget(self);
    }
}

impl Transport {
    fn event(self) -> TransportEvent {
        let mut flags = TransportFlags::HAS_TEMPO | TransportFlags::HAS_BEATS_TIMELINE;
        flags.set(TransportFlags::IS_PLAYING, self.playing);
        TransportEvent {
            header: EventHeader::new_core(0, EventFlags::empty()),
            flags,
            song_pos_beats: BeatTime::from_float(self.quarters),
            song_pos_seconds: SecondsTime::from_int(0),
            tempo: self.tempo,
            tempo_inc: 0.0,
            loop_start_beats: BeatTime::from_int(0),
            loop_end_beats: BeatTime::from_int(0),
            loop_start_seconds: SecondsTime::from_int(0),
            loop_end_seconds: SecondsTime::from_int(0),
            bar_start: BeatTime::from_int(0),
            bar_number: 0,
            time_signature_numerator: 4,
            time_signature_denominator: 4,
        }
    }
}

fn push(buffer: &mut EventBuffer, at: u32, kind: EventKind) {
    let note = |pitch: u8| Pckn::new(0u16, 0u16, u16::from(pitch), u32::MAX);
    match kind {
        EventKind::NoteOn { pitch, velocity } => {
            let velocity = f64::from(velocity.value()) / 127.0;
            buffer.push(&NoteOnEvent::new(at, note(pitch.number()), velocity));
        }
        EventKind::NoteOff { pitch } => buffer.push(&NoteOffEvent::new(at, note(pitch.number()), 0.0)),
        EventKind::Pedal { value } => buffer.push(&MidiEvent::new(at, 0, [0xb0, 64, value.value()])),
        EventKind::Transport { .. } | EventKind::Tick | EventKind::End => {}
    }
}

fn is_same(one: &UnknownEvent, other: &UnknownEvent) -> bool {
    use CoreEventSpace::{Midi, NoteOff, NoteOn};
    if one.header().time() != other.header().time() {
        return false;
    }
    match (one.as_core_event(), other.as_core_event()) {
        (Some(NoteOn(a)), Some(NoteOn(b))) => {
            a.key() == b.key() && (a.velocity() - b.velocity()).abs() < 1e-6
        }
        (Some(NoteOff(a)), Some(NoteOff(b))) => a.key() == b.key(),
        (Some(Midi(a)), Some(Midi(b))) => a.data() == b.data(),
        _ => false,
    }
}
