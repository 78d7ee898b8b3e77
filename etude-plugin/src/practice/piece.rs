//! Scores: where they come from, and what could not be read of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use etude_engine::import::{self, HandsTold, ImportError, Warning};
use etude_engine::score::Score;
use serde::{Deserialize, Serialize};

/// Longest score file read, in bytes.
pub const FILE_BYTES_MAX: u64 = 16 << 20;

/// Where a piece comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceSource {
    /// One that came with Etude, by [`Bundled::name`].
    Bundled(String),
    /// A file of the user's: MusicXML, .mxl or a Standard MIDI File.
    File(PathBuf),
}

/// A piece that came with Etude.
#[derive(Clone, Copy, Debug)]
pub struct Bundled {
    /// What [`PieceSource::Bundled`] calls it.
    pub name: &'static str,
    /// Composer and title.
    pub title: &'static str,
    bytes: &'static [u8],
}

macro_rules! bundled {
    ($($name:literal: $title:literal),+ $(,)?) => {
        &[$(Bundled {
            name: $name,
            title: $title,
            bytes: include_bytes!(concat!("../../../examples/scores/", $name, ".musicxml")),
        }),+]
    };
}

/// The pieces that came with Etude, from easy to advanced.
pub const BUNDLED: &[Bundled] = bundled! {
    "petzold-menuet-in-g": "Christian Petzold: Menuet in G",
    "beethoven-fuer-elise": "Ludwig van Beethoven: Für Elise",
    "bach-goldberg-aria": "Johann Sebastian Bach: Aria of the Goldberg Variations",
};

/// A piece that is open.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Where it came from; `None` if from a session.
    pub source: Option<PieceSource>,
    /// What to call it: its title, else the name of its file.
    pub name: String,
    /// What is to be played.
    pub score: Arc<Score>,
    /// What was left out or guessed when it was read.
    pub warnings: Vec<Warning>,
    /// How it is known which hand plays what.
    pub hands: HandsTold,
}

/// Why a piece did not open.
#[derive(Debug, thiserror::Error)]
pub enum PieceError {
    /// There is no bundled piece of this name.
    #[error("no piece called {0:?} came with this version of Etude")]
    Unknown(String),
    /// The file could not be read from disk.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is too large for a score.
    #[error("{path}: a score of more than {} MB is not read", FILE_BYTES_MAX >> 20)]
    TooLarge {
        /// The file.
        path: String,
    },
    /// It is not a score that can be read.
    #[error("{name}: {source}")]
    Import {
        /// The piece.
        name: String,
        /// Why not.
        source: ImportError,
    },
}

impl Piece {
    /// Reads it.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn open(source: PieceSource) -> Result<Self, PieceError> {
        match &source {
            PieceSource::Bundled(name) => {
                let found = BUNDLED.iter().find(|piece| piece.name == name);
                let bundled = found.ok_or_else(|| PieceError::Unknown(name.clone()))?;
                Self::read(bundled.bytes, bundled.title.to_owned(), Some(source))
            }
            PieceSource::File(path) => {
                let bytes = read_file(path)?;
                let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
                Self::read(&bytes, name, Some(source))
            }
        }
    }

    /// Reads it from the bytes of its file.
    ///
    /// # Errors
    /// If they are no score that can be read.
    pub fn read(bytes: &[u8], name: String, source: Option<PieceSource>) -> Result<Self, PieceError> {
        let imported =
            import::score(bytes).map_err(|error| PieceError::Import { name: name.clone(), source: error })?;
        let import::Imported { score, warnings, hands, .. } = imported;
        let name = score.title().map_or(name, str::to_owned);
        Ok(Self { source, name, score: Arc::new(score), warnings, hands })
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, PieceError> {
    use std::io::Read as _;

    let io = |source| PieceError::Io { path: path.display().to_string(), source };
    let file = std::fs::File::open(path).map_err(io)?;
    // A device or a pipe may never end; a file may grow while it is read.
    if !file.metadata().map_err(io)?.is_file() {
        return Err(io(std::io::Error::other("this is not a file")));
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(PieceError::TooLarge { path: path.display().to_string() });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_piece_opens_without_a_warning() {
        for bundled in BUNDLED {
            let piece = Piece::open(PieceSource::Bundled(bundled.name.to_owned())).unwrap();
            assert!(piece.warnings.is_empty(), "{}: {:?}", bundled.name, piece.warnings);
        }
    }

    #[test]
    fn what_is_not_there_or_no_file_is_said_so() {
        let open = |path: &str| Piece::open(PieceSource::File(path.into())).unwrap_err();
        assert!(matches!(open("/nowhere/piece.musicxml"), PieceError::Io { .. }));
        assert!(matches!(open("/dev/zero"), PieceError::Io { .. } | PieceError::TooLarge { .. }));
        assert!(matches!(open("/"), PieceError::Io { .. }));
    }
}
