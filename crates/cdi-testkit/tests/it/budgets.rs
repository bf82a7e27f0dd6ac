//! What is not finished within its budget never allows.

use cdi_testkit::driver::{Core, Names, Sealed, expressible};
use cdi_testkit::generate::generate;
use cdi_testkit::model::decide::Outcome;

/// Cut at every number of steps that matters, an appraisal is an error and the verdict a denial; uncut, it is what it is.
#[test]
fn a_smaller_budget_of_steps_never_allows() {
    let names = Names::salted(0);
    let (mut allowed, mut cut) = (0, 0);
    for seed in 0..150 {
        let (world, _) = expressible(&generate(seed));
        let core = Core::of(&world, names).unwrap();
        let lines = Sealed::world(&world, names).unwrap();
        let provenance = core.verify(&lines).unwrap();
        let whole = core.verdict_within(&provenance, usize::MAX);
        assert_eq!(whole, core.find(&provenance).unwrap().verdict, "seed {seed}");
        let mut last = Outcome::Deny;
        for steps in (0..40).chain((40..400).step_by(20)).chain((400..4_000).step_by(300)) {
            let found = core.verdict_within(&provenance, steps);
            assert!(found == whole || found == Outcome::Deny, "seed {seed}, {steps} steps: {found:?}");
            assert!(found >= last, "seed {seed}, {steps} steps: {found:?} after {last:?}");
            cut += usize::from(found != whole);
            last = found;
        }
        allowed += usize::from(whole == Outcome::Allow);
    }
    assert!(allowed > 40 && cut > 400, "allowed {allowed}, cut {cut}");
}
