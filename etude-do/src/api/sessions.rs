//! Opening a session, and admitting its player.

use etude_engine::session::Config;
use serde::{Deserialize, Serialize};
use worker::wasm_bindgen::JsValue;
use worker::{Date, Env, Method, Request, RequestInit, Response, ResponseBody};

use crate::api::error::ApiError;
use crate::api::{auth, body};
use crate::id::{PieceId, SessionId};
use crate::session_object::{Opened, open_url};
use crate::session_store::Setup;
use crate::studio::file_url;
use crate::token::{Grant, LIFE_SECONDS, OperatorKey, Role};

/// Largest request to open a session, in bytes.
const OPEN_BYTES_MAX: usize = 16 * 1024;
/// Longest name of a player, in characters.
const PLAYER_CHARS_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    piece: String,
    #[serde(default)]
    config: Config,
    player: Option<String>,
}

#[derive(Serialize)]
struct OpenedSession {
    session: String,
    /// Path of the WebSocket; the caller knows under which host it reached this service.
    socket: String,
    token: String,
    /// When the token expires, in seconds since 1970.
    expires: u64,
    #[serde(flatten)]
    opened: Opened,
}

/// Opens a session on a piece: copies the piece into a new session object and signs a token for its player.
pub(super) async fn open(mut request: Request, env: &Env, key: &OperatorKey) -> Result<Response, ApiError> {
    let body = body::read(&mut request, OPEN_BYTES_MAX).await?;
    let Open { piece, config, player } =
        serde_json::from_slice(&body).map_err(|error| ApiError::Body(error.to_string()))?;
    config.check()?;
    if player.as_ref().is_some_and(|name| name.chars().count() > PLAYER_CHARS_MAX) {
        return Err(ApiError::Body(format!("player is longer than {PLAYER_CHARS_MAX} characters")));
    }
    let piece: PieceId = piece.parse().map_err(|reason| ApiError::Body(format!("piece: {reason}")))?;
    let id = SessionId::random().map_err(|error| worker::Error::RustError(error.to_string()))?;

    let created_ms = Date::now().as_millis();
    let setup = Setup { session: id.to_string(), piece: piece.to_string(), config, player, created_ms };
    let mut init = RequestInit::new();
    init.with_method(Method::Put).with_body(Some(piece_file(env, piece).await?));
    let request = Request::new_with_init(&open_url(&setup)?, &init)?;
    let mut response = super::session_object(env, id)?.fetch_with_request(request).await?;
    if response.status_code() != 200 {
        return Ok(response);
    }
    let opened = response.json().await?;

    let expires = super::now_seconds() + LIFE_SECONDS;
    let token = key.sign(&Grant { session: id, role: Role::Player, expires });
    let socket = format!("/v1/sessions/{id}/socket");
    let body = OpenedSession { session: id.to_string(), socket, token, expires, opened };
    Ok(Response::from_json(&body)?.with_status(201))
}

/// Whether a request may open the WebSocket of a session.
pub(super) fn check_player(request: &Request, key: &OperatorKey, session: SessionId) -> Result<(), ApiError> {
    let header = |name| request.headers().get(name);
    if !header("Upgrade")?.is_some_and(|to| to.eq_ignore_ascii_case("websocket")) {
        return Err(ApiError::Upgrade);
    }
    let protocols = header("Sec-WebSocket-Protocol")?;
    let Grant { role: Role::Player, .. } =
        auth::player(key, protocols.as_deref(), session, super::now_seconds())?;
    Ok(())
}

/// The file of a piece, still in the hands of the runtime: there is no need to copy it through this module.
async fn piece_file(env: &Env, piece: PieceId) -> Result<JsValue, ApiError> {
    let response = super::studio_object(env)?.fetch_with_str(&file_url(piece)).await?;
    match (response.status_code(), response.body()) {
        (200, ResponseBody::Stream(file)) => Ok(file.into()),
        (404, _) => Err(ApiError::NoPiece),
        (status, _) => Err(worker::Error::RustError(format!("the studio answered {status}")).into()),
    }
}
