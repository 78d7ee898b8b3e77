//! Standard MIDI Files, as performance and as score.
#![allow(missing_docs)]

use etude_engine::import::{self, HandSource, ImportError, Imported};
use etude_engine::score::{Hand, NoteIndex};
use etude_engine::session::{Event, EventKind};

/// A file of the given type and division.
fn file(kind: u8, division: [u8; 2], tracks: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![b'M', b'T', b'h', b'd', 0, 0, 0, 6, 0, kind, 0, tracks.len() as u8];
    bytes.extend(division);
    for track in tracks {
        bytes.extend(b"MTrk");
        bytes.extend((track.len() as u32 + 4).to_be_bytes());
        bytes.extend(*track);
        bytes.extend([0, 0xFF, 0x2F, 0]);
    }
    bytes
}

/// 96 ticks a quarter.
const PPQ_96: [u8; 2] = [0, 96];

fn sketch(events: &[Event]) -> Vec<String> {
    let one = |event: &Event| match event.kind {
        EventKind::NoteOn { pitch, velocity } => {
            format!("{} on {} {}", event.at.0, pitch.number(), velocity.value())
        }
        EventKind::NoteOff { pitch } => format!("{} off {}", event.at.0, pitch.number()),
        EventKind::Pedal { value } => format!("{} pedal {}", event.at.0, value.value()),
        EventKind::End => format!("{} end", event.at.0),
        other => format!("{} {other:?}", event.at.0),
    };
    events.iter().map(one).collect()
}

#[test]
fn a_take_follows_the_files_tempo_over_all_tracks() {
    // 250 ms a quarter from the second quarter on; running status; velocity 0 is a note-off.
    let conductor = [96, 0xFF, 0x51, 3, 0x03, 0xD0, 0x90];
    let right = [0, 0x90, 60, 80, 96, 60, 0, 96, 64, 90, 0x60, 0x80, 64, 0];
    let left = [0, 0x91, 40, 70, 0x60, 0xB1, 64, 127, 0, 0xB1, 7, 100, 0x60, 0x81, 40, 64];
    let events = import::performance(&file(1, PPQ_96, &[&conductor, &right, &left])).unwrap();
    assert_eq!(
        sketch(&events),
        [
            "0 on 60 80",
            "0 on 40 70",
            "500000 off 60",
            "500000 pedal 127",
            "750000 on 64 90",
            "750000 off 40",
            "1000000 off 64",
            "1000000 end"
        ]
    );
}

#[test]
fn time_code_ignores_the_tempo() {
    // 25 frames of 40 parts: a tick is a millisecond.
    let track = [0, 0xFF, 0x51, 3, 0x03, 0xD0, 0x90, 10, 0x90, 60, 80, 0x64, 0x80, 60, 0];
    let events = import::performance(&file(0, [0xE7, 40], &[&track])).unwrap();
    assert_eq!(sketch(&events), ["10000 on 60 80", "110000 off 60", "110000 end"]);
    // 29.97 frames of 100 parts.
    let track = [0x87, 0x68, 0x90, 60, 80];
    let events = import::performance(&file(0, [0xE3, 100], &[&track])).unwrap();
    assert_eq!(sketch(&events), ["333666 on 60 80", "333666 end"]);
}

#[test]
fn thirds_of_a_microsecond_do_not_add_up() {
    // A million microseconds a quarter of 3 ticks.
    let mut track = vec![0, 0xFF, 0x51, 3, 0x0F, 0x42, 0x40];
    for _ in 0..300 {
        track.extend([1, 0x90, 60, 80]);
    }
    let events = import::performance(&file(0, [0, 3], &[&track])).unwrap();
    assert_eq!(events[299].at.0, 100_000_000);
}

#[test]
fn a_file_wrapped_in_riff_is_the_same() {
    let plain = file(0, PPQ_96, &[&[0, 0x90, 60, 80]]);
    let mut wrapped = b"RIFF\0\0\0\0RMIDdisp\x01\0\0\0x\0data".to_vec();
    wrapped.extend((plain.len() as u32).to_le_bytes());
    wrapped.extend(&plain);
    assert_eq!(import::performance(&wrapped), import::performance(&plain));
    assert!(matches!(import::performance(&wrapped[..22]), Err(ImportError::Midi { track: None, .. })));
}

