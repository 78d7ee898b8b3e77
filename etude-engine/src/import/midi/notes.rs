//! The notes of a file: where each ends, and which of them a pianist plays.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::tracks::{File, Kind};
use crate::import::warnings::Warnings;
use crate::units::Pitch;

/// The channel that plays drums, counted from 0.
const DRUMS: u8 = 9;
/// MIDI has sixteen.
const CHANNELS: usize = 16;
/// Programs 0 to 7 are keyboards.
const KEYBOARD_PROGRAMS: u8 = 8;

/// A voice of the file: one channel of one track, both counted from 0.
pub(super) type Line = (usize, u8);

pub(super) struct Note {
    pub(super) line: Line,
    pub(super) onset: i64,
    pub(super) end: i64,
    pub(super) pitch: Pitch,
    /// Whether the program in force is a keyboard's, or none.
    keyboard: bool,
}

/// Pairs each note-on with the next note-off of its key; of keys struck again while down, the first ends first.
/// In order of onset.
pub(super) fn read(file: &File, warnings: &mut Warnings) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let mut down: BTreeMap<(Line, u8), VecDeque<usize>> = BTreeMap::new();
    let mut is_keyboard = [true; CHANNELS];
    let mut drums = 0;
    for event in &file.events {
        match event.kind {
            Kind::NoteOn { channel: DRUMS, .. } => drums += 1,
            Kind::NoteOn { channel, key, .. } => {
                let Some(pitch) = Pitch::new(key) else { continue };
                let line = (event.track, channel);
                down.entry((line, key)).or_default().push_back(notes.len());
                let keyboard = is_keyboard[usize::from(channel) % CHANNELS];
                notes.push(Note { line, onset: event.tick, end: event.tick, pitch, keyboard });
            }
            Kind::NoteOff { channel, key } => {
                let first = down.get_mut(&((event.track, channel), key)).and_then(VecDeque::pop_front);
                if let Some(note) = first {
                    notes[note].end = event.tick;
                }
            }
            Kind::Program { channel, program } => {
                is_keyboard[usize::from(channel) % CHANNELS] = program < KEYBOARD_PROGRAMS;
            }
            _ => {}
        }
    }
    let mut hanging = vec![false; notes.len()];
    let mut hang = 0;
    for note in down.into_values().flatten() {
        hanging[note] = true;
        hang += 1;
    }
    let mut brief = 0;
    for (note, _) in notes.iter_mut().zip(&hanging).filter(|(note, hangs)| note.end == note.onset && !**hangs)
    {
        note.end += 1;
        brief += 1;
    }
    if brief > 0 {
        warnings.add(None, format!("{brief} notes have no length; they were made one tick long"));
    }
    if hang > 0 {
        let reason = "were ended where their key is struck again, or with the file";
        warnings.add(None, format!("{hang} notes never end; they {reason}"));
        end(&mut notes, &hanging, file.end);
    }
    if drums > 0 {
        warnings.add(None, format!("{drums} notes on the drum channel were left out"));
    }
    notes
}

/// Ends what no note-off ended.
fn end(notes: &mut [Note], hanging: &[bool], file_end: i64) {
    let mut next: BTreeMap<(Line, Pitch), i64> = BTreeMap::new();
    for (note, hangs) in notes.iter_mut().zip(hanging).rev() {
        let key = (note.line, note.pitch);
        if *hangs {
            let after = next.get(&key).copied().filter(|next| *next > note.onset);
            note.end = after.unwrap_or(file_end).max(note.onset + 1);
        }
        next.insert(key, note.onset);
    }
}

/// Keeps the notes with a keyboard's program, or with none; all if there is no such note.
pub(super) fn choose(notes: Vec<Note>, file: &File, warnings: &mut Warnings) -> Vec<Note> {
    let kept = notes.iter().filter(|note| note.keyboard).count();
    if kept == 0 || kept == notes.len() {
        return notes;
    }
    let lines = |keyboard: bool| -> BTreeSet<Line> {
        notes.iter().filter(|note| note.keyboard == keyboard).map(|note| note.line).collect()
    };
    let taken = lines(true);
    let others: Vec<String> = lines(false)
        .difference(&taken)
        .map(|&(track, channel)| match &file.names[track] {
            Some(name) => format!("{name:?}"),
            None => format!("track {}, channel {}", track + 1, channel + 1),
        })
        .collect();
    let mixed = notes.iter().filter(|note| !note.keyboard && taken.contains(&note.line)).count();
    if !others.is_empty() {
        warnings.add(None, format!("only the keyboard's tracks are taken; left out: {}", others.join(", ")));
    }
    if mixed > 0 {
        warnings.add(None, format!("{mixed} notes of a track that changes its instrument were left out"));
    }
    notes.into_iter().filter(|note| note.keyboard).collect()
}
