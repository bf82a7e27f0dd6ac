//! Verifying, against the bare signatures by the fastest library that we know of.

use std::hint::black_box;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, VerificationAlgorithm};
use cdi_decider::Bundle;
use cdi_envelope::{Algorithm, Pae};
use cdi_keys::Signer as _;
use cdi_testkit::scenario::{Scenario, key};
use cdi_testkit::speed::{Clock, Row, Target, in_turns};

use crate::world::{Host, woven};

/// A signature with its message and key, parsed: the least that there is to verify.
pub(crate) struct Bare {
    key: ParsedPublicKey,
    message: Pae,
    signature: Vec<u8>,
}

impl Bare {
    pub(crate) fn verify(&self) {
        self.key.verify_sig(self.message.as_bytes(), &self.signature).unwrap();
    }

    /// Of every statement of a world.
    pub(crate) fn all(world: &Scenario) -> Vec<Self> {
        let bare = |part: &cdi_testkit::scenario::Part| {
            let signer = key(part.signers.first().unwrap());
            let message = Pae::new(&part.payload_type, &part.payload);
            let der = signer.public_key().info().der();
            let (algorithm, point): (&'static dyn VerificationAlgorithm, _) =
                match signer.public_key().algorithm() {
                    Algorithm::EcdsaP256Sha256 => (&ECDSA_P256_SHA256_ASN1, &der[der.len() - 65..]),
                    Algorithm::Ed25519 => (&ED25519, &der[der.len() - 32..]),
                };
            Self {
                key: ParsedPublicKey::new(algorithm, point).unwrap(),
                signature: signer.sign(&message).unwrap(),
                message,
            }
        };
        world.parts.iter().map(bare).collect()
    }
}

pub(crate) fn rows(rounds: usize) -> Vec<Row> {
    let world = woven(1_000, 1);
    let (host, bundle, bare) = (Host::of(&world), world.bundle(), Bare::all(&world));
    let decider = host.decider();
    let (mut bytes, mut verified) = (Vec::new(), None);
    let [alone, whole] = in_turns(
        rounds,
        Clock::Processor,
        [&mut || bare.iter().for_each(Bare::verify), &mut || {
            bytes.clone_from(&bundle);
            let parsed = Bundle::parse(std::mem::take(&mut bytes)).unwrap();
            verified = Some(black_box(decider.verify(&parsed).unwrap()));
        }],
    );
    let provenance = verified.unwrap();
    assert_eq!(provenance.get().verifications(), bare.len(), "each signature is verified once");
    assert_eq!(provenance.get().reports().len(), 1_000);
    vec![
        Row::rate(
            "verifying 1,000 reports of 4 KB and their tools' certifications, of the rate of bare signatures",
            Target::AtLeast(0.80),
            Clock::Processor,
            &whole,
            &alone,
        ),
        Row::unmeasured(
            "the same by two threads, over the rate of one",
            Target::AtLeast(1.85),
            "verifying uses one thread",
        ),
        Row::unmeasured(
            "the same bundle once more, over the first time",
            Target::AtMost(0.20),
            "nothing is remembered",
        ),
        Row::unmeasured(
            "the same with one report changed, over the first time",
            Target::AtMost(0.22),
            "nothing is remembered",
        ),
    ]
}
