//! A-FMT-19, 20, A-CRY-08, 09, 19, A-THR-01, 02, 04, 12: who signed what.

use cdi_envelope::{Budget, Envelope, PAYLOAD_TYPE, Pae, PublicKey, write_line};
use cdi_keys::{Signer, SoftwareKey};

use crate::support::{PAYLOAD, base64, ed25519, line, p256, sign};

fn read(line: &[u8]) -> Envelope {
    Envelope::parse(line).unwrap().into_untrusted()
}

fn verdict(envelope: &Envelope, key: &PublicKey) -> &'static str {
    envelope.verify_by(key, &mut Budget::new(64)).map_or_else(|error| error.code(), |()| "ok")
}

fn keys() -> [SoftwareKey; 4] {
    [p256(1), p256(2), ed25519(1), ed25519(2)]
}

#[test]
fn an_envelope_verifies_with_its_signer_and_with_nobody_else() {
    for (i, signer) in keys().iter().enumerate() {
        let envelope = read(line(signer, PAYLOAD).as_bytes());
        assert_eq!(envelope.payload(), PAYLOAD);
        assert_eq!(envelope.payload_type(), PAYLOAD_TYPE);
        for (j, other) in keys().iter().enumerate() {
            let expected = if i == j { "ok" } else { "signature-invalid" };
            assert_eq!(verdict(&envelope, other.public_key()), expected, "{i} {j}");
        }
    }
}

#[test]
fn a_key_id_in_the_envelope_decides_nothing() {
    let [a, b, c, _] = keys();
    let (good, id) = (sign(&a, PAYLOAD), |key: &SoftwareKey| key.public_key().key_id());
    for hint in [id(&a), id(&b), id(&c)] {
        let envelope = read(&write_line(PAYLOAD, &[(hint, good.clone())]));
        assert_eq!(verdict(&envelope, a.public_key()), "ok");
        assert_eq!(verdict(&envelope, b.public_key()), "signature-invalid");
        assert_eq!(verdict(&envelope, c.public_key()), "signature-invalid");
    }
    let prefix = id(&a).to_string()[..8].to_owned();
    for hint in [prefix.as_str(), "", "\\u0000", "SHA256:x"] {
        let text = line(&b, PAYLOAD).replace(&id(&b).to_string(), hint);
        assert_eq!(verdict(&read(text.as_bytes()), b.public_key()), "ok", "{hint}");
        assert_eq!(verdict(&read(text.as_bytes()), a.public_key()), "signature-invalid", "{hint}");
    }
}

#[test]
fn a_good_signature_is_found_at_each_position() {
    let [a, b, c, d] = keys();
    for position in 0..3 {
        let mut signatures: Vec<_> =
            [&b, &c].iter().map(|key| (d.public_key().key_id(), sign(key, PAYLOAD))).collect();
        signatures.insert(position, (d.public_key().key_id(), sign(&a, PAYLOAD)));
        let envelope = read(&write_line(PAYLOAD, &signatures));
        for key in [&a, &b, &c] {
            assert_eq!(verdict(&envelope, key.public_key()), "ok", "{position}");
        }
        assert_eq!(verdict(&envelope, d.public_key()), "signature-invalid");
    }
}

#[test]
fn each_verification_takes_one_from_the_budget_and_hints_save_some() {
    let [a, b, ..] = keys();
    let (mine, other) = (a.public_key().key_id(), b.public_key().key_id());
    let junk = || (other, sign(&b, PAYLOAD));
    let envelope = read(&write_line(PAYLOAD, &[junk(), junk(), (mine, sign(&a, PAYLOAD))]));
    let mut budget = Budget::new(1);
    assert_eq!(envelope.verify_by(a.public_key(), &mut budget), Ok(()));
    assert_eq!(budget.spent(), 1);
    let error = envelope.verify_by(a.public_key(), &mut budget).unwrap_err();
    assert_eq!(error.code(), "limit-signature-verifications");
    assert_eq!(budget.spent(), 1);

    let without_hint = read(&write_line(PAYLOAD, &[junk(), junk(), (other, sign(&a, PAYLOAD))]));
    let mut budget = Budget::new(2);
    let error = without_hint.verify_by(a.public_key(), &mut budget).unwrap_err();
    assert_eq!((error.code(), budget.spent()), ("limit-signature-verifications", 2));
    let mut budget = Budget::new(3);
    assert_eq!(without_hint.verify_by(a.public_key(), &mut budget), Ok(()));
    assert_eq!(budget.spent(), 3);
}

#[test]
fn what_names_the_key_is_tried_first() {
    let [a, b, c, _] = keys();
    let [id_of_a, id_of_b, id_of_c] = [&a, &b, &c].map(|key| key.public_key().key_id());
    let (by_a, by_b) = (sign(&a, PAYLOAD), sign(&b, PAYLOAD));
    let both = read(&write_line(PAYLOAD, &[(id_of_b, by_b.clone()), (id_of_a, by_a.clone())]));
    assert_eq!(both.first_tried(id_of_a), Some(by_a.as_slice()));
    assert_eq!(both.first_tried(id_of_c), Some(by_b.as_slice()));
    let alone = read(&write_line(PAYLOAD, &[(id_of_b, by_b.clone())]));
    assert_eq!(alone.first_tried(id_of_a), Some(by_b.as_slice()));
}

#[test]
fn copies_of_the_statement_outside_the_payload_are_ignored() {
    let key = p256(1);
    let good = line(&key, PAYLOAD);
    let copy = r#"{"statement":{"subject":[1]},"predicate":{"x":1e400},"subject":[],"payloadtype":"x","#;
    let envelope = read(good.replacen('{', copy, 1).as_bytes());
    assert_eq!(envelope, read(good.as_bytes()));
}

