//! CLAP, by clack-host.

use std::time::Instant;

use clack_host::events::event_types::{MidiEvent, NoteOffEvent, NoteOnEvent};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{Pckn, UnknownEvent};
use clack_host::prelude::*;
use etude_engine::session::EventKind;

use super::{Args, Audio, EVENTS_PER_BLOCK, Error, RATE, perform, try_instances};

struct Host;
struct Shared;

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

pub(super) fn run(args: &Args) -> Result<bool, Error> {
    let info = HostInfo::new("Etude's tests", "Etude", "https://example.com", "1")?;
    let started = Instant::now();
    // SAFETY: the file is a CLAP plugin, which is what a host can know.
    let entry = unsafe { PluginEntry::load(&args.plugin)? };
    let factory = entry.get_plugin_factory().ok_or("it has no plugin factory")?;
    let ids: Vec<String> = factory
        .plugin_descriptors()
        .filter_map(|plugin| Some(plugin.id()?.to_string_lossy().into_owned()))
        .collect();
    let id = std::ffi::CString::new(args.which.as_str())?;
    let make = || PluginInstance::<Host>::new(|_| Shared, |_| (), &entry, &id, &info);
    let mut instance = make()?;
    println!("scanned {ids:?} and loaded in {} ms", started.elapsed().as_millis());
    try_instances(args.instances, || make().map(drop).map_err(Into::into))?;

    let config = PluginAudioConfiguration {
        sample_rate: RATE,
        min_frames_count: args.block,
        max_frames_count: args.block,
    };
    let processor = instance.activate(|_, ()| (), config)?;
    // It is given back by a ring, which the sealed thread may use.
    let (give, mut back) = rtrb::RingBuffer::new(1);
    let audio = Processor::new(processor, args.block, give);
    let same = perform(audio, args, block)?;
    instance.deactivate(back.pop().map_err(|_| "the audio thread did not stop")?);
    Ok(same)
}

struct Processor {
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

    fn process(&mut self, block: Option<&EventBuffer>) -> bool {
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
        if started.process(&audio_in, &mut audio_out, &events_in, &mut events_out, None, None).is_err() {
            return false;
        }
        // The framework hands MIDI controllers on as such, and notes as notes: byte for byte what went in.
        let heard = &self.heard;
        input.len() == heard.len() && input.iter().zip(heard.iter()).all(|(a, b)| is_same(a, b))
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

fn block(events: &[(u32, EventKind)]) -> EventBuffer {
    let mut buffer = EventBuffer::new();
    for (at, kind) in events {
        push(&mut buffer, *at, *kind);
    }
    buffer
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
