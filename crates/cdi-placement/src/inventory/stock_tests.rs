use cdi_types::PlatformProperty;

use super::super::EnvironmentKind;
use super::*;
use crate::residual::Level;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn wanted(principal: &str, property: &str) -> Wanted {
    let property = PlatformProperty::parse(property).unwrap();
    Wanted { principal: name(principal), level: Level::Certified, property }
}

fn offer(environment: &str, meets: Described) -> Offer {
    Offer { name: name(environment), kind: EnvironmentKind::Process, meets, overheads: Overheads::NONE }
}

fn node(node: &str, meets: Described, environments: &[OfferId]) -> Node {
    let capacity = Resources { cpu_milli: 1_000, memory_bytes: 1 << 30 };
    Node {
        name: name(node),
        class: name("small"),
        architecture: name("x86-64"),
        capacity,
        allocatable: capacity,
        in_use: Resources::default(),
        meets,
        environments: environments.to_vec(),
    }
}

#[test]
fn what_is_told_twice_is_kept_once() {
    let mut inventory = Inventory::new();
    let meets = inventory.describe([wanted("p", "A"), wanted("q", "B")]).unwrap();
    assert_eq!(inventory.describe([wanted("q", "B"), wanted("p", "A"), wanted("p", "A")]), Ok(meets));
    let id = inventory.offer(offer("process", meets)).unwrap();
    assert_eq!(inventory.offer(offer("process", meets)), Ok(id));
    assert_ne!(inventory.offer(offer("other", meets)), Ok(id));
}

#[test]
fn a_place_with_two_values_of_one_property_is_rejected_whoever_wants_them() {
    let mut inventory = Inventory::new();
    let both = [wanted("p", "LOCATION=a"), wanted("q", "LOCATION=b")];
    assert_eq!(inventory.describe(both).unwrap_err().code(), "inventory-two-values");
    assert!(inventory.describe([wanted("p", "LOCATION=a"), wanted("q", "LOCATION=a")]).is_ok());
    let here = inventory.describe([wanted("p", "LOCATION=a")]).unwrap();
    let there = inventory.describe([wanted("q", "LOCATION=b")]).unwrap();
    let [same, other] = [here, there].map(|meets| inventory.offer(offer("process", meets)).unwrap());
    assert_eq!(inventory.node(node("n", here, &[other])).unwrap_err().code(), "inventory-two-values");
    assert_eq!(inventory.node(node("n", here, &[same])), Ok(()));
}

#[test]
fn nodes_and_their_environments_have_names_of_their_own() {
    let mut inventory = Inventory::new();
    let [one, two] = ["A", "B"].map(|word| {
        let meets = inventory.describe([wanted("p", word)]).unwrap();
        inventory.offer(offer("process", meets)).unwrap()
    });
    let none = inventory.describe([]).unwrap();
    let twice = inventory.node(node("n", none, &[one, two])).unwrap_err();
    assert_eq!(twice.code(), "inventory-environment-twice");
    assert_eq!(inventory.node(node("n", none, &[one])), Ok(()));
    assert_eq!(inventory.node(node("n", none, &[two])).unwrap_err().code(), "inventory-node-twice");
    assert_eq!((inventory.nodes().len(), inventory.rows()), (1, 1));
}

#[test]
fn a_node_that_gives_more_than_it_has_is_rejected() {
    let mut inventory = Inventory::new();
    let none = inventory.describe([]).unwrap();
    let small = Resources { cpu_milli: 1_000, memory_bytes: 1 << 29 };
    let more_to_give = Node { capacity: small, ..node("n", none, &[]) };
    assert_eq!(inventory.node(more_to_give).unwrap_err().code(), "inventory-overcommitted");
    let more_in_use =
        Node { allocatable: small, in_use: node("n", none, &[]).capacity, ..node("n", none, &[]) };
    assert_eq!(inventory.node(more_in_use).unwrap_err().code(), "inventory-overcommitted");
    let endless = Resources { cpu_milli: u64::MAX, memory_bytes: 0 };
    let endless = Node { capacity: endless, allocatable: endless, ..node("n", none, &[]) };
    assert_eq!(inventory.node(endless).unwrap_err().code(), "limit-node-size");
    assert_eq!(inventory.nodes().len(), 0);
}

#[test]
fn overheads_that_cannot_be_are_rejected() {
    let mut inventory = Inventory::new();
    let meets = inventory.describe([]).unwrap();
    for overheads in [
        Overheads { slowdown_permille: 999, ..Overheads::NONE },
        Overheads { slowdown_permille: u64::MAX, ..Overheads::NONE },
        Overheads { start_up_micros: u64::MAX, ..Overheads::NONE },
        Overheads { memory_bytes: u64::MAX, ..Overheads::NONE },
    ] {
        let error = inventory.offer(Offer { overheads, ..offer("process", meets) }).unwrap_err();
        assert_eq!(error.code(), "inventory-overheads");
    }
}

#[test]
fn what_another_inventory_gave_out_is_rejected() {
    let mut other = Inventory::new();
    let meets = other.describe([]).unwrap();
    let id = other.offer(offer("process", meets)).unwrap();
    let mut inventory = Inventory::new();
    assert_eq!(inventory.offer(offer("process", meets)).unwrap_err().code(), "inventory-unknown");
    assert_eq!(inventory.node(node("n", meets, &[])).unwrap_err().code(), "inventory-unknown");
    let meets = inventory.describe([]).unwrap();
    assert_eq!(inventory.node(node("n", meets, &[id])).unwrap_err().code(), "inventory-unknown");
}

#[test]
fn the_limit_of_different_things_is_exact() {
    let mut inventory = Inventory::new();
    let all = |n: usize| (0..n).map(|n| wanted("p", &format!("A{n}")));
    assert!(inventory.describe(all(ATOMS)).is_ok());
    assert_eq!(inventory.describe([wanted("p", "B")]).unwrap_err().code(), "limit-inventory-atoms");
    assert!(inventory.describe(all(3)).is_ok());
}

#[test]
fn the_limit_of_nodes_is_exact() {
    let mut inventory = Inventory::new();
    let none = inventory.describe([]).unwrap();
    for n in 0..NODES {
        inventory.node(node(&n.to_string(), none, &[])).unwrap();
    }
    assert_eq!(inventory.node(node("more", none, &[])).unwrap_err().code(), "limit-inventory-nodes");
}
