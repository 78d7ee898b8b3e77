//! Strokes to a Standard MIDI File.

use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};

use super::Performance;

/// Half a millisecond a tick.
const TICKS_PER_QUARTER: u16 = 1_000;
const MICROS_PER_QUARTER: u32 = 500_000;
const SUSTAIN: u8 = 64;

impl Performance {
    /// The bytes of the file: one track, one tick half a millisecond.
    pub fn midi(&self, title: &str) -> Vec<u8> {
        let tick = |micros: i64| micros.max(0) * i64::from(TICKS_PER_QUARTER) / i64::from(MICROS_PER_QUARTER);
        // At one tick keys go up before others go down, so that no stroke is cut off by its own predecessor.
        let mut events: Vec<(i64, u8, MidiMessage)> = Vec::new();
        for stroke in self.strokes.iter().filter(|stroke| !stroke.silent) {
            let key = u7::new(stroke.pitch);
            events.push((tick(stroke.down), 2, MidiMessage::NoteOn { key, vel: u7::new(stroke.velocity) }));
            let up = tick(stroke.up).max(tick(stroke.down) + 1);
            events.push((up, 0, MidiMessage::NoteOff { key, vel: u7::new(64) }));
        }
        for &(down, up) in &self.pedal {
            let pedal =
                |value| MidiMessage::Controller { controller: u7::new(SUSTAIN), value: u7::new(value) };
            events.push((tick(down), 1, pedal(127)));
            events.push((tick(up), 1, pedal(0)));
        }
        events.sort_by_key(|&(tick, order, message)| (tick, order, key_of(message)));

        let meta = |message| TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(message) };
        let mut track = vec![
            meta(MetaMessage::TrackName(title.as_bytes())),
            meta(MetaMessage::Tempo(u24::new(MICROS_PER_QUARTER))),
            TrackEvent {
                delta: u28::new(0),
                kind: TrackEventKind::Midi {
                    channel: u4::new(0),
                    message: MidiMessage::ProgramChange { program: u7::new(0) },
                },
            },
        ];
        let mut now = 0;
        for (tick, _, message) in events {
            let kind = TrackEventKind::Midi { channel: u4::new(0), message };
            track.push(TrackEvent { delta: u28::new((tick - now) as u32), kind });
            now = tick;
        }
        let rest = (tick(self.last_up().0) - now).max(0) as u32;
        track.push(TrackEvent { delta: u28::new(rest), kind: TrackEventKind::Meta(MetaMessage::EndOfTrack) });
        let header = Header::new(Format::SingleTrack, Timing::Metrical(u15::new(TICKS_PER_QUARTER)));
        let mut bytes = Vec::new();
        Smf { header, tracks: vec![track] }.write(&mut bytes).expect("a vector takes every byte");
        bytes
    }
}

fn key_of(message: MidiMessage) -> u8 {
    match message {
        MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => key.as_int(),
        _ => 0,
    }
}
