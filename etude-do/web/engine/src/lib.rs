//! The engine for the score page: a piece, and a player's end of a session. Marshalling only; no I/O, no clock.
//!
//! What is plain data crosses as JSON text, which the page types from the committed schema. Times are microseconds as
//! JavaScript numbers: exact up to 2^53, which is 285 years.

mod outline;
mod pairing;
mod player;

use std::sync::Arc;

use etude_engine::import::{self, Imported, Limits};
use etude_engine::score::Score;
use wasm_bindgen::prelude::*;

pub use player::Player;

/// A piece of music, read from its file.
#[wasm_bindgen]
pub struct Piece {
    file: Vec<u8>,
    imported: Imported,
    score: Arc<Score>,
}

#[wasm_bindgen]
impl Piece {
    /// Reads MusicXML, compressed MusicXML or a Standard MIDI File.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    #[wasm_bindgen(constructor)]
    pub fn new(file: Vec<u8>) -> Result<Self, String> {
        let imported = import::score(&file).map_err(in_words)?;
        let score = Arc::new(imported.score.clone());
        Ok(Self { file, imported, score })
    }

    /// What the page shows of the piece, as JSON: measures, notes, tempo, what was left out.
    pub fn outline(&self) -> Result<String, String> {
        serde_json::to_string(&outline::Outline::new(&self.imported)).map_err(in_words)
    }

    /// Its MusicXML text; nothing of a MIDI file.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    #[wasm_bindgen(js_name = musicXml)]
    pub fn music_xml(&self) -> Result<Option<String>, String> {
        import::music_xml(&self.file, &Limits::default()).map_err(in_words)
    }

    /// By score note, the number of the `<note>` that it is drawn by.
    ///
    /// `numbered` is [`Piece::music_xml`] with the id of each `<note>` replaced by its number; the two are read side by
    /// side, so that no rule about ids is needed, and it does not matter what ids the file has.
    ///
    /// # Errors
    /// If the two are not the same music.
    pub fn heads(&self, numbered: &str) -> Result<Vec<u32>, String> {
        pairing::heads(&self.score, &self.file, numbered).map_err(in_words)
    }

    /// A player's end of a session on this piece, judging by `config` (JSON).
    ///
    /// # Errors
    /// What is wrong with the settings, in words.
    pub fn player(&self, name: &str, config: &str) -> Result<Player, String> {
        Player::new(name, Arc::clone(&self.score), config).map_err(in_words)
    }
}

fn in_words(error: impl std::fmt::Display) -> String {
    error.to_string()
}
