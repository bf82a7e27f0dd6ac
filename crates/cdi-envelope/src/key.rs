//! A public key that is fit for use.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey};
use cdi_types::{KeyId, PublicKeyInfo};

use crate::edwards::{self, Flaw};
use crate::spki::{self, Point};
use crate::{Algorithm, KeyError, Pae, SignatureError, signature};

const PEM_LABEL: &str = "PUBLIC KEY";

/// A public key in canonical form whose point is on its curve and not of small order; parsed once, used often.
///
/// That a value of this type exists says nothing about who holds the private key or whether anybody trusts it.
#[derive(Clone)]
pub struct PublicKey {
    info: PublicKeyInfo,
    algorithm: Algorithm,
    parsed: ParsedPublicKey,
}

impl PublicKey {
    /// Reads a key. On `Ok` its bytes are the one canonical SubjectPublicKeyInfo of an ECDSA P-256 key
    /// (id-ecPublicKey, named curve, uncompressed point) or of an Ed25519 key, so one key has one id; and the point is
    /// on the curve, not at infinity and, for Ed25519, in canonical form and not of small order.
    ///
    /// # Errors
    /// [`KeyError`] names the rule that the key breaks.
    pub fn from_info(info: &PublicKeyInfo) -> Result<Self, KeyError> {
        let (algorithm, parsed) = match spki::read(info.der())? {
            Point::P256(point) => {
                (Algorithm::EcdsaP256Sha256, ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point))
            }
            Point::Ed25519(point) => {
                edwards::admit_key(point).map_err(|flaw| match flaw {
                    Flaw::NotCanonical => KeyError::NotCanonical,
                    Flaw::NotOnCurve => KeyError::NotOnCurve,
                    Flaw::SmallOrder => KeyError::SmallOrder,
                })?;
                (Algorithm::Ed25519, ParsedPublicKey::new(&ED25519, point))
            }
        };
        // The form is settled: the library can only object to the point, and does so for any not on the curve.
        let parsed = parsed.map_err(|_| KeyError::NotOnCurve)?;
        Ok(Self { info: info.clone(), algorithm, parsed })
    }

    /// Makes a key of a bare point, as a signing device gives it: 65 bytes uncompressed for P-256, 32 for Ed25519.
    ///
    /// # Errors
    /// As [`Self::from_info`].
    pub fn from_point(algorithm: Algorithm, point: &[u8]) -> Result<Self, KeyError> {
        let info = PublicKeyInfo::from_der(spki::write(algorithm, point)).map_err(|_| KeyError::NotSpki)?;
        Self::from_info(&info)
    }

    /// Reads a key from PEM (RFC 7468): one block `PUBLIC KEY`, with line ends of any kind, and nothing around it but
    /// the last line's end.
    ///
    /// # Errors
    /// [`KeyError`] for other text, and as [`Self::from_info`].
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let block = sole_block(text)?;
        let (label, der) = pem_rfc7468::decode_vec(block.as_bytes()).map_err(|error| malformed(&error))?;
        if label != PEM_LABEL {
            return Err(KeyError::PemLabel { found: label.escape_debug().to_string() });
        }
        let info = PublicKeyInfo::from_der(der).map_err(|_| KeyError::NotSpki)?;
        Self::from_info(&info)
    }

    /// The key in PEM, with a line feed at the end.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let text = crate::base64::WRITTEN.encode_to_string(self.info.der());
        let mut pem = format!("-----BEGIN {PEM_LABEL}-----\n");
        for line in text.as_bytes().chunks(64) {
            pem.extend(line.iter().copied().map(char::from));
            pem.push('\n');
        }
        pem + "-----END " + PEM_LABEL + "-----\n"
    }

    /// The SubjectPublicKeyInfo.
    #[must_use]
    pub const fn info(&self) -> &PublicKeyInfo {
        &self.info
    }

    /// The SHA-256 of the SubjectPublicKeyInfo: all of it is the key's identity, never a part of it.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.info.key_id()
    }

    /// The algorithm, which is the key's and not the envelope's to choose.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Verifies one signature. On `Ok` the holder of the private key signed exactly this message.
    ///
    /// ECDSA signatures are strict DER, with either of the two values of s; Ed25519 is verified strictly (S below the
    /// group's order, R canonical and not of small order, no cofactor, no batches).
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(&self, message: &Pae, signature: &[u8]) -> Result<(), SignatureError> {
        match self.algorithm {
            Algorithm::EcdsaP256Sha256 => signature::admit_ecdsa(signature)?,
            Algorithm::Ed25519 => signature::admit_ed25519(signature)?,
        }
        self.parsed.verify_sig(message.as_bytes(), signature).map_err(|_| SignatureError::Invalid)
    }
}

/// The text without the last line's end, if it is one block and nothing else.
fn sole_block(text: &str) -> Result<&str, KeyError> {
    let block = text.trim_end_matches(['\r', '\n']);
    let mut begins = block.match_indices("-----BEGIN ").map(|(at, _)| at);
    match (begins.next(), begins.next(), block.rfind("-----END ")) {
        (None, ..) => Err(malformed(&"no `-----BEGIN` line")),
        (Some(0), None, None) => Err(malformed(&"no `-----END` line")),
        (Some(0), None, Some(_)) if block.ends_with("-----") => Ok(block),
        _ => Err(KeyError::PemTrailing),
    }
}

fn malformed(detail: &dyn std::fmt::Display) -> KeyError {
    KeyError::PemMalformed { detail: detail.to_string() }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.info == other.info
    }
}

impl Eq for PublicKey {}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({}, {})", self.algorithm, self.key_id())
    }
}

#[cfg(test)]
mod wycheproof_tests;
