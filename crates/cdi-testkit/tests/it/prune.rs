//! What `cdi bundle prune` and `cdi bundle merge` do to bundles changes no decision, and is never less than it needs.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::collections::BTreeSet;

use cdi_store::{Concerns, DropReason, without_repetitions};
use cdi_testkit::driver::{Core, Names, Sealed, expressible};
use cdi_testkit::generate::generate;
use cdi_testkit::scenario::{Outcome, Scenario, Verdict, decide, decide_with};
use cdi_testkit::vectors::{Vector, all};
use cdi_types::{ArtifactDigest, Bundle};

fn bundle(vector: &Vector) -> Vec<u8> {
    vector.bundle.iter().flat_map(|line| [line.bytes().unwrap(), b"\n".to_vec()].concat()).collect()
}

fn decided(vector: &Vector, bundle: Vec<u8>) -> Outcome {
    let (place, known) = (vector.environment.as_ref(), &vector.catalogues);
    decide_with(known, &vector.seen, bundle, &vector.policies, &vector.artifact, &vector.time, place)
}

/// What must not change: all but the lines that were discarded and what they cost.
fn said(outcome: Outcome) -> Outcome {
    Outcome { discarded: Vec::new(), verifications: 0, ..outcome }
}

/// The vectors whose bundles can be read at all.
fn readable() -> impl Iterator<Item = (String, Vector, Bundle)> {
    all().into_iter().filter_map(|(path, vector)| {
        let bundle = Bundle::parse(bundle(&vector)).ok()?.into_untrusted();
        Some((path, vector, bundle))
    })
}

/// A decision that a limit of the whole bundle refuses is one about what pruning takes away.
fn over_a_limit(outcome: &Outcome) -> bool {
    outcome.verdict == Verdict::ParseError || outcome.code.as_deref().is_some_and(|c| c.starts_with("limit"))
}

#[test]
fn pruning_never_changes_a_decision() {
    let (mut pruned, mut smaller) = (0, 0);
    for (path, vector, whole) in readable() {
        let before = decided(&vector, bundle(&vector));
        if over_a_limit(&before) {
            continue;
        }
        let selection = Concerns::of(&whole).with(&[ArtifactDigest::parse(&vector.artifact).unwrap()]);
        smaller += usize::from(!selection.dropped.is_empty());
        assert_eq!(selection.lines + selection.dropped.len(), whole.lines().count(), "{path}");
        assert_eq!(said(decided(&vector, selection.bytes)), said(before), "{path}");
        pruned += 1;
    }
    assert!(pruned >= 800 && smaller >= 100, "{pruned} vectors, {smaller} of them made smaller");
}

#[test]
fn a_vector_among_the_lines_of_all_others_is_found_again() {
    let haystack: Vec<u8> = readable().step_by(7).flat_map(|(_, vector, _)| bundle(&vector)).collect();
    let mut sizes = (0, 0);
    for (path, vector, _) in readable().step_by(41) {
        let together = [bundle(&vector), haystack.clone()].concat();
        let before = decided(&vector, together.clone());
        let together = Bundle::parse(together).unwrap().into_untrusted();
        let selection = Concerns::of(&together).with(&[ArtifactDigest::parse(&vector.artifact).unwrap()]);
        sizes = (sizes.0 + selection.lines, sizes.1 + selection.dropped.len());
        assert_eq!(said(decided(&vector, selection.bytes)), said(before), "{path}");
    }
    assert!(sizes.0 > 0 && sizes.1 > 0, "{sizes:?}");
}

#[test]
fn merging_never_changes_a_decision() {
    let mut merged = 0;
    for (path, vector, whole) in readable() {
        let before = decided(&vector, bundle(&vector));
        if over_a_limit(&before) {
            continue;
        }
        let twice = Bundle::parse([whole.clone().into_bytes(), whole.into_bytes()].concat()).unwrap();
        let selection = without_repetitions(twice.as_untrusted());
        let after = decided(&vector, selection.bytes);
        assert_eq!(said(after), said(before), "{path}");
        merged += 1;
    }
    assert!(merged >= 800, "{merged}");
}

#[test]
fn pruning_never_changes_what_is_found_in_random_worlds() {
    let names = Names::salted(0);
    let mut smaller = 0;
    for seed in 0..600 {
        let (world, _) = expressible(&generate(seed));
        let core = Core::of(&world, names).unwrap();
        let lines = Sealed::world(&world, names).unwrap();
        let whole = lines.bundle().unwrap();
        let selection = Concerns::of(whole.as_untrusted()).with(&[names.artifact(&world.artifact)]);
        let kept = Bundle::parse(selection.bytes).unwrap().into_untrusted();
        let kept: BTreeSet<&[u8]> = kept.lines().map(|line| line.bytes).collect();
        let mut pruned = lines.clone();
        pruned.0.retain(|line| kept.contains(line.bytes.as_slice()));
        let before = core.find(&core.verify(&lines).unwrap()).unwrap();
        let after = core.find(&core.verify(&pruned).unwrap()).unwrap();
        assert_eq!(after, before, "seed {seed}");
        smaller += usize::from(!selection.dropped.is_empty());
    }
    assert!(smaller > 100, "{smaller}");
}

#[test]
fn statements_under_other_signatures_are_kept_and_repetitions_are_not() {
    let scenario = Scenario::full();
    let forged = scenario.clone().signed_by("compiler-runs", &["stranger"]);
    let together = [forged.bundle(), scenario.bundle(), b"{]\n{] \n".to_vec()].concat();
    let together = Bundle::parse(together).unwrap().into_untrusted();
    let selection = without_repetitions(&together);
    let whole = Bundle::parse(scenario.bundle()).unwrap().into_untrusted().lines().count();
    assert_eq!(selection.lines, whole + 2, "one forged line and one that is no envelope");
    assert!(selection.dropped.iter().all(|line| line.reason == DropReason::Repeated));
    assert_eq!(selection.unusable.len(), 1);
    let policies = &scenario.parties();
    let place = scenario.place.as_ref();
    let outcome = decide(selection.bytes, policies, &scenario.artifact, &scenario.now, place);
    assert_eq!(outcome.verdict, Verdict::Allow);
}
