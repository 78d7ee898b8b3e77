//! What objects take in memory: ones that were asked once, ones with a connection and no score, and live sessions.
//!
//! Each kind has a process of its own that has just started. It opens them in rounds: the heaps grow in steps of many
//! objects, and the first round leaves them as large as opening one needs for a moment, so that what all other rounds add
//! is what objects keep.

use super::wire::note_frames;
use super::{OWN_PIECES, SCORE_NOTES, Target, Targets, piece};
use crate::failure::{Failure, Result};
use crate::process;

/// In kB an object.
pub(super) struct Memory {
    /// One that was asked once, for a session that does not exist.
    pub(super) asked: f64,
    /// One of the echo's, with a connection and an insert a note.
    pub(super) connected: f64,
    /// A session, where all play one piece.
    pub(super) sharing: f64,
    /// A session with a piece of its own.
    pub(super) own: f64,
    /// How many were counted of each kind.
    pub(super) counted: usize,
}

const ROUNDS: usize = 5;
/// Notes that are played on a connection when it is opened.
const PLAYED: usize = 100;
/// After so many more, a note is played on all that are open: an object that hears nothing for ten seconds is taken out
/// of memory.
const AWAKE_EVERY: usize = 10;

/// Opens this many objects a round, of each kind.
pub(super) async fn measure(targets: &mut Targets, objects: usize) -> Result<Memory> {
    let mut pieces = Vec::new();
    for number in 0..ROUNDS * objects {
        let take = piece::wandering(SCORE_NOTES, OWN_PIECES + number as u64)?;
        pieces.push(targets.etude.http.upload(&take.piece)?);
    }
    let one_piece = vec![pieces[0].clone(); pieces.len()];
    let counted = (ROUNDS - 1) * objects;
    let each = |kb: u64| kb as f64 / counted as f64;
    Ok(Memory {
        asked: each(asked(targets, objects).await?),
        connected: each(live(targets, None, counted + objects).await?),
        sharing: each(live(targets, Some(&one_piece), counted + objects).await?),
        own: each(live(targets, Some(&pieces), counted + objects).await?),
        counted,
    })
}

async fn asked(targets: &mut Targets, objects: usize) -> Result<u64> {
    targets.etude.workerd.restart()?;
    let pid = targets.etude.pid()?;
    let warm = targets.connect(Target::Etude).await?;
    let mut before = 0;
    for object in 0..ROUNDS * objects {
        if object == objects {
            before = process::memory_kb(pid)?;
        }
        targets.etude.http.get(&format!("/v1/sessions/{object:032x}"))?;
    }
    let after = process::memory_kb(pid)?;
    drop(warm);
    Ok(after.saturating_sub(before))
}

/// So many connections: to sessions of these pieces, or to the echo, which knows of none.
async fn live(targets: &mut Targets, pieces: Option<&[String]>, connections: usize) -> Result<u64> {
    let (target, workerd) = match pieces {
        Some(_) => (Target::Etude, &mut targets.etude.workerd),
        None => (Target::Echo, &mut targets.echo),
    };
    workerd.restart()?;
    let pid = workerd.pid().ok_or_else(|| Failure::Law("workerd is down".into()))?;
    let warm = targets.connect(target).await?;
    let frames = note_frames(&targets.take.events);
    let (mut wires, mut played, mut before) = (Vec::new(), vec![PLAYED; connections], 0);
    for number in 0..connections {
        if number == connections / ROUNDS {
            before = process::memory_kb(pid)?;
        }
        let mut wire = match pieces {
            Some(pieces) => targets.open(&pieces[number]).await?,
            None => targets.connect(Target::Echo).await?,
        };
        for frame in &frames[..PLAYED] {
            wire.ask(frame).await?;
        }
        wires.push(wire);
        if wires.len() % AWAKE_EVERY == 0 {
            for (wire, next) in wires.iter_mut().zip(&mut played) {
                wire.ask(&frames[*next]).await?;
                *next += 1;
            }
        }
    }
    let after = process::memory_kb(pid)?;
    drop((warm, wires));
    Ok(after.saturating_sub(before))
}
