//! Playing: the audio thread, and the director that tells it what to play.

use std::io::BufRead as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::{Duration, Instant};

use etude_engine::import;
use etude_engine::session::EventKind;
use etude_engine::units::{Pitch, Velocity};

use super::plugin::{Audio, Error, Plugin, Setup};
use super::seal::{self, Gate, Pace};
use super::timeline::Timeline;
use super::{Args, resident};

const RATE: f64 = 48_000.0;
/// So many times faster than real time is the file played.
const SPEED: f64 = 20.0;
/// Blocks become due so often: short sleeps take longer than asked for.
const NAP: Duration = Duration::from_millis(2);
/// Silence after it.
const SILENCE_SECONDS: f64 = 5.0;
/// What an unkind host activates a plugin for, one after the other: samples a second, and whether offline.
const UNRULY: [(f64, bool); 4] = [(48_000.0, false), (44_100.0, false), (96_000.0, false), (48_000.0, true)];
/// The part of a long run after which memory is what it will be.
const SETTLED: f64 = 0.1;

/// What the audio thread is told to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Silence,
    /// Process the next block of the piece, or silence after its last.
    Piece,
    /// Forget what was.
    Reset,
    /// Begin the piece anew.
    Again,
    Stop,
}

impl From<Order> for u8 {
    fn from(order: Order) -> u8 {
        order as u8
    }
}

/// What is played: blocks with their events, or silence.
type Music<P> = Arc<[Option<<<P as Plugin>::Audio as Audio>::Block>]>;

/// Plays what is to be played, as standard input says. False if something came out wrong.
pub(crate) fn perform<P: Plugin>(plugin: &mut P, args: &Args) -> Result<bool, Error> {
    let mut events = blocks(&performance(&args.performance)?, args.block);
    if args.flood > 0 {
        events.push(flood(args.flood));
    }
    let told = lines();
    let mut same = true;
    let stages = if args.unruly { &UNRULY[..] } else { &UNRULY[..1] };
    // Each stage has its part of the piece.
    let part = events.len().div_ceil(stages.len());
    for (stage, events) in stages.iter().zip(events.chunks(part)) {
        let setup = Setup { rate: stage.0, block: args.block, offline: stage.1 };
        let audio = plugin.activate(setup)?;
        let music: Music<P> =
            events.iter().map(|events| (!events.is_empty()).then(|| plugin.block(events))).collect();
        same &= play(plugin, audio, args, music, &told)?;
        plugin.deactivate()?;
    }
    Ok(same)
}

fn play<P: Plugin>(
    plugin: &mut P,
    audio: P::Audio,
    args: &Args,
    music: Music<P>,
    told: &Receiver<()>,
) -> Result<bool, Error> {
    let silence = (SILENCE_SECONDS * RATE / f64::from(args.block)) as usize;
    let length = music.len() + silence;
    let timeline = args.unruly.then(|| Timeline::new(f64::from(args.block) / RATE));
    let (pace, gate) = seal::pace()?;
    let audio = std::thread::Builder::new()
        .name("audio".to_owned())
        .spawn(move || process(audio, &music, timeline, gate))?;
    let mut director = Director { pace, block: args.block, due: Instant::now() };
    println!("ready");
    while let Err(TryRecvError::Empty) = told.try_recv() {
        director.order(Order::Silence, 1.0)?;
    }
    match args.minutes {
        Some(minutes) => again_and_again(plugin, &mut director, args, minutes, length)?,
        None => {
            for block in 0..length {
                director.order(Order::Piece, SPEED)?;
                if args.unruly && block % 200 == 199 {
                    director.order(Order::Reset, SPEED)?;
                }
            }
        }
    }
    println!("played");
    while let Ok(()) | Err(TryRecvError::Empty) = told.try_recv() {
        director.order(Order::Silence, 1.0)?;
    }
    director.order(Order::Stop, SPEED)?;
    Ok(director.pace.finish(audio))
}