#[test]
fn a_score_has_measures_hands_and_tempo() {
    // 3/4, two tracks, the lower one first.
    let conductor = [0, 0xFF, 0x58, 4, 3, 2, 24, 8, 0, 0xFF, 0x51, 3, 0x09, 0x27, 0xC0];
    let left = [0, 0x90, 40, 70, 0x60, 0x80, 40, 0];
    let right = [0x82, 0x20, 0x90, 72, 80, 0x60, 0x80, 72, 0];
    let imported = import::score(&file(1, PPQ_96, &[&conductor, &left, &right])).unwrap();
    let notes: Vec<(String, i64, i64, u32, Hand)> = imported
        .score
        .notes()
        .iter()
        .map(|note| (note.id.to_string(), note.onset.0, note.duration.0, note.measure, note.hand))
        .collect();
    assert_eq!(
        notes,
        [("n1-1".to_owned(), 0, 96, 0, Hand::Left), ("n2-1".to_owned(), 288, 96, 1, Hand::Right)]
    );
    assert_eq!(
        imported.score.tempo().micros_per_quarter_at(imported.score.note(NoteIndex(0)).onset),
        600_000
    );
    assert_eq!(imported.warnings, []);
}

#[test]
fn other_instruments_stay_out() {
    let piano = [0, 0x90, 59, 70, 0, 60, 70, 0x60, 59, 0, 0, 60, 0];
    let flute = [0, 0xFF, 0x03, 5, b'F', b'l', b'u', b't', b'e', 0, 0xC1, 73, 0, 0x91, 80, 70, 0x60, 80, 0];
    let drums = [0, 0x99, 36, 70];
    let imported = import::score(&file(1, PPQ_96, &[&piano, &flute, &drums])).unwrap();
    let pitches: Vec<u8> = imported.score.notes().iter().map(|note| note.pitch.number()).collect();
    assert_eq!(pitches, [59, 60]);
    let warnings: Vec<String> = imported.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings[..2],
        [
            "1 notes on the drum channel were left out",
            "only the keyboard's tracks are taken; left out: \"Flute\""
        ]
    );
}

#[test]
fn a_note_that_never_ends_ends_with_the_file() {
    let imported = import::score(&file(0, PPQ_96, &[&[0, 0x90, 60, 70, 0x60, 0xB0, 64, 0]])).unwrap();
    assert_eq!(imported.score.note(NoteIndex(0)).duration.0, 96);
    assert!(told(&imported, "1 notes never end"));
    // Of a key struck again, the first ends there, and the note-off is the second's.
    let twice = [0, 0x90, 60, 70, 0x60, 60, 70, 0x60, 0x90, 64, 70, 0x60, 64, 0];
    let imported = import::score(&file(0, PPQ_96, &[&twice])).unwrap();
    assert_eq!(lengths(&imported), [(60, 0, 96), (60, 96, 192), (64, 192, 96)]);
}

#[test]
fn errors_say_what_is_wrong() {
    let good = file(0, PPQ_96, &[&[0, 0x90, 60, 70, 0x60, 0x80, 60, 0]]);
    let error = |bytes: &[u8]| import::performance(bytes).unwrap_err().to_string();
    assert_eq!(
        error(&good[..good.len() - 5]),
        "MIDI track 1: the file is cut off: 7 of 12 bytes of a chunk are there"
    );
    assert_eq!(import::performance(b"<a/>"), Err(ImportError::NotMidi));
    assert_eq!(import::performance(&file(0, PPQ_96, &[&[]])), Err(ImportError::NoNotes));
    assert_eq!(error(&file(0, [0, 0], &[&[0, 0x90, 60, 70]])), "MIDI file: its resolution is 0");
    assert_eq!(error(&file(0, [0x80, 0], &[&[]])), "MIDI file: its frame rate is none that exists");
    assert!(error(&file(2, PPQ_96, &[&[0, 0x90, 60, 70]])).contains("type 2"));
    let mut damaged = good.clone();
    damaged[26] = 0xF4;
    assert!(error(&damaged).starts_with("MIDI track 1: damaged event at byte "));
    // A delta of 2^28 ticks of 16 seconds each.
    let late = [0, 0xFF, 0x51, 3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 0x90, 60, 70];
    assert_eq!(import::performance(&file(0, [0, 1], &[&late])), Err(ImportError::TooLong));
    assert!(import::score(&file(0, [0, 1], &[&late])).is_err());
}

