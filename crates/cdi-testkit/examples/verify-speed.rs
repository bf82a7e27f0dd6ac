//! What verifying and deciding costs, over its bare signature verifications, on one core and on two, the first time and again.
//!
//! `cargo run --release -p cdi-testkit --example verify-speed [-- --json]`. Reports have 4 KB and keys of their own, each with
//! its certification: 1,000 reports take 2,002 verifications. Everything is measured side by side in one run, rounds in
//! turn; medians, and of what two threads do the least of the clock, since other work on the machine is not ours.
//! "raw" verifies the same signatures by the same library with keys that were read before, and does nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement, not a part of CDI"
)]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use cdi_crew::Threads;
use cdi_decider::{Decider, Party, verified_helped};
use cdi_envelope::{Budget, CheckId, Envelope, PublicKey};
use cdi_keys::Signer as _;
use cdi_policy::{Catalogues, Configuration, Request};
use cdi_testkit::scenario::{Scenario, configured, key};
use cdi_types::{ArtifactDigest, Bundle, Clock, Timestamp, Unverified};
use cdi_verify::{Alone, CheckedBefore, Crew, Help, Patience, Verification};
use serde_json::json;

fn main() {
    let as_json = std::env::args().any(|argument| argument == "--json");
    for (reports, rounds) in [(10, 101), (100, 31), (1_000, 11), (10_000, 3)] {
        let found = measure(&by_three(woven(reports)), rounds);
        if as_json {
            println!("{}", found.as_json(reports));
        } else {
            found.tell(reports);
        }
    }
}

/// A chain whose reports have 4 KB or so, as those of real tools do.
fn woven(reports: usize) -> Scenario {
    // A chain is no deeper than 4,096 levels.
    let width = if reports > 4_000 { 4 } else { 1 };
    let (mut world, _) = Scenario::woven(reports / width, width);
    for part in &mut world.parts {
        let room = 3_000_usize.saturating_sub(part.payload.len());
        part.change(|statement| {
            statement["predicate"]["annotations"] = json!({ "padding": "x".repeat(room) })
        });
    }
    world
}

/// The same world, with two principals more who ask for the same.
fn by_three(mut world: Scenario) -> Scenario {
    let (principal, text) = world.policies.first().unwrap().clone();
    for other in ["developer", "data-owner"] {
        world.policies.push((other.to_owned(), text.replace(&principal, other)));
    }
    world
}

/// A host that decides about a world.
struct Host {
    catalogues: Catalogues,
    configuration: Configuration,
    parties: Vec<Party>,
    artifact: ArtifactDigest,
    clock: Clock,
}

impl Host {
    fn of(world: &Scenario) -> Self {
        let catalogues = Catalogues::builtin().unwrap();
        let text = configured(&world.parties(), |_| "file".to_owned()).unwrap();
        let configuration = Configuration::load(text.as_bytes(), &catalogues).unwrap();
        let artifact = ArtifactDigest::parse(&world.artifact).unwrap();
        let required = configuration.required(&Request::bare(artifact)).unwrap();
        let document = |name: &str| world.policies.iter().find(|(known, _)| known == name).unwrap().1.clone();
        let party = |entry| {
            let entry: &cdi_policy::RequiredPrincipal = entry;
            let file = document(entry.name.as_str()).into_bytes();
            Party::new(entry, Some(file), &configuration, &catalogues).unwrap()
        };
        let parties = required.into_iter().map(party).collect();
        let clock = Clock::at(Timestamp::parse(&world.now).unwrap());
        Self { catalogues, configuration, parties, artifact, clock }
    }

    fn verify(&self, bundle: &Unverified<Bundle>, help: Help<'_>) -> Verification {
        verified_helped(bundle, &self.parties, &self.catalogues, Patience::Whole, help).unwrap()
    }

    fn decider(&self) -> Decider<'_> {
        Decider::new(&self.configuration, &self.catalogues, &self.parties, Request::bare(self.artifact))
            .unwrap()
    }
}

#[derive(Debug)]
struct Known(BTreeSet<CheckId>);

impl CheckedBefore for Known {
    fn verified(&self, check: &CheckId) -> bool {
        self.0.contains(check)
    }
}

/// Milliseconds.
struct Found {
    signatures: usize,
    raw: f64,
    raw_reading_keys: f64,
    first: f64,
    one: f64,
    two: f64,
    again: f64,
    one_changed: f64,
    decide: f64,
}

