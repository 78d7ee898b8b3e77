//! The HTTP interface. docs/PROTOCOL.md tells it to a stranger.
//!
//! The Worker checks who asks and finds the object that answers; the objects read the same addresses.

pub mod auth;
pub(crate) mod body;
pub mod error;
pub mod route;
mod sessions;

use etude_engine::protocol::PROTOCOL;
use etude_engine::session::ENGINE;
use serde::Serialize;
use worker::js_sys::Reflect;
use worker::{Date, Env, Request, Response, Stub};

use crate::id::SessionId;
use crate::token::OperatorKey;
use error::ApiError;
use route::Route;

/// Answers a request.
pub async fn handle(request: Request, env: &Env) -> Result<Response, ApiError> {
    let key = operator_key(env)?;
    let route = Route::parse(request.method().as_ref(), &request.path())?;
    match route {
        Route::Health => {
            let health = Health { status: "ok", protocol: PROTOCOL, engine: ENGINE };
            Ok(Response::from_json(&health)?)
        }
        // The one address that a player opens, with a token in place of the operator's key.
        Route::Socket(session) => {
            sessions::check_player(&request, &key, session)?;
            Ok(session_object(env, session)?.fetch_with_request(request).await?)
        }
        Route::UploadPiece | Route::Piece(_) => {
            auth::operator(&key, request.headers().get("Authorization")?.as_deref())?;
            Ok(studio_object(env)?.fetch_with_request(request).await?)
        }
        Route::Session(session) | Route::Report(session) => {
            auth::operator(&key, request.headers().get("Authorization")?.as_deref())?;
            Ok(session_object(env, session)?.fetch_with_request(request).await?)
        }
        Route::OpenSession => {
            auth::operator(&key, request.headers().get("Authorization")?.as_deref())?;
            sessions::open(request, env, &key).await
        }
    }
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    protocol: u32,
    engine: &'static str,
}

/// Where no key is set, the empty one is refused as too short. Read without `Env::secret`, which throws through wasm
/// where workerd binds an unset environment variable as null.
fn operator_key(env: &Env) -> Result<OperatorKey, ApiError> {
    let secret = Reflect::get(env, &"ETUDE_KEY".into()).ok().and_then(|secret| secret.as_string());
    Ok(OperatorKey::new(&secret.unwrap_or_default())?)
}

fn session_object(env: &Env, session: SessionId) -> Result<Stub, ApiError> {
    Ok(env.durable_object("SESSION")?.get_by_name(&session.to_string())?)
}

fn studio_object(env: &Env) -> Result<Stub, ApiError> {
    Ok(env.durable_object("STUDIO")?.get_by_name("studio")?)
}

fn now_seconds() -> u64 {
    Date::now().as_millis() / 1_000
}
