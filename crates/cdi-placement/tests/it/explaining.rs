//! Explanations are complete, and the smallest set of requirements is the smallest.

use std::collections::BTreeSet;

use cdi_placement::{
    Bounds, Conflicting, Explanation, Level, Reason, Relief, Requirement, Shortage, Wanted, explain,
};
use cdi_policy::Formula;
use cdi_types::PlatformProperty;

use crate::brute;
use crate::world::{self, Found, World, name};

const ALL: Bounds = Bounds { runners_up: 100, groups: 100, nodes: 100 };

fn explained(world: &World) -> Explanation {
    explain(&world.fleet(), &world.requirements, &world.workload, ALL).unwrap()
}

/// PL-EXPLAIN: every place is the choice, a runner-up, or ruled out by what brute force finds unmet.
#[test]
fn every_place_is_chosen_dearer_or_ruled_out_by_what_it_lacks() {
    for seed in 0..2_000 {
        let world = world::world(seed);
        let explanation = explained(&world);
        let choice = explanation.choice.as_ref().map(|offered| Found {
            node: offered.node.to_string(),
            environment: offered.environment.to_string(),
            whole_node: offered.tenancy == cdi_placement::Tenancy::WholeNode,
            micros_per_hour: offered.price.micros_per_hour(),
        });
        assert_eq!(choice, brute::cheapest(&world), "world {seed}");
        let prices: Vec<_> =
            explanation.choice.iter().chain(&explanation.runners_up).map(|offered| offered.price).collect();
        assert!(prices.is_sorted(), "world {seed}");
        let places = world.nodes.iter().map(|node| node.offers.len()).sum::<usize>();
        let ruled_out: usize = explanation.ruled_out.iter().map(|group| group.count).sum();
        assert_eq!(prices.len() + ruled_out, places, "world {seed}");
        for group in &explanation.ruled_out {
            assert!(!group.reasons.is_empty() && group.nodes.len() == group.count);
            for of in &group.nodes {
                reasons_are_right(&world, of.as_str(), group.environment.as_str(), &group.reasons);
            }
        }
    }
}

fn reasons_are_right(world: &World, node: &str, environment: &str, reasons: &[Reason]) {
    let node = world.nodes.iter().find(|plain| plain.name == node).unwrap();
    let offer = node.offers.iter().find(|offer| offer.name == environment).unwrap();
    let met: BTreeSet<&Wanted> = node.meets.union(&offer.meets).collect();
    let named: BTreeSet<&Requirement> = reasons
        .iter()
        .filter_map(|reason| match reason {
            Reason::Requirement(requirement) => Some(requirement),
            Reason::Form { .. } | Reason::Shortage(_) => None,
        })
        .collect();
    let unmet: BTreeSet<&Requirement> =
        world.requirements.iter().filter(|part| !brute::holds(&part.open, &met)).collect();
    let formless = reasons.iter().any(|reason| matches!(reason, Reason::Form { .. }));
    assert!(formless || named == unmet, "{node:?} {offer:?} {reasons:?}");
}

/// PL-RELIEF: against every subset of the requirements, by brute force.
#[test]
fn the_smallest_set_to_give_up_is_the_smallest_and_suffices() {
    let (mut sizes, mut no_room) = (BTreeSet::new(), 0);
    for seed in 0..3_000 {
        let world = world::world(seed);
        let Some(relief) = explained(&world).relief else { continue };
        let numbers = 0..1_usize << world.requirements.len();
        let without = |given_up: usize| World {
            requirements: world
                .requirements
                .iter()
                .enumerate()
                .filter(|(n, _)| given_up >> n & 1 == 0)
                .map(|(_, part)| part.clone())
                .collect(),
            ..world.clone()
        };
        let lawful: Vec<usize> =
            numbers.filter(|given_up| brute::cheapest(&without(*given_up)).is_some()).collect();
        let smallest = lawful.iter().map(|set| set.count_ones()).min();
        match relief {
            Relief::NoRoom => {
                assert_eq!(smallest, None, "world {seed}");
                no_room += 1;
            }
            Relief::GiveUp { sets, left_off, .. } => {
                let least = lawful.iter().filter(|set| Some(set.count_ones()) == smallest).count();
                assert_eq!(sets.len() + left_off, least, "world {seed}");
                for set in sets {
                    assert_eq!(u32::try_from(set.len()).ok(), smallest, "world {seed}");
                    let left =
                        world.requirements.iter().filter(|part| !set.contains(part)).cloned().collect();
                    assert!(brute::cheapest(&World { requirements: left, ..world.clone() }).is_some());
                    sizes.insert(set.len());
                }
            }
        }
    }
    assert!(sizes.contains(&1) && sizes.contains(&2) && no_room > 10, "{sizes:?} {no_room}");
}