fn told(imported: &Imported, part: &str) -> bool {
    imported.warnings.iter().any(|warning| warning.reason.contains(part))
}

/// Key, onset and length.
fn lengths(imported: &Imported) -> Vec<(u8, i64, i64)> {
    imported.score.notes().iter().map(|note| (note.pitch.number(), note.onset.0, note.duration.0)).collect()
}

fn hands(imported: &Imported) -> String {
    let letter = |hand| if hand == Hand::Right { 'R' } else { 'L' };
    imported.score.notes().iter().map(|note| letter(note.hand)).collect()
}

/// A track with a name that plays one key.
fn named(name: &[u8], channel: u8, key: u8) -> Vec<u8> {
    let mut track = vec![0, 0xFF, 0x03, name.len() as u8];
    track.extend(name);
    track.extend([0, 0x90 | channel, key, 70, 0x60, 0x80 | channel, key, 0]);
    track
}

#[test]
fn a_note_without_length_is_a_tick_long() {
    let imported =
        import::score(&file(0, PPQ_96, &[&[0, 0x90, 60, 70, 0, 60, 0, 0x60, 62, 70, 0x60, 62, 0]])).unwrap();
    assert_eq!(lengths(&imported), [(60, 0, 1), (62, 96, 96)]);
    assert!(told(&imported, "1 notes have no length"));
}

#[test]
fn a_key_struck_again_at_the_tick_of_its_note_off_goes_on() {
    // The file has the new note-on before the old note-off.
    let track = [0, 0x90, 60, 70, 0x60, 60, 70, 0, 60, 0, 0x60, 60, 0];
    let imported = import::score(&file(0, PPQ_96, &[&track])).unwrap();
    assert_eq!(lengths(&imported), [(60, 0, 96), (60, 96, 96)]);
}

#[test]
fn names_of_tracks_tell_the_hands_in_many_languages() {
    let names: [(&[u8], &[u8]); 8] = [
        (b"Piano (right hand)", b"Piano (left hand)"),
        (b"RH", b"LH"),
        (b"Upper", b"Lower"),
        (b"M.D.", b"M.G."),
        (b"Klavier, rechts", b"Klavier, links"),
        (b"main droite", b"main gauche"),
        (b"Mano destra", b"Mano sinistra"),
        (b"Right", b"Piano"),
    ];
    for (right, left) in names {
        // The left hand lies higher here: the name counts.
        let tracks = [named(right, 0, 50), named(left, 1, 70)];
        let imported = import::score(&file(1, PPQ_96, &[&tracks[0], &tracks[1]])).unwrap();
        assert_eq!(imported.hands.source, HandSource::Names, "{}", String::from_utf8_lossy(right));
        assert_eq!(hands(&imported), "RL");
        assert_eq!((imported.hands.right_percent, imported.hands.left_percent), (100, 100));
    }
    // "Bright" and "Brahms" speak of no hand.
    let tracks = [named(b"Bright", 0, 50), named(b"Brahms", 1, 70)];
    let imported = import::score(&file(1, PPQ_96, &[&tracks[0], &tracks[1]])).unwrap();
    assert_eq!((imported.hands.source, &*hands(&imported)), (HandSource::Tracks, "LR"));
}

#[test]
fn two_channels_of_one_track_are_the_hands() {
    let track = [0, 0x90, 40, 70, 0, 0x91, 80, 70, 0x60, 0x80, 40, 0, 0, 0x81, 80, 0];
    let imported = import::score(&file(0, PPQ_96, &[&track])).unwrap();
    assert_eq!((imported.hands.source, &*hands(&imported)), (HandSource::Tracks, "LR"));
}

/// One track with eighths; at each the given keys are struck and held for one.
fn eighths(chords: &[&[u8]]) -> Vec<u8> {
    let mut track = Vec::new();
    for keys in chords {
        for (command, rest) in [(0x90, 0), (0x80, 48)] {
            for (number, key) in keys.iter().enumerate() {
                track.extend([if number == 0 { rest } else { 0 }, command, *key, 64]);
            }
        }
    }
    track
}

