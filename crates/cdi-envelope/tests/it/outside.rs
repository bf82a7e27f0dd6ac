//! The test vector of the DSSE protocol (`vectors/outside`).
//!
//! It has another payload type than the one that CDI reads, and its signature is the two numbers one after the other, where CDI
//! reads their DER. So the envelope is refused, as it has to be, and what it rests on is held to the vector part by part.

use cdi_envelope::{Pae, PublicKey};
use serde::Deserialize;

use crate::support::parse_code;

const VECTOR: &str = include_str!("../../../../vectors/outside/dsse.json");
const DIFFERENCES: &str = include_str!("../../../../vectors/outside/README.md");

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    key: String,
    payload_type: String,
    payload: String,
    pae: String,
    envelope: String,
}

#[derive(Deserialize)]
struct Signed {
    signatures: [Sig; 1],
}

#[derive(Deserialize)]
struct Sig {
    sig: String,
}

#[test]
fn the_vector_of_the_dsse_protocol_has_its_verdict_but_for_what_is_listed() {
    let vector: Vector = serde_json::from_str(VECTOR).unwrap();
    let pae = Pae::new(&vector.payload_type, vector.payload.as_bytes());
    assert_eq!(pae.as_bytes(), vector.pae.as_bytes());

    let key = PublicKey::from_pem(&vector.key).unwrap();
    let signed: Signed = serde_json::from_str(&vector.envelope).unwrap();
    let numbers = base64_simd::STANDARD.decode_to_vec(&signed.signatures[0].sig).unwrap();
    let der = p256::ecdsa::Signature::from_slice(&numbers).unwrap().to_der();
    assert_eq!(key.verify(&pae, der.as_bytes()), Ok(()));
    let other = Pae::new(&vector.payload_type, b"hello worlds");
    assert_eq!(key.verify(&other, der.as_bytes()).unwrap_err().code(), "signature-invalid");

    let found = [
        ("dsse/envelope", parse_code(vector.envelope.as_bytes())),
        ("dsse/signature", key.verify(&pae, &numbers).unwrap_err().code()),
    ];
    let listed: Vec<_> = DIFFERENCES.lines().filter(|line| line.starts_with("| `dsse/")).collect();
    assert_eq!(listed.len(), found.len());
    for ((case, code), row) in found.into_iter().zip(listed) {
        assert!(row.starts_with(&format!("| `{case}` | refused (`{code}`) | ")), "{case}: {code}");
    }
}
