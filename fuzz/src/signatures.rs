//! Signatures, by two implementations (rule F-SIGNATURE).

use std::sync::LazyLock;

use cdi_envelope::Pae;
use cdi_keys::{Signer as _, SoftwareKey};
use cdi_testkit::scenario::{key, other_s};
use p256::ecdsa::signature::Verifier as _;

use crate::{Target, shown};

pub(crate) const TARGET: Target = Target {
    name: "signatures",
    oracle: "AWS-LC behind our rules of encoding accepts exactly what RustCrypto's p256 and ed25519-dalek (strictly) accept",
    run,
    seeds,
    words,
    most: 160,
};

/// The algorithm by the first byte, then the signature.
fn run(bytes: &[u8]) {
    let Some((algorithm, signature)) = bytes.split_first() else { return };
    let (key, second): (&SoftwareKey, fn(&[u8]) -> bool) =
        if algorithm % 2 == 0 { (&P256, by_p256) } else { (&ED25519, by_dalek) };
    let verified = key.public_key().verify(&message(), signature);
    assert_eq!(verified.is_ok(), second(signature), "{}: {verified:?}", key.public_key().algorithm());
    if let Err(error) = verified {
        shown::told(error.code(), &error);
    }
}

static P256: LazyLock<SoftwareKey> = LazyLock::new(|| key("north"));
static ED25519: LazyLock<SoftwareKey> = LazyLock::new(|| key("developer"));

fn message() -> Pae {
    Pae::new("application/vnd.in-toto+json", b"{}")
}

/// The last bytes of a key's DER: the point.
fn point(key: &SoftwareKey, length: usize) -> &[u8] {
    let der = key.public_key().info().der();
    &der[der.len() - length..]
}

fn by_p256(signature: &[u8]) -> bool {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point(&P256, 65)).unwrap();
    let read = p256::ecdsa::Signature::from_der(signature);
    read.is_ok_and(|signature| key.verify(message().as_bytes(), &signature).is_ok())
}

fn by_dalek(signature: &[u8]) -> bool {
    let key = ed25519_dalek::VerifyingKey::from_bytes(point(&ED25519, 32).try_into().unwrap()).unwrap();
    let read = ed25519_dalek::Signature::from_slice(signature);
    read.is_ok_and(|signature| key.verify_strict(message().as_bytes(), &signature).is_ok())
}

fn seeds() -> Vec<Vec<u8>> {
    let (p256, ed25519) = (P256.sign(&message()).unwrap(), ED25519.sign(&message()).unwrap());
    let others = [other_s(&p256), [&p256[..], &[0]].concat(), vec![0x30, 0x06, 2, 1, 1, 2, 1, 1]];
    let mut seeds: Vec<Vec<u8>> = others.iter().chain([&p256]).map(|one| [&[0], &one[..]].concat()).collect();
    seeds.extend(
        [ed25519.clone(), [&[1][..], &[0; 31], &ed25519[32..]].concat()]
            .iter()
            .map(|one| [&[1], &one[..]].concat()),
    );
    seeds
}

/// Orders of the groups, and points of small order.
fn words() -> Vec<Vec<u8>> {
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let l = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    let small = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
    let bytes = |hex: &str| {
        (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect()
    };
    let mut words: Vec<Vec<u8>> = [order, l, small].iter().map(|hex| bytes(hex)).collect();
    words.extend([vec![0x02, 0x21, 0x00], vec![0x02, 0x20], vec![0x30, 0x44], vec![0x30, 0x81, 0x44]]);
    words
}
