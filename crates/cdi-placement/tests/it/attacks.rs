//! Attacks on placement, by their ids.

use std::collections::BTreeSet;

use cdi_placement::{FleetError, Level, Requirement, Wanted, requirements};
use cdi_policy::Formula;
use cdi_types::PlatformProperty;
use fastrand::Rng;

use crate::world::{self, World, name};

fn wants(principal: &str, property: &str) -> Wanted {
    Wanted {
        principal: name(principal),
        level: Level::Certified,
        property: PlatformProperty::parse(property).unwrap(),
    }
}

fn requires(principal: &str, open: Formula<Wanted>) -> Requirement {
    Requirement { principal: name(principal), requirement: open.to_string(), open }
}

/// A world where anything can be placed, with one environment that meets this.
fn place_with(meets: &[Wanted]) -> World {
    let worlds = (0..).map(world::world).map(|world| World { requirements: Vec::new(), ..world });
    let mut world = worlds.into_iter().find(|world| world::cheapest(world).is_some()).unwrap();
    for offer in world.nodes.iter_mut().flat_map(|node| &mut node.offers) {
        offer.meets = meets.iter().cloned().collect();
    }
    world.nodes.iter_mut().for_each(|node| node.meets = BTreeSet::new());
    world
}

/// A-GAT-06: code that rests on guard pages is put only where there are the very ones that it rests on.
#[test]
fn code_that_rests_on_guard_pages_goes_nowhere_without_them() {
    let pages = |value: &str| wants("cloud", &format!("GUARD_PAGES={value}"));
    let asks = |value: &str| vec![requires("cloud", Formula::Atom(pages(value)))];
    let world =
        World { requirements: asks("WASMTIME_4GIB_32MIB"), ..place_with(&[pages("WASMTIME_4GIB_32MIB")]) };
    assert!(world::cheapest(&world).is_some());
    for other in [vec![], vec![pages("WASMTIME_2GIB_32MIB")], vec![pages("NONE")]] {
        let world = World { requirements: world.requirements.clone(), ..place_with(&other) };
        assert_eq!(world::cheapest(&world), None, "{other:?}");
    }
}

/// A-POL-05: all combinations of a strict and a lax requirement by three principals.
#[test]
fn a_lax_principal_does_not_override_a_strict_one() {
    for strict in 0..8_usize {
        let word = |n: usize| if strict >> n & 1 == 1 { "STRICT" } else { "LAX" };
        let all = world::PRINCIPALS.iter().enumerate();
        let requirements = all.map(|(n, of)| requires(of, Formula::Atom(wants(of, word(n))))).collect();
        let met = world::PRINCIPALS.map(|of| wants(of, "LAX"));
        let found = world::cheapest(&World { requirements, ..place_with(&met) });
        assert_eq!(found.is_some(), strict == 0, "{strict:03b}");
    }
}

/// A-POL-05: what is met for one principal, or on a weaker word, is not met for another or on a stronger one.
#[test]
fn what_is_met_for_one_principal_is_met_for_no_other() {
    let asked = vec![requires("owner", Formula::Atom(wants("owner", "A")))];
    let near = [wants("cloud", "A"), Wanted { level: Level::Asserted, ..wants("owner", "A") }];
    for met in near {
        assert_eq!(world::cheapest(&World { requirements: asked.clone(), ..place_with(&[met]) }), None);
    }
    assert!(world::cheapest(&World { requirements: asked, ..place_with(&[wants("owner", "A")]) }).is_some());
}

/// A-POL-22, A-POL-23: what was asked or chosen in one fleet is nothing in another.
#[test]
fn a_choice_for_one_fleet_is_void_in_another() {
    for [one, other] in [
        [place_with(&[wants("cloud", "A")]), place_with(&[wants("cloud", "B")])],
        ["x86-64", "arm64"].map(of_architecture),
    ] {
        void_in_another(&one, &other);
    }
}

/// A world whose nodes are of one architecture, and of nothing else that its workload minds.
fn of_architecture(architecture: &str) -> World {
    let mut world = place_with(&[]);
    world.nodes.iter_mut().for_each(|node| architecture.clone_into(&mut node.architecture));
    let request = cdi_placement::Resources { cpu_milli: 1, memory_bytes: 1 };
    let workload = cdi_placement::Workload::new(request, 1_000, cdi_placement::Form::any()).unwrap();
    World { workload, ..world }
}

