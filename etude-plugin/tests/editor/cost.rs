//! What a frame costs: as much as there is to be seen, however long the piece.

use std::io::Write as _;

use etude_plugin::practice::{Command, PieceSource, TakeState};
use rustix::time::{ClockId, clock_gettime};

use crate::desk::Desk;

/// A MIDI file of so many notes, four to a quarter.
fn scale(notes: usize) -> Vec<u8> {
    let mut track = Vec::new();
    for index in 0..notes {
        let key = 36 + (index * 7 % 48) as u8;
        track.extend([0, 0x90, key, 80, 120, 0x80, key, 0]);
    }
    track.extend([0, 0xff, 0x2f, 0]);
    let mut file = b"MThd\0\0\0\x06\0\0\0\x01\x01\xe0MTrk".to_vec();
    file.extend((track.len() as u32).to_be_bytes());
    file.extend(track);
    file
}

/// Shapes in a frame while this many notes are open, and the thread's time for it in milliseconds.
fn frame(notes: usize) -> (usize, f64) {
    let mut file = tempfile::Builder::new().suffix(".mid").tempfile().unwrap();
    file.write_all(&scale(notes)).unwrap();
    let mut desk = Desk::new();
    desk.host.practice.send(Command::Open(PieceSource::File(file.path().to_owned())));
    let picture = desk.until(|picture| picture.take.state == TakeState::Ready);
    assert_eq!(picture.take.notes.len(), notes);
    let clock = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
    };
    const FRAMES: u32 = 100;
    let before = clock();
    for _ in 0..FRAMES {
        desk.editor.step();
        let output = desk.editor.output();
        desk.editor.ctx.tessellate(output.shapes.clone(), 1.0);
    }
    (desk.editor.output().shapes.len(), (clock() - before) / f64::from(FRAMES))
}

#[test]
fn a_frame_costs_what_is_to_be_seen_and_not_the_length_of_the_piece() {
    let (few, short) = frame(500);
    let (many, long) = frame(5_000);
    println!("a frame of 500 notes: {few} shapes, {short:.2} ms; of 5000: {many} shapes, {long:.2} ms");
    println!("at 60 Hz: {:.1} % of a core", long * 60.0 / 10.0);
    assert!(many <= few + few / 10, "{few} shapes with 500 notes, {many} with 5000");
}
