//! What a studio is asked: for its pieces, and for a session on one. Both wait: for a thread of their own.

use etude_engine::score::ScoreDigest;
use etude_engine::session::Config;
use serde::{Deserialize, Serialize};

use super::{Studio, StudioPiece};
use crate::practice::Link;
use crate::practice::ask::{self, Service};

/// Longest list of pieces read, in bytes: some twenty thousand.
const PIECES_BYTES_MAX: u64 = 16 << 20;
/// Longest answer to a new session read, in bytes.
const OPENED_BYTES_MAX: u64 = 64 << 10;
/// Most characters of a title or a name that are shown.
const TEXT_CHARS_MAX: usize = 200;

/// What has come of a request; an error is a sentence for the user.
pub(in crate::practice) enum Answer {
    /// The pieces; with the studio that the user is logged in to from now on, if that is what was asked.
    Pieces(Result<Vec<StudioPiece>, String>, Option<Studio>),
    /// The link to a new session.
    Session(Result<Link, String>),
}

#[derive(Deserialize)]
struct Pieces {
    pieces: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    piece: String,
    title: Option<String>,
    composer: Option<String>,
    measures: u32,
    score: ScoreDigest,
}

/// Its pieces, in its order. An error is a sentence for the user.
pub(in crate::practice) fn pieces(studio: &Studio) -> Result<Vec<StudioPiece>, String> {
    let answer = Service::new(&studio.base, &studio.key).get("/v1/pieces", PIECES_BYTES_MAX)?;
    let Pieces { pieces } = ask::parsed(&answer)?;
    let of = |listed: Listed| StudioPiece {
        name: listed.piece,
        title: listed.title.and_then(one_line),
        composer: listed.composer.and_then(one_line),
        measures: listed.measures,
        score: listed.score,
    };
    Ok(pieces.into_iter().map(of).collect())
}

/// Makes a session on a piece; the link of its player. An error is a sentence for the user.
pub(in crate::practice) fn session(studio: &Studio, piece: &str, config: Config) -> Result<Link, String> {
    #[derive(Serialize)]
    struct Open<'a> {
        piece: &'a str,
        config: Config,
    }
    #[derive(Deserialize)]
    struct Opened {
        token: String,
    }
    let order = serde_json::to_vec(&Open { piece, config }).map_err(|error| error.to_string())?;
    let answer = Service::new(&studio.base, &studio.key).post("/v1/sessions", &order, OPENED_BYTES_MAX)?;
    let Opened { token } = ask::parsed(&answer)?;
    let link = format!("{}/#{token}", studio.base).parse();
    link.map_err(|_| "the studio's answer is no link to a session".to_owned())
}

/// Of a text from outside, what can be shown on a line.
fn one_line(text: String) -> Option<String> {
    let line: String = text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect();
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}
