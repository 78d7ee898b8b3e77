//! Whether the block in which a note is struck has the note's verdict.

use std::collections::HashSet;
use std::sync::Arc;

use etude_engine::judge::Record;
use etude_engine::session::{Config, EventKind, Seq};
use etude_plugin::capture::{SampleRate, Take, TakeNumber, capture};
use etude_plugin::practice::{Piece, PieceSource};

use super::plugin::Error;
use super::{BLOCK, RATE, piece};

/// Prints how many have. Whether all have.
pub(crate) fn measure() -> Result<bool, Error> {
    let score = Piece::open(PieceSource::Bundled(piece::PIECE.to_owned()))?.score;
    let (mut capture, mut desk) = capture();
    capture.set_rate(SampleRate::new(RATE as f32));
    let take = Take::new(TakeNumber(1), Arc::clone(&score), Config::default(), false)?;
    desk.order(Some(Box::new(take)));
    let (mut struck, mut told, mut seq) = (0, 0, 0);
    for block in piece::blocks()? {
        capture.begin_block(None);
        for (offset, kind) in block {
            capture.event(offset, kind);
        }
        let mut answered = HashSet::<Seq>::new();
        while let Some(judged) = desk.next_record() {
            if let Record::Played { event, .. } = judged.record {
                answered.insert(event);
            }
        }
        while let Some(captured) = desk.next_event() {
            if matches!(captured.event.kind, EventKind::NoteOn { .. }) {
                told += usize::from(answered.contains(&Seq(seq)));
                struck += 1;
            }
            seq += 1;
        }
        capture.end_block(BLOCK);
    }
    println!("| notes with a verdict in their own block | {told} of {struck} | all |");
    Ok(told == struck)
}
