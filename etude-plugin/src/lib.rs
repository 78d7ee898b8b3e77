//! The Etude plugin: hears what is played and shows at once what was right.
//!
//! A note's way: [`capture`] on the audio thread, which judges it at once; [`practice`], which collects it and keeps
//! the picture that an editor draws; [`relay`], which takes it to the session. The relay client builds without the plugin,
//! its editor and the audio stack, and so do capture and practice (cargo feature `practice`).

#[cfg(feature = "practice")]
pub mod capture;
#[cfg(feature = "plugin")]
pub mod editor;
#[cfg(feature = "plugin")]
pub mod plugin;
#[cfg(feature = "practice")]
pub mod practice;
#[cfg(feature = "relay")]
pub mod relay;
