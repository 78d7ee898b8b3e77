//! Signing reports: Ed25519 (RFC 8032) with a key that follows from the operator's.
//!
//! One secret is enough for an operator, so the seed is an HMAC of it; anybody may have the public key, and check a report
//! with it offline.

use ed25519_compact::{KeyPair, Seed};
use etude_engine::fair::{Signature, Statement};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::id::write_hex;
use crate::token::{Keys, OperatorKey};

/// Bytes of the hash of a public key that name it.
const NAME_BYTES: usize = 8;

/// A public key, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicKey {
    /// Its name: the first 16 hexadecimal digits of its SHA-256.
    pub key: String,
    /// The key, as 64 hexadecimal digits.
    pub public: String,
    /// Whether new reports are signed with it.
    pub current: bool,
}

impl Keys {
    /// Puts the service's name to a report.
    pub fn sign_report(&self, statement: &Statement) -> Signature {
        let statement = statement.to_string();
        let pair = pair(self.signing());
        let signature = pair.sk.sign(statement.as_bytes(), None);
        Signature { key: name(&pair), public: hex(&*pair.pk), signature: hex(&*signature), statement }
    }

    /// The public keys of all that are valid, the current one first.
    pub fn public(&self) -> Vec<PublicKey> {
        let pairs = self.all().map(pair).zip(std::iter::once(true).chain(std::iter::repeat(false)));
        pairs.map(|(pair, current)| PublicKey { key: name(&pair), public: hex(&*pair.pk), current }).collect()
    }
}

fn pair(key: &OperatorKey) -> KeyPair {
    KeyPair::from_seed(Seed::new(key.signing_seed()))
}

fn name(pair: &KeyPair) -> String {
    hex(&Sha256::digest(*pair.pk)[..NAME_BYTES])
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    // Writing to a String cannot fail.
    let _ = write_hex(bytes, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_signing_key_and_it_is_always_the_same() {
        let keys = |current, previous| Keys::new(current, previous).expect("keys").public();
        let (one, two) = ("sixteen letters!", "the next sixteen letters");
        let both = keys(two, one);
        assert_eq!(both.len(), 2);
        assert_eq!(both[1].public, keys(one, "")[0].public);
        assert_ne!(both[0].public, both[1].public);
        assert_eq!([both[0].current, both[1].current], [true, false]);
        assert_eq!(both[0].key.len(), 2 * NAME_BYTES);
    }

    /// RFC 8032, section 7.1, test 2: what another implementation checks is what this one signs.
    #[test]
    fn it_is_the_ed25519_of_the_rfc() {
        let seed = crate::id::parse_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
            .expect("hex");
        let pair = KeyPair::from_seed(Seed::new(seed));
        assert_eq!(hex(&*pair.pk), "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(hex(&*pair.sk.sign([0x72], None)), signature);
    }
}
