//! Real sessions on workerd, played in through the practice room and through the CLAP plugin in a host.

mod hosts;
#[path = "../practice/room.rs"]
#[allow(dead_code)]
mod room;
mod service;
mod studio;
mod takes;
