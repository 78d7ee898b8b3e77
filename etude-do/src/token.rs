//! Who may do what: the operator's key, and the tokens it signs.
//!
//! A token reads `operator.<tenant>.<expiry>.<mac>`, or `player.<tenant>.<session>.<expiry>.<mac>` and the same with
//! `viewer`: what it allows in the clear, and an HMAC-SHA256 over that, in hexadecimal. Letters, digits, hyphens and
//! dots only, so that it can travel as a WebSocket subprotocol.

use etude_engine::protocol::Role;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::id::{SessionId, TenantId, parse_hex, write_hex};

/// Shortest key an operator may set, in bytes.
pub const KEY_BYTES_MIN: usize = 16;
/// Life of a token where none is asked for: long enough for a player who was offline over a holiday to deliver the take.
pub const LIFE_SECONDS: u64 = 14 * 24 * 3600;
/// Longest life of a token.
pub const LIFE_SECONDS_MAX: u64 = 400 * 24 * 3600;

/// The operator's keys: the one that signs, and while it is being replaced the one before it.
#[derive(Clone)]
pub struct Keys {
    current: OperatorKey,
    previous: Option<OperatorKey>,
}

/// A key of the operator. It opens the whole HTTP interface and signs tokens.
#[derive(Clone)]
pub struct OperatorKey(Vec<u8>);

/// The key is missing or too short to be safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "ETUDE_KEY, and ETUDE_KEY_PREVIOUS if it is set, must be a secret of at least {KEY_BYTES_MIN} characters"
)]
pub struct WeakKey;

/// What the bearer of a token may do, and until when, in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What it opens.
    pub scope: Scope,
    /// Until when, in seconds since 1970.
    pub expires: u64,
}

/// What a token opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that belongs to a tenant.
    Tenant(TenantId),
    /// One session of a tenant.
    Session(SessionScope),
}

/// One session, as seen by one who takes part in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionScope {
    /// Whose session it is.
    pub tenant: TenantId,
    /// The session.
    pub session: SessionId,
    /// As whom its bearer takes part.
    pub role: Role,
}

/// Why a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token, or not signed with this key.
    #[error("the token is not valid")]
    Invalid,
    /// Too old.
    #[error("the token has expired; the operator can sign a new one")]
    Expired,
}

impl Keys {
    /// Takes the keys from the environment. An empty previous key is none.
    pub fn new(current: &str, previous: &str) -> Result<Self, WeakKey> {
        let previous = (!previous.is_empty()).then(|| OperatorKey::new(previous)).transpose()?;
        Ok(Self { current: OperatorKey::new(current)?, previous })
    }

    /// Whether one of the keys was presented, in time that does not depend on where it differs.
    pub fn are(&self, presented: &str) -> bool {
        // Both are compared, whichever it is.
        self.all().fold(false, |found, key| key.is(presented) | found)
    }

    /// Signs a token with the current key.
    pub fn sign(&self, grant: &Grant) -> String {
        self.current.sign(grant)
    }

    /// What a token of either key allows at a time, given in seconds since 1970.
    pub fn verify(&self, token: &str, now: u64) -> Result<Grant, TokenError> {
        let mut outcome = Err(TokenError::Invalid);
        for key in self.all() {
            match key.verify(token, now) {
                Err(TokenError::Invalid) => {}
                found => outcome = found,
            }
        }
        outcome
    }

