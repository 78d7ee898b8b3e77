//! A studio: the service of a teacher or a school, opened by its operator's key.
//!
//! Who has the key sees the pieces there and makes sessions on them; [`asked`] does both. The key is kept on disk and nowhere
//! else, see [`kept`].

pub(super) mod asked;
pub(super) mod kept;

use std::fmt;

use etude_engine::score::ScoreDigest;

use super::link;

/// Longest address and longest key taken, in bytes.
const BYTES_MAX: usize = 512;
/// No service has a shorter key.
const KEY_BYTES_MIN: usize = 16;

/// The address of a service, and the key of its operator.
///
/// The key opens everything there and does not end: it is not printed, and goes to that address only, encrypted unless it is
/// this machine's.
#[derive(Clone, PartialEq, Eq)]
pub struct Studio {
    base: String,
    key: String,
}

/// Why a user cannot log in by what was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StudioError {
    /// It is not the address of a service.
    #[error("a studio's address begins with https:// (or, on your own machine, http://) and has no # in it")]
    Address,
    /// The key would go over the network for all to read.
    #[error("without https:// anyone on the way could read the key: http:// is for your own machine alone")]
    NotEncrypted,
    /// It is not a key.
    #[error("a studio's key has at least {KEY_BYTES_MIN} characters, and no spaces among them")]
    Key,
}

impl Studio {
    /// The studio at `address`, `https://etude.example`, by the key of its operator or by a token for one. Connects to
    /// nothing.
    ///
    /// # Errors
    ///
    /// An address or a key that cannot be one.
    pub fn new(address: &str, key: &str) -> Result<Self, StudioError> {
        let address = address.trim();
        let is_short = address.len() <= BYTES_MAX;
        let base = link::base_of(address).filter(|_| is_short).ok_or(StudioError::Address)?;
        if base.starts_with("http://") && !link::is_here(base) {
            return Err(StudioError::NotEncrypted);
        }
        let key = key.trim();
        if !(KEY_BYTES_MIN..=BYTES_MAX).contains(&key.len()) || !key.bytes().all(|c| c.is_ascii_graphic()) {
            return Err(StudioError::Key);
        }
        Ok(Self { base: base.to_owned(), key: key.to_owned() })
    }

    /// Its address, without a slash at its end.
    pub fn address(&self) -> &str {
        &self.base
    }
}

/// Tells the address, not the key.
impl fmt::Debug for Studio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Studio").field("address", &self.base).finish_non_exhaustive()
    }
}

/// A piece of a studio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StudioPiece {
    /// What the studio calls it: the SHA-256 of its file.
    pub name: String,
    /// Its title, if it has one.
    pub title: Option<String>,
    /// Who wrote it, if the score says so.
    pub composer: Option<String>,
    /// Measures in performed order.
    pub measures: u32,
    /// The digest of its score.
    pub score: ScoreDigest,
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "a key of an operator";

    fn key() -> String {
        KEY.replace(' ', "-")
    }

    #[test]
    fn a_studio_is_an_address_and_a_key_that_is_not_printed() {
        for (entered, address) in [
            (" https://etude.example/ ", "https://etude.example"),
            ("https://etude.example/x//", "https://etude.example/x"),
            ("http://localhost:8787", "http://localhost:8787"),
            ("http://127.0.0.1:8787/", "http://127.0.0.1:8787"),
            ("http://[::1]:8787", "http://[::1]:8787"),
        ] {
            let studio = Studio::new(entered, &format!(" {}\n", key())).unwrap();
            assert_eq!((studio.address(), studio.key.as_str()), (address, key().as_str()));
            assert!(!format!("{studio:?}").contains(&key()));
        }
    }

    #[test]
    fn what_is_no_studio_is_refused_with_a_reason() {
        let refused = |address: &str, key: &str| Studio::new(address, key).unwrap_err();
        for address in
            ["", "etude.example", "ftp://x", "https://", "https://x/#player.a.1.b", "https://u:p@x"]
        {
            assert_eq!(refused(address, &key()), StudioError::Address, "{address}");
        }
        for address in
            ["http://etude.example", "http://192.168.1.7", "http://localhost.example", "http://[::2]"]
        {
            assert_eq!(refused(address, &key()), StudioError::NotEncrypted, "{address}");
        }
        for bad in
            ["", "too-short", KEY, "a-key-of-an\noperator", "schlüssel-schlüssel", &"x".repeat(BYTES_MAX + 1)]
        {
            assert_eq!(refused("https://etude.example", bad), StudioError::Key, "{bad}");
        }
    }
}
