//! Standard MIDI Files: as a score in exact ticks, or as a performance in microseconds.

mod notes;
mod performance;
mod score;
mod tracks;
mod voices;

pub(super) use performance::performance;
pub(super) use score::score;
