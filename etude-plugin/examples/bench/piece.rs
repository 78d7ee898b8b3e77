//! What is played.

use std::path::{Path, PathBuf};

use etude_engine::import;
use etude_engine::session::EventKind;
use etude_plugin::practice::{PieceSource, Saved, Settings};

use super::plugin::Error;
use super::{BLOCK, RATE};

/// The piece, as the bundled ones are named.
pub(crate) const PIECE: &str = "beethoven-fuer-elise";

/// Its score, or a performance of it.
pub(crate) fn file(end: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/scores").join(format!("{PIECE}.{end}"))
}

/// A performance in blocks: each event with its sample in its block.
pub(crate) fn blocks() -> Result<Vec<Vec<(u32, EventKind)>>, Error> {
    let events = import::performance(&std::fs::read(file("mid"))?)?;
    let mut blocks = Vec::new();
    for event in events.iter().filter(|event| event.kind != EventKind::End) {
        let sample = (event.at.0 as f64 * RATE / 1e6).round() as u64;
        let block = (sample / u64::from(BLOCK)) as usize;
        blocks.resize(blocks.len().max(block + 1), Vec::new());
        blocks[block].push(((sample % u64::from(BLOCK)) as u32, event.kind));
    }
    Ok(blocks)
}

/// A CLAP host's project with the piece open.
pub(crate) fn project() -> Result<Vec<u8>, Error> {
    let saved = Saved::new(Some(PieceSource::Bundled(PIECE.to_owned())), Settings::default());
    let fields = serde_json::json!({ "practice": serde_json::to_string(&saved)? });
    let state = serde_json::json!({ "version": "", "params": {}, "fields": fields }).to_string();
    let mut project = (state.len() as u64).to_le_bytes().to_vec();
    project.extend(state.bytes());
    Ok(project)
}
