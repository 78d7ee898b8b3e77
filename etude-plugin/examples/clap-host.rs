//! A CLAP host without a screen: plays a MIDI file into a plugin and checks what comes out.
//!
//! ```text
//! clap-host PLUGIN.clap ID PERFORMANCE.mid [--block 256] [--instances 1]
//! ```
//!
//! Processes silence in real time until a line comes on standard input, plays the file as fast as twenty times real time, then
//! some seconds of silence, and processes on until standard input closes. Prints how long loading took, and whether all
//! notes and controllers came out as they went in, at the same samples. The tests and `cargo xtask prove hosts` run it.
#![allow(unsafe_code)]

use std::io::BufRead as _;
use std::process::ExitCode;
use std::sync::mpsc::{self, TryRecvError};
use std::time::{Duration, Instant};

use clack_host::events::event_types::{MidiEvent, NoteOffEvent, NoteOnEvent};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{Pckn, UnknownEvent};
use clack_host::prelude::*;
use clap::Parser;
use etude_engine::import;
use etude_engine::session::EventKind;

const RATE: f64 = 48_000.0;
/// So many times faster than real time is the file played.
const SPEED: f64 = 20.0;
/// The shortest sleep.
const NAP: Duration = Duration::from_millis(2);
/// Silence after it.
const SILENCE_SECONDS: f64 = 5.0;

/// Play a MIDI file into a CLAP plugin.
#[derive(Parser)]
struct Args {
    /// The plugin's file.
    plugin: std::path::PathBuf,
    /// Which of its plugins.
    id: String,
    /// The performance: a Standard MIDI File.
    performance: std::path::PathBuf,
    /// Samples in a block.
    #[arg(long, default_value = "256")]
    block: u32,
    /// Make and destroy so many instances first.
    #[arg(long, default_value = "0")]
    instances: u32,
}

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

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("clap-host: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<bool, Box<dyn std::error::Error>> {
    let played = performance(&std::fs::read(&args.performance)?)?;
    let info = HostInfo::new("Etude's tests", "Etude", "https://example.com", "1")?;
    let started = Instant::now();
    // SAFETY: the file is a CLAP plugin, which is what a host can know.
    let entry = unsafe { PluginEntry::load(&args.plugin)? };
    let factory = entry.get_plugin_factory().ok_or("it has no plugin factory")?;
    let ids: Vec<String> = factory
        .plugin_descriptors()
        .filter_map(|plugin| Some(plugin.id()?.to_string_lossy().into_owned()))
        .collect();
    let id = std::ffi::CString::new(args.id.as_str())?;
    let make = || PluginInstance::<Host>::new(|_| Shared, |_| (), &entry, &id, &info);
    let mut instance = make()?;
    println!("scanned {ids:?} and loaded in {} ms", started.elapsed().as_millis());
    let started = Instant::now();
    for _ in 0..args.instances {
        drop(make()?);
    }
    println!("made and dropped {} instances in {} ms", args.instances, started.elapsed().as_millis());

    let config = PluginAudioConfiguration {
        sample_rate: RATE,
        min_frames_count: args.block,
        max_frames_count: args.block,
    };
    let processor = instance.activate(|_, ()| (), config)?;
    println!("ready");
    let processor = std::thread::scope(|scope| {
        let audio = scope.spawn(move || -> Result<_, String> {
            let mut player =
                Player::new(processor.start_processing().map_err(|e| e.to_string())?, args.block);
            let same = player.perform(&played)?;
            Ok((player.processor.stop_processing(), same))
        });
        audio.join().expect("the audio thread does not panic")
    });
    let (processor, same) = processor?;
    instance.deactivate(processor);
    println!("{}", if same { "all came out as it went in" } else { "what came out is not what went in" });
    Ok(same)
}

/// The file's notes and pedals with their samples.
fn performance(file: &[u8]) -> Result<Vec<(u64, EventKind)>, import::ImportError> {
    let events = import::performance(file)?.into_iter().filter(|event| event.kind != EventKind::End);
    Ok(events.map(|event| ((event.at.0 as f64 * RATE / 1e6).round() as u64, event.kind)).collect())
}

struct Player {
    processor: StartedPluginAudioProcessor<Host>,
    block: u32,
    audio: [Vec<f32>; 2],
    output: [Vec<f32>; 2],
    sample: u64,
    /// When the next block is due.
    due: Instant,
}

impl Player {
    fn new(processor: StartedPluginAudioProcessor<Host>, block: u32) -> Self {
        let silence = || [vec![0.0; block as usize], vec![0.0; block as usize]];
        Self { processor, block, audio: silence(), output: silence(), sample: 0, due: Instant::now() }
    }

    fn perform(&mut self, played: &[(u64, EventKind)]) -> Result<bool, String> {
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines() {
                if line.is_err() || tell.send(()).is_err() {
                    break;
                }
            }
        });
        while let Err(TryRecvError::Empty) = told.try_recv() {
            self.process(&EventBuffer::new(), 1.0)?;
        }
        let start = self.sample;
        let (mut left, mut same) = (played, true);
        while !left.is_empty() {
            let end = self.sample + u64::from(self.block);
            let now = left.partition_point(|(at, _)| start + at < end);
            let mut input = EventBuffer::new();
            for (at, kind) in &left[..now] {
                push(&mut input, (start + at - self.sample) as u32, *kind);
            }
            let output = self.process(&input, SPEED)?;
            // The framework hands MIDI controllers on as such, and notes as notes: byte for byte what went in.
            let kept =
                input.len() == output.len() && input.iter().zip(output.iter()).all(|(a, b)| is_same(a, b));
            same &= kept;
            left = &left[now..];
        }
        for _ in 0..(SILENCE_SECONDS * RATE / f64::from(self.block)) as u32 {
            self.process(&EventBuffer::new(), SPEED)?;
        }
        println!("played");
        while let Ok(()) | Err(TryRecvError::Empty) = told.try_recv() {
            self.process(&EventBuffer::new(), 1.0)?;
        }
        Ok(same)
    }

    fn process(&mut self, input: &EventBuffer, speed: f64) -> Result<EventBuffer, String> {
        let mut output = EventBuffer::new();
        let mut input_ports = AudioPorts::with_capacity(2, 1);
        let mut output_ports = AudioPorts::with_capacity(2, 1);
        let audio_in = input_ports.with_input_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(
                self.audio.iter_mut().map(|channel| InputChannel::constant(channel.as_mut_slice())),
            ),
        }]);
        let mut audio_out = output_ports.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(self.output.iter_mut().map(Vec::as_mut_slice)),
        }]);
        let (events_in, mut events_out) = (input.as_input(), output.as_output());
        self.processor
            .process(&audio_in, &mut audio_out, &events_in, &mut events_out, None, None)
            .map_err(|error| error.to_string())?;
        self.sample += u64::from(self.block);
        // Short sleeps take longer than asked for: they are saved up.
        self.due += Duration::from_secs_f64(f64::from(self.block) / RATE / speed);
        let early = self.due.saturating_duration_since(Instant::now());
        if early > NAP {
            std::thread::sleep(early);
        }
        Ok(output)
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
