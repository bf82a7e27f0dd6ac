//! From a statement to a line of a bundle.

use cdi_envelope::{Algorithm, Budget, Envelope, Pae, PublicKey};
use cdi_keys::{SignError, Signer, SoftwareKey, seal, seal_foreign};
use cdi_types::{
    Annotations, ArtifactDigest, KeyId, Origin, OriginKind, RecordedPath, Statement, StatementId, Subject,
    limits, parse_statement,
};

use crate::pkcs8::BOTH;

fn key(algorithm: Algorithm, seed: u8) -> SoftwareKey {
    SoftwareKey::dangerously_from_seed(algorithm, &[seed; 32]).unwrap()
}

fn origin(issuer: KeyId, subjects: usize) -> Statement<Origin> {
    let subject = |index: usize| Subject {
        path: Some(RecordedPath::parse(&format!("src/{index}.c")).unwrap()),
        digest: ArtifactDigest::of(&index.to_le_bytes()),
    };
    let predicate =
        Origin { issuer, kind: OriginKind::Source, commit: None, annotations: Annotations::default() };
    Statement::new((0..subjects).map(subject).collect(), predicate).unwrap()
}

#[test]
fn a_sealed_statement_verifies_and_has_its_id() {
    for algorithm in BOTH {
        let key = key(algorithm, 1);
        let statement = origin(key.public_key().key_id(), 3);
        let sealed = seal(&statement, &key).unwrap();
        assert!(!sealed.line.contains(&b'\n'));
        let envelope = Envelope::parse(&sealed.line).unwrap().into_untrusted();
        assert_eq!(envelope.verify_by(key.public_key(), &mut Budget::new(1)), Ok(()));
        assert_eq!(StatementId::of(envelope.payload()), sealed.id);
        assert_eq!(parse_statement(envelope.payload()).unwrap().0, sealed.id);
        assert_eq!(seal(&statement, &key).unwrap(), sealed, "sealing is deterministic");
    }
}

#[test]
fn another_signer_than_the_issuer_is_rejected() {
    let (issuer, signer) = (key(Algorithm::Ed25519, 1), key(Algorithm::Ed25519, 2));
    let error = seal(&origin(issuer.public_key().key_id(), 1), &signer).unwrap_err();
    assert_eq!(error.code(), "seal-wrong-signer");
}

#[test]
fn somebody_elses_statement_is_sealed_as_it_is_and_one_of_cdi_never() {
    let key = key(Algorithm::EcdsaP256Sha256, 1);
    let foreign = br#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"00"}}],
        "predicateType":"https://slsa.dev/provenance/v1","predicate":{"f":1.5}}"#;
    let sealed = seal_foreign(foreign, &key).unwrap();
    let envelope = Envelope::parse(&sealed.line).unwrap().into_untrusted();
    assert_eq!(envelope.payload(), foreign);
    assert_eq!(envelope.verify_by(key.public_key(), &mut Budget::new(1)), Ok(()));
    let own = origin(key.public_key().key_id(), 1).to_payload().unwrap();
    assert_eq!(seal_foreign(&own, &key).unwrap_err().code(), "seal-own-type");
    assert_eq!(seal_foreign(b"{}", &key).unwrap_err().code(), "statement-malformed");
}

#[test]
fn an_envelope_that_nobody_would_read_is_rejected() {
    let key = key(Algorithm::Ed25519, 1);
    let error = seal(&origin(key.public_key().key_id(), 40_000), &key).unwrap_err();
    assert_eq!(error.code(), "limit-line-bytes");
    assert!(error.to_string().contains(&limits::LINE_BYTES.to_string()));
}

type Fault = fn(Vec<u8>) -> Result<Vec<u8>, SignError>;

/// A signer whose signature has a flipped bit, is somebody else's, or is missing.
struct Faulty {
    key: SoftwareKey,
    fault: Fault,
}

impl Signer for Faulty {
    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &Pae) -> Result<Vec<u8>, SignError> {
        self.key.sign(message).and_then(self.fault)
    }
}

#[test]
fn a_signature_that_went_wrong_is_not_given_out() {
    let flipped = |mut signature: Vec<u8>| {
        signature[20] ^= 1;
        Ok(signature)
    };
    let cases: [(Fault, &str); 4] = [
        (flipped, "seal-fault"),
        (|_| Ok(Vec::new()), "seal-fault"),
        (|_| Err(SignError::Unavailable { detail: "the token is out".to_owned() }), "signer-unavailable"),
        (|_| Err(SignError::Refused { detail: "wrong PIN".to_owned() }), "signer-refused"),
    ];
    for algorithm in BOTH {
        for (fault, code) in cases {
            let faulty = Faulty { key: key(algorithm, 1), fault };
            let statement = origin(faulty.public_key().key_id(), 1);
            assert_eq!(seal(&statement, &faulty).unwrap_err().code(), code);
        }
    }
}
