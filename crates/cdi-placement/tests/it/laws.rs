//! Laws of placement, in random worlds.

use cdi_placement::{Joined, Requirement, Wanted};
use cdi_policy::Formula;
use fastrand::Rng;
use proptest::prelude::{ProptestConfig, any, proptest};

use crate::brute;
use crate::world::{self, PRINCIPALS, World, cheapest};

/// The price to compare: what can be had nowhere costs more than anything.
fn price(world: &World) -> u128 {
    let fleet = world.fleet();
    let asked = fleet.ask(&world.joined(), &world.workload);
    fleet.cheapest(&asked).map_or(u128::MAX, |choice| choice.price().micros_per_hour())
}

/// The formula as it is left when the code, or the place, is known to have some of it.
fn weaker(rng: &mut Rng, requirement: &Requirement) -> Option<Requirement> {
    let proved: Vec<Wanted> = requirement.open.atoms().into_iter().filter(|_| rng.bool()).collect();
    let open = requirement.open.simplify(&mut |atom| proved.contains(atom).then_some(true)).ok()?;
    Some(Requirement { open, ..requirement.clone() })
}

fn lawful_places(world: &World) -> Vec<(String, String)> {
    let places = world.nodes.iter().flat_map(|node| node.offers.iter().map(move |offer| (node, offer)));
    let lawful = places.filter(|(node, offer)| brute::lawful(&world.requirements, node, offer).1);
    lawful.map(|(node, offer)| (node.name.clone(), offer.name.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn code_that_proves_more_never_costs_more(seed in any::<u64>()) {
        let world = world::world(seed);
        let rng = &mut Rng::with_seed(seed);
        let left = world.requirements.iter().filter_map(|part| weaker(rng, part)).collect();
        let proved = World { requirements: left, ..world.clone() };
        assert!(price(&proved) <= price(&world), "{world:#?}");
    }

    #[test]
    fn adding_a_principal_never_widens_placement(seed in any::<u64>()) {
        let world = world::world(seed);
        let mut more = world.clone();
        let rng = &mut Rng::with_seed(seed);
        let who = PRINCIPALS[rng.usize(..3)];
        more.requirements.push(world::requirement(rng, who));
        assert!(price(&more) >= price(&world));
        let (before, after) = (lawful_places(&world), lawful_places(&more));
        assert!(after.iter().all(|place| before.contains(place)));
    }

    #[test]
    fn adding_an_offer_never_raises_the_price(seed in any::<u64>()) {
        let world = world::world(seed);
        let mut more = world.clone();
        let rng = &mut Rng::with_seed(seed);
        match more.nodes.first_mut() {
            Some(node) if rng.bool() => node.offers.push(world::offer(rng, "another")),
            _ => more.nodes.push(world::node(rng, "another")),
        }
        assert!(price(&more) <= price(&world));
    }

    /// PL-CHOICE.
    #[test]
    fn the_order_of_the_inventory_does_not_matter(seed in any::<u64>()) {
        let world = world::world(seed);
        let mut other = world.clone();
        let rng = &mut Rng::with_seed(seed);
        rng.shuffle(&mut other.nodes);
        other.nodes.iter_mut().for_each(|node| rng.shuffle(&mut node.offers));
        rng.shuffle(&mut other.requirements);
        assert_eq!(cheapest(&other), cheapest(&world));
    }

    /// PL-JOIN: the normal form says what the formulas say.
    #[test]
    fn a_joined_residual_holds_where_its_formulas_do(seed in any::<u64>()) {
        let world = world::world(seed);
        let joined = Joined::of(&world.requirements).unwrap();
        for (node, offer) in world.nodes.iter().flat_map(|node| node.offers.iter().map(move |offer| (node, offer))) {
            let met = node.meets.union(&offer.meets).collect();
            let plain = world.requirements.iter().all(|part| brute::holds(&part.open, &met));
            let normal = joined.terms().any(|term| term.is_subset(&met));
            assert_eq!(normal, plain);
        }
        let none = Requirement { open: Formula::Any(Vec::new()), ..world::requirement(&mut Rng::with_seed(1), "cloud") };
        assert!(Joined::of(&[&world.requirements[..], &[none]].concat()).unwrap().is_contradictory());
    }
}
