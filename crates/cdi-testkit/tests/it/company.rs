//! What a principal is told does not hang on who asks besides: the law that company changes nothing, proofs and reasons included.

use cdi_testkit::driver::{Core, Names, Sealed, expressible};
use cdi_testkit::generate::generate;

const NAMES: Names = Names::salted(0);
const WORLDS: u64 = 3_000;

#[test]
fn who_else_asks_by_a_chain_changes_no_answer() {
    let (mut several, mut different) = (0, 0);
    for seed in 0..WORLDS {
        let (world, _) = expressible(&generate(seed));
        let core = Core::of(&world, NAMES).unwrap();
        let provenance = core.verify(&Sealed::world(&world, NAMES).unwrap()).unwrap();
        let [alone, after, before] = core.alone_and_in_company(&provenance).unwrap();
        assert_eq!(alone, after, "seed {seed}");
        assert_eq!(alone, before, "seed {seed}");
        several += usize::from(alone.len() > 1);
        different += usize::from(alone.windows(2).any(|pair| pair[0] != pair[1]));
    }
    // Where all would be told the same, the law would say little.
    assert!(
        several > 300 && different > 300,
        "{several} worlds of several principals, {different} of different answers"
    );
}
