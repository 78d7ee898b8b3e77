//! Names of sessions and pieces.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// Name of a session: 128 random bits, written as 32 lower-case hexadecimal digits. Cannot be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId([u8; 16]);

/// Name of a piece: the SHA-256 of its file, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PieceId([u8; 32]);

/// A text is not a name of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0} lower-case hexadecimal digits")]
pub struct NotAnId(usize);

impl SessionId {
    /// A new name, from the platform's cryptographic random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
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
        _ => Err(NotAnId(2 * N)),
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return Err(NotAnId(2 * N));
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
            assert_eq!(wrong.parse::<SessionId>(), Err(NotAnId(32)), "{wrong}");
        }
        assert!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".parse::<SessionId>().is_err());
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
