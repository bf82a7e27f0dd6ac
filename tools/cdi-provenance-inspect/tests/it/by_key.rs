//! Provenance by keys.

use cdi_envelope::{Algorithm, PAYLOAD_TYPE, Pae, PublicKey, write_line};
use cdi_keys::{Signer as _, SoftwareKey};
use cdi_provenance_inspect::{Expected, InspectError, Inspection, Provenance, inspect};
use cdi_types::ArtifactDigest;

use crate::fixture;

const ARTIFACT: &[u8] = b"an artifact";

fn key(seed: u8) -> SoftwareKey {
    SoftwareKey::dangerously_from_seed(Algorithm::EcdsaP256Sha256, &[seed; 32]).unwrap()
}

/// A payload of any kind, signed by the first key.
fn sealed(payload: &str) -> Vec<u8> {
    let signature = key(1).sign(&Pae::new(PAYLOAD_TYPE, payload.as_bytes())).unwrap();
    write_line(payload.as_bytes(), &[(key(1).public_key().key_id(), signature)])
}

/// A statement about the artifact, signed by the first key.
fn signed(kind: &str, predicate: &str) -> Vec<u8> {
    let digest = ArtifactDigest::of(ARTIFACT);
    let payload = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v0.1","subject":[{{"name":"a","digest":{{"sha256":"{digest}"}}}}],"predicateType":"{kind}","predicate":{predicate}}}"#
    );
    sealed(&payload)
}

fn by(key: &PublicKey, line: &[u8]) -> Result<Inspection, InspectError> {
    inspect(Provenance::ByKey(line, key), ARTIFACT, &Expected::default())
}

const SLSA: &str = "https://slsa.dev/provenance/v0.2";
const PROVENANCE: &str = r#"{"builder":{"id":"https://ci.example"},"buildType":"t","materials":[]}"#;

#[test]
fn provenance_by_the_key_is_found_and_by_no_other() {
    let line = signed(SLSA, PROVENANCE);
    let found = by(key(1).public_key(), &line).unwrap();
    assert_eq!(found.account.builder.as_deref(), Some("https://ci.example"));
    assert_eq!(by(key(2).public_key(), &line).unwrap_err().code(), "signature-invalid");
    let other = inspect(Provenance::ByKey(&line, key(1).public_key()), b"another", &Expected::default());
    assert_eq!(other.unwrap_err().code(), "provenance-other-artifact");
}

#[test]
fn what_is_not_as_its_type_says_is_found_for_nobody() {
    for (kind, predicate, code) in [
        (SLSA, PROVENANCE.replace("\"https://ci.example\"", "7"), "import-predicate-unread"),
        (SLSA, PROVENANCE.replace("\"id\":", "\"id\":\"x\",\"id\":"), "json-duplicate-member"),
        ("https://slsa.dev/provenance/v0.1", PROVENANCE.to_owned(), "import-type-unmapped"),
        ("https://slsa.dev/verification_summary/v1", "{}".to_owned(), "statement-malformed"),
        (
            "https://in-toto.io/attestation/link/v0.3",
            r#"{"name":"n","byproducts":{"return-value":2}}"#.to_owned(),
            "import-run-failed",
        ),
        // The artifact is a subject of this collection, and no product.
        (
            "https://witness.testifysec.com/attestation-collection/v0.1",
            r#"{"name":"n","attestations":[]}"#.to_owned(),
            "provenance-other-artifact",
        ),
    ] {
        assert_eq!(by(key(1).public_key(), &signed(kind, &predicate)).unwrap_err().code(), code, "{kind}");
    }
}

#[test]
fn what_is_no_one_envelope_by_the_key_is_refused() {
    let line = signed(SLSA, PROVENANCE);
    let text = String::from_utf8(line).unwrap();
    for bad in [
        text.replace("vnd.in-toto", "vnd.other"),
        format!("{text}{text}"),
        text.replace("\"sig\"", "\"Sig\""),
    ] {
        assert!(by(key(1).public_key(), bad.as_bytes()).is_err());
    }
    let link = fixture!("in-toto-package.link");
    assert_eq!(by(key(1).public_key(), link).unwrap_err().code(), "envelope-malformed");
    let link = fixture!("in-toto-package-dsse.link");
    assert_eq!(by(key(1).public_key(), link).unwrap_err().code(), "signature-invalid");
}

#[test]
fn a_link_that_is_the_payload_of_an_envelope_is_read() {
    let digest = ArtifactDigest::of(ARTIFACT);
    let link = format!(
        r#"{{"_type":"link","name":"build","command":["make"],"materials":{{}},"products":{{"a":{{"sha256":"{digest}"}}}},"byproducts":{{"return-value":0}}}}"#
    );
    let line = sealed(&link);
    let step = Expected { step: Some("build".to_owned()), ..Expected::default() };
    assert!(inspect(Provenance::ByKey(&line, key(1).public_key()), ARTIFACT, &step).is_ok());
}
