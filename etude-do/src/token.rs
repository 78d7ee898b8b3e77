//! Who may do what: the operator's key, and the session tokens it signs.
//!
//! A token reads `player.<session>.<expiry>.<mac>`: what it allows in the clear, and an HMAC-SHA256 over that, in
//! hexadecimal. Letters, digits and dots only, so that it can travel as a WebSocket subprotocol.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::id::{SessionId, parse_hex, write_hex};

/// Shortest key an operator may set, in bytes.
pub const KEY_BYTES_MIN: usize = 16;
/// Life of a token: long enough for a player who was offline over a holiday to deliver the take.
pub const LIFE_SECONDS: u64 = 14 * 24 * 3600;

/// The operator's key. It opens the REST interface and signs tokens.
#[derive(Clone)]
pub struct OperatorKey(Vec<u8>);

/// The key is missing or too short to be safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ETUDE_KEY must be set to a secret of at least {KEY_BYTES_MIN} characters")]
pub struct WeakKey;

/// What the bearer of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The one session it opens.
    pub session: SessionId,
    /// As whom.
    pub role: Role,
    /// Until when, in seconds since 1970.
    pub expires: u64,
}

/// As whom a connection takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sends the events.
    Player,
}

/// Why a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token, or not signed with this key.
    #[error("the token is not valid")]
    Invalid,
    /// Too old.
    #[error("the token has expired; the operator can open a new session")]
    Expired,
}

impl OperatorKey {
    /// Takes the key from the environment.
    pub fn new(secret: &str) -> Result<Self, WeakKey> {
        if secret.len() < KEY_BYTES_MIN { Err(WeakKey) } else { Ok(Self(secret.as_bytes().to_vec())) }
    }

    /// Whether this is the key, in time that does not depend on where the two differ.
    pub fn is(&self, presented: &str) -> bool {
        self.mac(Use::Bearer, presented.as_bytes())
            .verify(&self.mac(Use::Bearer, &self.0).finalize().into_bytes())
            .is_ok()
    }

    /// Signs a token.
    pub fn sign(&self, grant: &Grant) -> String {
        let Grant { session, role: Role::Player, expires } = grant;
        let mut token = format!("player.{session}.{expires}");
        let mac = self.mac(Use::Token, token.as_bytes()).finalize().into_bytes();
        token.push('.');
        // Writing to a String cannot fail.
        let _ = write_hex(&mac, &mut token);
        token
    }

    /// What a token allows at a time, given in seconds since 1970. Nothing of it is believed before its signature.
    pub fn verify(&self, token: &str, now: u64) -> Result<Grant, TokenError> {
        let (signed, mac) = token.rsplit_once('.').ok_or(TokenError::Invalid)?;
        let mac: [u8; 32] = parse_hex(mac).map_err(|_| TokenError::Invalid)?;
        self.mac(Use::Token, signed.as_bytes()).verify(&mac.into()).map_err(|_| TokenError::Invalid)?;
        let grant = read(signed).ok_or(TokenError::Invalid)?;
        if now >= grant.expires { Err(TokenError::Expired) } else { Ok(grant) }
    }

    fn mac(&self, purpose: Use, message: &[u8]) -> Hmac<Sha256> {
        // HMAC takes a key of any length; this is the infallible way to say so.
        let key = Hmac::<Sha256>::new_from_slice(&self.0).unwrap_or_else(|_| Hmac::new(&Default::default()));
        key.chain_update(match purpose {
            Use::Bearer => &b"etude bearer\0"[..],
            Use::Token => &b"etude token\0"[..],
        })
        .chain_update(message)
    }
}

/// What a MAC is for; goes into it, so that one can never stand for the other.
enum Use {
    Bearer,
    Token,
}

fn read(signed: &str) -> Option<Grant> {
    let mut fields = signed.split('.');
    let role = match fields.next()? {
        "player" => Role::Player,
        _ => return None,
    };
    let session = fields.next()?.parse().ok()?;
    let expires = fields.next()?.parse().ok()?;
    fields.next().is_none().then_some(Grant { session, role, expires })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> OperatorKey {
        OperatorKey::new("sixteen letters!").expect("long enough")
    }

    fn grant() -> Grant {
        let session = "000102030405060708090a0b0c0d0e0f".parse().expect("a session");
        Grant { session, role: Role::Player, expires: 1_000 }
    }

    #[test]
    fn a_token_opens_what_it_was_signed_for_until_it_expires() {
        let token = key().sign(&grant());
        assert_eq!(key().verify(&token, 999), Ok(grant()));
        assert_eq!(key().verify(&token, 1_000), Err(TokenError::Expired));
    }

    #[test]
    fn a_token_is_a_subprotocol_token() {
        let token = key().sign(&grant());
        assert!(token.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'.'), "{token}");
    }

    #[test]
    fn no_byte_of_a_token_can_be_changed() {
        let token = key().sign(&grant());
        for at in 0..token.len() {
            for with in [b'0', b'f', b'.', b'A'] {
                let mut forged = token.clone().into_bytes();
                if forged[at] == with {
                    continue;
                }
                forged[at] = with;
                let forged = String::from_utf8(forged).expect("ascii");
                assert_eq!(key().verify(&forged, 0), Err(TokenError::Invalid), "{forged}");
            }
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let token = key().sign(&grant());
        let long = ".".repeat(100_000);
        for text in ["", ".", "....", "player", "é.é.é.é", &token[1..], &format!("{token}.{token}"), &long]
        {
            assert_eq!(key().verify(text, 0), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn another_key_signs_other_tokens() {
        let other = OperatorKey::new("another sixteen letters").expect("long enough");
        assert_eq!(key().verify(&other.sign(&grant()), 0), Err(TokenError::Invalid));
    }

    #[test]
    fn only_the_key_is_the_key() {
        assert!(key().is("sixteen letters!"));
        for wrong in ["", "sixteen letters", "sixteen letters!!", "Sixteen letters!"] {
            assert!(!key().is(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_short_key_is_refused() {
        assert_eq!(OperatorKey::new("fifteen letters").err(), Some(WeakKey));
        assert_eq!(OperatorKey::new("").err(), Some(WeakKey));
    }
}
