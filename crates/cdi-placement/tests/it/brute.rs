//! Brute force: every place, every formula worked out as it is written, prices by the sums of rule PL-PRICE. It has no code in common with
//! the engine.

use std::collections::BTreeSet;

use cdi_placement::{Requirement, Wanted};
use cdi_policy::Formula;

use crate::world::{Found, PlainNode, PlainOffer, World};

pub(crate) fn holds(formula: &Formula<Wanted>, met: &BTreeSet<&Wanted>) -> bool {
    let count = |parts: &[Formula<Wanted>]| parts.iter().filter(|part| holds(part, met)).count();
    match formula {
        Formula::Atom(wanted) => met.contains(wanted),
        Formula::All(parts) => count(parts) == parts.len(),
        Formula::Any(parts) => count(parts) > 0,
        Formula::AtLeast(n, parts) => count(parts) >= *n,
    }
}

/// How a place is lawful: shared, else whole.
pub(crate) fn lawful(requirements: &[Requirement], node: &PlainNode, offer: &PlainOffer) -> (bool, bool) {
    let met: BTreeSet<&Wanted> = node.meets.union(&offer.meets).collect();
    let shared = met.iter().copied().filter(|met| met.property.name.as_str() != "SINGLE_TENANT").collect();
    let all = |met: &BTreeSet<&Wanted>| requirements.iter().all(|part| holds(&part.open, met));
    (all(&shared), all(&met))
}

/// The price of a place over the whole life, times 10^6, and its demand; `None` where it does not fit or run.
fn priced(world: &World, node: &PlainNode, offer: &PlainOffer, whole: bool) -> Option<u128> {
    let form = world.workload.form();
    let other = form.architecture.as_ref().is_some_and(|own| own.as_str() != node.architecture);
    if other || !form.kinds.contains(&offer.kind) {
        return None;
    }
    let request = world.workload.request();
    let slowed = u128::from(request.cpu_milli) * u128::from(offer.overheads.slowdown_permille);
    let rounded = slowed / 1_000 + u128::from(!slowed.is_multiple_of(1_000));
    let cpu = rounded + u128::from(offer.overheads.cpu_milli);
    let memory = u128::from(request.memory_bytes) + u128::from(offer.overheads.memory_bytes);
    let fits = cpu + u128::from(node.in_use.cpu_milli) <= u128::from(node.allocatable.cpu_milli)
        && memory + u128::from(node.in_use.memory_bytes) <= u128::from(node.allocatable.memory_bytes);
    if !fits || (whole && (node.in_use.cpu_milli > 0 || node.in_use.memory_bytes > 0)) {
        return None;
    }
    let (cpu, memory) = if whole {
        (u128::from(node.capacity.cpu_milli), u128::from(node.capacity.memory_bytes))
    } else {
        (cpu, memory)
    };
    let rates = &world.rates[&node.class];
    let memory_rate = memory * u128::from(rates.gibibyte_hour) * 1_000_000;
    let gibibyte = 1_u128 << 30;
    let rate = cpu * u128::from(rates.core_hour) * 1_000
        + memory_rate / gibibyte
        + u128::from(!memory_rate.is_multiple_of(gibibyte));
    Some(rate * u128::from(world.workload.lifetime_micros() + offer.overheads.start_up_micros))
}

pub(crate) fn cheapest(world: &World) -> Option<Found> {
    let mut all = Vec::new();
    for node in &world.nodes {
        for offer in &node.offers {
            let (shared, whole) = lawful(&world.requirements, node, offer);
            for (is_lawful, whole) in [(shared, false), (whole, true)] {
                if let Some(price) = priced(world, node, offer, whole).filter(|_| is_lawful) {
                    all.push((price, &node.name, &offer.name, whole));
                }
            }
        }
    }
    let (price, node, environment, whole_node) = all.into_iter().min()?;
    let hour = u128::from(world.workload.lifetime_micros()) * 1_000_000;
    let micros_per_hour = price / hour + u128::from(!price.is_multiple_of(hour));
    Some(Found { node: node.clone(), environment: environment.clone(), whole_node, micros_per_hour })
}
