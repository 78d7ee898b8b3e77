//! The practice room from both ends: what is played into the audio thread's end shows in the picture.

mod hostile;
mod local;
mod room;
mod server;
mod studio;