    /// The one that signs.
    pub(crate) fn signing(&self) -> &OperatorKey {
        &self.current
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &OperatorKey> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl OperatorKey {
    /// A key, if it is long enough.
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
        let mut token = written(grant);
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

    /// The secret from which the key that signs reports follows.
    pub(crate) fn signing_seed(&self) -> [u8; 32] {
        self.mac(Use::Signing, b"").finalize().into_bytes().into()
    }

    fn mac(&self, purpose: Use, message: &[u8]) -> Hmac<Sha256> {
        // HMAC takes a key of any length; this is the infallible way to say so.
        let key = Hmac::<Sha256>::new_from_slice(&self.0).unwrap_or_else(|_| Hmac::new(&Default::default()));
        key.chain_update(match purpose {
            Use::Bearer => &b"etude bearer\0"[..],
            Use::Token => &b"etude token\0"[..],
            Use::Signing => &b"etude report\0"[..],
        })
        .chain_update(message)
    }
}

/// Whether this looks like a token, so that its bearer is told what is wrong with it rather than that it is no key.
pub fn resembles_token(presented: &str) -> bool {
    ["operator.", "player.", "viewer."].iter().any(|start| presented.starts_with(start))
}

/// What a MAC is for; goes into it, so that one can never stand for the other.
enum Use {
    Bearer,
    Token,
    Signing,
}

fn written(Grant { scope, expires }: &Grant) -> String {
    match scope {
        Scope::Tenant(tenant) => format!("operator.{tenant}.{expires}"),
        Scope::Session(SessionScope { tenant, session, role }) => {
            let role = match role {
                Role::Player => "player",
                Role::Viewer => "viewer",
            };
            format!("{role}.{tenant}.{session}.{expires}")
        }
    }
}

fn read(signed: &str) -> Option<Grant> {
    let mut fields = signed.split('.');
    let kind = fields.next()?;
    let tenant = fields.next()?.parse().ok()?;
    let scope = match kind {
        "operator" => Scope::Tenant(tenant),
        "player" | "viewer" => {
            let role = if kind == "player" { Role::Player } else { Role::Viewer };
            Scope::Session(SessionScope { tenant, session: fields.next()?.parse().ok()?, role })
        }
        _ => return None,
    };
    let expires = fields.next()?.parse().ok()?;
    fields.next().is_none().then_some(Grant { scope, expires })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> OperatorKey {
        OperatorKey::new("sixteen letters!").expect("long enough")
    }

    fn tenant() -> TenantId {
        "st-cecilia".parse().expect("a tenant")
    }

    fn grant(role: Role) -> Grant {
        let session = "000102030405060708090a0b0c0d0e0f".parse().expect("a session");
        Grant { scope: Scope::Session(SessionScope { tenant: tenant(), session, role }), expires: 1_000 }
    }

    fn grants() -> [Grant; 3] {
        let operator = Grant { scope: Scope::Tenant(tenant()), expires: 1_000 };
        [grant(Role::Player), grant(Role::Viewer), operator]
    }

    #[test]
    fn a_token_opens_what_it_was_signed_for_until_it_expires() {
        for grant in grants() {
            let token = key().sign(&grant);
            assert_eq!(key().verify(&token, 999), Ok(grant));
            assert_eq!(key().verify(&token, 1_000), Err(TokenError::Expired));
            assert!(resembles_token(&token));
        }
    }

    #[test]
    fn a_token_is_a_subprotocol_token() {
        for grant in grants() {
            let token = key().sign(&grant);
            let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'.' || c == b'-';
            assert!(token.bytes().all(fits), "{token}");
        }
    }

    #[test]
    fn no_byte_of_a_token_can_be_changed() {
        for grant in grants() {
            let token = key().sign(&grant);
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
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let token = key().sign(&grant(Role::Player));
        let long = ".".repeat(100_000);
        for text in ["", ".", "....", "player", "é.é.é.é", &token[1..], &format!("{token}.{token}"), &long]
        {
            assert_eq!(key().verify(text, 0), Err(TokenError::Invalid));
        }
    }

    #[test]
    fn what_is_signed_but_grants_nothing_is_refused() {
        for signed in
            ["player.st-cecilia.1000", "guest.a.1000", "operator.A.1000", "operator.a.-1", "operator.a.1.1"]
        {
            let mac = key().mac(Use::Token, signed.as_bytes()).finalize().into_bytes();
            let mut token = format!("{signed}.");
            write_hex(&mac, &mut token).expect("a string");
            assert_eq!(key().verify(&token, 0), Err(TokenError::Invalid), "{signed}");
        }
    }

    #[test]
    fn another_key_signs_other_tokens() {
        let other = OperatorKey::new("another sixteen letters").expect("long enough");
        assert_eq!(key().verify(&other.sign(&grant(Role::Player)), 0), Err(TokenError::Invalid));
    }

    #[test]
    fn while_a_key_is_replaced_both_are_valid() {
        let (old, new) = ("sixteen letters!", "the next sixteen letters");
        let keys = Keys::new(new, old).expect("two keys");
        let by_old = key().sign(&grant(Role::Viewer));
        assert_eq!(keys.verify(&by_old, 0), Ok(grant(Role::Viewer)));
        assert_eq!(keys.verify(&by_old, 1_000), Err(TokenError::Expired));
        let fresh = keys.sign(&grant(Role::Player));
        assert_eq!(keys.verify(&fresh, 0), Ok(grant(Role::Player)));
        assert!(keys.are(old) && keys.are(new) && !keys.are("neither of the two!"));

        let after = Keys::new(new, "").expect("one key");
        assert_eq!(after.verify(&by_old, 0), Err(TokenError::Invalid));
        assert_eq!(after.verify(&fresh, 0), Ok(grant(Role::Player)));
        assert!(!after.are(old));
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
        assert_eq!(Keys::new("fifteen letters", "").err(), Some(WeakKey));
        assert_eq!(Keys::new("", "").err(), Some(WeakKey));
        assert_eq!(Keys::new("sixteen letters!", "fifteen letters").err(), Some(WeakKey));
    }
}
