//! A-FMT-24, A-CRY-05, A-CRY-12: one encoding a key, one id a key, and no key that is none.

use cdi_envelope::{Algorithm, PublicKey};
use cdi_keys::Signer;
use serde::Deserialize;

use crate::support::{ed25519, p256, vectors};

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    pem: String,
    expected: String,
}

#[test]
fn each_key_has_the_verdict_of_the_vectors() {
    let Cases { cases } = vectors("keys.json");
    assert_eq!(cases.len(), 73);
    for case in cases {
        let code = PublicKey::from_pem(&case.pem).map_or_else(|error| error.code(), |_| "ok");
        assert_eq!(code, case.expected, "{}", case.name);
    }
}

#[test]
fn line_ends_do_not_change_the_id() {
    let Cases { cases } = vectors("keys.json");
    let id = |name: &str| {
        let case = cases.iter().find(|case| case.name == name).unwrap();
        PublicKey::from_pem(&case.pem).unwrap().key_id()
    };
    assert_eq!(id("p256"), id("p256-crlf"));
    assert_eq!(id("ed25519"), id("ed25519-no-final-newline"));
}

#[test]
fn pem_survives_the_round_trip() {
    for key in [p256(1), ed25519(1)] {
        let key = key.public_key();
        assert_eq!(&PublicKey::from_pem(&key.to_pem()).unwrap(), key);
        assert_eq!(&PublicKey::from_info(key.info()).unwrap(), key);
        assert!(key.to_pem().lines().all(|line| line.len() <= 64));
    }
}

#[test]
fn other_keys_are_not_equal() {
    for other in [p256(2), ed25519(1)] {
        assert_ne!(p256(1).public_key(), other.public_key());
    }
}

#[test]
fn the_id_is_the_digest_of_the_der() {
    let key = p256(1);
    let key = key.public_key();
    assert_eq!(key.key_id().sha256(), cdi_types::Sha256::of(key.info().der()));
    assert_eq!(key.algorithm(), Algorithm::EcdsaP256Sha256);
    assert_eq!(ed25519(1).public_key().algorithm().as_str(), "ed25519");
}

#[test]
fn bare_points_are_held_to_the_same_rules() {
    let p256 = p256(1);
    let point = p256.public_key().info().der()[26..].to_vec();
    let make =
        |algorithm, point: &[u8]| PublicKey::from_point(algorithm, point).map_err(|error| error.code());
    assert_eq!(make(Algorithm::EcdsaP256Sha256, &point).unwrap(), *p256.public_key());
    assert_eq!(make(Algorithm::EcdsaP256Sha256, &point[..64]).unwrap_err(), "key-not-spki");
    assert_eq!(make(Algorithm::Ed25519, &[0; 32]).unwrap_err(), "key-small-order");
    assert_eq!(make(Algorithm::Ed25519, &point).unwrap_err(), "key-trailing-bytes");
    assert_eq!(make(Algorithm::Ed25519, &[]).unwrap_err(), "key-not-spki");
}
