//! Keys that anybody can make from their names. Whoever knows the name has the key.

use cdi_envelope::Algorithm;
use cdi_keys::{Signer, SoftwareKey};
use cdi_types::Sha256;
use p256::ecdsa::signature::Signer as _;

/// Names whose keys are Ed25519; all others are ECDSA P-256.
const ED25519: [&str; 3] = ["inspector", "developer", "limits"];

/// The SHA-256 of `bytes`, in hexadecimal.
#[must_use]
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::of(bytes.as_ref()).to_string()
}

/// The key that belongs to a name: its seed is the SHA-256 of `cdi-vectors ` and the name.
#[must_use]
pub fn key(name: &str) -> SoftwareKey {
    let seed = *Sha256::of(format!("cdi-vectors {name}").as_bytes()).as_bytes();
    let algorithm = if ED25519.contains(&name) { Algorithm::Ed25519 } else { Algorithm::EcdsaP256Sha256 };
    SoftwareKey::dangerously_from_seed(algorithm, &seed).expect("no name here hits the one seed in 2^32")
}

/// The id of the key that belongs to a name.
#[must_use]
pub fn key_id(name: &str) -> String {
    key(name).public_key().key_id().to_string()
}

/// The public key that belongs to a name, in base64.
#[must_use]
pub fn public_key(name: &str) -> String {
    base64_simd::STANDARD.encode_to_string(key(name).public_key().info().der())
}

/// The DER signature of a P-256 key over bare bytes, which no API of the core can make.
#[must_use]
pub fn dangerously_sign_bare(name: &str, bytes: &[u8]) -> Vec<u8> {
    let seed = *Sha256::of(format!("cdi-vectors {name}").as_bytes()).as_bytes();
    let key = p256::ecdsa::SigningKey::from_slice(&seed).expect("no name here hits the one seed in 2^32");
    let signature: p256::ecdsa::Signature = key.try_sign(bytes).expect("a software key signs");
    signature.to_der().as_bytes().to_vec()
}

/// The other signature that verifies wherever this one of P-256 does: s becomes n - s.
#[must_use]
pub fn other_s(der: &[u8]) -> Vec<u8> {
    let signature = p256::ecdsa::Signature::from_der(der).expect("a signature in DER");
    let (r, s) = signature.split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r, -s.as_ref().to_owned());
    other.expect("n - s is no more zero than s").to_der().as_bytes().to_vec()
}
