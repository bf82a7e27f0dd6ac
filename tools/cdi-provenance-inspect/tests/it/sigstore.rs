//! Sigstore bundles: a real one, and what is done to it.

use cdi_provenance_inspect::{Certificate, Expected, InspectError, Inspection, Provenance, inspect};
use serde_json::{Value, json};

use crate::{ARTIFACT, BUNDLE, ROOT, fixture};

const IDENTITY: &str =
    "https://github.com/too-legit/attest/.github/workflows/integration.yml@refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com/hammer-time";

const GOOD: Certificate<'static> = Certificate { trusted_root: ROOT, identity: IDENTITY, issuer: ISSUER };

fn inspected(bundle: &[u8], certificate: Certificate<'_>) -> Result<Inspection, InspectError> {
    inspect(Provenance::ByCertificate(bundle, certificate), ARTIFACT, &Expected::default())
}

fn code(bundle: &[u8], certificate: Certificate<'_>) -> &'static str {
    inspected(bundle, certificate).unwrap_err().code()
}

/// Something that is done to a bundle.
type Change = Box<dyn Fn(&mut Value)>;

/// The bundle, changed.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut bundle = serde_json::from_slice(BUNDLE).unwrap();
    change(&mut bundle);
    serde_json::to_vec(&bundle).unwrap()
}

#[test]
fn a_bundle_by_whom_it_has_to_be_is_found() {
    let found = inspected(BUNDLE, GOOD).unwrap();
    assert_eq!(found.account.builder.as_deref(), Some(IDENTITY));
    let same = inspected(&changed(|_| ()), GOOD).unwrap();
    assert_eq!(same, found, "how the bundle is laid out makes no difference");
}

#[test]
fn names_are_compared_whole() {
    let shorter = IDENTITY.trim_end_matches("main");
    for identity in [shorter, &format!("{IDENTITY}x"), &IDENTITY.to_uppercase(), "", "a@b.example", ".*"] {
        assert_eq!(code(BUNDLE, Certificate { identity, ..GOOD }), "provenance-not-verified", "{identity}");
    }
    for issuer in ["https://token.actions.githubusercontent.com", "", &format!("{ISSUER}/")] {
        assert_eq!(code(BUNDLE, Certificate { issuer, ..GOOD }), "provenance-not-verified", "{issuer}");
    }
}

#[test]
fn another_root_or_none_vouches_for_nobody() {
    let mut root: Value = serde_json::from_slice(ROOT).unwrap();
    for emptied in ["certificateAuthorities", "tlogs", "ctlogs"] {
        let whole = std::mem::replace(&mut root[emptied], json!([]));
        let trusted_root = serde_json::to_vec(&root).unwrap();
        let certificate = Certificate { trusted_root: &trusted_root, ..GOOD };
        assert_eq!(code(BUNDLE, certificate), "provenance-not-verified", "{emptied}");
        root[emptied] = whole;
    }
    let twice = String::from_utf8(ROOT.to_vec()).unwrap().replacen('{', "{\"tlogs\":[],", 1);
    for (trusted_root, code_of) in [
        (b"{}".as_slice(), "trusted-root-unusable"),
        (b"[]", "trusted-root-unusable"),
        (b"", "json-syntax"),
        (BUNDLE, "trusted-root-unusable"),
        (twice.as_bytes(), "json-duplicate-member"),
    ] {
        assert_eq!(code(BUNDLE, Certificate { trusted_root, ..GOOD }), code_of);
    }
}

