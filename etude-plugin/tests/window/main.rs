//! The standalone as its user has it: a window on a screen, pressed by a mouse, a keyboard that plays. The screen is Xvfb's, and the
//! keyboard a JACK client.
#![cfg(target_os = "linux")]

#[path = "../editor/desk.rs"]
#[expect(dead_code, reason = "the tests of the editor use the rest")]
mod desk;
mod drop;
mod keyboard;
mod press;
#[path = "../practice/room.rs"]
#[expect(dead_code, reason = "the tests of the practice room use the rest")]
mod room;
mod screen;
mod xdnd;
