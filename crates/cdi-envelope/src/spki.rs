//! SubjectPublicKeyInfo (RFC 5280): one encoding a key, so that one key has one id.

use crate::der::{BIT_STRING, OBJECT_IDENTIFIER, Reader, SEQUENCE};
use crate::{Algorithm, KeyError};

/// All of a P-256 key but its uncompressed point: id-ecPublicKey with the named curve prime256v1 (RFC 5480).
const P256_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// All of an Ed25519 key but its 32 bytes (RFC 8410).
const ED25519_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const PRIME256V1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const ID_ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// The key inside a canonical SubjectPublicKeyInfo. Whether its point is on the curve is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point<'a> {
    /// An uncompressed point of P-256: 4, x, y.
    P256(&'a [u8; 65]),
    /// An encoded point of edwards25519.
    Ed25519(&'a [u8; 32]),
}

impl Point<'_> {
    /// The algorithm that the key is of.
    pub(crate) const fn algorithm(self) -> Algorithm {
        match self {
            Self::P256(_) => Algorithm::EcdsaP256Sha256,
            Self::Ed25519(_) => Algorithm::Ed25519,
        }
    }
}

/// The point in `der`, which is a known prefix and a point of fixed length and nothing else.
pub(crate) fn read(der: &[u8]) -> Result<Point<'_>, KeyError> {
    let p256 = der.strip_prefix(&P256_PREFIX).filter(|point| matches!(point, [4, ..]));
    if let Some(point) = p256.and_then(|point| point.try_into().ok()) {
        return Ok(Point::P256(point));
    }
    let point = der.strip_prefix(&ED25519_PREFIX).and_then(|rest| rest.try_into().ok());
    point.map(Point::Ed25519).ok_or_else(|| diagnose(der))
}

/// The SubjectPublicKeyInfo of a bare point; whether the point has the right form is found out by [`read`].
pub(crate) fn write(algorithm: Algorithm, point: &[u8]) -> Vec<u8> {
    let prefix: &[u8] = match algorithm {
        Algorithm::EcdsaP256Sha256 => &P256_PREFIX,
        Algorithm::Ed25519 => &ED25519_PREFIX,
    };
    [prefix, point].concat()
}

/// Why `der`, which is refused in any case, is refused. Decides the error's code and nothing else.
fn diagnose(der: &[u8]) -> KeyError {
    let mut outer = Reader::new(der);
    let Some(content) = outer.expect(SEQUENCE) else { return KeyError::NotSpki };
    let mut inner = Reader::new(content);
    let (Some(algorithm), Some(bits)) = (inner.expect(SEQUENCE), inner.expect(BIT_STRING)) else {
        return KeyError::NotSpki;
    };
    if !outer.is_empty() || !inner.is_empty() {
        return KeyError::TrailingBytes;
    }
    let mut algorithm = Reader::new(algorithm);
    match algorithm.expect(OBJECT_IDENTIFIER) {
        Some(EC_PUBLIC_KEY) => diagnose_curve(algorithm.element(), bits),
        Some(ID_ED25519) => KeyError::NotCanonical,
        Some(_) => KeyError::UnsupportedAlgorithm,
        None => KeyError::NotSpki,
    }
}

fn diagnose_curve(parameters: Option<(u8, &[u8])>, bits: &[u8]) -> KeyError {
    match (parameters, bits) {
        (Some((SEQUENCE, _)), _) => KeyError::ExplicitParameters,
        (Some((OBJECT_IDENTIFIER, PRIME256V1)), [0, 2 | 3, ..]) => KeyError::CompressedPoint,
        (Some((OBJECT_IDENTIFIER, PRIME256V1)), [0, 0]) => KeyError::PointAtInfinity,
        (Some((OBJECT_IDENTIFIER, PRIME256V1)), _) => KeyError::NotCanonical,
        (Some((OBJECT_IDENTIFIER, _)), _) => KeyError::UnsupportedCurve,
        _ => KeyError::NotSpki,
    }
}