#[test]
fn every_part_of_a_bundle_counts() {
    let other: Value = serde_json::from_slice(fixture!("npm-sigstore-2.0.0.sigstore.json")).unwrap();
    let entries = |bundle: &mut Value| bundle["verificationMaterial"]["tlogEntries"].take();
    let entry = |bundle: &mut Value, part: &str, to: Value| {
        bundle["verificationMaterial"]["tlogEntries"][0][part] = to;
    };
    let changes: Vec<(&str, Change)> = vec![
        (
            "no log entry",
            Box::new(move |b| {
                b["verificationMaterial"]["tlogEntries"] = {
                    entries(b);
                    json!([])
                }
            }),
        ),
        ("no proof", Box::new(move |b| entry(b, "inclusionProof", Value::Null))),
        ("another time", Box::new(move |b| entry(b, "integratedTime", json!("1726082344")))),
        ("another body", Box::new(move |b| entry(b, "canonicalizedBody", json!("e30=")))),
        ("no certificate", Box::new(|b| b["verificationMaterial"]["certificate"] = Value::Null)),
        ("another payload", Box::new(|b| b["dsseEnvelope"]["payload"] = json!("e30="))),
        ("another payload type", Box::new(|b| b["dsseEnvelope"]["payloadType"] = json!("text/plain"))),
        ("no signature", Box::new(|b| b["dsseEnvelope"]["signatures"] = json!([]))),
        (
            "another version",
            Box::new(|b| b["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v9+json")),
        ),
    ];
    for (what, change) in changes {
        assert_eq!(code(&changed(change), GOOD), "provenance-not-verified", "{what}");
    }
    let entry_of_another = changed(|bundle| {
        bundle["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"].clone();
    });
    assert_eq!(code(&entry_of_another, GOOD), "provenance-not-verified");
}

#[test]
fn no_member_is_there_twice_for_two_readers() {
    let text = std::str::from_utf8(BUNDLE).unwrap();
    let twice = text.replacen('{', "{\"dsseEnvelope\":{},", 1);
    assert_eq!(code(twice.as_bytes(), GOOD), "json-duplicate-member");
    assert_eq!(code(&[BUNDLE, BUNDLE].concat(), GOOD), "json-trailing-data");
    assert_eq!(code(&vec![b' '; cdi_types::limits::LINE_BYTES + 1], GOOD), "limit-line-bytes");
    // A second envelope under a name that some readers take for the first one's.
    let alias = changed(|bundle| {
        let mut envelope = bundle["dsseEnvelope"].clone();
        envelope["payload"] = json!("e30=");
        bundle["dsse_envelope"] = envelope;
    });
    match inspected(&alias, GOOD) {
        Ok(found) => assert_eq!(found, inspected(BUNDLE, GOOD).unwrap()),
        Err(error) => assert_eq!(error.code(), "provenance-not-verified"),
    }
}

#[test]
fn another_artifact_is_refused_and_what_is_expected_must_be_so() {
    let other = inspect(Provenance::ByCertificate(BUNDLE, GOOD), b"hello-worlds", &Expected::default());
    assert_eq!(other.unwrap_err().code(), "provenance-not-verified");
    let with = |expected: Expected| inspect(Provenance::ByCertificate(BUNDLE, GOOD), ARTIFACT, &expected);
    let input = "git+https://github.com/too-legit/attest@refs/heads/main";
    let all = Expected {
        builder: Some(IDENTITY.to_owned()),
        build_type: Some("https://actions.github.io/buildtypes/workflow/v1".to_owned()),
        step: None,
        input: Some(input.to_owned()),
    };
    assert!(with(all.clone()).is_ok());
    for wrong in [
        Expected { builder: Some(String::new()), ..all.clone() },
        Expected {
            build_type: Some("https://actions.github.io/buildtypes/workflow/v".to_owned()),
            ..all.clone()
        },
        Expected { step: Some("build".to_owned()), ..all.clone() },
        Expected { input: Some(input.replace("main", "dev")), ..all },
    ] {
        assert_eq!(with(wrong).unwrap_err().code(), "provenance-unexpected");
    }
}

#[test]
fn packages_that_are_named_by_sha512_are_about_no_artifact_here() {
    let bundle: Value = serde_json::from_slice(fixture!("npm-sigstore-2.0.0.sigstore.json")).unwrap();
    let text = serde_json::to_vec(&bundle).unwrap();
    assert_eq!(code(&text, GOOD), "provenance-not-verified");
}
