//! Private keys as files.

use cdi_envelope::{Algorithm, Pae};
use cdi_keys::{Passphrase, Signer, SoftwareKey};

pub(crate) const BOTH: [Algorithm; 2] = [Algorithm::EcdsaP256Sha256, Algorithm::Ed25519];

pub(crate) fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned()).unwrap()
}

fn sample(name: &str) -> String {
    let path = format!("{}/tests/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

fn code(text: &str, passphrase: Option<&Passphrase>) -> &'static str {
    SoftwareKey::from_pkcs8_pem(text, passphrase).map_or_else(|error| error.code(), |_| "ok")
}

#[test]
fn a_key_survives_the_round_trip() {
    for algorithm in BOTH {
        let key = SoftwareKey::generate(algorithm).unwrap();
        let pem = key.to_pkcs8_pem(None).unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let again = SoftwareKey::from_pkcs8_pem(&pem, None).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        let message = Pae::new("t", b"m");
        assert_eq!(again.sign(&message).unwrap(), key.sign(&message).unwrap());
    }
}

#[test]
fn an_encrypted_key_opens_with_its_passphrase_only() {
    let key = SoftwareKey::generate(Algorithm::Ed25519).unwrap();
    let pem = key.to_pkcs8_pem(Some(&passphrase("correct horse"))).unwrap();
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    let again = SoftwareKey::from_pkcs8_pem(&pem, Some(&passphrase("correct horse"))).unwrap();
    assert_eq!(again.public_key(), key.public_key());
    assert_eq!(code(&pem, Some(&passphrase("correct horsf"))), "key-passphrase-wrong");
    assert_eq!(code(&pem, None), "key-encrypted-passphrase-missing");
    assert_ne!(pem, key.to_pkcs8_pem(Some(&passphrase("correct horse"))).unwrap(), "salt and IV are fresh");
}

#[test]
fn keys_made_by_openssl_are_read() {
    for (name, algorithm) in [("p256", BOTH[0]), ("ed25519", BOTH[1])] {
        let key = SoftwareKey::from_pkcs8_pem(&sample(name), None).unwrap();
        assert_eq!(key.public_key().algorithm(), algorithm);
        assert_eq!(key.public_key().to_pem(), sample(&format!("{name}.pub")));
        assert_eq!(key.to_pkcs8_pem(None).unwrap().as_str(), sample(name), "written as OpenSSL writes it");
    }
    let open =
        |name: &str| SoftwareKey::from_pkcs8_pem(&sample(name), Some(&passphrase("throwaway"))).unwrap();
    assert_eq!(open("p256-pbkdf2").public_key().to_pem(), sample("p256.pub"));
    assert_eq!(open("ed25519-scrypt").public_key().to_pem(), sample("ed25519.pub"));
}

#[test]
fn keys_of_other_forms_and_algorithms_are_rejected() {
    assert_eq!(code(&sample("p256-sec1"), None), "key-not-pkcs8");
    assert_eq!(code(&sample("p256.pub"), None), "key-not-pkcs8");
    for name in ["p384", "rsa", "x25519"] {
        assert_eq!(code(&sample(name), None), "key-algorithm-unknown", "{name}");
    }
    let weak = code(&sample("ed25519-des3"), Some(&passphrase("throwaway")));
    assert_eq!(weak, "key-encryption-unsupported");
    for bad in ["", "hello", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"] {
        assert_eq!(code(bad, None), "key-not-pkcs8", "{bad:?}");
    }
    let twice = sample("p256") + &sample("ed25519");
    assert_eq!(code(&twice, None), "key-not-pkcs8");
}

#[test]
fn line_ends_of_other_systems_are_read() {
    assert_eq!(code(&sample("p256").replace('\n', "\r\n"), None), "ok");
}

/// The inside of a block, changed, as a block.
fn altered(name: &str, alter: impl FnOnce(&mut Vec<u8>)) -> String {
    let text = sample(name);
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let mut der = base64_simd::STANDARD.decode_to_vec(body).unwrap();
    alter(&mut der);
    let body = base64_simd::STANDARD.encode_to_string(der);
    let lines: Vec<&str> =
        body.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let (first, last) = (text.lines().next().unwrap(), text.lines().last().unwrap());
    format!("{first}\n{}\n{last}\n", lines.join("\n"))
}

/// A-CRY-06: the public key beside the private one is never believed.
#[test]
fn a_foreign_public_key_in_the_file_is_rejected() {
    let other = SoftwareKey::generate(Algorithm::EcdsaP256Sha256).unwrap();
    let point = other.public_key().info().der()[26..].to_vec();
    let swapped = altered("p256", |der| {
        let at = der.len() - point.len();
        der[at..].copy_from_slice(&point);
    });
    assert_eq!(code(&swapped, None), "key-malformed");

    let public = SoftwareKey::from_pkcs8_pem(&sample("ed25519"), None).unwrap();
    let own = public.public_key().info().der()[12..].to_vec();
    let with = |public: &[u8]| {
        altered("ed25519", |der| {
            (der[1], der[4]) = (der[1] + 35, 1);
            der.extend_from_slice(&[0x81, 33, 0]);
            der.extend_from_slice(public);
        })
    };
    assert_eq!(code(&with(&own), None), "ok");
    assert_eq!(code(&with(&[7; 32]), None), "key-public-mismatch");
}

#[test]
fn a_private_key_out_of_range_is_rejected() {
    for scalar in [[0_u8; 32], [0xff; 32]] {
        let bad = altered("p256", |der| {
            let at = der.windows(2).position(|pair| pair == [4, 32]).unwrap() + 2;
            der[at..at + 32].copy_from_slice(&scalar);
        });
        assert_eq!(code(&bad, None), "key-malformed");
    }
    let trailing = altered("ed25519", |der| der.push(0));
    assert_eq!(code(&trailing, None), "key-not-pkcs8");
}

#[test]
fn an_empty_passphrase_is_rejected() {
    assert_eq!(Passphrase::new(String::new()).unwrap_err().code(), "key-passphrase-empty");
    assert_eq!(format!("{:?}", passphrase("secret")), "Passphrase(..)");
}
