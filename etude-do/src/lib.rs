//! The session service: a Worker that routes and authorises, and its Durable Objects.
//!
//! [`api`] is what the outside sees. A session object holds one session each, the studio object the pieces; both keep
//! their state in their SQLite and can be rebuilt from it at any moment. A panic would reset every object of
//! the isolate, so nothing here may panic on anything that comes from outside.

mod aftermath;
pub mod api;
pub mod attempt;
mod blob;
mod clock;
mod export;
pub mod id;
mod journal;
pub mod lifecycle;
pub mod log;
mod metrics;
mod migrations;
mod packed;
pub mod piece;
pub mod rate;
mod scores;
mod session_object;
mod session_store;
mod settings;
mod sheet;
mod signing;
mod socket_events;
mod sockets;
mod studio;
mod studio_store;
pub mod token;
mod viewers;

pub use export::EXPORTED_EVENTS_MAX;
pub use session_object::{PING, PONG};
pub use studio::{ATTEMPTS_MAX, PIECES_BYTES_MAX};
pub use viewers::VIEWERS_MAX;
use worker::{Context, Env, Request, Response, event};

#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    api::respond(request, &env).await
}
