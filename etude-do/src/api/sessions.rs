//! Opening a session, signing tokens for it, and admitting who takes part.

use etude_engine::protocol::Role;
use etude_engine::session::Config;
use serde::{Deserialize, Serialize};
use worker::wasm_bindgen::JsValue;
use worker::{Env, Method, Request, Response, ResponseBody};

use crate::api::error::ApiError;
use crate::api::query::Query;
use crate::api::{auth, body};
use crate::clock::now_ms;
use crate::id::{PieceId, SessionId, TenantId};
use crate::session_object::{Opened, open_url, socket_url};
use crate::session_store::Setup;
use crate::studio::file_url;
use crate::token::{Grant, Keys, LIFE_SECONDS, LIFE_SECONDS_MAX, Scope, SessionScope};

/// Largest request to open a session or sign a token, in bytes.
const REQUEST_BYTES_MAX: usize = 16 * 1024;
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
    #[serde(flatten)]
    player: Signed,
    /// For those who read along.
    viewer: Signed,
    #[serde(flatten)]
    opened: Opened,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sign {
    role: Role,
    /// In seconds.
    life: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignOperator {
    tenant: String,
    /// In seconds.
    life: Option<u64>,
}

#[derive(Serialize)]
struct SignedOperator {
    token: String,
    /// When the token expires, in seconds since 1970.
    expires: u64,
}

#[derive(Serialize)]
struct Signed {
    token: String,
    /// When the token expires, in seconds since 1970.
    expires: u64,
    /// Path of the page, with the token where a browser keeps it to itself.
    link: String,
}

/// Opens a session on a piece: copies the piece into a new session object and signs tokens for its player and viewers.
pub(super) async fn open(
    mut request: Request,
    env: &Env,
    keys: &Keys,
    tenant: &TenantId,
) -> Result<Response, ApiError> {
    let Open { piece, config, player } = body::read_json(&mut request, REQUEST_BYTES_MAX).await?;
    config.check()?;
    if player.as_ref().is_some_and(|name| name.chars().count() > PLAYER_CHARS_MAX) {
        return Err(ApiError::Body(format!("player is longer than {PLAYER_CHARS_MAX} characters")));
    }
    let piece: PieceId = piece.parse().map_err(|reason| ApiError::Body(format!("piece: {reason}")))?;
    let id = SessionId::random().map_err(|error| worker::Error::RustError(error.to_string()))?;

    let setup = Setup {
        tenant: tenant.to_string(),
        session: id.to_string(),
        piece: piece.to_string(),
        config,
        player,
        created_ms: now_ms(),
    };
    let request = super::put(&open_url(&setup)?, &piece_file(env, tenant, piece).await?)?;
    let mut response = super::session_object(env, tenant, id)?.fetch_with_request(request).await?;
    if response.status_code() != 200 {
        return Ok(response);
    }
    let opened = response.json().await?;

    let signed =
        |role| signed(keys, SessionScope { tenant: tenant.clone(), session: id, role }, LIFE_SECONDS);
    let body = OpenedSession {
        session: id.to_string(),
        socket: format!("/v1/sessions/{id}/socket"),
        player: signed(Role::Player),
        viewer: signed(Role::Viewer),
        opened,
    };
    Ok(Response::from_json(&body)?.with_status(201))
}

/// Signs a token for a session that exists.
pub(super) async fn sign(
    mut request: Request,
    env: &Env,
    keys: &Keys,
    tenant: TenantId,
    session: SessionId,
) -> Result<Response, ApiError> {
    let Sign { role, life } = body::read_json(&mut request, REQUEST_BYTES_MAX).await?;
    let life = checked(life)?;
    let status = format!("https://session/v1/sessions/{session}");
    let response = super::session_object(env, &tenant, session)?.fetch_with_str(&status).await?;
    if response.status_code() != 200 {
        return Ok(response);
    }
    let signed = signed(keys, SessionScope { tenant, session, role }, life);
    Ok(Response::from_json(&signed)?.with_status(201))
}

/// Signs a token for the operator of a tenant. A tenant exists from the first use of its name.
pub(super) async fn sign_operator(mut request: Request, keys: &Keys) -> Result<Response, ApiError> {
    let SignOperator { tenant, life } = body::read_json(&mut request, REQUEST_BYTES_MAX).await?;
    let tenant: TenantId = tenant.parse().map_err(|reason| ApiError::Body(format!("tenant: {reason}")))?;
    let expires = super::now_seconds() + checked(life)?;
    let token = keys.sign(&Grant { scope: Scope::Tenant(tenant), expires });
    Ok(Response::from_json(&SignedOperator { token, expires })?.with_status(201))
}

/// Opens the WebSocket of a session to the bearer of a token for it. The token goes no further than this. A player who asks
/// for it reads along instead: a second device must not take the first one's place.
pub(super) async fn connect(
    request: &Request,
    env: &Env,
    keys: &Keys,
    session: SessionId,
) -> Result<Response, ApiError> {
    let header = |name| request.headers().get(name);
    if !header("Upgrade")?.is_some_and(|to| to.eq_ignore_ascii_case("websocket")) {
        return Err(ApiError::Upgrade);
    }
    let protocols = header("Sec-WebSocket-Protocol")?;
    let (tenant, granted) = auth::socket(keys, protocols.as_deref(), session, super::now_seconds())?;
    let reads_along = Query::of(request).text("role").as_deref() == Some("viewer");
    let role = if reads_along { Role::Viewer } else { granted };
    let mut request = Request::new(socket_url(role), Method::Get)?;
    request.headers_mut()?.set("Upgrade", "websocket")?;
    Ok(super::session_object(env, &tenant, session)?.fetch_with_request(request).await?)
}

fn checked(life: Option<u64>) -> Result<u64, ApiError> {
    match life.unwrap_or(LIFE_SECONDS) {
        life @ 1..=LIFE_SECONDS_MAX => Ok(life),
        life => Err(ApiError::Body(format!("life: {life} is not between 1 and {LIFE_SECONDS_MAX} seconds"))),
    }
}

fn signed(keys: &Keys, scope: SessionScope, life: u64) -> Signed {
    let expires = super::now_seconds() + life;
    let token = keys.sign(&Grant { scope: Scope::Session(scope), expires });
    Signed { link: format!("/#{token}"), token, expires }
}

/// The file of a piece, still in the hands of the runtime: there is no need to copy it through this module.
async fn piece_file(env: &Env, tenant: &TenantId, piece: PieceId) -> Result<JsValue, ApiError> {
    let response = super::studio_object(env, tenant)?.fetch_with_str(&file_url(piece)).await?;
    match (response.status_code(), response.body()) {
        (200, ResponseBody::Stream(file)) => Ok(file.into()),
        (404, _) => Err(ApiError::NoPiece),
        (429, _) => {
            let wait = response.headers().get("Retry-After")?.and_then(|wait| wait.parse().ok());
            Err(ApiError::TooFast(wait.unwrap_or(60)))
        }
        (status, _) => Err(worker::Error::RustError(format!("the studio answered {status}")).into()),
    }
}