fn wants(principal: &str, property: &str) -> Requirement {
    let property = PlatformProperty::parse(property).unwrap();
    let open = Formula::Atom(Wanted { principal: name(principal), level: Level::Certified, property });
    Requirement { principal: name(principal), requirement: open.to_string(), open }
}

/// The first world with a place that lacks nothing but what is asked for.
fn roomy(requirements: Vec<Requirement>) -> World {
    let worlds = (0..).map(world::world).map(|world| World { requirements: Vec::new(), ..world });
    let world = worlds.into_iter().find(|world| brute::cheapest(world).is_some()).unwrap();
    World { requirements, ..world }
}

fn conflict(requirements: Vec<Requirement>) -> Conflicting {
    let Some(Relief::GiveUp { conflict, .. }) = explained(&roomy(requirements)).relief else {
        panic!("placed")
    };
    conflict
}

/// PL-RELIEF.
#[test]
fn a_conflict_of_principals_is_told_from_a_lack_of_this_inventory() {
    let (here, there) = (wants("cloud", "LOCATION=mars"), wants("owner", "LOCATION=moon"));
    let other = wants("developer", "VM_ISOLATION");
    assert_eq!(conflict(vec![here.clone(), other.clone()]), Conflicting::WithThisInventory);
    let sides = Conflicting::WithEachOther(vec![here.clone(), there.clone()]);
    assert_eq!(conflict(vec![here, other, there]), sides);
}

#[test]
fn what_does_not_fit_is_short_of_what_it_does_not_fit_in() {
    let world = roomy(Vec::new());
    let size = cdi_placement::Resources { cpu_milli: 1_000_000, memory_bytes: 1 << 20 };
    let workload = cdi_placement::Workload::new(size, 1, cdi_placement::Form::any()).unwrap();
    let explanation = explained(&World { workload, ..world });
    assert_eq!(explanation.relief, Some(Relief::NoRoom));
    let short = |group: &cdi_placement::Group| group.reasons.contains(&Reason::Shortage(Shortage::Cpu));
    assert!(!explanation.ruled_out.is_empty() && explanation.ruled_out.iter().all(short));
}

/// PL-EXPLAIN: what could not be placed for its size is not explained either.
#[test]
fn what_cannot_be_joined_is_not_explained() {
    let either = |n: usize| {
        let [one, other] = ["A", "B"].map(|of| wants("cloud", &format!("{of}{n}")));
        let open = Formula::Any(vec![one.open, other.open]);
        Requirement { principal: name("cloud"), requirement: open.to_string(), open }
    };
    let explained = |alternatives: usize| {
        let world = roomy((0..alternatives).map(either).collect());
        explain(&world.fleet(), &world.requirements, &world.workload, ALL).map_err(|error| error.code())
    };
    assert!(explained(12).is_ok_and(|explanation| explanation.relief.is_some()));
    assert_eq!(explained(13), Err("limit-placement-terms"));
}

/// What is not listed is counted.
#[test]
fn a_bounded_explanation_says_what_it_left_off() {
    let few = Bounds { runners_up: 1, groups: 1, nodes: 1 };
    for seed in 0..300 {
        let world = world::world(seed);
        let bounded = explain(&world.fleet(), &world.requirements, &world.workload, few).unwrap();
        let whole = explained(&world);
        assert_eq!(bounded.choice, whole.choice);
        assert_eq!(bounded.runners_up.len() + bounded.dearer, whole.runners_up.len());
        let listed: usize = bounded.ruled_out.iter().map(|group| group.count).sum();
        let all: usize = whole.ruled_out.iter().map(|group| group.count).sum();
        assert_eq!(listed + bounded.left_off, all);
        assert!(bounded.ruled_out.len() <= 1 && bounded.ruled_out.iter().all(|group| group.nodes.len() == 1));
    }
}
