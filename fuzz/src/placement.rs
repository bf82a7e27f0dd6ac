//! The cheapest lawful place among nodes (rules PL-LAWFUL, PL-CHOICE, PL-TAKE).

use std::collections::BTreeMap;

use arbitrary::{Arbitrary as _, Result, Unstructured};
use cdi_placement::{
    CostModel, EnvironmentKind, Fleet, Form, Inventory, Joined, Level, Node, Offer, Overheads, Rates,
    Requirement, Resources, Scan, Wanted, Workload,
};
use cdi_policy::{Formula, PlatformProperty};
use cdi_types::Name;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "placement",
    oracle: "the search chooses what the scan of every place chooses, as workloads come and go; what was given back is free again",
    run,
    seeds,
    words: Vec::new,
    most: 2_048,
};

fn run(bytes: &[u8]) {
    // What is no fleet, and what its bytes end in the middle of, is none.
    let _ = placed(&mut Unstructured::new(bytes));
}

fn placed(input: &mut Unstructured<'_>) -> Result<()> {
    let Some(mut fleet) = fleet(input)? else { return Ok(()) };
    let scan = Scan::of(&fleet);
    let mut taken = Vec::new();
    for _ in 0..12 {
        if input.is_empty() {
            break;
        }
        let requirements = ["p", "q"].map(|principal| requirement(input, principal));
        let requirements: Vec<Requirement> = requirements.into_iter().collect::<Result<_>>()?;
        let Ok(joined) = Joined::of(&requirements) else { continue };
        let Some(workload) = workload(input)? else { continue };
        let asked = fleet.ask(&joined, &workload);
        let found = fleet.cheapest(&asked);
        assert_eq!(found, scan.cheapest(&fleet, &scan.ready(&fleet, &asked)));
        let Some(choice) = found else { continue };
        let one = fleet.take(&choice).unwrap();
        if bool::arbitrary(input)? {
            fleet.give_back(one).unwrap();
            assert_eq!(fleet.cheapest(&asked), Some(choice));
        } else {
            taken.push(one);
        }
    }
    taken.into_iter().for_each(|one| fleet.give_back(one).unwrap());
    Ok(())
}

const WORDS: [&str; 7] =
    ["A", "B", "C", "LOCATION=eu-de", "LOCATION=eu-fr", "LOCATION=us-east", "SINGLE_TENANT"];
const KINDS: [EnvironmentKind; 3] =
    [EnvironmentKind::Embedded, EnvironmentKind::Gvisor, EnvironmentKind::Kata];

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn wanted(input: &mut Unstructured<'_>, principal: &str, words: &[&str]) -> Result<Wanted> {
    let level = if bool::arbitrary(input)? { Level::Asserted } else { Level::Certified };
    let property = PlatformProperty::parse(input.choose(words)?).unwrap();
    Ok(Wanted { principal: name(principal), level, property })
}

fn formula(input: &mut Unstructured<'_>, principal: &str, depth: u8) -> Result<Formula<Wanted>> {
    let kind = if depth == 0 { 0 } else { u8::arbitrary(input)? % 5 };
    if kind < 2 {
        return wanted(input, principal, &WORDS).map(Formula::Atom);
    }
    let parts: Vec<_> = (0..input.int_in_range(1..=3)?)
        .map(|_| formula(input, principal, depth - 1))
        .collect::<Result<_>>()?;
    Ok(match kind {
        2 => Formula::All(parts),
        3 => Formula::Any(parts),
        _ => Formula::AtLeast(input.int_in_range(1..=parts.len())?, parts),
    })
}

fn requirement(input: &mut Unstructured<'_>, principal: &str) -> Result<Requirement> {
    let open = formula(input, principal, 2)?;
    Ok(Requirement { principal: name(principal), requirement: open.to_string(), open })
}

fn resources(input: &mut Unstructured<'_>) -> Result<Resources> {
    let (cpu, memory) = (u64::from(u8::arbitrary(input)?), u64::from(u8::arbitrary(input)?));
    Ok(Resources { cpu_milli: cpu * 125, memory_bytes: memory << 26 })
}

