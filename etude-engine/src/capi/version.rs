//! Version
//!
//! The macros tell what the program was compiled with, the functions what it runs with.
//!
//! ```c
//! if (etude_abi_check(ETUDE_ABI) != ETUDE_OK) {
//!     fprintf(stderr, "built for another libetude than %s\n", etude_version());
//! }
//! ```

use std::ffi::c_char;

use crate::capi::firewall::{firewall, guarded};
use crate::capi::memory::Detail;
use crate::capi::status::{ETUDE_ERROR_ABI, Failure, etude_status};

/// Major version of the library.
pub const ETUDE_VERSION_MAJOR: u32 = 0;
/// Minor version of the library.
pub const ETUDE_VERSION_MINOR: u32 = 1;
/// Patch version of the library.
pub const ETUDE_VERSION_PATCH: u32 = 0;
/// Version of the binary interface. It changes when a program must be compiled anew.
pub const ETUDE_ABI: u32 = 1;

/// Defined where the header has etude_session_place and etude_session_expected.
pub const ETUDE_FEATURE_PLACE: u32 = 1;
/// Defined where the header has etude_session_snapshot and etude_session_restore.
pub const ETUDE_FEATURE_SNAPSHOT: u32 = 1;
/// Defined where the header has etude_client.
pub const ETUDE_FEATURE_CLIENT: u32 = 1;
/// Defined where the header has etude_log_set.
pub const ETUDE_FEATURE_LOG: u32 = 1;

/// The version of the library in use, such as "0.1.0". It is static: do not free it. Two libraries of
/// the same version give the same verdicts. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub extern "C" fn etude_version() -> *const c_char {
    const TEXT: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    guarded(c"".as_ptr(), || TEXT.as_ptr().cast())
}

/// The binary interface of the library in use. [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub extern "C" fn etude_abi() -> u32 {
    guarded(0, || ETUDE_ABI)
}

/// Whether a program compiled with this header can use this library: call it as
/// etude_abi_check(ETUDE_ABI) before anything else. Anything but ETUDE_OK says no.
/// [thread-safe] [realtime]
#[unsafe(no_mangle)]
pub extern "C" fn etude_abi_check(abi: u32) -> etude_status {
    firewall(Detail::NONE, || {
        if abi == ETUDE_ABI {
            return Ok(());
        }
        Err(Failure::new(ETUDE_ERROR_ABI, "the program was compiled with another etude.h"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_macros_tell_the_version_of_the_crate() {
        let macros = format!("{ETUDE_VERSION_MAJOR}.{ETUDE_VERSION_MINOR}.{ETUDE_VERSION_PATCH}");
        assert_eq!(macros, env!("CARGO_PKG_VERSION"));
    }
}
