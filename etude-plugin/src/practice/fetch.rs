//! Asks the service for a session's piece and settings.

use etude_engine::score::ScoreDigest;
use etude_engine::session::Config;
use serde::Deserialize;

use super::ask::{self, Service};
use super::piece::FILE_BYTES_MAX;
use super::{Link, Piece};

/// Longest status read, in bytes.
const STATUS_BYTES_MAX: u64 = 64 << 10;

/// A session, as far as a player must know it.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) piece: Piece,
    /// Its file, for the spool.
    pub(super) file: Vec<u8>,
    pub(super) config: Config,
}

#[derive(Deserialize)]
struct Status {
    config: Config,
    score: ScoreDigest,
    ended: bool,
}

/// Fetches it; on a thread of its own, for it waits. An error is a sentence for the player.
pub(super) fn session(link: &Link) -> Result<Fetched, String> {
    let service = Service::new(link.base(), link.token());
    let path = format!("/v1/sessions/{}", link.session());
    let status: Status = ask::parsed(&service.get(&path, STATUS_BYTES_MAX)?)?;
    if status.ended {
        return Err("this session is over: ask for a new link".to_owned());
    }
    let file = service.get(&format!("{path}/piece"), FILE_BYTES_MAX)?;
    let piece =
        Piece::read(&file, "the session's piece".to_owned(), None).map_err(|error| error.to_string())?;
    if piece.score.digest() != status.score {
        return Err("this version of Etude reads the session's piece otherwise than the service does: one of the two \
                    has to be updated"
            .to_owned());
    }
    Ok(Fetched { piece, file, config: status.config })
}
