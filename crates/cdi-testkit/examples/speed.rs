//! How much a decision costs over its bare signature verifications: ratios of medians, measured side by side in one run.
//!
//! `cargo run --release -p cdi-testkit --example speed`. Reports are padded to 4 KB; each tool has a key of its own and a
//! certification, so that n reports take 2n verifications and a few. A chain is no deeper than 4,096 levels.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement, not a part of CDI"
)]

use std::time::Duration;

use cdi_envelope::{Budget, Envelope, PublicKey};
use cdi_keys::Signer as _;
use cdi_testkit::scenario::{Scenario, Verdict, key};

const ROUNDS: usize = 9;

fn main() {
    println!(
        "{:<24} {:>8} {:>12} {:>12} {:>7} {:>14}",
        "history", "reports", "bare", "decision", "ratio", "each"
    );
    for reports in [10, 100, 1_000] {
        measure("chain", &woven(reports, 1), ROUNDS);
    }
    measure("chain, three principals", &woven(1_000, 1).agreed_by(&["developer", "data-owner"]), ROUNDS);
    for reports in [100, 1_000, 10_000] {
        measure("diamonds of four", &woven(reports / 4, 4), if reports > 1_000 { 3 } else { ROUNDS });
    }
}

/// A woven world whose lines have 4 KB or so.
fn woven(layers: usize, width: usize) -> Scenario {
    Scenario::woven(layers, width).0.padded(3_000)
}

fn measure(history: &str, world: &Scenario, rounds: usize) {
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
        let (parties, place) = (world.parties(), world.place.as_ref());
        whole.push(timed(move || {
            let outcome = cdi_testkit::scenario::decide(copy, &parties, &world.artifact, &world.now, place);
            assert_eq!(outcome.verdict, Verdict::Allow, "{outcome:?}");
        }));
    }
    let (bare, whole) = (median(bare).as_secs_f64() * 1e3, median(whole).as_secs_f64() * 1e3);
    let reports = world.parts.iter().filter(|part| part.name.ends_with("-runs")).count();
    println!(
        "{history:<24} {reports:>8} {bare:>9.2} ms {whole:>9.2} ms {:>7.2} {:>11.1} us",
        whole / bare,
        whole * 1e3 / reports as f64
    );
}

/// The processor's time, not the clock's: other work on the machine is not ours.
fn timed(work: impl FnOnce()) -> Duration {
    let now =
        || Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime)).unwrap();
    let start = now();
    work();
    now() - start
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap()
}
