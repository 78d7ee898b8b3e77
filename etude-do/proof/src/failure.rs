//! Why a proof failed.

/// The result of a proof or of a step of it.
pub type Result<T> = std::result::Result<T, Failure>;

/// Why a proof failed, or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The service could not be built or run.
    #[error(transparent)]
    Service(#[from] xtask::Error),
    /// A piece or a performance could not be read.
    #[error("{path}: {why}")]
    Music {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// What must hold did not.
    #[error("{0}")]
    Law(String),
}

/// A law that was broken, in words.
pub(crate) fn law<T>(what: impl Into<String>) -> Result<T> {
    Err(Failure::Law(what.into()))
}

/// Holds a law, or says how it was broken.
pub(crate) fn hold(holds: bool, what: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { law(what()) }
}