#[test]
fn one_track_is_divided_by_where_the_hands_are() {
    // Both hands above middle C: an Alberti bass from E5, a melody two octaves higher.
    let high: [&[u8]; 8] = [&[64, 88], &[71], &[67, 86], &[71], &[64, 84], &[71], &[67, 83], &[71]];
    let imported = import::score(&file(0, PPQ_96, &[&eighths(&high)])).unwrap();
    assert_eq!((imported.hands.source, &*hands(&imported)), (HandSource::Split, "LRLLRLLRLLRL"));
    // Both below: octaves, and a melody in the tenor.
    let low: [&[u8]; 6] = [&[28, 40, 55], &[57], &[28, 40, 59], &[57], &[26, 38, 54], &[55]];
    let imported = import::score(&file(0, PPQ_96, &[&eighths(&low)])).unwrap();
    assert_eq!(hands(&imported), "LLRRLLRRLLRR");
    assert!(told(&imported, "does not say which hand"));
    let sure = imported.hands;
    assert!((50..100).contains(&sure.left_percent) && (50..100).contains(&sure.right_percent), "{sure:?}");
}

#[test]
fn seconds_are_kept_exactly_where_a_file_counts_frames() {
    // 25 frames of 40 parts: a quarter at 60 a minute is 1000 ticks.
    let track = [0x87, 0x68, 0x90, 60, 80, 0x87, 0x68, 60, 0];
    let imported = import::score(&file(0, [0xE7, 40], &[&track])).unwrap();
    let micros = |imported: &Imported| {
        let score = &imported.score;
        let onsets = score.notes().iter().map(|note| note.onset);
        score.tempo().micros_of(onsets, score.ticks_per_quarter())[0].0
    };
    assert_eq!((imported.score.ticks_per_quarter(), micros(&imported)), (1000, 1_000_000));
    assert!(told(&imported, "counts seconds, not beats"));
    // Of 29.97 frames a second, 30 last 1.001 seconds: 1000 ticks of 100 a frame.
    let imported = import::score(&file(0, [0xE3, 100], &[&track])).unwrap();
    assert_eq!(micros(&imported), 333_666);
}

#[test]
fn a_file_that_goes_on_after_its_music_has_no_empty_measures() {
    let track = [0, 0x90, 60, 70, 0x60, 60, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0xB0, 7, 100];
    let imported = import::score(&file(0, PPQ_96, &[&track])).unwrap();
    assert_eq!(imported.score.measures().len(), 1);
}

#[test]
fn a_recording_is_told_to_be_one() {
    // 64 notes at 480 a quarter: on the eighth, and then a prime number of ticks apart.
    let notes = |delta: u8, rest: u8| -> Vec<u8> {
        (0..64_u8).flat_map(|i| [rest, 0x90, 60 + i % 5, 70, delta, 60 + i % 5, 0]).collect()
    };
    let written = import::score(&file(0, [1, 0xE0], &[&notes(120, 120)])).unwrap();
    assert!(!told(&written, "recording"));
    let played = import::score(&file(0, [1, 0xE0], &[&notes(101, 26)])).unwrap();
    assert!(told(&played, "recording"));
}

#[test]
fn a_track_that_changes_its_instrument_is_taken_in_part() {
    let track = [0, 0xC0, 0, 0, 0x90, 60, 70, 0x60, 60, 0, 0, 0xC0, 40, 0, 0x90, 62, 70, 0x60, 62, 0];
    let imported = import::score(&file(0, PPQ_96, &[&track])).unwrap();
    assert_eq!(lengths(&imported), [(60, 0, 96)]);
    assert!(told(&imported, "1 notes of a track that changes its instrument"));
}

#[test]
fn system_exclusive_and_unknown_chunks_are_passed_over() {
    let track = [0, 0xF0, 5, 0x7E, 0x7F, 9, 1, 0xF7, 0, 0x90, 60, 70, 0, 0xF7, 1, 0xFE, 0x60, 0x80, 60, 0];
    let mut bytes = file(0, PPQ_96, &[&track]);
    let mut chunk = b"XFIH\0\0\0\x03abc".to_vec();
    chunk.extend(bytes.split_off(14));
    bytes.extend(chunk);
    assert_eq!(lengths(&import::score(&bytes).unwrap()), [(60, 0, 96)]);
}
