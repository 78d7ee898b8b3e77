//! The Etude plugin: hears what is played and shows at once what was right.
//!
//! Today it holds one part of the way of a note, the [`relay`] client, which builds without the plugin, its
//! editor and the audio stack.

#[cfg(feature = "relay")]
pub mod relay;
