//! The service as it runs: on workerd, with SQLite on disk, driven over HTTP and raw WebSockets.
//!
//! xtask builds the Worker and fetches workerd where they are missing, with progress on the terminal; where it cannot,
//! the tests fail and say what is missing.

mod access;
mod browser;
mod c_client;
mod closed;
mod crash;
mod curl;
mod disk;
mod documented;
mod fair;
mod hostile;
mod music;
mod openapi;
mod page;
mod pieces;
mod player;
mod service;
mod sleep;
mod studio;
mod take;
mod watching;
