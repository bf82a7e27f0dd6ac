//! The signature algorithms. Which one applies is a property of the key alone; no envelope can name another.

/// A signature algorithm of CDI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// ECDSA on the curve P-256 with SHA-256, signatures in DER (FIPS 186-5, RFC 3279): the paper's choice.
    EcdsaP256Sha256,
    /// Ed25519 without a context (RFC 8032, 5.1).
    Ed25519,
}

impl Algorithm {
    /// The algorithm's word in reports and policies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::Ed25519 => "ed25519",
        }
    }
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
