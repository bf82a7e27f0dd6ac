//! Why a private key is not to be had.

/// A private key that cannot be read, made or written. No message has a part of the key in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrivateKeyError {
    /// The text is not one PEM block `PRIVATE KEY` or `ENCRYPTED PRIVATE KEY` with PKCS#8 in it.
    #[error("the key is not PKCS#8 in PEM, found {found}")]
    NotPkcs8 {
        /// What was found instead.
        found: String,
    },
    /// The key is encrypted and no passphrase was given.
    #[error("the key is encrypted and there is no passphrase")]
    PassphraseMissing,
    /// The passphrase does not open the key; a damaged key looks the same.
    #[error("the passphrase does not open the key")]
    PassphraseWrong,
    /// The passphrase is empty.
    #[error("the passphrase is empty")]
    PassphraseEmpty,
    /// The key is encrypted in a way that CDI does not read.
    #[error("the key's encryption is not PBES2 with scrypt or PBKDF2 and AES")]
    EncryptionUnsupported,
    /// Opening the key would take more memory or time than an honest key asks for.
    #[error("opening the key costs too much: {detail}")]
    DerivationTooCostly {
        /// The parameters.
        detail: String,
    },
    /// The key is of an algorithm that CDI does not use.
    #[error("the key's algorithm is not ECDSA on P-256 or Ed25519")]
    AlgorithmUnknown,
    /// The PKCS#8 is of the right algorithm, but what is inside is no private key of it.
    #[error("the private key is malformed")]
    Malformed,
    /// The file also has a public key, which is not that of the private key.
    #[error("the public key beside the private key is not its own")]
    PublicKeyMismatch,
    /// The operating system gives no randomness.
    #[error("the operating system gives no randomness")]
    NoRandomness,
}

impl PrivateKeyError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotPkcs8 { .. } => "key-not-pkcs8",
            Self::PassphraseMissing => "key-encrypted-passphrase-missing",
            Self::PassphraseWrong => "key-passphrase-wrong",
            Self::PassphraseEmpty => "key-passphrase-empty",
            Self::EncryptionUnsupported => "key-encryption-unsupported",
            Self::DerivationTooCostly { .. } => "key-derivation-too-costly",
            Self::AlgorithmUnknown => "key-algorithm-unknown",
            Self::Malformed => "key-malformed",
            Self::PublicKeyMismatch => "key-public-mismatch",
            Self::NoRandomness => "key-no-randomness",
        }
    }
}