fn void_in_another(one: &World, other: &World) {
    let [mut first, mut second] = [one.fleet(), other.fleet()];
    let (asked, elsewhere) =
        (first.ask(&one.joined(), &one.workload), second.ask(&other.joined(), &other.workload));
    let choice = first.cheapest(&asked).unwrap();
    assert!(second.cheapest(&elsewhere).is_some());
    assert_eq!(second.cheapest(&asked), None);
    assert_eq!(second.lawful(&asked).count(), 0);
    assert_eq!(second.take(&choice).unwrap_err().code(), "place-not-free");
    let taken = first.take(&choice).unwrap();
    let refused = second.give_back(taken).unwrap_err();
    assert_eq!(refused.code(), "resources-not-taken");
    let FleetError::NotTaken(taken) = refused else { panic!("{refused}") };
    assert_eq!(first.give_back(taken), Ok(()));
}

/// A-POL-23: a choice holds for the fleet as it was.
#[test]
fn what_has_changed_since_a_choice_is_seen_when_it_is_taken() {
    let world = place_with(&[]);
    let mut fleet = world.fleet();
    let asked = fleet.ask(&world.joined(), &world.workload);
    let mut rounds = 0;
    while let Some(choice) = fleet.cheapest(&asked) {
        let _kept = fleet.take(&choice).unwrap();
        // The same choice again, as long as there is room for it, and not once longer.
        let again = fleet.take(&choice).is_ok();
        assert!(again || fleet.cheapest(&asked) != Some(choice));
        rounds += 1;
    }
    assert!((1..1_000).contains(&rounds));
}

/// A-POL-01: nobody's findings ask for nothing; that somebody must agree is the decision's to see to.
#[test]
fn nobody_asks_for_nothing() {
    assert_eq!(requirements(&[], &|_, _| Level::Certified), []);
}

/// P-NODES: a node that a principal does not accept is no place for it, whatever it provides.
#[test]
fn a_node_that_is_not_accepted_is_not_lawful() {
    let accepted = Requirement::accepted_node(&name("owner"));
    let met = Wanted::accepted_node(&name("owner"));
    let asked = vec![accepted];
    assert_eq!(
        world::cheapest(&World { requirements: asked.clone(), ..place_with(&[wants("owner", "A")]) }),
        None
    );
    let others = Wanted::accepted_node(&name("cloud"));
    assert_eq!(world::cheapest(&World { requirements: asked.clone(), ..place_with(&[others]) }), None);
    assert!(world::cheapest(&World { requirements: asked, ..place_with(&[met]) }).is_some());
}

/// A-POL-13: the work of one question is bounded, whatever is asked. Every node has eleven of twelve, whichever of the two: a
/// place can be refused by the last atom only.
#[test]
fn the_largest_residual_is_searched_for_in_time() {
    let rng = &mut Rng::with_seed(5);
    let feature = |of: &str, n: usize| wants("p", &format!("{of}{n}"));
    let either = |n: usize| Formula::Any(["A", "B"].map(|of| Formula::Atom(feature(of, n))).to_vec());
    let requirements: Vec<Requirement> = (0..12).map(|n| requires("p", either(n))).collect();
    let mut world = place_with(&[]);
    world.nodes = (0..2_000).map(|at| world::node(rng, &format!("n{at}"))).collect();
    for node in &mut world.nodes {
        let missing = rng.usize(..12);
        let own = (0..12).filter(|n| *n != missing).map(|n| feature(if rng.bool() { "A" } else { "B" }, n));
        node.meets = own.collect();
    }
    let nowhere = World { requirements, ..world };
    // The same with one node that has all, of which there is one only: it is found.
    let mut somewhere = nowhere.clone();
    let is_free = |node: &&mut world::PlainNode| {
        node.in_use == cdi_placement::Resources::default() && !node.offers.is_empty()
    };
    let all = somewhere.nodes.iter_mut().find(is_free).unwrap();
    all.meets.extend((0..12).map(|n| feature("B", n)));
    let request = cdi_placement::Resources { cpu_milli: 1, memory_bytes: 1 };
    let workload = cdi_placement::Workload::new(request, 1_000, cdi_placement::Form::any()).unwrap();
    for (world, is_found) in [(nowhere, false), (somewhere, true)] {
        let (fleet, joined) = (world.fleet(), world.joined());
        let terms: Vec<_> = joined.terms().collect();
        let met: BTreeSet<&Wanted> = world.nodes.iter().flat_map(|node| &node.meets).collect();
        assert!(terms.len() == 4_096 && terms.iter().all(|term| term.is_subset(&met)));
        let begin = std::time::Instant::now();
        let asked = fleet.ask(&joined, &workload);
        let found = fleet.cheapest(&asked);
        assert!(begin.elapsed().as_secs() < 20);
        let scan = cdi_placement::Scan::of(&fleet);
        assert_eq!(found, scan.cheapest(&fleet, &scan.ready(&fleet, &asked)));
        assert_eq!(found.is_some(), is_found);
    }
}