fn workload(input: &mut Unstructured<'_>) -> Result<Option<Workload>> {
    let kinds =
        (0..input.int_in_range(1..=3)?).map(|_| input.choose(&KINDS).copied()).collect::<Result<_>>()?;
    let architecture = bool::arbitrary(input)?.then(|| name("x86-64"));
    let lifetime = *input.choose(&[1_000, 1_000_000, 3_600_000_000])?;
    let Resources { cpu_milli, memory_bytes } = resources(input)?;
    let request = Resources { cpu_milli: cpu_milli / 8, memory_bytes: memory_bytes / 8 };
    Ok(Workload::new(request, lifetime, Form { kinds, architecture }).ok())
}

fn described(input: &mut Unstructured<'_>, words: &[&str]) -> Result<Vec<Wanted>> {
    let principal = |input: &mut Unstructured<'_>| Ok(*input.choose(&["p", "q"])?);
    (0..input.int_in_range(0..=4)?)
        .map(|_| principal(input).and_then(|principal: &str| wanted(input, principal, words)))
        .collect()
}

fn fleet(input: &mut Unstructured<'_>) -> Result<Option<Fleet>> {
    let mut inventory = Inventory::new();
    // Some of a kind, so that there are blocks with more than one row of the same.
    let copies = *input.choose(&[1_u32, 1, 2, 70])?;
    for n in 0..input.int_in_range(1..=6)? {
        let Some(node) = node(input, &mut inventory)? else { return Ok(None) };
        for copy in 0..copies {
            let named = Node { name: name(&format!("n{n}-{copy}")), ..node.clone() };
            if inventory.node(named).is_err() {
                return Ok(None);
            }
        }
    }
    let mut classes = BTreeMap::new();
    for class in ["small", "large"] {
        let (core_hour, gibibyte_hour) =
            (u64::from(u8::arbitrary(input)? % 4), u64::from(u8::arbitrary(input)? % 3));
        classes.insert(
            name(class),
            Rates { core_hour: core_hour * 2_500, gibibyte_hour: gibibyte_hour * 2_500 },
        );
    }
    Ok(Fleet::new(inventory, &CostModel { currency: name("EUR"), classes }).ok())
}

fn node(input: &mut Unstructured<'_>, inventory: &mut Inventory) -> Result<Option<Node>> {
    let mut environments = Vec::new();
    for n in 0..input.int_in_range(0..=3)? {
        let kind = *input.choose(&KINDS)?;
        let meets = described(input, &["A", "B", "C"])?;
        let Ok(meets) = inventory.describe(meets) else { return Ok(None) };
        let Resources { cpu_milli, memory_bytes } = resources(input)?;
        let (start, slow) = (u64::from(u8::arbitrary(input)? % 3), u64::from(u8::arbitrary(input)? % 3));
        let overheads = Overheads {
            cpu_milli: cpu_milli / 64,
            memory_bytes: memory_bytes / 64,
            start_up_micros: start * 500_000,
            slowdown_permille: 1_000 + slow * 333,
        };
        match inventory.offer(Offer { name: name(&format!("e{n}")), kind, meets, overheads }) {
            Ok(offer) => environments.push(offer),
            Err(_) => return Ok(None),
        }
    }
    let capacity = resources(input)?;
    let in_use = if bool::arbitrary(input)? { resources(input)? } else { Resources::default() };
    let meets = described(input, &WORDS[3..])?;
    let Ok(meets) = inventory.describe(meets) else { return Ok(None) };
    let (class, architecture) = (*input.choose(&["small", "large"])?, *input.choose(&["x86-64", "arm64"])?);
    Ok(Some(Node {
        name: name("n"),
        class: name(class),
        architecture: name(architecture),
        capacity,
        allocatable: capacity,
        in_use,
        meets,
        environments,
    }))
}

fn seeds() -> Vec<Vec<u8>> {
    (0..48_u64)
        .map(|seed| {
            let mut rng = fastrand::Rng::with_seed(seed);
            (0..rng.usize(200..1_200)).map(|_| rng.u8(..)).collect()
        })
        .collect()
}
