//! SHA-256 digests, each kind a type of its own: a report id cannot be compared with an artifact digest.
//!
//! Text form: 64 lower-case hexadecimal digits, nothing else (rule F-DIGEST).

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use sha2::Digest as _;

use crate::parsed::deserialize_by_parsing;

/// Text that is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a digest is 64 lower-case hexadecimal digits, found `{found}`")]
pub struct DigestError {
    /// The text that was found, at most 80 characters of it, with control characters escaped.
    pub found: String,
}

impl DigestError {
    fn of(text: &str) -> Self {
        Self { found: text.chars().take(80).flat_map(char::escape_debug).collect() }
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "digest-malformed"
    }
}

/// The SHA-256 digest of some bytes, before it is said what the bytes are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// A digest that was computed elsewhere, over a stream for example.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// [`DigestError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        crate::hex::decode(text).map(Self).ok_or_else(|| DigestError::of(text))
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::hex::encode(&self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Sha256 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

deserialize_by_parsing!(Sha256);

macro_rules! digest_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Sha256);

        impl $name {
            /// The digest of `bytes`, which the caller says are of this kind.
            #[must_use]
            pub fn of(bytes: &[u8]) -> Self {
                Self(Sha256::of(bytes))
            }

            /// Names a digest as one of this kind.
            #[must_use]
            pub const fn new(digest: Sha256) -> Self {
                Self(digest)
            }

            /// The digest without its kind.
            #[must_use]
            pub const fn sha256(&self) -> Sha256 {
                self.0
            }

            /// Reads 64 lower-case hexadecimal digits.
            ///
            /// # Errors
            /// [`DigestError`] for any other text.
            pub fn parse(text: &str) -> Result<Self, DigestError> {
                Sha256::parse(text).map(Self)
            }

            /// The first twelve digits, for people; never compared.
            #[must_use]
            pub fn short(&self) -> String {
                self.to_string().chars().take(12).collect()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = DigestError;

            fn from_str(text: &str) -> Result<Self, DigestError> {
                Self::parse(text)
            }
        }
    };
}

digest_type! {
    /// The digest of a file that takes part in a run without being its material: an executable, a library, a recorder.
    FileDigest
}
digest_type! {
    /// The id of a statement: the SHA-256 of its payload bytes as received (rule F-ID).
    StatementId
}
digest_type! {
    /// The id of a key: the SHA-256 of its SubjectPublicKeyInfo in DER (rule F-KEYID).
    KeyId
}
digest_type! {
    /// The digest of a property catalogue, over the bytes of its file.
    CatalogueDigest
}
digest_type! {
    /// The digest of a policy document, over the bytes of its file.
    PolicyDigest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_abc_is_the_one_in_fips_180() {
        assert_eq!(
            FileDigest::of(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn text_in_a_digest_is_escaped_in_the_error() {
        let error = KeyId::parse("\u{1b}[31m").unwrap_err();
        assert!(!error.to_string().contains('\u{1b}'));
        assert_eq!(error.code(), "digest-malformed");
    }
}
