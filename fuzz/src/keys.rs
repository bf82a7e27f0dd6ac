//! Keys, in PEM and DER (rules F-KEYID, F-PRIVATE).

use cdi_envelope::{Algorithm, Pae, PublicKey};
use cdi_keys::{Signer as _, SoftwareKey};
use cdi_types::{PublicKeyInfo, Sha256};
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _};

use crate::{Target, seeds, shown};

pub(crate) const TARGET: Target = Target {
    name: "keys",
    oracle: "of DER exactly the keys are accepted that RustCrypto's p256 and ed25519-dalek read and write as the same bytes, and that \
             are not of small order; one key has one id, the digest of its DER; PEM and DER round trip; a private key signs for \
             its public key",
    run,
    seeds,
    words,
    most: 1_024,
};

/// DER, unless it is a text that begins as PEM does.
fn run(bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains("-----"));
    match text {
        Some(text) if text.contains("PRIVATE") => private(text),
        Some(text) => match PublicKey::from_pem(text) {
            Ok(key) => public(&key),
            Err(error) => shown::told(error.code(), &error),
        },
        None => der(bytes),
    }
}

fn der(bytes: &[u8]) {
    let read = match PublicKeyInfo::from_der(bytes.to_vec()) {
        Ok(info) => PublicKey::from_info(&info).map_err(|error| shown::told(error.code(), &error)),
        Err(error) => {
            shown::harmless(&error);
            Err(())
        }
    };
    assert_eq!(read.as_ref().ok().map(PublicKey::algorithm), second(bytes));
    let Ok(key) = read else { return };
    assert_eq!(key.info().der(), bytes);
    public(&key);
}

/// The algorithm of a key that other libraries read, and write as it was.
fn second(bytes: &[u8]) -> Option<Algorithm> {
    let written = |key: p256::PublicKey| key.to_public_key_der().unwrap().as_bytes() == bytes;
    if p256::PublicKey::from_public_key_der(bytes).is_ok_and(written) {
        return Some(Algorithm::EcdsaP256Sha256);
    }
    let point = bytes.strip_prefix(b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00")?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(point.try_into().ok()?).ok()?;
    let canonical = key.to_edwards().compress().to_bytes() == point;
    (canonical && !key.is_weak()).then_some(Algorithm::Ed25519)
}

fn public(key: &PublicKey) {
    assert_eq!(key.key_id().sha256(), Sha256::of(key.info().der()));
    let again = PublicKey::from_pem(&key.to_pem()).unwrap();
    assert_eq!((&again, again.key_id(), again.algorithm()), (key, key.key_id(), key.algorithm()));
    assert_eq!(again.to_pem(), key.to_pem());
}

fn private(text: &str) {
    let key = match SoftwareKey::from_pkcs8_pem(text, None) {
        Ok(key) => key,
        Err(error) => return shown::told(error.code(), &error),
    };
    public(key.public_key());
    let again = SoftwareKey::from_pkcs8_pem(&key.to_pkcs8_pem(None).unwrap(), None).unwrap();
    assert_eq!(again.public_key(), key.public_key());
    let message = Pae::new("text/plain", b"signed");
    assert_eq!(key.public_key().verify(&message, &again.sign(&message).unwrap()), Ok(()));
}

fn seeds() -> Vec<Vec<u8>> {
    let file = std::fs::read(seeds::repository("vectors/dsse/keys.json")).unwrap();
    let keys: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let pems = keys["cases"].as_array().into_iter().flatten().filter_map(|case| case["pem"].as_str());
    let pems: Vec<Vec<u8>> = pems.map(|pem| pem.as_bytes().to_vec()).collect();
    let private =
        ["north", "developer"].map(|name| cdi_testkit::scenario::key(name).to_pkcs8_pem(None).unwrap());
    let ders = pems.iter().filter_map(|pem| {
        Some(PublicKey::from_pem(std::str::from_utf8(pem).ok()?).ok()?.info().der().to_vec())
    });
    let ders: Vec<Vec<u8>> = ders.collect();
    pems.into_iter().chain(ders).chain(private.iter().map(|pem| pem.as_bytes().to_vec())).collect()
}

fn words() -> Vec<Vec<u8>> {
    let texts = [
        "-----BEGIN PUBLIC KEY-----\n",
        "-----END PUBLIC KEY-----\n",
        "PRIVATE KEY",
        "ENCRYPTED ",
        "\r\n",
        "=",
    ];
    let ders: [&[u8]; 6] = [
        &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
        &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        &[0x06, 0x03, 0x2b, 0x65, 0x70],
        &[0x03, 0x42, 0x00, 0x04],
        &[0x03, 0x21, 0x00],
        &[0x30, 0x81],
    ];
    texts.iter().map(|text| text.as_bytes().to_vec()).chain(ders.iter().map(|der| der.to_vec())).collect()
}
