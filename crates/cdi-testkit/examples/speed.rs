//! How much a decision costs over its bare signature verifications: ratios of medians, measured side by side in one run.
//!
//! `cargo run --release -p cdi-testkit --example speed`. Reports are padded to 4 KB; each tool has a key of its own and a
//! certification, so that a chain of n reports takes 2n verifications and a few.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement, not a part of CDI"
)]

use std::time::{Duration, Instant};

use cdi_envelope::{Budget, Envelope, PublicKey};
use cdi_keys::Signer as _;
use cdi_testkit::scenario::{Part, Scenario, Verdict, artifact, key};
use serde_json::json;

const ROUNDS: usize = 9;

fn main() {
    println!("{:>8} {:>12} {:>12} {:>7}", "reports", "bare", "decision", "ratio");
    for reports in [10, 100, 1_000, 10_000] {
        let world = chain(reports);
        measure(&world, reports, if reports > 1_000 { 3 } else { ROUNDS });
    }
}

/// A chain of `n` runs, each by a tool of its own, from the developer's module to the artifact.
fn chain(n: usize) -> Scenario {
    let mut world = Scenario::linked(&["app.wasm"], "a0", &["app.wasm"]);
    for step in 1..n {
        let tool = format!("tool-{step}");
        world.parts.push(Part::linker("north", &tool));
        let (from, to) = (format!("a{}", step - 1), format!("a{step}"));
        world.parts.push(Part::linking(&tool, &[&from], &to));
    }
    for part in &mut world.parts {
        let room = 3_000_usize.saturating_sub(part.payload.len());
        part.change(|statement| {
            statement["predicate"]["annotations"] = json!({ "padding": "x".repeat(room) })
        });
    }
    world.deploying(&artifact(&format!("a{}", n - 1)))
}

fn measure(world: &Scenario, reports: usize, rounds: usize) {
    let bundle = world.bundle();
    let lines: Vec<(Envelope, PublicKey)> = world
        .parts
        .iter()
        .map(|part| {
            let envelope = Envelope::parse(&part.line()).unwrap().into_untrusted();
            (envelope, key(part.signers.first().unwrap()).public_key().clone())
        })
        .collect();
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        bare.push(timed(|| {
            let mut budget = Budget::new(usize::MAX);
            lines.iter().for_each(|(envelope, key)| envelope.verify_by(key, &mut budget).unwrap());
        }));
        let copy = bundle.clone();
        let (policies, place) = (&world.policies, world.place.as_ref());
        whole.push(timed(move || {
            let outcome = cdi_testkit::scenario::decide(copy, policies, &world.artifact, &world.now, place);
            assert_eq!(outcome.verdict, Verdict::Allow, "{outcome:?}");
        }));
    }
    let (bare, whole) = (median(bare), median(whole));
    let ratio = whole.as_secs_f64() / bare.as_secs_f64();
    println!(
        "{reports:>8} {:>9.2} ms {:>9.2} ms {ratio:>7.2}",
        bare.as_secs_f64() * 1e3,
        whole.as_secs_f64() * 1e3
    );
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap()
}
