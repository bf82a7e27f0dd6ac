//! Resources are used up and given back; the whole node where single tenancy is asked for.

use cdi_placement::{CostModel, Fleet, FleetError, Form, Joined, Resources, Tenancy, Workload};
use cdi_policy::Formula;
use cdi_types::PlatformProperty;
use fastrand::Rng;

use crate::world::{PlainNode, PlainOffer, World, name, node, offer, world};

fn place(names: &[&str]) -> World {
    let rng = &mut Rng::with_seed(1);
    let overheads = cdi_placement::Overheads::NONE;
    let plain = |rng: &mut Rng, of: &&str| PlainNode {
        capacity: Resources { cpu_milli: 1_000, memory_bytes: 1 << 30 },
        allocatable: Resources { cpu_milli: 1_000, memory_bytes: 1 << 30 },
        in_use: Resources::default(),
        class: "small".to_owned(),
        offers: vec![PlainOffer { overheads, ..offer(rng, "process") }],
        ..node(rng, of)
    };
    let nodes = names.iter().map(|of| plain(rng, of)).collect();
    let request = Resources { cpu_milli: 600, memory_bytes: 1 << 20 };
    let workload = Workload::new(request, 1_000, Form::any()).unwrap();
    World { requirements: Vec::new(), nodes, workload, ..world(1) }
}

/// Asks for `SINGLE_TENANT`, and every node is said to have it.
fn single(mut world: World) -> World {
    let property = PlatformProperty::parse("SINGLE_TENANT").unwrap();
    let wanted = cdi_placement::Wanted { principal: name("cloud"), level: Default::default(), property };
    for node in &mut world.nodes {
        node.meets.insert(wanted.clone());
    }
    let open = Formula::Atom(wanted);
    world.requirements.push(cdi_placement::Requirement {
        principal: name("cloud"),
        requirement: open.to_string(),
        open,
    });
    world
}

/// PL-TAKE.
#[test]
fn what_is_taken_is_free_no_longer_until_it_is_given_back() {
    let world = place(&["a", "b"]);
    let mut fleet = world.fleet();
    let asked = fleet.ask(&world.joined(), &world.workload);
    let node =
        |fleet: &Fleet| fleet.cheapest(&asked).map(|choice| fleet.node(&choice).unwrap().name.to_string());
    assert_eq!(node(&fleet).as_deref(), Some("a"));
    let first = fleet.cheapest(&asked).unwrap();
    let taken = fleet.take(&first).unwrap();
    assert_eq!(fleet.take(&first).unwrap_err().code(), "place-not-free");
    assert_eq!(node(&fleet).as_deref(), Some("b"));
    let second = fleet.cheapest(&asked).unwrap();
    let _kept = fleet.take(&second).unwrap();
    assert_eq!(node(&fleet), None);
    let refused = place(&[]).fleet().give_back(taken).unwrap_err();
    assert_eq!(refused.code(), "resources-not-taken");
    let FleetError::NotTaken(taken) = refused else { panic!("{refused}") };
    assert_eq!(fleet.give_back(taken), Ok(()));
    assert_eq!(node(&fleet).as_deref(), Some("a"));
}

/// PL-TAKE, PL-TENANCY: of two workloads on a node, one that goes gives back its own only. That the same is not given back twice is the
/// compiler's to see to.
#[test]
fn what_one_workload_gives_back_leaves_the_other_where_it_is() {
    let request = Resources { cpu_milli: 400, memory_bytes: 1 << 20 };
    let workload = Workload::new(request, 1_000, Form::any()).unwrap();
    let plain = World { workload: workload.clone(), ..place(&["a"]) };
    let world = World { workload, ..single(place(&["a"])) };
    let mut fleet = world.fleet();
    let alone = fleet.ask(&world.joined(), &world.workload);
    let any = fleet.ask(&plain.joined(), &plain.workload);
    let put = |fleet: &mut Fleet| {
        let choice = fleet.cheapest(&any).unwrap();
        fleet.take(&choice).unwrap()
    };
    let [one, other] = [put(&mut fleet), put(&mut fleet)];
    assert_eq!((fleet.cheapest(&any), fleet.cheapest(&alone)), (None, None));
    fleet.give_back(one).unwrap();
    assert!(fleet.cheapest(&any).is_some());
    assert_eq!(fleet.cheapest(&alone), None, "somebody is there still");
    fleet.give_back(other).unwrap();
    assert_eq!(fleet.cheapest(&alone).map(|choice| choice.tenancy()), Some(Tenancy::WholeNode));
}

/// PL-TENANCY.
#[test]
fn single_tenancy_takes_and_pays_for_the_whole_node() {
    let (plain, world) = (place(&["a", "b"]), single(place(&["a", "b"])));
    let mut fleet = world.fleet();
    let alone = fleet.ask(&world.joined(), &world.workload);
    let any = fleet.ask(&plain.joined(), &plain.workload);
    let whole = fleet.cheapest(&alone).unwrap();
    let shared = fleet.cheapest(&any).unwrap();
    assert_eq!((whole.tenancy(), shared.tenancy()), (Tenancy::WholeNode, Tenancy::Shared));
    assert!(whole.price() > shared.price());
    let taken = fleet.take(&whole).unwrap();
    let beside = fleet.cheapest(&any).unwrap();
    assert_eq!(fleet.node(&beside).unwrap().name, name("b"), "nothing is put beside it");
    let _b = fleet.take(&beside).unwrap();
    assert_eq!(fleet.cheapest(&alone), None, "it is put beside nothing");
    assert_eq!(fleet.take(&whole).unwrap_err().code(), "place-not-free");
    fleet.give_back(taken).unwrap();
    assert_eq!(fleet.cheapest(&alone), Some(whole));
}

/// PL-TENANCY: what was there before the fleet was made is somebody's as well.
#[test]
fn a_node_in_use_is_nobodys_alone() {
    let mut world = single(place(&["a"]));
    world.nodes[0].in_use = Resources { cpu_milli: 1, memory_bytes: 0 };
    let fleet = world.fleet();
    assert_eq!(fleet.cheapest(&fleet.ask(&world.joined(), &world.workload)), None);
}

/// PL-COST.
#[test]
fn a_node_of_a_class_without_rates_is_rejected() {
    let world = place(&["a"]);
    let none = CostModel { currency: name("EUR"), classes: Default::default() };
    assert_eq!(Fleet::new(world.inventory(), &none).unwrap_err().code(), "cost-class-unknown");
    let mut dear = world.model();
    dear.classes.values_mut().for_each(|rates| rates.core_hour = u64::MAX);
    assert_eq!(Fleet::new(world.inventory(), &dear).unwrap_err().code(), "limit-cost-rate");
    assert!(Fleet::new(world.inventory(), &world.model()).is_ok());
}

/// PL-COST: a misspelt rate is no rate.
#[test]
fn a_cost_model_with_an_unknown_member_is_rejected() {
    let read = |text: &str| serde_json::from_str::<CostModel>(text);
    let model = r#"{"currency":"EUR","classes":{"general":{"coreHour":40000,"gibibyteHour":5000}}}"#;
    assert!(read(model).is_ok());
    for (from, to) in
        [("gibibyteHour", "gigabyteHour"), ("40000", "4e4"), ("40000", "-1"), ("\"currency\":\"EUR\",", "")]
    {
        assert!(read(&model.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn nothing_is_placed_where_there_is_nothing() {
    let world = place(&[]);
    let fleet = world.fleet();
    assert_eq!(fleet.cheapest(&fleet.ask(&Joined::of(&[]).unwrap(), &world.workload)), None);
}
