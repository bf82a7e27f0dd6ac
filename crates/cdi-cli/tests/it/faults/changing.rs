//! Files that change while they are read. What is decided is decided about bytes that were there together.

use std::sync::atomic::{AtomicBool, Ordering};

use cdi_testkit::scenario::{Part, Scenario};
use serde_json::{Value, json};

use crate::deployment::{Deployment, verify};
use crate::memory::today;

/// Tells the other thread to end, however this one does.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Decides again and again while `change` is called with one number after another.
fn meanwhile(change: impl Fn(usize) + Send + Sync, mut decide: impl FnMut()) {
    let ends = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut turn = 0;
            while !ends.load(Ordering::Relaxed) {
                change(turn);
                turn += 1;
            }
        });
        let _ends = Ends(&ends);
        (0..40).for_each(|_| decide());
    });
}

#[test]
fn a_bundle_that_is_replaced_while_it_is_read_is_one_or_the_other() {
    let world = Scenario::full();
    let deployment = Deployment::of(&world);
    let bundles = [world.bundle(), world.clone().without("compiler-runs").bundle()];
    let (mut allowed, mut denied) = (0, 0);
    meanwhile(
        |turn| {
            deployment.write("next", &bundles[turn % 2]);
            let to = deployment.folder.path().join("app.cwasm.intoto.jsonl");
            std::fs::rename(deployment.folder.path().join("next"), to).unwrap();
        },
        || {
            let output = deployment.cdi(&verify("--output json"));
            let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
            let reports = answer["evidence"]["reports"].as_u64().unwrap();
            match output.status.code() {
                Some(0) => allowed += usize::from(reports == 2),
                Some(1) => denied += usize::from(reports == 1),
                status => panic!("{status:?}: {answer}"),
            }
            assert_eq!(answer["evidence"]["discarded"], json!([]));
        },
    );
    assert_eq!(allowed + denied, 40);
}

/// Written over in its place, a bundle can be read half. Of halves of what is refused nothing is allowed.
#[test]
fn a_bundle_that_is_written_over_while_it_is_read_never_allows() {
    let world = Scenario::full().without("compiler-runs");
    let deployment = Deployment::of(&world);
    let stranger = Part::compiling("app.wasm", "app.cwasm").named("by nobody");
    let bundles = [
        world.bundle(),
        world.clone().and(stranger).signed_by("by nobody", &["nobody"]).bundle(),
        Vec::new(),
    ];
    meanwhile(
        |turn| deployment.write("app.cwasm.intoto.jsonl", &bundles[turn % 3]),
        || {
            let output = deployment.cdi(&verify(""));
            assert!(matches!(output.status.code(), Some(1 | 2)), "{:?}", output.status);
        },
    );
}

/// A policy and a configuration as well: what is read is all of one of them, or an error.
#[test]
fn a_policy_that_is_written_over_while_it_is_read_never_allows() {
    let world = today(1, &json!([])).without("compiler-runs");
    let deployment = Deployment::of(&world);
    let policy = deployment.read("cloud-provider.yaml");
    let configuration = deployment.read("cdi.yaml");
    meanwhile(
        |turn| {
            let cut = |bytes: &[u8]| bytes[..bytes.len() * (turn % 11) / 10].to_vec();
            let cut_at = |bytes: &[u8]| if turn % 11 == 10 { bytes.to_vec() } else { cut(bytes) };
            deployment.write("cloud-provider.yaml", &cut_at(&policy));
            deployment.write("cdi.yaml", &cut_at(&configuration));
        },
        || {
            let output = deployment.cdi("verify app.cwasm");
            assert!(matches!(output.status.code(), Some(1 | 2)), "{:?}", output.status);
        },
    );
}
