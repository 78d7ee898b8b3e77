//! Where Etude keeps what is the user's: never in the host's project.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::{Link, LinkError};

/// Names another folder in place of both of the platform's.
pub const FOLDER_VARIABLE: &str = "ETUDE_HOME";

/// A session link to join as soon as the host processes, also while it renders offline: for hosts without a screen.
pub const JOIN_VARIABLE: &str = "ETUDE_JOIN";

/// What the environment says.
pub(super) fn link_of_environment() -> Option<Result<Link, LinkError>> {
    let text = std::env::var(JOIN_VARIABLE).ok().filter(|text| !text.is_empty())?;
    Some(text.parse())
}

/// The folders, which may not exist yet.
#[derive(Default)]
pub(super) struct Folders {
    /// For what was played and opened: `~/.local/share/etude`, or what the platform has for it.
    pub(super) data: Option<PathBuf>,
    /// For what the user has set: `~/.config/etude`, or what the platform has for it.
    pub(super) config: Option<PathBuf>,
}

impl Folders {
    pub(super) fn of_user() -> Self {
        if let Some(named) = std::env::var_os(FOLDER_VARIABLE).filter(|named| !named.is_empty()) {
            return Self::both(Some(named.into()));
        }
        let Ok(platform) = etcetera::base_strategy::choose_native_strategy() else { return Self::default() };
        let (data, config) = (platform.data_dir().join("etude"), platform.config_dir().join("etude"));
        Self { data: Some(data), config: Some(config) }
    }

    pub(super) fn both(folder: Option<PathBuf>) -> Self {
        Self { data: folder.clone(), config: folder }
    }
}
