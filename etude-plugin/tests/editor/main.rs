//! The editor as its user has it: pressed by what is written on it, with a host that plays.

mod cost;
mod desk;
mod drop;
mod press;
#[path = "../practice/room.rs"]
#[expect(dead_code, reason = "the tests of the practice room use the rest")]
mod room;
#[path = "../session/service.rs"]
#[expect(dead_code, reason = "the tests of sessions use the rest")]
mod service;
mod studio;
