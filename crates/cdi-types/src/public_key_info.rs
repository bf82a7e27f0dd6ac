//! A public key as statements carry it: the bytes of a SubjectPublicKeyInfo, in base64.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::KeyId;
use crate::parsed::parsed;

/// Text that is not the base64 form of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a public key is the standard base64 of a SubjectPublicKeyInfo of at most 4096 bytes")]
pub struct PublicKeyInfoError;

/// The DER bytes of a SubjectPublicKeyInfo (RFC 5280). Which algorithm they name, and whether the key is sound, is
/// found out by `cdi-envelope` when the key is to be used; the id is that of any bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKeyInfo {
    key_id: KeyId,
    der: Vec<u8>,
}

impl PublicKeyInfo {
    /// Room for a post-quantum key (ML-DSA-65 has 1,974 bytes) and not for more.
    const MAX_BYTES: usize = 4_096;

    /// Takes DER bytes.
    ///
    /// # Errors
    /// [`PublicKeyInfoError`] if there are none or too many.
    pub fn from_der(der: Vec<u8>) -> Result<Self, PublicKeyInfoError> {
        if der.is_empty() || der.len() > Self::MAX_BYTES {
            return Err(PublicKeyInfoError);
        }
        Ok(Self { key_id: KeyId::of(&der), der })
    }

    /// The DER bytes.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The key's id: the SHA-256 of the DER bytes.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }
}

impl Serialize for PublicKeyInfo {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64_simd::STANDARD.encode_to_string(&self.der))
    }
}

impl<'de> Deserialize<'de> for PublicKeyInfo {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, |text| {
            let der = base64_simd::STANDARD.decode_to_vec(text.as_bytes()).map_err(|_| PublicKeyInfoError);
            der.and_then(Self::from_der)
        })
    }
}
