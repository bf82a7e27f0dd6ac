//! The explanation of one placement.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::Name;

use super::reason::Reason;
use super::relief::{Relief, relief};
use super::standing::{Standings, shortages};
use crate::cost::{Price, PriceParts, Tenancy, Workload};
use crate::fleet::{Fleet, Place};
use crate::residual::{JoinError, Joined, Requirement};

/// A lawful place with enough free, and what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The node.
    pub node: Name,
    /// The environment.
    pub environment: Name,
    /// Whether others may run on the node.
    pub tenancy: Tenancy,
    /// What it costs.
    pub price: Price,
    /// The price in parts.
    pub parts: PriceParts,
}

/// Places that are ruled out by the same reasons, in environments of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The environment.
    pub environment: Name,
    /// What rules it out; never empty.
    pub reasons: Vec<Reason>,
    /// The first nodes by name.
    pub nodes: Vec<Name>,
    /// How many nodes there are, those that are named included.
    pub count: usize,
}

/// The explanation. What is left off of a list is counted, never dropped in silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The choice; `None` if no place is lawful and has enough free.
    pub choice: Option<Offered>,
    /// The next cheapest, in their order.
    pub runners_up: Vec<Offered>,
    /// The cheapest place in each environment, tenancy by tenancy, in their order.
    pub by_environment: Vec<Offered>,
    /// How many more places would do than the choice and the runners-up, at no lower price.
    pub dearer: usize,
    /// What was ruled out, the largest group first.
    pub ruled_out: Vec<Group>,
    /// How many places are in groups that are not listed.
    pub left_off: usize,
    /// What would have to be given up, where nothing is chosen.
    pub relief: Option<Relief>,
}

/// How much is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Runners-up.
    pub runners_up: usize,
    /// Groups of places that are ruled out.
    pub groups: usize,
    /// Nodes of each group.
    pub nodes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { runners_up: 5, groups: 64, nodes: 16 }
    }
}

/// Explains what the fleet would choose for the workload as it stands.
///
/// # Errors
/// [`JoinError`] for requirements that could not be placed by either.
pub fn explain(
    fleet: &Fleet,
    requirements: &[Requirement],
    workload: &Workload,
    bounds: Bounds,
) -> Result<Explanation, JoinError> {
    let joined = Joined::of(requirements)?;
    let mut standings = Standings::of(requirements)?;
    let places: Vec<Place<'_>> = fleet.places(workload).collect();
    let (mut would_do, mut groups) = (Vec::new(), Groups::default());
    for place in &places {
        match stands(fleet, place, &mut standings, requirements) {
            Ok(tenancy) => would_do.push((place, tenancy)),
            Err(reasons) => groups.add(place, reasons, bounds),
        }
    }
    would_do.sort_by_key(|(place, tenancy)| (place.price(workload, *tenancy), place.names(), *tenancy));
    let relief = would_do.is_empty().then(|| relief(fleet, &places, &mut standings, requirements, &joined));
    let dearer = would_do.len().saturating_sub(1 + bounds.runners_up);
    let mut seen = BTreeSet::new();
    let firsts = would_do.iter().filter(|(place, tenancy)| seen.insert((&place.offer.name, *tenancy)));
    let by_environment = firsts.map(|(place, tenancy)| place.offered(workload, *tenancy)).collect();
    let mut offered = would_do.iter().map(|(place, tenancy)| place.offered(workload, *tenancy));
    let choice = offered.next();
    let runners_up = offered.take(bounds.runners_up).collect();
    let (ruled_out, left_off) = groups.listed(bounds);
    Ok(Explanation { choice, runners_up, by_environment, dearer, ruled_out, left_off, relief })
}

/// How the place would be taken, or why it is not.
fn stands(
    fleet: &Fleet,
    place: &Place<'_>,
    standings: &mut Standings,
    requirements: &[Requirement],
) -> Result<Tenancy, Vec<Reason>> {
    if !place.runs {
        let (kind, architecture) = (place.offer.kind, place.node.architecture.clone());
        return Err(vec![Reason::Form { kind, architecture }]);
    }
    let unmet = standings.unmet(fleet, place);
    let tenancy = if unmet.shared.is_empty() { Tenancy::Shared } else { Tenancy::WholeNode };
    let requirement = |n: &usize| requirements.get(*n).cloned().map(Reason::Requirement);
    let mut reasons: Vec<Reason> = unmet.of(tenancy).iter().filter_map(requirement).collect();
    if reasons.is_empty() {
        reasons.extend(shortages(place, tenancy).into_iter().map(Reason::Shortage));
    }
    if reasons.is_empty() { Ok(tenancy) } else { Err(reasons) }
}

impl Place<'_> {
    fn names(&self) -> (Name, Name) {
        (self.node.name.clone(), self.offer.name.clone())
    }

    fn price(&self, workload: &Workload, tenancy: Tenancy) -> Price {
        self.costing.price(workload, tenancy)
    }

    fn offered(&self, workload: &Workload, tenancy: Tenancy) -> Offered {
        let (node, environment) = self.names();
        let (price, parts) = (self.price(workload, tenancy), self.costing.parts(workload, tenancy));
        Offered { node, environment, tenancy, price, parts }
    }
}

#[derive(Default)]
struct Groups(BTreeMap<(Name, Vec<Reason>), (Vec<Name>, usize)>);

impl Groups {
    fn add(&mut self, place: &Place<'_>, reasons: Vec<Reason>, bounds: Bounds) {
        let (nodes, count) = self.0.entry((place.offer.name.clone(), reasons)).or_default();
        *count += 1;
        if nodes.len() < bounds.nodes {
            nodes.push(place.node.name.clone());
        }
    }

    fn listed(self, bounds: Bounds) -> (Vec<Group>, usize) {
        let group = |((environment, reasons), (nodes, count))| Group { environment, reasons, nodes, count };
        let mut all: Vec<Group> = self.0.into_iter().map(group).collect();
        // Stable: equal groups stay in the order of their names.
        all.sort_by_key(|group| std::cmp::Reverse(group.count));
        let left_off = all.split_off(all.len().min(bounds.groups));
        (all, left_off.iter().map(|group| group.count).sum())
    }
}
