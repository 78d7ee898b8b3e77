//! Names of tenants, sessions and pieces.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// Name of a session: 128 random bits, written as 32 lower-case hexadecimal digits. Cannot be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 16]);

/// Name of a piece: the SHA-256 of its file, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PieceId([u8; 32]);

/// Longest name of a tenant, in characters.
pub const TENANT_CHARS_MAX: usize = 32;

/// Name of a tenant: a teacher, a school, whoever has pieces and players of their own. Lower-case letters, digits and
/// hyphens, so that it can stand in a token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TenantId(String);

/// A text is not a name of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnId {
    /// Not that many hexadecimal digits.
    #[error("expected {0} lower-case hexadecimal digits")]
    Digits(usize),
    /// Not a tenant.
    #[error("expected 1 to {TENANT_CHARS_MAX} lower-case letters, digits or hyphens")]
    Tenant,
}

impl SessionId {
    /// A new name, from the platform's cryptographic random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }
}

impl TenantId {
    /// The tenant that the operator's key itself speaks for.
    pub fn of_the_key() -> Self {
        Self("studio".to_owned())
    }

    /// The name of a session's object: no tenant can name the object of another's.
    pub fn object_of(&self, session: SessionId) -> String {
        format!("{self}/{session}")
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TenantId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let known = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let fits = (1..=TENANT_CHARS_MAX).contains(&text.len()) && text.bytes().all(known);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAnId::Tenant) }
    }
}

impl PieceId {
    /// The name of the piece in this file.
    pub fn of(file: &[u8]) -> Self {
        Self(Sha256::digest(file).into())
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Display for PieceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl FromStr for SessionId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        parse_hex(text).map(Self)
    }
}

impl FromStr for PieceId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        parse_hex(text).map(Self)
    }
}

/// Lower case only: one name has one spelling, so it can be signed and compared as text.
pub(crate) fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], NotAnId> {
    let digit = |c: u8| match c {
        b'0'..=b'9' => Ok(c - b'0'),
        b'a'..=b'f' => Ok(c - b'a' + 10),
        _ => Err(NotAnId::Digits(2 * N)),
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return Err(NotAnId::Digits(2 * N));
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Ok(bytes)
}

pub(crate) fn write_hex(bytes: &[u8], out: &mut impl fmt::Write) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        let id = SessionId::random().expect("the platform has random numbers");
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        let wrong = [&text[..31], &text.replace(&text[..1], "g"), &format!("{text}0"), "", "é"];
        for wrong in wrong {
            assert_eq!(wrong.parse::<SessionId>(), Err(NotAnId::Digits(32)), "{wrong}");
        }
        assert!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".parse::<SessionId>().is_err());
    }

    #[test]
    fn a_tenant_is_a_short_plain_word() {
        for right in ["a", "studio", "st-cecilia-2", &"x".repeat(TENANT_CHARS_MAX)] {
            assert_eq!(right.parse::<TenantId>().map(|tenant| tenant.to_string()), Ok(right.to_owned()));
        }
        let long = "x".repeat(TENANT_CHARS_MAX + 1);
        for wrong in ["", "Studio", "a.b", "a/b", "a b", "é", "a\0", &long] {
            assert_eq!(wrong.parse::<TenantId>(), Err(NotAnId::Tenant), "{wrong}");
        }
    }

    #[test]
    fn two_random_names_differ() {
        assert_ne!(SessionId::random(), SessionId::random());
    }

    #[test]
    fn a_piece_is_named_by_its_content() {
        let id = PieceId::of(b"abc").to_string();
        assert_eq!(id, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(id.parse(), Ok(PieceId::of(b"abc")));
    }
}
