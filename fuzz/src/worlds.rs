//! Whole worlds: production and the reference model, on authorities, tools, histories, policies and places.

use arbitrary::{Arbitrary as _, Unstructured};
use cdi_testkit::driver::{Names, compare, decide_signed, decide_sited, expressible};
use cdi_testkit::generate::{generate_allowing, legalise, mutations, signed, sited};
use cdi_testkit::model;
use cdi_testkit::model::world::World;
use fastrand::Rng;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "worlds",
    oracle: "verdict, answers, reasons and failed requirements are the model's, whatever the order of the lines: of chains of \
             authorities, graphs of reports, thresholds, revocations, policies, signed policies and nodes",
    run,
    seeds,
    words: Vec::new,
    most: 64,
};

const NAMES: Names = Names::salted(0);

/// A seed for the world to begin with, a way to ask, and mutations, each with a seed of its own.
fn run(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Ok((seed, way, world)) = world(&mut input) else { return };
    let (world, _) = expressible(&world);
    let refused = |principal| model::policy::refusal(principal, &world.catalogue).is_some();
    let rng = &mut Rng::with_seed(u64::from(seed));
    match way % 8 {
        0 if !world.principals.is_empty() => {
            let world = signed(world, rng);
            let host = model::decide::Host::of(&world.world);
            assert_eq!(decide_signed(&world, NAMES).unwrap(), model::signed::decide(&world, host));
        }
        1 if !world.principals.iter().any(refused) => {
            let world = sited(world, rng);
            assert_eq!(decide_sited(&world, NAMES).unwrap(), model::sited::decide(&world));
        }
        _ => {
            let agreement = compare(&world, NAMES, |lines| rng.shuffle(&mut lines.0));
            assert!(agreement.disagreements.is_empty(), "{:#?}", agreement.disagreements);
        }
    }
}

pub(crate) fn world(input: &mut Unstructured<'_>) -> arbitrary::Result<(u16, u8, World)> {
    let (seed, way) = (u16::arbitrary(input)?, u8::arbitrary(input)?);
    let mut world = generate_allowing(u64::from(seed));
    let all = mutations();
    for _ in 0..6 {
        if input.len() < 4 {
            break;
        }
        let (index, seed) = (u16::arbitrary(input)?, u16::arbitrary(input)?);
        let (_, mutate) = all[usize::from(index) % all.len()];
        mutate(&mut world, &mut Rng::with_seed(u64::from(seed)));
    }
    legalise(&mut world);
    Ok((seed, way, world))
}

/// Each mutation once.
fn seeds() -> Vec<Vec<u8>> {
    let one = |(index, _): (usize, _)| {
        let index = u16::try_from(index).unwrap();
        let [low, high] = index.to_le_bytes();
        vec![high ^ 7, low, low, low, high, 1, 0]
    };
    mutations().iter().enumerate().map(one).collect()
}
