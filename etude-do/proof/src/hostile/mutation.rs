//! Bytes that were in order, with something done to them.

use fastrand::Rng;

/// No more is made of anything.
const BYTES_MAX: usize = 512 * 1024;

/// Pieces that parsers have stumbled over.
const TOKENS: [&[u8]; 16] = [
    b"null",
    b"1e999",
    b"-0",
    b"99999999999999999999",
    b"\\u0000",
    b"\\ud800",
    b"[[[[[[[[[[[[[[[[",
    b"{\"type\":",
    b"\xff\xfe",
    b"\x00\x00\x00\x00",
    b"\x7f\xff\xff\xff",
    b"<!DOCTYPE x [<!ENTITY a \"&a;&a;\">]>",
    b"]]>",
    b"&#0;",
    b"<repeat direction=\"backward\" times=\"4294967295\"/>",
    b"MTrk\xff\xff\xff\xff",
];

/// One to six changes.
pub(super) fn mutate(rng: &mut Rng, original: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..rng.usize(1..=6) {
        change(rng, &mut bytes, other);
        bytes.truncate(BYTES_MAX);
    }
    bytes
}

fn change(rng: &mut Rng, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = rng.usize(..=bytes.len());
    let until = bytes.len().min(at + rng.usize(..64));
    match rng.u8(..9) {
        0 if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
        1 if at < bytes.len() => bytes[at] = rng.u8(..),
        2 => drop(bytes.drain(at..until)),
        3 => bytes.truncate(at),
        4 => {
            let again = bytes[at..until].repeat(rng.usize(1..200));
            bytes.splice(at..at, again);
        }
        5 | 6 => drop(bytes.splice(at..at, TOKENS[rng.usize(..TOKENS.len())].iter().copied())),
        7 => {
            let from = rng.usize(..=other.len());
            let piece = &other[from..other.len().min(from + rng.usize(..256))];
            bytes.splice(at..until, piece.iter().copied());
        }
        _ => {
            // A number becomes another.
            if let Some(digit) = bytes[at..].iter().position(u8::is_ascii_digit) {
                let digits = rng.u64(..).to_string();
                bytes.splice(at + digit..at + digit + 1, digits.bytes().take(rng.usize(1..=20)));
            }
        }
    }
}