fn measure(world: &Scenario, rounds: usize) -> Found {
    let host = Host::of(world);
    let bundle = Bundle::parse(world.bundle()).unwrap();
    let signed: Vec<(Envelope, PublicKey)> = world
        .parts
        .iter()
        .map(|part| {
            let envelope = Envelope::parse(&part.line()).unwrap().into_untrusted();
            (envelope, key(part.signers.first().unwrap()).public_key().clone())
        })
        .collect();
    let nothing = Known(BTreeSet::new());
    let checks = host.verify(&bundle, Help { crew: &Alone, before: Some(&nothing) }).checks;
    let without_one = Known(checks.iter().skip(1).copied().collect());
    let known = Known(checks.into_iter().collect());
    let warm = Help { crew: &Alone, before: Some(&known) };
    let nearly = Help { crew: &Alone, before: Some(&without_one) };
    let (alone, both) = (Threads::of(1), Threads::of(2));
    let (alone, both) = (&alone as &dyn Crew, &both as &dyn Crew);
    let mut times: [Vec<Duration>; 8] = Default::default();
    let verified = host.verify(&bundle, Help::NONE);
    let decider = host.decider();
    for _ in 0..rounds {
        let verify_all = |read: bool| {
            let mut budget = Budget::new(usize::MAX);
            for (envelope, key) in &signed {
                let read = read.then(|| PublicKey::from_info(key.info()).unwrap());
                envelope.verify_by(read.as_ref().unwrap_or(key), &mut budget).unwrap();
            }
        };
        times[0].push(processor(|| verify_all(false)));
        times[1].push(processor(|| verify_all(true)));
        times[2].push(processor(|| drop(black_box(host.verify(&bundle, Help::NONE)))));
        times[3].push(clock(|| drop(black_box(host.verify(&bundle, Help { crew: alone, before: None })))));
        times[4].push(clock(|| drop(black_box(host.verify(&bundle, Help { crew: both, before: None })))));
        times[5].push(processor(|| drop(black_box(host.verify(&bundle, warm)))));
        times[6].push(processor(|| drop(black_box(host.verify(&bundle, nearly)))));
        times[7].push(processor(|| {
            let decided = decider.decide(&verified.provenance, None, host.clock.into(), |_| None);
            drop(black_box(decided));
        }));
    }
    let [raw, raw_reading_keys, first, one, two, again, one_changed, decide] = times;
    Found {
        signatures: signed.len(),
        raw: median(raw),
        raw_reading_keys: median(raw_reading_keys),
        first: median(first),
        one: least(one),
        two: least(two),
        again: median(again),
        one_changed: median(one_changed),
        decide: median(decide),
    }
}

impl Found {
    /// Each ratio with its name and unit.
    fn ratios(&self) -> [(&'static str, f64); 6] {
        [
            ("verify, of the raw rate", self.raw / self.first),
            ("verify, of the raw rate with keys to be read", self.raw_reading_keys / self.first),
            ("verify, two threads over one", self.one / self.two),
            ("verify again, over the first time", self.again / self.first),
            ("verify again, one changed, over the first time", self.one_changed / self.first),
            ("appraise and decide, three principals, over the first time", self.decide / self.first),
        ]
    }

    fn as_json(&self, reports: usize) -> serde_json::Value {
        json!({
            "reports": reports,
            "signatures": self.signatures,
            "milliseconds": {
                "raw": self.raw,
                "rawReadingKeys": self.raw_reading_keys,
                "verify": self.first,
                "verifyOneThread": self.one,
                "verifyTwoThreads": self.two,
                "verifyAgain": self.again,
                "verifyOneChanged": self.one_changed,
                "decideThreePrincipals": self.decide,
            },
            "ratios": self.ratios().iter().map(|(name, ratio)| ((*name).to_owned(), json!(ratio)))
                .collect::<serde_json::Map<_, _>>(),
        })
    }

    fn tell(&self, reports: usize) {
        let Self { signatures, raw, first, again, decide, .. } = self;
        println!(
            "{reports} reports, {signatures} signatures: raw {raw:.2} ms, verify {first:.2} ms, again {again:.2} ms, decide {decide:.2} ms"
        );
        for (name, ratio) in self.ratios() {
            println!("  {name:<60} {ratio:.3}");
        }
    }
}

/// The processor's time of this thread, not the clock's: other work on the machine is not ours.
fn processor(work: impl FnOnce()) -> Duration {
    let now =
        || Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime)).unwrap();
    let start = now();
    work();
    now() - start
}

fn clock(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn least(times: Vec<Duration>) -> f64 {
    times.into_iter().min().unwrap().as_secs_f64() * 1e3
}
