//! Why a public key is refused.

/// A public key that CDI does not use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is not a PEM block.
    #[error("the key is not a PEM block: {detail}")]
    PemMalformed {
        /// What is wrong with it.
        detail: String,
    },
    /// The PEM block is of another kind.
    #[error("the PEM block is a `{found}`, expected a `PUBLIC KEY`")]
    PemLabel {
        /// The label that was found, control characters escaped.
        found: String,
    },
    /// Something stands before or after the PEM block, perhaps a second one.
    #[error("there is text before or after the PEM block")]
    PemTrailing,
    /// The bytes are no SubjectPublicKeyInfo; the bare keys of PKCS#1 fall here.
    #[error("the key is not a SubjectPublicKeyInfo in DER")]
    NotSpki,
    /// Bytes follow the SubjectPublicKeyInfo.
    #[error("bytes follow the SubjectPublicKeyInfo")]
    TrailingBytes,
    /// The key is of an algorithm that CDI does not use.
    #[error("the key's algorithm is not ECDSA on P-256 or Ed25519")]
    UnsupportedAlgorithm,
    /// The key is on another curve than P-256.
    #[error("the key's curve is not P-256")]
    UnsupportedCurve,
    /// The curve is spelled out instead of named: a curve of the attacker's making (CVE-2020-0601).
    #[error("the curve's parameters are spelled out, expected the name of P-256")]
    ExplicitParameters,
    /// The point is compressed: a second encoding of the same key, with another id.
    #[error("the key's point is compressed, expected the uncompressed form")]
    CompressedPoint,
    /// The bytes are not the canonical encoding of the key that they seem to be.
    #[error("the key is not in its canonical encoding")]
    NotCanonical,
    /// The point is not on the curve.
    #[error("the key's point is not on its curve")]
    NotOnCurve,
    /// The point is the one at infinity.
    #[error("the key's point is the point at infinity")]
    PointAtInfinity,
    /// The point's order is small: signatures can be made without a private key.
    #[error("the key's point has small order")]
    SmallOrder,
}

impl KeyError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PemMalformed { .. } => "key-pem-malformed",
            Self::PemLabel { .. } => "key-pem-label",
            Self::PemTrailing => "key-pem-trailing",
            Self::NotSpki => "key-not-spki",
            Self::TrailingBytes => "key-trailing-bytes",
            Self::UnsupportedAlgorithm => "key-algorithm-unsupported",
            Self::UnsupportedCurve => "key-curve-unsupported",
            Self::ExplicitParameters => "key-explicit-parameters",
            Self::CompressedPoint => "key-compressed-point",
            Self::NotCanonical => "key-not-canonical",
            Self::NotOnCurve => "key-not-on-curve",
            Self::PointAtInfinity => "key-point-at-infinity",
            Self::SmallOrder => "key-small-order",
        }
    }
}
