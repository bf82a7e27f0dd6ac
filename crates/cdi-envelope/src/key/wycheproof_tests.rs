//! Project Wycheproof through the crate's own verify function (A-CRY-01, 02, 04, 05). The counts are written down, so
//! that a set that was cut short fails. No case is `acceptable` in these sets; if one appears, the rule has to be
//! written here first.

use cdi_types::PublicKeyInfo;
use wycheproof::{TestResult, ecdsa, eddsa};

use super::*;

/// Wycheproof signs messages without a frame; only a test inside the crate can make such a message.
fn bare(message: &[u8]) -> Pae {
    Pae::from_encoded(message.to_vec())
}

fn key(der: &[u8]) -> PublicKey {
    PublicKey::from_info(&PublicKeyInfo::from_der(der.to_vec()).unwrap()).unwrap()
}

/// Verdicts as `(valid, invalid)`; panics at the first that is not the expected one.
fn run<'a>(cases: impl Iterator<Item = (&'a [u8], usize, &'a [u8], &'a [u8], TestResult)>) -> (usize, usize) {
    let mut counts = (0, 0);
    for (der, id, message, signature, expected) in cases {
        let verdict = key(der).verify(&bare(message), signature);
        match expected {
            TestResult::Valid => {
                assert_eq!(verdict, Ok(()), "case {id} is valid");
                counts.0 += 1;
            }
            TestResult::Invalid => {
                assert!(verdict.is_err(), "case {id} is invalid");
                counts.1 += 1;
            }
            TestResult::Acceptable => panic!("case {id} is acceptable, and no rule says what to do with it"),
        }
    }
    counts
}

fn ecdsa_set(name: ecdsa::TestName) -> ecdsa::TestSet {
    ecdsa::TestSet::load(name).unwrap()
}

fn ecdsa_cases(set: &ecdsa::TestSet) -> impl Iterator<Item = (&[u8], &ecdsa::Test)> {
    set.test_groups.iter().flat_map(|group| group.tests.iter().map(|test| (group.der.as_ref(), test)))
}

#[test]
fn ecdsa_p256_signatures_in_der_have_the_verdict_of_wycheproof() {
    let set = ecdsa_set(ecdsa::TestName::EcdsaSecp256r1Sha256);
    assert_eq!(set.number_of_tests, 484);
    let cases = ecdsa_cases(&set).map(|(der, t)| (der, t.tc_id, t.msg.as_ref(), t.sig.as_ref(), t.result));
    assert_eq!(run(cases), (174, 310));
}

#[test]
fn psychic_signatures_are_rejected() {
    let set = ecdsa_set(ecdsa::TestName::EcdsaSecp256r1Sha256);
    let psychic = ecdsa_cases(&set).filter(|(_, t)| t.flags.contains(&ecdsa::TestFlag::InvalidSignature));
    let rejected = psychic.filter(|(der, t)| key(der).verify(&bare(&t.msg), &t.sig).is_err());
    assert_eq!(rejected.count(), 64);
}

#[test]
fn ecdsa_signatures_of_fixed_length_are_rejected_as_wrong_encoding() {
    let set = ecdsa_set(ecdsa::TestName::EcdsaSecp256r1Sha256P1363);
    let mut count = 0;
    for (der, t) in ecdsa_cases(&set) {
        let error = key(der).verify(&bare(&t.msg), &t.sig).unwrap_err();
        assert_eq!(error.code(), "signature-encoding", "case {}", t.tc_id);
        count += 1;
    }
    assert_eq!(count, 262);
}

/// One hash goes with P-256 here; under another even a valid signature is none.
#[test]
fn ecdsa_signatures_over_other_digests_are_rejected() {
    for (name, valid) in [
        (ecdsa::TestName::EcdsaSecp256r1Sha512, 243),
        (ecdsa::TestName::EcdsaSecp256r1Sha3_256, 178),
        (ecdsa::TestName::EcdsaSecp256r1Sha3_512, 243),
        (ecdsa::TestName::EcdsaSecp256r1Shake128, 176),
    ] {
        let set = ecdsa_set(name);
        let of_theirs = ecdsa_cases(&set).filter(|(_, t)| t.result == TestResult::Valid);
        assert_eq!(of_theirs.count(), valid, "{name:?}");
        let verified = ecdsa_cases(&set).filter(|(der, t)| key(der).verify(&bare(&t.msg), &t.sig).is_ok());
        assert_eq!(verified.count(), 0, "{name:?}");
    }
}

/// Every other curve that has a set.
#[test]
fn keys_on_other_curves_are_rejected() {
    let of_p256 = |name: &ecdsa::TestName| format!("{name:?}").starts_with("EcdsaSecp256r1");
    let mut refused = 0;
    for name in ecdsa::TestName::all().iter().filter(|name| !of_p256(name)) {
        for group in ecdsa_set(*name).test_groups {
            assert!(is_refused(&group.der), "{name:?}");
            refused += 1;
        }
    }
    for group in eddsa::TestSet::load(eddsa::TestName::Ed448).unwrap().test_groups {
        assert!(is_refused(&group.der), "Ed448");
        refused += 1;
    }
    assert_eq!(refused, 6532);
}

fn is_refused(der: &[u8]) -> bool {
    !PublicKeyInfo::from_der(der.to_vec()).is_ok_and(|info| PublicKey::from_info(&info).is_ok())
}

#[test]
fn both_values_of_s_verify() {
    let set = ecdsa_set(ecdsa::TestName::EcdsaSecp256r1Sha256);
    // An s of 33 bytes begins with a zero: its highest bit is set, so it is above n / 2.
    let is_high = |sig: &[u8]| sig.len() > 32 && sig[..sig.len() - 32].ends_with(&[0x02, 0x21, 0x00]);
    let high = ecdsa_cases(&set).filter(|(_, t)| t.result == TestResult::Valid && is_high(&t.sig));
    assert!(high.count() > 20);
}

#[test]
fn ed25519_signatures_have_the_verdict_of_wycheproof() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    assert_eq!(set.number_of_tests, 151);
    let cases = set.test_groups.iter().flat_map(|group| {
        let der: &[u8] = group.der.as_ref();
        group.tests.iter().map(move |t| (der, t.tc_id, t.msg.as_ref(), t.sig.as_ref(), t.result))
    });
    assert_eq!(run(cases), (88, 63));
}

/// S + L makes the same sum; RFC 8032 wants S below L.
#[test]
fn ed25519_s_of_the_group_order_or_more_is_rejected() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let malleable = set.test_groups.iter().flat_map(|group| group.tests.iter().map(move |t| (group, t)));
    let malleable = malleable.filter(|(_, t)| t.flags.contains(&eddsa::TestFlag::SignatureMalleability));
    let rejected = malleable
        .filter(|(group, t)| key(&group.der).verify(&bare(&t.msg), &t.sig) == Err(SignatureError::Invalid));
    assert_eq!(rejected.count(), 8);
}

#[test]
fn an_ed25519_commitment_of_small_order_is_rejected() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let group = set.test_groups.first().unwrap();
    let mut signature = [0_u8; 64];
    signature[0] = 1;
    assert_eq!(key(&group.der).verify(&bare(b""), &signature), Err(SignatureError::WeakPoint));
    signature[..32].copy_from_slice(&[0xff; 32]);
    assert_eq!(key(&group.der).verify(&bare(b""), &signature), Err(SignatureError::WeakPoint));
}
