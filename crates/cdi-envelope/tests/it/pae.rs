//! A-FMT-11: the encoding that is signed. A-CRY-13: nothing else is.

use std::collections::BTreeMap;

use cdi_envelope::{Budget, Envelope, PAYLOAD_TYPE, Pae};
use serde::Deserialize;

use crate::support::{PAYLOAD, base64, p256, unhex, vectors};
use cdi_keys::Signer;

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    payload_type: String,
    payload: String,
    pae: String,
}

#[test]
fn the_encoding_is_that_of_the_vectors() {
    let Cases { cases } = vectors("pae.json");
    assert_eq!(cases.len(), 12);
    for case in cases {
        let pae = Pae::new(&case.payload_type, &unhex(&case.payload));
        assert_eq!(pae.as_bytes(), unhex(&case.pae), "{}", case.name);
    }
}

#[test]
fn the_published_example_is_met() {
    let pae = Pae::new("http://example.com/HelloWorld", b"hello world");
    assert_eq!(pae.as_bytes(), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

/// Type and payload that share their concatenation never share their encoding.
#[test]
fn no_byte_slides_from_the_type_into_the_payload() {
    let text = "1 2 3 DSSEv1 1 1 11";
    let mut seen = BTreeMap::new();
    for at in 0..=text.len() {
        let pae = Pae::new(&text[..at], &text.as_bytes()[at..]);
        assert_eq!(seen.insert(pae.as_bytes().to_vec(), at), None);
    }
}

/// A signature by the right key over something that is nearly the encoding.
#[test]
fn signatures_over_other_encodings_are_rejected() {
    let key = p256(1);
    let length = PAYLOAD.len();
    let kind = PAYLOAD_TYPE;
    let text = std::str::from_utf8(PAYLOAD).unwrap();
    let wrong = [
        text.to_owned(),
        format!("DSSEv1 {} {kind} 0{length} {text}", kind.len()),
        format!("DSSEv1 +{} {kind} {length} {text}", kind.len()),
        format!("DSSEv1 {} {kind} {length}  {text}", kind.len()),
        format!("DSSEv1 {} {kind} {} {text}", kind.len(), length + 1),
        format!("DSSEv1 {} {kind} {length} {text}\n", kind.len()),
        format!("DSSEv2 {} {kind} {length} {text}", kind.len()),
        format!("DSSEv1 0  {length} {text}"),
        format!("{kind}{text}"),
        base64(PAYLOAD),
    ];
    for message in wrong.into_iter().map(String::into_bytes).chain([
        cdi_types::Sha256::of(PAYLOAD).as_bytes().to_vec(),
        cdi_types::Sha256::of(Pae::new(PAYLOAD_TYPE, PAYLOAD).as_bytes()).as_bytes().to_vec(),
    ]) {
        let signature = sign_bare(&message);
        let line = cdi_envelope::write_line(PAYLOAD, &[(key.public_key().key_id(), signature)]);
        let envelope = Envelope::parse(&line).unwrap().into_untrusted();
        let error = envelope.verify_by(key.public_key(), &mut Budget::new(9)).unwrap_err();
        assert_eq!(error.code(), "signature-invalid", "{}", String::from_utf8_lossy(&message));
    }
    let right = sign_bare(Pae::new(PAYLOAD_TYPE, PAYLOAD).as_bytes());
    let line = cdi_envelope::write_line(PAYLOAD, &[(key.public_key().key_id(), right)]);
    let envelope = Envelope::parse(&line).unwrap().into_untrusted();
    assert_eq!(envelope.verify_by(key.public_key(), &mut Budget::new(9)), Ok(()));
}

/// The key of seed 1 without the frame: what a program outside CDI could do with it.
fn sign_bare(message: &[u8]) -> Vec<u8> {
    use p256::ecdsa::signature::Signer as _;
    let key = p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
    let signature: p256::ecdsa::Signature = key.sign(message);
    signature.to_der().as_bytes().to_vec()
}
