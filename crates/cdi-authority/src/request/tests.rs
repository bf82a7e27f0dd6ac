use cdi_envelope::{PAYLOAD_TYPE, Pae, write_line};
use cdi_keys::Signer as _;

use super::*;
use crate::testing::{child_request, first, key, tool_request};

fn payload<P: Request>(request: &VerifiedRequest<P>) -> Vec<u8> {
    request.statement().to_payload().unwrap()
}

fn verify(file: Vec<u8>) -> &'static str {
    VerifiedRequest::<CertificationRequest>::verify(file).unwrap_err().code()
}

#[test]
fn a_request_signed_by_another_key_is_rejected() {
    let (owner, thief) = (key(1), key(2));
    let payload = payload(&tool_request(&owner, "cc", "acme"));
    let message = Pae::new(PAYLOAD_TYPE, &payload);
    let signed = |by: &cdi_keys::SoftwareKey, hint: &cdi_keys::SoftwareKey| {
        write_line(&payload, &[(hint.public_key().key_id(), by.sign(&message).unwrap())])
    };
    assert!(VerifiedRequest::<CertificationRequest>::verify(signed(&owner, &thief)).is_ok());
    assert_eq!(verify(signed(&thief, &owner)), "request-possession-unproved");
    assert_eq!(verify(signed(&thief, &thief)), "request-possession-unproved");
}

#[test]
fn a_tampered_request_is_rejected() {
    let owner = key(1);
    let payload = payload(&tool_request(&owner, "cc", "acme"));
    let signature = owner.sign(&Pae::new(PAYLOAD_TYPE, &payload)).unwrap();
    let tampered = String::from_utf8(payload).unwrap().replace("acme", "evil").into_bytes();
    let line = write_line(&tampered, &[(owner.public_key().key_id(), signature)]);
    assert_eq!(verify(line), "request-possession-unproved");
}

#[test]
fn what_is_not_one_request_of_the_kind_is_rejected() {
    let owner = key(1);
    let seal = |payload: Vec<u8>| {
        let signature = owner.sign(&Pae::new(PAYLOAD_TYPE, &payload)).unwrap();
        write_line(&payload, &[(owner.public_key().key_id(), signature)])
    };
    let good = seal(payload(&tool_request(&owner, "cc", "acme")));
    assert_eq!(verify([good.as_slice(), b"\n", good.as_slice()].concat()), "request-not-one-envelope");
    assert_eq!(verify(Vec::new()), "request-not-one-envelope");
    assert_eq!(verify(b"{}".to_vec()), "envelope-malformed");
    assert_eq!(verify(good[..good.len() - 1].to_vec()), "json-syntax");
    assert_eq!(verify(seal(payload(&child_request(&owner)))), "request-wrong-type");
    assert_eq!(verify(first(&owner).line), "request-wrong-type");
    assert_eq!(verify(seal(b"{}".to_vec())), "statement-malformed");
}
