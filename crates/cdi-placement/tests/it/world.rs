//! Small random worlds: what principals want, places, and a workload, as plain values.

use std::collections::{BTreeMap, BTreeSet};

use cdi_placement::{
    CostModel, EnvironmentKind, Fleet, Form, Inventory, Joined, Level, Node, Offer, Overheads, Rates,
    Requirement, Resources, Wanted, Workload,
};
use cdi_policy::Formula;
use cdi_types::{Name, PlatformProperty};
use fastrand::Rng;

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// An environment of a node, as plain values.
#[derive(Debug, Clone)]
pub(crate) struct PlainOffer {
    pub(crate) name: String,
    pub(crate) kind: EnvironmentKind,
    pub(crate) meets: BTreeSet<Wanted>,
    pub(crate) overheads: Overheads,
}

#[derive(Debug, Clone)]
pub(crate) struct PlainNode {
    pub(crate) name: String,
    pub(crate) class: String,
    pub(crate) architecture: String,
    pub(crate) capacity: Resources,
    pub(crate) allocatable: Resources,
    pub(crate) in_use: Resources,
    pub(crate) meets: BTreeSet<Wanted>,
    pub(crate) offers: Vec<PlainOffer>,
}

#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) nodes: Vec<PlainNode>,
    pub(crate) rates: BTreeMap<String, Rates>,
    pub(crate) workload: Workload,
}

pub(crate) const PRINCIPALS: [&str; 3] = ["cloud", "developer", "owner"];
const WORDS: [&str; 7] =
    ["A", "B", "C", "LOCATION=eu-de", "LOCATION=eu-fr", "LOCATION=us-east", "SINGLE_TENANT"];
const LEVELS: [Level; 2] = [Level::Asserted, Level::Certified];
const KINDS: [EnvironmentKind; 3] =
    [EnvironmentKind::Embedded, EnvironmentKind::Gvisor, EnvironmentKind::Kata];

fn one<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    *rng.choice(all).unwrap()
}

fn wanted(rng: &mut Rng, principal: &str) -> Wanted {
    let property = PlatformProperty::parse(one(rng, &WORDS)).unwrap();
    Wanted { principal: name(principal), level: one(rng, &LEVELS), property }
}

fn formula(rng: &mut Rng, principal: &str, depth: u8) -> Formula<Wanted> {
    if depth == 0 || rng.u8(..4) == 0 {
        return Formula::Atom(wanted(rng, principal));
    }
    let parts: Vec<_> = (0..rng.usize(1..4)).map(|_| formula(rng, principal, depth - 1)).collect();
    match rng.u8(..3) {
        0 => Formula::All(parts),
        1 => Formula::Any(parts),
        _ => Formula::AtLeast(rng.usize(1..=parts.len()), parts),
    }
}

pub(crate) fn requirement(rng: &mut Rng, principal: &str) -> Requirement {
    let open = formula(rng, principal, 2);
    Requirement { principal: name(principal), requirement: open.to_string(), open }
}

fn meets(rng: &mut Rng, words: &[&str], chance: f64) -> BTreeSet<Wanted> {
    let mut meets = BTreeSet::new();
    for (word, principal) in words.iter().flat_map(|word| PRINCIPALS.map(|principal| (word, principal))) {
        let property = PlatformProperty::parse(word).unwrap();
        let of_level =
            LEVELS.map(|level| Wanted { principal: name(principal), level, property: property.clone() });
        meets.extend(of_level.into_iter().filter(|_| rng.f64() < chance));
    }
    meets
}

fn resources(rng: &mut Rng, most: u64) -> Resources {
    Resources { cpu_milli: rng.u64(0..=most) * 500, memory_bytes: rng.u64(0..=most) << 28 }
}

pub(crate) fn offer(rng: &mut Rng, name: &str) -> PlainOffer {
    let overheads = if rng.bool() {
        Overheads::NONE
    } else {
        Overheads {
            cpu_milli: rng.u64(..3) * 100,
            memory_bytes: rng.u64(..3) << 26,
            start_up_micros: rng.u64(..3) * 500_000,
            slowdown_permille: 1_000 + rng.u64(..3) * 333,
        }
    };
    PlainOffer {
        name: name.to_owned(),
        kind: one(rng, &KINDS),
        meets: meets(rng, &["A", "B", "C"], 0.6),
        overheads,
    }
}

