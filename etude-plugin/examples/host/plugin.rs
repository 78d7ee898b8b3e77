//! What a host has of a plugin, by whichever interface.

use std::time::{Duration, Instant};

use etude_engine::session::EventKind;

pub(crate) type Error = Box<dyn std::error::Error>;

/// The most that comes out of a block.
pub(crate) const EVENTS_PER_BLOCK: usize = 16_384;

/// Nothing takes longer, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a plugin is to process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    /// Samples a second.
    pub(crate) rate: f64,
    /// Samples in a block.
    pub(crate) block: u32,
    /// Whether it is rendered and not heard.
    pub(crate) offline: bool,
}

/// The host's transport at the start of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transport {
    pub(crate) playing: bool,
    pub(crate) quarters: f64,
    /// Quarters a minute.
    pub(crate) tempo: f64,
}

/// An instance, on the main thread.
pub(crate) trait Plugin {
    type Audio: Audio;

    /// Gives it a state, as a project holds it. False if it refuses.
    fn load(&mut self, state: &[u8]) -> bool;

    /// What a project would hold of it.
    fn save(&mut self) -> Result<Vec<u8>, Error>;

    /// Makes it ready to process.
    fn activate(&mut self, setup: Setup) -> Result<Self::Audio, Error>;

    /// Events as the active plugin gets them: each its sample in the block, and what.
    fn block(&self, events: &[(u32, EventKind)]) -> <Self::Audio as Audio>::Block;

    /// Ends what [`Self::activate`] began, once its audio thread has [stopped](Audio::stop).
    fn deactivate(&mut self) -> Result<(), Error>;
}

/// A plugin that processes, on the audio thread: nothing here may call the system.
pub(crate) trait Audio: Send + 'static {
    /// The events of one block.
    type Block: Send + Sync + 'static;

    /// Has it process a block, or silence. False if it failed.
    fn process(&mut self, block: Option<&Self::Block>, transport: Option<Transport>) -> bool;

    /// Whether the events that came out are those that went in.
    fn passed_on(&self, block: Option<&Self::Block>) -> bool;

    /// What was is forgotten: the host has stopped processing and begins anew.
    fn reset(&mut self);

    /// It will not process any more.
    fn stop(self);
}

/// Waits until the plugin would save a state with this text in it.
pub(crate) fn wait_until_saved(plugin: &mut impl Plugin, text: &str) -> Result<(), Error> {
    let started = Instant::now();
    loop {
        let state = plugin.save()?;
        if state.windows(text.len()).any(|window| window == text.as_bytes()) {
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            return Err(format!("its state is {}", String::from_utf8_lossy(&state)).into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
