//! Keys from seeds, and the vectors' files.

use std::path::PathBuf;

use cdi_envelope::{Algorithm, Envelope, PAYLOAD_TYPE, Pae};
use cdi_keys::{Signer, SoftwareKey};
use serde::de::DeserializeOwned;

pub(crate) const PAYLOAD: &[u8] = br#"{"_type":"https://in-toto.io/Statement/v1","subject":[]}"#;

pub(crate) fn p256(seed: u8) -> SoftwareKey {
    SoftwareKey::dangerously_from_seed(Algorithm::EcdsaP256Sha256, &[seed; 32]).unwrap()
}

pub(crate) fn ed25519(seed: u8) -> SoftwareKey {
    SoftwareKey::dangerously_from_seed(Algorithm::Ed25519, &[seed; 32]).unwrap()
}

pub(crate) fn sign(key: &SoftwareKey, payload: &[u8]) -> Vec<u8> {
    key.sign(&Pae::new(PAYLOAD_TYPE, payload)).unwrap()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

/// A good envelope, in which one can then alter something.
pub(crate) fn line(key: &SoftwareKey, payload: &[u8]) -> String {
    let signatures = [(key.public_key().key_id(), sign(key, payload))];
    String::from_utf8(cdi_envelope::write_line(payload, &signatures)).unwrap()
}

/// The code of reading a line, or `ok`.
pub(crate) fn parse_code(line: &[u8]) -> &'static str {
    Envelope::parse(line).map_or_else(|error| error.code(), |_| "ok")
}

pub(crate) fn vector_path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "vectors", "dsse", name].iter().collect()
}

pub(crate) fn vectors<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&std::fs::read(vector_path(name)).unwrap()).unwrap()
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
