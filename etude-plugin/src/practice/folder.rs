//! Where Etude keeps what is the user's: never in the host's project.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::{Link, LinkError};

/// Names another folder in place of the platform's.
pub const FOLDER_VARIABLE: &str = "ETUDE_HOME";

/// A session link to join as soon as the host processes, also while it renders offline: for hosts without a screen.
pub const JOIN_VARIABLE: &str = "ETUDE_JOIN";

/// What the environment says.
pub(super) fn link_of_environment() -> Option<Result<Link, LinkError>> {
    let text = std::env::var(JOIN_VARIABLE).ok().filter(|text| !text.is_empty())?;
    Some(text.parse())
}

/// The folder, which may not exist yet: `~/.local/share/etude`, or what the platform has for it.
pub(super) fn folder() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(FOLDER_VARIABLE).filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    Some(etcetera::base_strategy::choose_native_strategy().ok()?.data_dir().join("etude"))
}
