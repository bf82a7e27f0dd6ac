//! What the gate adds to a program: everything from the bytes of the artifact and its bundle to an admitted placement,
//! against one SHA-256 of the artifact and the bare verifications of the bundle's signatures. Ratios of medians, measured
//! side by side in one run. What comes after, loading and running, happens without a gate too.
//!
//! `cargo run --release -p cdi-gate --example gate-speed -- cdi-demo` in the folder where `cargo demo` was run.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a measurement, not a part of CDI"
)]

mod demo;

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use cdi_envelope::{Budget, Envelope, PublicKey};
use cdi_types::{Artifact, Bundle, KeyId};
use cdi_verify::{Help, Provenance, verify};

use demo::Host;

const ROUNDS: usize = 201;

fn main() {
    let demo = std::env::args_os().nth(1).expect("the folder that the demo made");
    let demo = Path::new(&demo);
    let artifact = std::fs::read(demo.join("app/fraud-scoring.cwasm")).unwrap();
    let bundle = std::fs::read(demo.join("app/fraud-scoring.cwasm.intoto.jsonl")).unwrap();
    let host = Host::of(demo, "");
    let drivers = cdi_gate::Driver::all();
    let environment = host.environment(cdi_gate::Driver::named(&drivers, "embedded").unwrap());
    let signed = signed(&host, &bundle);
    println!("artifact {} KiB, bundle of {} statements", artifact.len() / 1024, signed.len());
    println!("{:<42} {:>10} {:>7}", "", "each", "ratio");
    let (mut digest, mut bare, mut gate) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        digest.push(timed(|| {
            black_box(cdi_types::Sha256::of(&artifact));
        }));
        bare.push(timed(|| {
            black_box(cdi_types::Sha256::of(&artifact));
            let mut budget = Budget::new(usize::MAX);
            signed.iter().for_each(|(envelope, key)| envelope.verify_by(key, &mut budget).unwrap());
        }));
        let (bytes, evidence, environment) = (artifact.clone(), bundle.clone(), environment.clone());
        gate.push(timed(|| {
            let artifact = Artifact::new(bytes);
            drop(black_box(host.admit(&artifact, (evidence, Help::NONE), environment, &[])));
        }));
    }
    let (digest, bare, gate) = (median(digest), median(bare), median(gate));
    println!("{:<42} {:>7.0} us {:>7.2}", "SHA-256 of the artifact and signatures", bare, 1.0);
    println!("{:<42} {:>7.0} us {:>7.2}", "gate, three principals", gate, gate / bare);
    // Of a larger artifact only the digest costs more.
    let goal = 1.2;
    let more = ((gate - goal * bare) / (goal - 1.0)).max(0.0);
    let size = artifact.len() as f64 * (1.0 + more / digest);
    println!("at most {goal} for artifacts from {:.1} MiB", size / f64::from(1 << 20));
}

/// Each envelope that counts, with the key of its issuer, read already.
fn signed(host: &Host, bundle: &[u8]) -> Vec<(Envelope, PublicKey)> {
    let bundle = Bundle::parse(bundle.to_vec()).unwrap();
    let provenance =
        verify(&bundle, host.policies.iter().flat_map(|policy| policy.policy().keyring())).unwrap();
    let keys = keys(host, provenance.get());
    let lines = bundle.as_untrusted().lines();
    let envelopes = lines.map(|line| Envelope::parse(line.bytes).unwrap().into_untrusted());
    envelopes
        .map(|envelope| {
            let by = |key: &&PublicKey| envelope.verify_by(key, &mut Budget::new(usize::MAX)).is_ok();
            let key = keys.values().find(by).expect("signed by a known key").clone();
            (envelope, key)
        })
        .collect()
}

fn keys(host: &Host, provenance: &Provenance) -> BTreeMap<KeyId, PublicKey> {
    let brought = provenance.certifications().iter().map(|signed| &signed.predicate().report_key);
    let endorsed = provenance.endorsements().iter().map(|signed| &signed.predicate().public_key);
    let infos: BTreeSet<_> = brought.chain(endorsed).collect();
    let brought = infos.into_iter().map(|info| PublicKey::from_info(info).unwrap());
    let anchored = host.policies.iter().flat_map(|policy| policy.policy().keyring());
    let anchored = anchored.map(|known| known.key().clone());
    anchored.chain(brought).map(|key| (key.key_id(), key)).collect()
}

/// The processor's time, not the clock's: other work on the machine is not ours.
fn timed(work: impl FnOnce()) -> Duration {
    let now =
        || Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime)).unwrap();
    let start = now();
    work();
    now() - start
}

/// In microseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}