/// Plays the piece over and over, and tells what memory it took.
fn again_and_again(
    plugin: &mut impl Plugin,
    director: &mut Director,
    args: &Args,
    minutes: f64,
    length: usize,
) -> Result<(), Error> {
    let state = args.state.last().map(std::fs::read).transpose()?;
    let blocks = (minutes * 60.0 * RATE / f64::from(args.block)) as usize;
    let (mut settled, started) = (None, Instant::now());
    for block in 0..blocks {
        if block % length == 0 {
            director.order(Order::Again, SPEED)?;
            if state.as_ref().is_some_and(|state| !plugin.load(state)) {
                return Err("it refuses its state".into());
            }
        }
        director.order(Order::Piece, SPEED)?;
        if settled.is_none() && block as f64 >= blocks as f64 * SETTLED {
            settled = Some(resident());
        }
    }
    let (settled, end) = (settled.unwrap_or_default() >> 10, resident() >> 10);
    println!(
        "played {minutes} minutes in {} s: {settled} KB after {}, {end} KB at the end, grown by {} KB",
        started.elapsed().as_secs(),
        minutes * SETTLED,
        end.saturating_sub(settled)
    );
    Ok(())
}

/// The audio thread.
fn process<A: Audio>(
    mut audio: A,
    music: &[Option<A::Block>],
    mut timeline: Option<Timeline>,
    mut gate: Gate,
) {
    gate.seal();
    let (mut next, mut same) = (0, true);
    loop {
        let order = gate.wait();
        let block = if order == u8::from(Order::Silence) {
            None
        } else if order == u8::from(Order::Piece) {
            next += 1;
            music.get(next - 1).and_then(Option::as_ref)
        } else if order == u8::from(Order::Again) {
            next = 0;
            continue;
        } else if order == u8::from(Order::Reset) {
            audio.reset();
            continue;
        } else {
            break;
        };
        same &= audio.process(block, timeline.as_mut().map(Timeline::next)) && audio.passed_on(block);
    }
    audio.stop();
    gate.leave(same);
}

/// The file's notes and pedals with their samples.
fn performance(path: &Path) -> Result<Vec<(u64, EventKind)>, Error> {
    let events = import::performance(&std::fs::read(path)?)?.into_iter();
    let events = events.filter(|event| event.kind != EventKind::End);
    Ok(events.map(|event| ((event.at.0 as f64 * RATE / 1e6).round() as u64, event.kind)).collect())
}

/// The same in blocks of so many samples, each event with its place in its block.
fn blocks(played: &[(u64, EventKind)], samples: u32) -> Vec<Vec<(u32, EventKind)>> {
    let last = played.last().map_or(0, |(at, _)| at / u64::from(samples));
    let mut blocks = vec![Vec::new(); last as usize + 1];
    for (at, kind) in played {
        let place = (at % u64::from(samples)) as u32;
        blocks[(at / u64::from(samples)) as usize].push((place, *kind));
    }
    blocks
}

/// More notes at once than there are keys.
fn flood(notes: u32) -> Vec<(u32, EventKind)> {
    let note = |n: u32| {
        let pitch = Pitch::new((n % 128) as u8).expect("it is below 128");
        (0, EventKind::NoteOn { pitch, velocity: Velocity::new(64).expect("it is below 128") })
    };
    (0..notes).map(note).collect()
}

/// A word for each line of standard input.
fn lines() -> Receiver<()> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || tell.send(()).is_err() {
                break;
            }
        }
    });
    told
}

/// Has blocks processed in time.
struct Director {
    pace: Pace,
    block: u32,
    /// When the next block is due.
    due: Instant,
}

impl Director {
    fn order(&mut self, order: Order, speed: f64) -> Result<(), Error> {
        self.pace.order(order.into())?;
        if matches!(order, Order::Silence | Order::Piece) {
            self.due += Duration::from_secs_f64(f64::from(self.block) / RATE / speed);
        }
        let early = self.due.saturating_duration_since(Instant::now());
        if early > NAP {
            std::thread::sleep(early);
        }
        Ok(())
    }
}