pub(crate) fn node(rng: &mut Rng, name: &str) -> PlainNode {
    let capacity = Resources { cpu_milli: rng.u64(1..9) * 500, memory_bytes: rng.u64(1..9) << 28 };
    let allocatable = Resources {
        cpu_milli: capacity.cpu_milli - rng.u64(..2) * 100,
        memory_bytes: capacity.memory_bytes - (rng.u64(..2) << 26),
    };
    let used = resources(rng, 2);
    let in_use = if rng.bool() || !allocatable.hold(&used) { Resources::default() } else { used };
    let location = one(rng, &["LOCATION=eu-de", "LOCATION=eu-fr", "LOCATION=us-east"]);
    let offers = (0..rng.usize(..4)).map(|n| offer(rng, &format!("e{n}"))).collect();
    PlainNode {
        name: name.to_owned(),
        class: one(rng, &["small", "large"]).to_owned(),
        architecture: one(rng, &["x86-64", "arm64"]).to_owned(),
        capacity,
        allocatable,
        in_use,
        meets: meets(rng, &[location, "SINGLE_TENANT"], 0.8),
        offers,
    }
}

pub(crate) fn world(seed: u64) -> World {
    let rng = &mut Rng::with_seed(seed);
    let asking = PRINCIPALS.iter().filter(|_| rng.u8(..3) > 0).copied().collect::<Vec<_>>();
    let requirements = asking.iter().map(|principal| requirement(rng, principal)).collect();
    let rate =
        |rng: &mut Rng| Rates { core_hour: rng.u64(1..4) * 10_000, gibibyte_hour: rng.u64(..3) * 2_500 };
    let rates = ["small", "large"].map(|class| (class.to_owned(), rate(rng))).into();
    let kinds =
        if rng.bool() { EnvironmentKind::ALL.to_vec() } else { vec![one(rng, &KINDS), one(rng, &KINDS)] };
    let architecture = rng.bool().then(|| name("x86-64"));
    let form = Form { kinds: kinds.into_iter().collect(), architecture };
    let request = Resources { cpu_milli: rng.u64(1..4) * 250, memory_bytes: rng.u64(1..4) << 27 };
    let workload = Workload::new(request, one(rng, &[1_000, 1_000_000, 3_600_000_000]), form).unwrap();
    let nodes = (0..rng.usize(..7)).map(|n| node(rng, &format!("n{n}"))).collect();
    World { requirements, nodes, rates, workload }
}

impl World {
    pub(crate) fn joined(&self) -> Joined {
        Joined::of(&self.requirements).unwrap()
    }

    pub(crate) fn model(&self) -> CostModel {
        let classes = self.rates.iter().map(|(class, rates)| (name(class), *rates)).collect();
        CostModel { currency: name("EUR"), classes }
    }

    pub(crate) fn inventory(&self) -> Inventory {
        let mut inventory = Inventory::new();
        for node in &self.nodes {
            let environments = node.offers.iter().map(|offer| {
                let PlainOffer { name: of, kind, meets, overheads } = offer.clone();
                let meets = inventory.describe(meets).unwrap();
                inventory.offer(Offer { name: name(&of), kind, meets, overheads }).unwrap()
            });
            let environments = environments.collect();
            let node = Node {
                name: name(&node.name),
                class: name(&node.class),
                architecture: name(&node.architecture),
                capacity: node.capacity,
                allocatable: node.allocatable,
                in_use: node.in_use,
                meets: inventory.describe(node.meets.clone()).unwrap(),
                environments,
            };
            inventory.node(node).unwrap();
        }
        inventory
    }

    pub(crate) fn fleet(&self) -> Fleet {
        Fleet::new(self.inventory(), &self.model()).unwrap()
    }
}

/// A choice by its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) node: String,
    pub(crate) environment: String,
    pub(crate) whole_node: bool,
    pub(crate) micros_per_hour: u128,
}

pub(crate) fn found(fleet: &Fleet, choice: &cdi_placement::Choice) -> Found {
    Found {
        node: fleet.node(choice).unwrap().name.to_string(),
        environment: fleet.inventory().offered(choice.offer()).unwrap().name.to_string(),
        whole_node: choice.tenancy() == cdi_placement::Tenancy::WholeNode,
        micros_per_hour: choice.price().micros_per_hour(),
    }
}

pub(crate) fn cheapest(world: &World) -> Option<Found> {
    let fleet = world.fleet();
    let asked = fleet.ask(&world.joined(), &world.workload);
    fleet.cheapest(&asked).map(|choice| found(&fleet, &choice))
}
