//! The tracks of a file as one stream of what matters here, in order of time.

use midly::{Format, Header, MetaMessage, MidiMessage, Timing, TrackEventKind};

use crate::import::{ImportError, Limits};

/// A file of type 0 or 1.
pub(super) struct File {
    pub(super) timing: Timing,
    /// All events in order of time; equal times in the order of the file.
    pub(super) events: Vec<TrackEvent>,
    /// Names of the tracks, where given.
    pub(super) names: Vec<Option<String>>,
    /// Tick of the last event of any kind.
    pub(super) end: i64,
    /// Of every kind, kept or not.
    events_read: usize,
}

pub(super) struct TrackEvent {
    pub(super) tick: i64,
    /// From 0.
    pub(super) track: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Velocity 0 was made a note-off, as these files mean it.
    NoteOn {
        channel: u8,
        key: u8,
        velocity: u8,
    },
    NoteOff {
        channel: u8,
        key: u8,
    },
    Pedal {
        value: u8,
    },
    Program {
        channel: u8,
        program: u8,
    },
    /// Microseconds per quarter.
    Tempo(u32),
    /// Beats, and the power of two that is the beat type.
    Time {
        beats: u8,
        beat_type: u8,
    },
}

impl File {
    pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Self, ImportError> {
        let bytes = unwrap_riff(bytes)?;
        check_chunks(bytes)?;
        let broken = |error: midly::Error| ImportError::Midi { track: None, reason: error.to_string() };
        let (Header { format, timing }, tracks) = midly::parse(bytes).map_err(broken)?;
        if format == Format::Sequential {
            let reason =
                "type 2 files (independent sequences) are not read; save it as type 0 or 1".to_owned();
            return Err(ImportError::Midi { track: None, reason });
        }
        if matches!(timing, Timing::Metrical(ticks) if ticks.as_int() == 0)
            || matches!(timing, Timing::Timecode(_, 0))
        {
            return Err(ImportError::Midi { track: None, reason: "its resolution is 0".to_owned() });
        }
        let mut file = Self { timing, events: Vec::new(), names: Vec::new(), end: 0, events_read: 0 };
        for (track, events) in tracks.enumerate() {
            file.read_track(track, events.map_err(broken)?, limits.midi_events)?;
        }
        file.events.sort_by_key(|event| (event.tick, event.track));
        Ok(file)
    }

    fn read_track(
        &mut self,
        track: usize,
        mut events: midly::EventIter<'_>,
        limit: usize,
    ) -> Result<(), ImportError> {
        let length = events.unread().len();
        let mut tick = 0_i64;
        let mut name = None;
        loop {
            let unread = events.unread().len();
            let event = match events.next() {
                Some(Ok(event)) => event,
                // The iterator also ends where it cannot go on.
                None if unread == 0 => break,
                _ => {
                    let reason = format!("damaged event at byte {} of the track", length - unread);
                    return Err(ImportError::Midi { track: Some(track + 1), reason });
                }
            };
            self.events_read += 1;
            if self.events_read > limit {
                return Err(ImportError::TooManyEvents { track: track + 1, limit });
            }
            // Deltas of 28 bits as often as a file can hold bytes stay far below the greatest number.
            tick += i64::from(event.delta.as_int());
            self.end = self.end.max(tick);
            if let TrackEventKind::Meta(MetaMessage::TrackName(text)) = event.kind {
                name = name.or_else(|| read_name(text));
            }
            if let Some(kind) = Kind::of(event.kind) {
                self.events.push(TrackEvent { tick, track, kind });
            }
        }
        self.names.push(name);
        Ok(())
    }
}

impl Kind {
    fn of(event: TrackEventKind<'_>) -> Option<Self> {
        match event {
            TrackEventKind::Midi { channel, message } => {
                let channel = channel.as_int();
                match message {
                    MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => {
                        Some(Self::NoteOn { channel, key: key.as_int(), velocity: vel.as_int() })
                    }
                    MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                        Some(Self::NoteOff { channel, key: key.as_int() })
                    }
                    MidiMessage::Controller { controller, value } if controller.as_int() == 64 => {
                        Some(Self::Pedal { value: value.as_int() })
                    }
                    MidiMessage::ProgramChange { program } => {
                        Some(Self::Program { channel, program: program.as_int() })
                    }
                    _ => None,
                }
            }
            TrackEventKind::Meta(MetaMessage::Tempo(tempo)) => Some(Self::Tempo(tempo.as_int())),
            TrackEventKind::Meta(MetaMessage::TimeSignature(beats, beat_type, ..)) => {
                Some(Self::Time { beats, beat_type })
            }
            _ => None,
        }
    }
}

/// Names are UTF-8 today, and were Latin-1.
fn read_name(bytes: &[u8]) -> Option<String> {
    const CHARS_MAX: usize = 80;
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.trim().chars().take(CHARS_MAX).collect(),
        Err(_) => bytes.iter().take(CHARS_MAX).map(|byte| char::from(*byte)).collect::<String>(),
    };
    let text = text.trim().trim_end_matches('\0').to_owned();
    Some(text).filter(|text| !text.is_empty())
}

/// Some programs wrap the file in RIFF, as its "data".
fn unwrap_riff(bytes: &[u8]) -> Result<&[u8], ImportError> {
    if bytes.starts_with(b"MThd") {
        return Ok(bytes);
    }
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((head, body)) = rest.split_at_checked(8) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if head.starts_with(b"data") {
            return Ok(&body[..length.min(body.len())]);
        }
        // Chunks begin at even places.
        rest = body.get(length.saturating_add(length & 1)..).unwrap_or_default();
    }
    Err(ImportError::Midi { track: None, reason: "the RIFF file holds no MIDI data".to_owned() })
}

/// The reader takes what it finds of a file that was cut off; half a take is not what the user meant. And it
/// cannot negate the frame rate -128.
fn check_chunks(bytes: &[u8]) -> Result<(), ImportError> {
    if bytes.get(12) == Some(&0x80) {
        return Err(ImportError::Midi {
            track: None,
            reason: "its frame rate is none that exists".to_owned(),
        });
    }
    let mut rest = bytes;
    let mut track = 0;
    while let Some((head, body)) = rest.split_at_checked(8) {
        if head.starts_with(b"MTrk") {
            track += 1;
        }
        let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let Some(after) = body.get(length..) else {
            let reason =
                format!("the file is cut off: {} of {length} bytes of a chunk are there", body.len());
            return Err(ImportError::Midi { track: (track > 0).then_some(track), reason });
        };
        rest = after;
    }
    Ok(())
}
