//! Verifying, against the bare signatures by the fastest library that we know of.

use std::collections::BTreeSet;
use std::hint::black_box;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, VerificationAlgorithm};
use cdi_crew::Threads;
use cdi_decider::{Alone, Bundle, CheckedBefore, Crew, Decider, Help, Patience, Verification};
use cdi_envelope::{Algorithm, CheckId, Pae};
use cdi_keys::Signer as _;
use cdi_testkit::scenario::{Scenario, key};
use cdi_testkit::speed::{Clock, Row, Target, in_turns};
use cdi_types::Unverified;

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
    let (host, bundle, bare) = (Host::of(&world), read(&world), Bare::all(&world));
    let decider = host.decider();
    let mut verified = None;
    let [alone, whole] = in_turns(
        rounds,
        Clock::Processor,
        [&mut || bare.iter().for_each(Bare::verify), &mut || {
            verified = Some(black_box(decider.verify(&bundle).unwrap()));
        }],
    );
    let provenance = verified.unwrap();
    assert_eq!(provenance.get().verifications(), bare.len(), "each signature is verified once");
    assert_eq!(provenance.get().reports().len(), 1_000);
    vec![Row::rate(
        "verifying 1,000 reports of 4 KB and their tools' certifications, of the rate of bare signatures",
        Target::AtLeast(0.80),
        Clock::Processor,
        &whole,
        &alone,
    )]
    .into_iter()
    .chain(helped(&world, rounds))
    .collect()
}

/// Checks that have succeeded before.
#[derive(Debug)]
struct Known(BTreeSet<CheckId>);

impl CheckedBefore for Known {
    fn verified(&self, check: &CheckId) -> bool {
        self.0.contains(check)
    }
}

/// With two threads, and with what was checked before.
fn helped(world: &Scenario, rounds: usize) -> [Row; 3] {
    let (host, bundle, changed) = (Host::of(world), read(world), read(&with_one_changed(world.clone())));
    let decider = host.decider();
    let nothing = Known(BTreeSet::new());
    let first = verified(&decider, &bundle, Help { crew: &Alone, before: Some(&nothing) });
    let known = Known(first.checks.into_iter().collect());
    let warm = Help { crew: &Alone, before: Some(&known) };
    assert_eq!(verified(&decider, &changed, warm).provenance.get().reports().len(), 1_000);
    let (one, two) = (Threads::of(1), Threads::of(2));
    let by = |crew: &'_ dyn Crew| drop(black_box(verified(&decider, &bundle, Help { crew, before: None })));
    let [one, two] = in_turns(rounds, Clock::Wall, [&mut || by(&one), &mut || by(&two)]);
    let [cold, again, nearly] = in_turns(
        rounds,
        Clock::Processor,
        [
            &mut || drop(black_box(verified(&decider, &bundle, Help::NONE))),
            &mut || drop(black_box(verified(&decider, &bundle, warm))),
            &mut || drop(black_box(verified(&decider, &changed, warm))),
        ],
    );
    let ratio = |what, most, of| Row::ratio(what, Target::AtMost(most), Clock::Processor, of, &cold);
    [
        Row::rate(
            "the same by two threads, over the rate of one",
            Target::AtLeast(1.85),
            Clock::Wall,
            &two,
            &one,
        ),
        ratio("the same bundle once more, over the first time", 0.20, &again),
        ratio("the same with one report changed, over the first time", 0.22, &nearly),
    ]
}

fn verified(decider: &Decider<'_>, bundle: &Unverified<Bundle>, help: Help<'_>) -> Verification {
    decider.verify_helped(bundle, Patience::Whole, help).unwrap()
}

/// The lines of a world, in memory: how they come there is no part of what is measured.
fn read(world: &Scenario) -> Unverified<Bundle> {
    Bundle::parse(world.bundle()).unwrap()
}

fn with_one_changed(mut world: Scenario) -> Scenario {
    let is_report = |payload: &[u8]| String::from_utf8_lossy(payload).contains("\"operation\"");
    let report = world.parts.iter_mut().find(|part| is_report(&part.payload)).unwrap();
    report.change(|statement| statement["predicate"]["annotations"]["changed"] = true.into());
    world
}
