//! A session link: what a teacher sends and a player pastes.

use std::fmt;
use std::str::FromStr;

use crate::relay;

/// Longest link read, in bytes.
const BYTES_MAX: usize = 2_048;

/// A session and the right to play in it: `https://etude.example/#<token>`, as the service makes it.
///
/// The token is a secret. It is not printed, and kept nowhere but in the user's spool while something is undelivered.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    base: String,
    token: String,
    session: String,
}

/// Why a text is no session link.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// It is not the address of a service.
    #[error("a session link begins with https:// (or, on your own machine, http://)")]
    Address,
    /// There is no token in it.
    #[error("the link is not complete: the part after # is missing or cut off")]
    Token,
    /// It opens the session to look on.
    #[error("this link is for looking on; to play, ask for the player's link")]
    Viewer,
}

impl Link {
    /// The service: `https://etude.example`, without a slash at its end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The session's name.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// What opens it.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The session's WebSocket.
    pub fn socket(&self) -> String {
        // `http` becomes `ws`, and `https` `wss`.
        format!("ws{}/v1/sessions/{}/socket", &self.base["http".len()..], self.session)
    }

    /// When the token ends, in seconds since 1970; 0 if it does not say.
    pub fn expires(&self) -> u64 {
        self.token.rsplit('.').nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
    }
}

impl FromStr for Link {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        if text.len() > BYTES_MAX || !has_scheme(text) {
            return Err(LinkError::Address);
        }
        let (base, token) = text.split_once('#').ok_or(LinkError::Token)?;
        let base = base_of(base).ok_or(LinkError::Address)?;
        let is_token = |c: u8| c.is_ascii_alphanumeric() || b".-_".contains(&c);
        // Role first; session, expiry and signature last.
        let parts: Vec<&str> = token.split('.').collect();
        if parts.len() < 4 || parts.iter().any(|part| part.is_empty()) || !token.bytes().all(is_token) {
            return Err(LinkError::Token);
        }
        match parts[0] {
            "player" => {}
            "viewer" => return Err(LinkError::Viewer),
            _ => return Err(LinkError::Token),
        }
        let session = parts[parts.len() - 3].to_owned();
        Ok(Self { base: base.to_owned(), token: token.to_owned(), session })
    }
}

fn has_scheme(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme))
}

/// The address of a service, without a slash at its end; `None` for what is none.
pub(super) fn base_of(address: &str) -> Option<&str> {
    let base = address.trim_end_matches('/');
    let is_address = |c: u8| c.is_ascii_graphic() && !b"#?@\\\"<>".contains(&c);
    (has_scheme(base) && base.bytes().all(is_address) && !base.ends_with(':')).then_some(base)
}

/// Whether the address is of this machine.
pub(super) fn is_here(base: &str) -> bool {
    let Ok(address) = base.parse::<ureq::http::Uri>() else { return false };
    address.host().is_some_and(relay::is_here)
}

/// Tells the session, not the token.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("base", &self.base)
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_tells_where_what_and_by_what_right() {
        let link: Link = " https://etude.example/x/#player.studio.3f2a.1796000000.abcd\n".parse().unwrap();
        assert_eq!((link.base(), link.session()), ("https://etude.example/x", "3f2a"));
        assert_eq!(link.token(), "player.studio.3f2a.1796000000.abcd");
        assert_eq!(link.socket(), "wss://etude.example/x/v1/sessions/3f2a/socket");
        assert_eq!(link.expires(), 1_796_000_000);
        assert!(!format!("{link:?}").contains("abcd"));
        let here: Link = "http://127.0.0.1:8787/#player.3f2a.1.ab".parse().unwrap();
        assert_eq!(here.socket(), "ws://127.0.0.1:8787/v1/sessions/3f2a/socket");
    }

    #[test]
    fn what_is_no_link_is_refused_with_a_reason() {
        let refused = |text: &str| text.parse::<Link>().unwrap_err();
        for text in ["", "etude.example/#player.a.1.b", "ftp://x/#player.a.1.b", "https://#player.a.1.b"] {
            assert_eq!(refused(text), LinkError::Address, "{text}");
        }
        for text in ["https://u:p@x/#player.a.1.b", "https://x?y#player.a.1.b", "https://x y/#player.a.1.b"] {
            assert_eq!(refused(text), LinkError::Address, "{text}");
        }
        for text in ["https://x/", "https://x/#", "https://x/#player.a.1", "https://x/#player.a..1.b"] {
            assert_eq!(refused(text), LinkError::Token, "{text}");
        }
        assert_eq!(refused("https://x/#player.a.1.b,c"), LinkError::Token);
        assert_eq!(refused("https://x/#operator.a.1.b"), LinkError::Token);
        assert_eq!(refused("https://x/#viewer.a.1.b"), LinkError::Viewer);
        assert_eq!(refused(&format!("https://x/#player.a.1.{}", "b".repeat(BYTES_MAX))), LinkError::Address);
    }
}
