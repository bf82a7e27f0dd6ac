//! Names of signature checks: of a question whose answer never changes.

use cdi_types::{PublicKeyInfo, Sha256, StatementId};

use crate::{PAYLOAD_TYPE, spki};

/// The longest signature that has a name: one in DER by a P-256 key has at most 72 bytes, one by an Ed25519 key 64.
const LONGEST: usize = 72;

/// The name of the question whether these bytes are a signature, with this key and its algorithm, over the payload with this
/// digest and [`PAYLOAD_TYPE`]. Two questions have two names: all of the key, the message and the signature is in it. That
/// a name exists says nothing about the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckId(Sha256);

impl CheckId {
    /// The name of a check; none for a key that has no canonical form, or a signature that is too long to be one.
    #[must_use]
    pub fn of(key: &PublicKeyInfo, statement: StatementId, signature: &[u8]) -> Option<Self> {
        if signature.len() > LONGEST {
            return None;
        }
        let algorithm = spki::read(key.der()).ok()?.algorithm().as_str();
        let (key, statement) = (key.key_id().sha256(), statement.sha256());
        // What comes before the signature has either a fixed length or an end that is not in it.
        let parts: [&[u8]; 8] = [
            b"cdi-signature-check-v1\0",
            algorithm.as_bytes(),
            b"\0",
            PAYLOAD_TYPE.as_bytes(),
            b"\0",
            key.as_bytes(),
            statement.as_bytes(),
            signature,
        ];
        let mut text = [0; 224];
        let mut at = 0_usize;
        for part in parts {
            text.get_mut(at..)?.get_mut(..part.len())?.copy_from_slice(part);
            at = at.checked_add(part.len())?;
        }
        Some(Self(Sha256::of(text.get(..at)?)))
    }

    /// A name that was written down.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Sha256::from_bytes(bytes))
    }

    /// The name's bytes, to be written down.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::spki::write;
    use crate::{Algorithm, PublicKey};

    const PEM: &str = include_str!("../../../vectors/dsse/p256.pem");

    #[test]
    fn every_part_of_a_check_is_in_its_name() {
        let p256 = PublicKey::from_pem(PEM).unwrap().info().clone();
        let point = |byte: u8| PublicKeyInfo::from_der(write(Algorithm::Ed25519, &[byte; 32])).unwrap();
        let (one, other) = (StatementId::of(b"one"), StatementId::of(b"other"));
        let mut names = BTreeSet::new();
        for key in [&p256, &point(1), &point(2)] {
            for statement in [one, other] {
                for signature in [&b""[..], b"a", b"ab", &[7; LONGEST]] {
                    names.insert(CheckId::of(key, statement, signature).unwrap());
                }
            }
        }
        assert_eq!(names.len(), 3 * 2 * 4);
        assert!(names.iter().all(|name| CheckId::from_bytes(*name.as_bytes()) == *name));
        assert_eq!(CheckId::of(&p256, one, &[7; LONGEST + 1]), None);
        let odd = PublicKeyInfo::from_der(b"no key".to_vec()).unwrap();
        assert_eq!(CheckId::of(&odd, one, b"a"), None);
    }
}
