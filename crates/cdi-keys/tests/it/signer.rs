//! Keys that sign, on one side RustCrypto, on the other AWS-LC.

use cdi_envelope::{Algorithm, Pae, PublicKey};
use cdi_keys::{Signer, SoftwareKey};

use crate::pkcs8::BOTH;

#[test]
fn signatures_verify_with_another_implementation() {
    for algorithm in BOTH {
        let key = SoftwareKey::generate(algorithm).unwrap();
        for length in [0, 1, 31, 32, 33, 1_000, 100_000] {
            let message = Pae::new("type", &vec![7; length]);
            let signature = key.sign(&message).unwrap();
            assert_eq!(key.public_key().verify(&message, &signature), Ok(()), "{algorithm} {length}");
        }
    }
}

#[test]
fn ecdsa_signatures_are_deterministic_and_have_the_smaller_s() {
    let half_n = "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8";
    for seed in 1..=50 {
        let key = SoftwareKey::dangerously_from_seed(Algorithm::EcdsaP256Sha256, &[seed; 32]).unwrap();
        let message = Pae::new("t", &[seed]);
        let signature = key.sign(&message).unwrap();
        assert_eq!(signature, key.sign(&message).unwrap());
        let r_length = usize::from(signature[3]);
        let s = &signature[4 + r_length + 2..];
        let s: String = s.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(format!("{s:0>64}").as_str() <= half_n, "{s}");
    }
}

/// RFC 8032, 7.1, test 1; and the private key 1, whose public key is the base point (FIPS 186-4, D.1.2.3).
#[test]
fn public_keys_are_those_of_the_published_vectors() {
    let hex = |key: &PublicKey, at: usize| -> String {
        key.info().der()[at..].iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let seed = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44,
        0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
    ];
    let key = SoftwareKey::dangerously_from_seed(Algorithm::Ed25519, &seed).unwrap();
    assert_eq!(hex(key.public_key(), 12), "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    let mut one = [0; 32];
    one[31] = 1;
    let key = SoftwareKey::dangerously_from_seed(Algorithm::EcdsaP256Sha256, &one).unwrap();
    assert!(hex(key.public_key(), 27).starts_with("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0"));
}

#[test]
fn a_seed_that_is_no_scalar_is_rejected() {
    for seed in [[0; 32], [0xff; 32]] {
        let error = SoftwareKey::dangerously_from_seed(Algorithm::EcdsaP256Sha256, &seed).unwrap_err();
        assert_eq!(error.code(), "key-malformed");
    }
}

#[test]
fn fresh_keys_differ() {
    for algorithm in BOTH {
        let [a, b] = [(); 2].map(|()| SoftwareKey::generate(algorithm).unwrap());
        assert_ne!(a.public_key(), b.public_key());
    }
}

#[test]
fn no_secret_is_shown() {
    for algorithm in BOTH {
        let key = SoftwareKey::dangerously_from_seed(algorithm, &[0x5a; 32]).unwrap();
        let shown = format!("{key:?}");
        assert!(!shown.to_lowercase().contains("5a5a"), "{shown}");
        assert!(shown.contains(&key.public_key().key_id().to_string()));
    }
}

#[test]
fn a_signer_is_an_object_that_threads_share() {
    let key: Box<dyn Signer> = Box::new(SoftwareKey::generate(Algorithm::Ed25519).unwrap());
    let key: &dyn Signer = key.as_ref();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| key.sign(&Pae::new("t", b"m")).unwrap());
        }
    });
}
