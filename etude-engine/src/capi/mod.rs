//! The C interface of Etude, which follows a pianist through a score and judges each note.
//!
//! A score and a session's settings make a session; push events into it, poll records out of it, and
//! ask for the report. The library does no I/O, has no clock, starts no thread, and calls nothing back but
//! the function that etude_log_set is given: the caller reads the files and supplies the time.
//! examples/c/assess.c is a whole program.
//!
//! What holds for every function:
//!
//! - Results. A function that can fail returns an etude_status: ETUDE_OK or one of ETUDE_ERROR_*.
//!   The numbers never change. Outputs are written only when the result is ETUDE_OK.
//! - Detail. Where there is a pair `detail`, `detail_size`, a failure also writes a sentence for a
//!   person there, cut to fit and ended by NUL. Pass NULL, 0 to do without. Success leaves it alone.
//! - Text in and out is UTF-8. Text out goes to the caller's `buffer` of `size` bytes, ended by NUL, and
//!   its length without the NUL to `length`. With buffer NULL and size 0 only the length is told. A
//!   buffer that is too small is left alone: ETUDE_ERROR_BUFFER. `length` may be NULL if buffer is not.
//! - Pointers are checked for NULL and alignment: ETUDE_ERROR_POINTER. A pointer to an array of no
//!   elements may be NULL. What is passed in is read during the call and not kept.
//! - Handles (etude_score, etude_performance, etude_session, etude_client, etude_report) come from a
//!   function with an out parameter and belong to the caller, who gives each back once to its _free.
//!   Freeing NULL does nothing. No handle needs another to live: a score may be freed while its sessions
//!   go on.
//! - Structs that begin with struct_size may grow. Initialise them with their _INIT macro; a program
//!   built with an older or newer header than the library then works all the same.
//! - Panics. An error inside the library never crosses into C: the call returns ETUDE_ERROR_PANIC, and
//!   the handle it was working on answers ETUDE_ERROR_POISONED from then on. It must still be freed.
//! - Threads. [thread-safe]: from any threads at the same time. [one at a time]: from any thread, but
//!   not two at once with the same handle; the second gets ETUDE_ERROR_BUSY. [realtime]: never
//!   allocates, locks, waits or makes a system call, also when it fails. Freeing a handle that is in use is an error that
//!   cannot be detected.

// For the maintainer. This folder marshals and does nothing else. An export is `firewall` around a body that checks
// pointers, computes, and writes its outputs last. Types carry their C names, so that one search finds them on both
// sides. The module docs of this file and of each section become comments of include/etude.h, which
// examples/rust/header.rs writes; so they speak C. What makes a call sound is said once, above, and not at each export.
#![allow(unsafe_code, non_camel_case_types, clippy::missing_safety_doc)]
// The tag [realtime] of the C documentation reads as a link in Rust's.
#![allow(rustdoc::broken_intra_doc_links)]

pub mod client;
pub mod event;
pub mod import;
pub mod log;
pub mod notation;
pub mod performance;
pub mod place;
pub mod record;
pub mod report;
pub mod score;
pub mod session;
pub mod status;
pub mod version;

mod fault;
mod firewall;
mod handle;
mod memory;
#[cfg(test)]
mod tests;
