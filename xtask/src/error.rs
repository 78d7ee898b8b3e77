//! What can go wrong in a task, each as one line a person can act on.

use std::io;
use std::path::{Path, PathBuf};

/// The result of a task or of a step of it.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a task stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something has to be installed first.
    #[error("{name} not found: {remedy}")]
    Missing {
        /// What is missing.
        name: &'static str,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A tool was built or fetched, and is not the one that was asked for.
    #[error("{path} should be version {expected}, but says {found:?}", path = .path.display())]
    Version {
        /// The tool.
        path: PathBuf,
        /// The version this clone needs.
        expected: &'static str,
        /// What `--version` said, or why it could not be asked.
        found: String,
    },
    /// A command ended with a failure; its own output says why.
    #[error("{command} failed ({status})")]
    Command {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
    },
    /// A file or a process could not be dealt with.
    #[error("{what}: {source}")]
    Io {
        /// What was being done, with its path.
        what: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// workerd did not come up.
    #[error("workerd did not start: {why}\n{log}")]
    Workerd {
        /// What was observed.
        why: String,
        /// The end of its log.
        log: String,
    },
    /// Anything else, said in one line.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// For `map_err`: `verb` is what was being done to `path`, as in "reading".
    pub fn io(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let what = format!("{verb} {}", path.display());
        move |source| Error::Io { what, source }
    }
}
