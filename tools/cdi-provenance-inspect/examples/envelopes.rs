//! An envelope that a known key has signed, from text to what its statement is about: by CDI's own crates, and by Sigstore's library
//! for Rust, which looks neither for a certificate nor into a log then. Both compute with aws-lc-rs.
//!
//! `cargo xtask speed` runs it: `envelopes ROUNDS`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement, not a part of CDI"
)]

// The recipe's own, without what else it is built with: that would be a large part of the host.
#[path = "../../../crates/cdi-testkit/src/speed.rs"]
#[allow(dead_code, unreachable_pub, reason = "the bench uses the rest of it, and from outside")]
mod speed;

use cdi_envelope::{Algorithm, Budget, Envelope, PublicKey};
use cdi_keys::{Signer as _, SoftwareKey, seal_foreign};
use cdi_types::{AnyStatement, ArtifactDigest, Sha256, parse_statement};
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::types::{Bundle, DerPublicKey, PayloadBytes, Sha256Hash};
use sigstore_verify::{PublicKeyVerificationPolicy, Verifier};
use speed::{Clock, Row, Target, in_turns, publish};

/// Done so often a round.
const TIMES: u32 = 200;
const ARTIFACT: &[u8] = b"artifact";

fn main() {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).expect("a number of rounds");
    let signer = SoftwareKey::generate(Algorithm::EcdsaP256Sha256).unwrap();
    let digest = ArtifactDigest::of(ARTIFACT);
    let statement = serde_json::json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": "artifact", "digest": { "sha256": digest.to_string() } }],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": { "padding": "x".repeat(3_000) },
    });
    let payload = serde_json::to_vec(&statement).unwrap();
    let line = seal_foreign(&payload, &signer).unwrap().line;
    let bundle = bundle(&line, &payload, &signer);
    let key = PublicKey::from_info(signer.public_key().info()).unwrap();
    let root = TrustedRoot::from_json(SIGSTORE_PRODUCTION_TRUSTED_ROOT).unwrap();
    let verifier = Verifier::new(&root).unwrap();
    let policy =
        PublicKeyVerificationPolicy::new(DerPublicKey::new(key.info().der().to_vec())).skip_tlog_unsafe();
    let hash = Sha256Hash::from_hex(&digest.to_string()).unwrap();
    let parsed = Envelope::parse(&line).unwrap().into_untrusted();
    let own = || {
        let envelope = Envelope::parse(&line).unwrap().into_untrusted();
        envelope.verify_by(&key, &mut Budget::new(1)).unwrap();
        let (_, statement) = parse_statement(envelope.payload()).unwrap();
        let AnyStatement::Foreign(statement) = statement else { panic!("a foreign statement") };
        assert!(statement.subjects.contains(&digest));
    };
    let peers = || {
        let bundle = Bundle::from_json(&bundle).unwrap();
        verifier.verify(hash, &bundle, &policy).unwrap();
    };
    let bare = || parsed.verify_by(&key, &mut Budget::new(1)).unwrap();
    let often = |work: &dyn Fn()| (0..TIMES).for_each(|_| work());
    let [own, peers, bare] = in_turns(
        rounds,
        Clock::Processor,
        [&mut || often(&own), &mut || often(&peers), &mut || often(&bare)],
    )
    .map(|times| times.each(TIMES));
    let what = "an envelope of 4 KB by a known key, from text to its subject, over sigstore-verify";
    publish(
        "peers in process",
        &[
            Row::ratio(what, Target::AtMost(0.20), Clock::Processor, &own, &peers),
            Row::beside("its signature alone, over sigstore-verify", Clock::Processor, &bare, &peers),
        ],
    );
}

/// The envelope as a bundle, with the entry of a log in it: the library wants one, and compares it, also where it is told not to
/// look for the log's word.
fn bundle(line: &[u8], payload: &[u8], signer: &SoftwareKey) -> String {
    let mut envelope: serde_json::Value = serde_json::from_slice(line).unwrap();
    let base64 = |bytes: &[u8]| PayloadBytes::from_bytes(bytes);
    let pem = serde_json::to_value(base64(signer.public_key().to_pem().as_bytes())).unwrap();
    let signature = envelope["signatures"][0]["sig"].clone();
    envelope["signatures"][0]["keyid"] = "".into();
    let body = serde_json::json!({ "apiVersion": "0.0.1", "kind": "dsse", "spec": {
        "envelopeHash": { "algorithm": "sha256", "value": Sha256::of(line).to_string() },
        "payloadHash": { "algorithm": "sha256", "value": Sha256::of(payload).to_string() },
        "signatures": [{ "signature": signature, "verifier": pem }],
    }});
    let entry = serde_json::json!({
        "logIndex": "0",
        "logId": { "keyId": base64(&[0; 32]) },
        "kindVersion": { "kind": "dsse", "version": "0.0.1" },
        "canonicalizedBody": base64(&serde_json::to_vec(&body).unwrap()),
    });
    let material = serde_json::json!({ "publicKey": { "hint": "it" }, "tlogEntries": [entry] });
    let media = "application/vnd.dev.sigstore.bundle.v0.3+json";
    serde_json::json!({ "mediaType": media, "verificationMaterial": material, "dsseEnvelope": envelope })
        .to_string()
}
