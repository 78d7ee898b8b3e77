//! Status
//!
//! ```c
//! etude_status status = etude_score_describe(score, NULL);
//! if (status != ETUDE_OK) {
//!     fprintf(stderr, "%s\n", etude_status_str(status)); // a pointer is NULL or misaligned
//! }
//! ```

use std::ffi::{CStr, c_char};
use std::fmt;

use crate::capi::event::EventFault;
use crate::capi::firewall::guarded;
use crate::import::ImportError;
use crate::score::UnfoldError;
use crate::session::{ConfigError, Ended};

/// What became of a call: ETUDE_OK or one of ETUDE_ERROR_*.
pub type etude_status = i32;

/// The call did what it says.
pub const ETUDE_OK: etude_status = 0;
/// A pointer is NULL or misaligned.
pub const ETUDE_ERROR_POINTER: etude_status = 1;
/// An argument is out of its range.
pub const ETUDE_ERROR_ARGUMENT: etude_status = 2;
/// A struct_size was not set, or unknown fields of a newer header are in use.
pub const ETUDE_ERROR_STRUCT_SIZE: etude_status = 3;
/// The buffer is too small for the text.
pub const ETUDE_ERROR_BUFFER: etude_status = 4;
/// There is nothing at this index.
pub const ETUDE_ERROR_INDEX: etude_status = 5;
/// A limit was passed.
pub const ETUDE_ERROR_LIMIT: etude_status = 6;
/// The library and the header do not fit together.
pub const ETUDE_ERROR_ABI: etude_status = 7;
/// The library has a defect; please report it. The handle is of no more use.
pub const ETUDE_ERROR_PANIC: etude_status = 8;
/// An earlier call with this handle ended in ETUDE_ERROR_PANIC.
pub const ETUDE_ERROR_POISONED: etude_status = 9;
/// Another thread is using this handle.
pub const ETUDE_ERROR_BUSY: etude_status = 10;
/// The file is of no kind that can be read.
pub const ETUDE_ERROR_FORMAT: etude_status = 11;
/// The file is damaged or holds no music that can be played.
pub const ETUDE_ERROR_FILE: etude_status = 12;
/// A setting is out of its range.
pub const ETUDE_ERROR_CONFIG: etude_status = 13;
/// An event is not valid.
pub const ETUDE_ERROR_EVENT: etude_status = 14;
/// The take has ended.
pub const ETUDE_ERROR_ENDED: etude_status = 15;
/// Too many records wait: poll them first.
pub const ETUDE_ERROR_UNPOLLED: etude_status = 16;
/// What was asked for is not there, or not yet.
pub const ETUDE_ERROR_ABSENT: etude_status = 17;

/// A short English text for a status, also for one that this library does not know. It is static: do
/// not free it. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub extern "C" fn etude_status_str(status: etude_status) -> *const c_char {
    guarded(c"error in the library".as_ptr(), || text(status).as_ptr())
}

fn text(status: etude_status) -> &'static CStr {
    match status {
        ETUDE_OK => c"success",
        ETUDE_ERROR_POINTER => c"a pointer is NULL or misaligned",
        ETUDE_ERROR_ARGUMENT => c"an argument is out of its range",
        ETUDE_ERROR_STRUCT_SIZE => c"a struct_size is not set or not supported",
        ETUDE_ERROR_BUFFER => c"the buffer is too small",
        ETUDE_ERROR_INDEX => c"there is nothing at this index",
        ETUDE_ERROR_LIMIT => c"a limit was passed",
        ETUDE_ERROR_ABI => c"the library and the header do not fit together",
        ETUDE_ERROR_PANIC => c"the library has a defect",
        ETUDE_ERROR_POISONED => c"an earlier call with this handle failed inside the library",
        ETUDE_ERROR_BUSY => c"another thread is using this handle",
        ETUDE_ERROR_FORMAT => c"the file is of no kind that can be read",
        ETUDE_ERROR_FILE => c"the file is damaged or holds nothing that can be played",
        ETUDE_ERROR_CONFIG => c"a setting is out of its range",
        ETUDE_ERROR_EVENT => c"an event is not valid",
        ETUDE_ERROR_ENDED => c"the take has ended",
        ETUDE_ERROR_UNPOLLED => c"too many records wait; poll them first",
        ETUDE_ERROR_ABSENT => c"what was asked for is not there",
        _ => c"unknown status",
    }
}

/// Why a call failed: the status for the program; for the person the detail, after what it is about, if not empty.
/// The two are apart so that a realtime function can fail without allocating.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: etude_status,
    pub(super) subject: &'static str,
    pub(super) detail: Wording,
}

impl Failure {
    pub(super) fn new(status: etude_status, detail: impl Into<Wording>) -> Self {
        Self { status, subject: "", detail: detail.into() }
    }

    pub(super) const fn of(subject: &'static str, status: etude_status, detail: &'static str) -> Self {
        Self { status, subject, detail: Wording::Fixed(detail) }
    }
}

/// What to say to a person. Only the long one takes memory.
#[derive(Debug)]
pub(super) enum Wording {
    Fixed(&'static str),
    Long(String),
    /// What is wrong with an event, after its number.
    Event(u64, EventFault),
    /// A number of what follows.
    Count(u64, &'static str),
}

impl fmt::Display for Wording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(text) => f.write_str(text),
            Self::Long(text) => f.write_str(text),
            Self::Event(number, fault) => write!(f, "event {number}: {fault}"),
            Self::Count(count, what) => write!(f, "{count} {what}"),
        }
    }
}

impl From<&'static str> for Wording {
    fn from(text: &'static str) -> Self {
        Self::Fixed(text)
    }
}

impl From<String> for Wording {
    fn from(text: String) -> Self {
        Self::Long(text)
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let status = match error {
            ImportError::UnknownFormat | ImportError::NotMidi | ImportError::NotMusicXml { .. } => {
                ETUDE_ERROR_FORMAT
            }
            ImportError::FileTooLarge { .. }
            | ImportError::InflatedTooLarge { .. }
            | ImportError::XmlTooLarge { .. }
            | ImportError::XmlRefused { .. }
            | ImportError::EntityExpansion { .. }
            | ImportError::TooManyNotes { .. }
            | ImportError::TooManyMeasures { .. }
            | ImportError::TooManyParts { .. }
            | ImportError::TooManyEvents { .. }
            | ImportError::TooLong => ETUDE_ERROR_LIMIT,
            ImportError::Unfold(UnfoldError::Score(_)) => ETUDE_ERROR_FILE,
            // A limit, whichever it is.
            ImportError::Unfold(_) => ETUDE_ERROR_LIMIT,
            _ => ETUDE_ERROR_FILE,
        };
        Self::new(status, error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(ETUDE_ERROR_CONFIG, error.to_string())
    }
}

impl From<Ended> for Failure {
    fn from(_: Ended) -> Self {
        Self::new(ETUDE_ERROR_ENDED, "the take has ended")
    }
}