#[test]
fn keys_and_algorithms_that_the_envelope_brings_along_are_ignored() {
    let (trusted, own) = (p256(1), ed25519(7));
    let pem = own.public_key().to_pem().replace('\n', "\\n");
    let members = format!(
        r#""sig":"{}","alg":"none","jwk":{{}},"publicKey":"{pem}","cert":"{pem}","key":"{pem}""#,
        base64(&sign(&own, PAYLOAD))
    );
    let text = format!(
        r#"{{"payload":"{}","payloadType":"{PAYLOAD_TYPE}","alg":"ed25519","signatures":[{{{members}}}]}}"#,
        base64(PAYLOAD)
    );
    assert_eq!(verdict(&read(text.as_bytes()), trusted.public_key()), "signature-invalid");
    assert_eq!(verdict(&read(text.as_bytes()), own.public_key()), "ok");
}

/// The public key's text as an HMAC key, and other things that are no signature.
#[test]
fn things_that_are_no_signature_are_rejected() {
    for key in [p256(1), ed25519(1)] {
        let pae = Pae::new(PAYLOAD_TYPE, PAYLOAD);
        let secret =
            aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.public_key().to_pem().as_bytes());
        let tag = aws_lc_rs::hmac::sign(&secret, pae.as_bytes());
        let good = sign(&key, PAYLOAD);
        let mut longer = good.clone();
        longer.push(0);
        let shorter = good[..good.len() - 1].to_vec();
        let doubled = [good.as_slice(), &good].concat();
        for bad in [
            tag.as_ref(),
            &longer,
            &shorter,
            &doubled,
            b"",
            &[0],
            &[0; 64],
            b"\x30\x06\x02\x01\x00\x02\x01\x00",
        ] {
            let envelope = read(&write_line(PAYLOAD, &[(key.public_key().key_id(), bad.to_vec())]));
            assert_eq!(verdict(&envelope, key.public_key()), "signature-invalid", "{bad:02x?}");
        }
    }
}

#[test]
fn each_flipped_bit_of_signature_or_payload_is_rejected() {
    for key in [p256(1), ed25519(1)] {
        let (good, pae) = (sign(&key, PAYLOAD), Pae::new(PAYLOAD_TYPE, PAYLOAD));
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(key.public_key().verify(&pae, &bad).is_err(), "bit {bit} of the signature");
        }
        for bit in 0..PAYLOAD.len() * 8 {
            let mut bad = PAYLOAD.to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(key.public_key().verify(&Pae::new(PAYLOAD_TYPE, &bad), &good).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn payloads_are_verified_as_received() {
    let key = ed25519(1);
    let pretty = b"{\n  \"predicateType\" : \"x\",\n  \"_type\" : \"y\"\n}\n";
    let compact = br#"{"predicateType":"x","_type":"y"}"#;
    let reordered = br#"{"_type":"y","predicateType":"x"}"#;
    assert_eq!(verdict(&read(line(&key, pretty).as_bytes()), key.public_key()), "ok");
    for other in [&compact[..], reordered] {
        let moved = write_line(other, &[(key.public_key().key_id(), sign(&key, pretty))]);
        assert_eq!(verdict(&read(&moved), key.public_key()), "signature-invalid");
    }
}

#[test]
fn both_alphabets_verify_alike() {
    let key = p256(1);
    let payload: Vec<u8> = (0..=255).collect();
    let standard = line(&key, &payload);
    let (body, kind) = standard.split_once("\",\"payloadType\"").unwrap();
    let url_safe = format!("{}\",\"payloadType\"{kind}", body.replace('+', "-").replace('/', "_"));
    assert_ne!(standard, url_safe);
    assert_eq!(read(standard.as_bytes()), read(url_safe.as_bytes()));
    assert_eq!(verdict(&read(url_safe.as_bytes()), key.public_key()), "ok");
}

/// A mutant of a good line either is refused or says what the good line says: a hint, white space or a name may differ.
#[test]
fn each_flipped_bit_of_a_line_is_rejected_or_changes_nothing() {
    let key = ed25519(1);
    let good = line(&key, PAYLOAD).into_bytes();
    let (mut refused, mut same) = (0, 0);
    for bit in 0..good.len() * 8 {
        let mut mutant = good.clone();
        mutant[bit / 8] ^= 1 << (bit % 8);
        let envelope = Envelope::parse(&mutant).map(cdi_types::Unverified::into_untrusted);
        match envelope.and_then(|e| e.verify_by(key.public_key(), &mut Budget::new(1)).map(|()| e)) {
            Ok(envelope) => {
                assert_eq!(envelope.payload(), PAYLOAD, "bit {bit}");
                same += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(refused > same && same > 0, "{refused} refused, {same} the same");
}

#[test]
fn a_countersignature_is_looked_for_where_its_key_is_named() {
    let [a, b, c, d] = keys();
    let id = |key: &SoftwareKey| key.public_key().key_id();
    let signatures = [(id(&a), sign(&a, PAYLOAD)), (id(&b), sign(&b, PAYLOAD)), (id(&c), sign(&b, PAYLOAD))];
    let envelope = read(&write_line(PAYLOAD, &signatures));
    assert_eq!(envelope.signatures().len(), 3);
    // One that names somebody else is not even tried.
    for (key, signed, tried) in [(&a, true, 1), (&b, true, 1), (&c, false, 1), (&d, false, 0)] {
        let mut budget = Budget::new(8);
        assert_eq!(envelope.is_countersigned_by(key.public_key(), &mut budget), Ok(signed));
        assert_eq!(budget.spent(), tried);
    }
    let error = envelope.is_countersigned_by(a.public_key(), &mut Budget::new(0)).unwrap_err();
    assert_eq!(error.code(), "limit-signature-verifications");
}
