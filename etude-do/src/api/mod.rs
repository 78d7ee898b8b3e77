//! The HTTP interface. docs/PROTOCOL.md tells it to a stranger.
//!
//! The Worker checks who asks and finds the object that answers; the objects read the same addresses.

mod assets;
pub mod auth;
pub(crate) mod body;
mod cors;
pub mod error;
pub(crate) mod query;
pub mod route;
mod sessions;

use etude_engine::protocol::PROTOCOL;
use etude_engine::session::ENGINE;
use serde::Serialize;
use worker::js_sys::Reflect;
use worker::wasm_bindgen::JsValue;
use worker::web_sys;
use worker::{Env, Request, Response, Stub};

use crate::clock::now_ms;
use crate::id::{SessionId, TenantId};
use crate::metrics;
use crate::signing::PublicKey;
use crate::studio::metrics_url;
use crate::token::Keys;
use auth::Caller;
use error::ApiError;
use route::Route;

/// Answers a request, whoever sent it.
pub async fn respond(request: Request, env: &Env) -> worker::Result<Response> {
    let origin = cors::Origin::of(&request, env)?;
    if let Some(origin) = &origin
        && let Some(answer) = origin.preflight(&request)?
    {
        return Ok(answer);
    }
    let response = match handle(request, env).await {
        Ok(response) => response,
        Err(error) => error.into_response()?,
    };
    metrics::REQUESTS.count();
    match response.status_code() {
        400..=499 => metrics::REFUSED.count(),
        500.. => metrics::FAILED.count(),
        _ => {}
    }
    match origin {
        Some(origin) => origin.allow(response),
        None => Ok(response),
    }
}

async fn handle(request: Request, env: &Env) -> Result<Response, ApiError> {
    let path = request.path();
    if !path.starts_with(route::PREFIX) {
        return assets::serve(request, env).await;
    }
    let keys = keys(env)?;
    let route = Route::parse(request.method().as_ref(), &path)?;
    let caller = || Caller::of(&keys, request.headers().get("Authorization")?.as_deref(), now_seconds());
    match route {
        Route::Health => {
            let health = Health { status: "ok", protocol: PROTOCOL, engine: ENGINE };
            Ok(Response::from_json(&health)?)
        }
        Route::PublicKeys => Ok(Response::from_json(&Published { keys: keys.public() })?),
        Route::Socket(session) => sessions::connect(&request, env, &keys, session).await,
        Route::Metrics => {
            let tenant = caller()?.operator()?;
            let mut studio = studio_object(env, &tenant)?.fetch_with_str(&metrics_url()).await?;
            let text = metrics::counters() + &studio.text().await?;
            let mut response = Response::ok(text)?;
            response.headers_mut().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")?;
            Ok(response)
        }
        Route::Tokens => {
            caller()?.service()?;
            sessions::sign_operator(request, &keys).await
        }
        Route::UploadPiece
        | Route::Pieces
        | Route::Piece(_)
        | Route::DeletePiece(_)
        | Route::PieceFile(_)
        | Route::Trend(_)
        | Route::Attempts
        | Route::Attempt(_)
        | Route::DeleteAttempt(_)
        | Route::Players => {
            let tenant = caller()?.operator()?;
            Ok(studio_object(env, &tenant)?.fetch_with_request(request).await?)
        }
        Route::OpenSession => {
            let tenant = caller()?.operator()?;
            sessions::open(request, env, &keys, &tenant).await
        }
        Route::SessionTokens(session) => {
            let tenant = caller()?.operator()?;
            sessions::sign(request, env, &keys, tenant, session).await
        }
        Route::DeleteSession(session) => {
            let tenant = caller()?.operator()?;
            Ok(session_object(env, &tenant, session)?.fetch_with_request(request).await?)
        }
        Route::Session(session)
        | Route::Report(session)
        | Route::Take(session)
        | Route::Score(session)
        | Route::SessionPiece(session) => {
            let tenant = caller()?.reader(session)?;
            Ok(session_object(env, &tenant, session)?.fetch_with_request(request).await?)
        }
    }
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    protocol: u32,
    engine: &'static str,
}

#[derive(Serialize)]
struct Published {
    keys: Vec<PublicKey>,
}

/// Where no key is set, the empty one is refused as too short.
pub(crate) fn keys(env: &Env) -> Result<Keys, ApiError> {
    let secret = |name| variable(env, name).unwrap_or_default();
    Ok(Keys::new(&secret("ETUDE_KEY"), &secret("ETUDE_KEY_PREVIOUS"))?)
}

/// Read without `Env::secret`, which throws through wasm where workerd binds an unset environment variable as null.
pub(crate) fn variable(env: &Env, name: &str) -> Option<String> {
    Reflect::get(env, &name.into()).ok().and_then(|value| value.as_string())
}

fn session_object(env: &Env, tenant: &TenantId, session: SessionId) -> Result<Stub, ApiError> {
    Ok(env.durable_object("SESSION")?.get_by_name(&tenant.object_of(session))?)
}

pub(crate) fn studio_object(env: &Env, tenant: &TenantId) -> Result<Stub, ApiError> {
    Ok(env.durable_object("STUDIO")?.get_by_name(&tenant.to_string())?)
}

/// A request by which one object hands another a body. Made by hand: `worker`'s own brings the settings of Cloudflare's
/// picture service along, ten kilobytes of them.
pub(crate) fn put(url: &str, body: &JsValue) -> worker::Result<Request> {
    let init = web_sys::RequestInit::new();
    init.set_method("PUT");
    init.set_body(body);
    Ok(web_sys::Request::new_with_str_and_init(url, &init)?.into())
}

fn now_seconds() -> u64 {
    now_ms() / 1_000
}
