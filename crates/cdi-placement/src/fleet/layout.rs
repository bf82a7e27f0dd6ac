//! Rows in their order, with what never changes of them.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::Name;

use super::bits::{Rows, WIDTH};
use crate::cost::{Costing, Form, Tenancy, Workload};
use crate::inventory::{EnvironmentKind, Inventory, Node, Offer, OfferId, Resources};
use crate::{CostError, CostModel};

/// An environment on a node. Nodes are numbered by their names; `rank` is the environment's place among all names of
/// environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Row {
    pub(super) node: u32,
    pub(super) offer: OfferId,
    pub(super) rank: u32,
    pub(super) costing: u32,
}

impl Row {
    /// By what rows of one price are told apart (rule PL-CHOICE).
    #[inline]
    pub(super) const fn tie(&self) -> (u32, u32) {
        (self.node, self.rank)
    }
}

/// What never changes of a fleet.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) rows: Vec<Row>,
    pub(super) costings: Vec<Costing>,
    /// The rows that meet each atom of the inventory.
    pub(super) atoms: Vec<Rows>,
    /// The rows of each kind of environment and architecture.
    pub(super) forms: Vec<((EnvironmentKind, Name), Rows)>,
    /// The rows of each node.
    of_node: Vec<u32>,
    of_node_from: Vec<u32>,
}

/// The workload by whose price rows are put in order: two cores and eight gibibytes for a day. Another one finds the same
/// place, and may look longer.
const MIDDLING: Resources = Resources { cpu_milli: 2_000, memory_bytes: 8 << 30 };
const DAY_MICROS: u64 = 86_400_000_000;

impl Layout {
    pub(super) fn of(inventory: &Inventory, model: &CostModel) -> Result<Self, CostError> {
        let mut costings = BTreeMap::new();
        let ranks = ranks(inventory);
        let mut rows = Vec::with_capacity(inventory.rows());
        for (node, number) in inventory.nodes().zip(0_u32..) {
            let rates = model.rates(&node.name, &node.class)?;
            for id in &node.environments {
                let Some(offer) = inventory.offered(*id) else { continue };
                let costing = Costing { rates, overheads: offer.overheads, capacity: node.capacity };
                costings.entry(costing).or_insert(0_u32);
                let rank = ranks.get(&offer.name).copied().unwrap_or_default();
                rows.push((costing, Row { node: number, offer: *id, rank, costing: 0 }));
            }
        }
        let costings = by_price(&mut costings);
        let mut rows = numbered(rows, &costings);
        rows.sort_unstable_by_key(|row| (row.costing, row.tie()));
        let blocks = rows.len().div_ceil(WIDTH);
        let (of_node, of_node_from) = rows_of_nodes(&rows, inventory.nodes().len());
        let nodes: Vec<&Node> = inventory.nodes().collect();
        Ok(Self {
            atoms: atoms(inventory, &nodes, &rows, blocks),
            forms: forms(inventory, &nodes, &rows, blocks),
            costings: costings.0,
            rows,
            of_node,
            of_node_from,
        })
    }

    pub(super) const fn blocks(&self) -> usize {
        self.rows.len().div_ceil(WIDTH)
    }

    /// The rows of a node.
    pub(super) fn of_node(&self, node: usize) -> &[u32] {
        let at = |node: usize| self.of_node_from.get(node).map(|at| *at as usize);
        let (Some(from), Some(to)) = (at(node), at(node + 1)) else { return &[] };
        self.of_node.get(from..to).unwrap_or_default()
    }
}

/// Costings in the order of what they cost a middling workload, and the number of each.
struct Ordered(Vec<Costing>, BTreeMap<Costing, u32>);

fn by_price(costings: &mut BTreeMap<Costing, u32>) -> Ordered {
    let mut all: Vec<Costing> = costings.keys().copied().collect();
    if let Ok(middling) = Workload::new(MIDDLING, DAY_MICROS, Form::any()) {
        all.sort_by_cached_key(|costing| (costing.price(&middling, Tenancy::Shared).total(), *costing));
    }
    for (costing, number) in all.iter().zip(0..) {
        costings.insert(*costing, number);
    }
    Ordered(all, std::mem::take(costings))
}

fn numbered(rows: Vec<(Costing, Row)>, Ordered(_, numbers): &Ordered) -> Vec<Row> {
    let number = |costing: &Costing| numbers.get(costing).copied().unwrap_or_default();
    rows.into_iter().map(|(costing, row)| Row { costing: number(&costing), ..row }).collect()
}

fn ranks(inventory: &Inventory) -> BTreeMap<&Name, u32> {
    let names: BTreeSet<&Name> = inventory.offers().iter().map(|offer| &offer.name).collect();
    names.into_iter().zip(0..).collect()
}

fn rows_of_nodes(rows: &[Row], nodes: usize) -> (Vec<u32>, Vec<u32>) {
    let mut pairs: Vec<(u32, u32)> = rows.iter().zip(0..).map(|(row, at)| (row.node, at)).collect();
    pairs.sort_unstable();
    let mut from = vec![0_u32; nodes + 1];
    for (node, _) in &pairs {
        from.get_mut(*node as usize + 1).into_iter().for_each(|count| *count += 1);
    }
    let mut sum = 0;
    for count in &mut from {
        sum += *count;
        *count = sum;
    }
    (pairs.into_iter().map(|(_, at)| at).collect(), from)
}

/// Node and environment of each row.
fn places<'i>(
    inventory: &'i Inventory,
    nodes: &'i [&'i Node],
    rows: &'i [Row],
) -> impl Iterator<Item = (u32, &'i Node, &'i Offer)> {
    rows.iter()
        .zip(0..)
        .filter_map(|(row, at)| Some((at, *nodes.get(row.node as usize)?, inventory.offered(row.offer)?)))
}

fn atoms(inventory: &Inventory, nodes: &[&Node], rows: &[Row], blocks: usize) -> Vec<Rows> {
    let mut meeting: Vec<Vec<u32>> = vec![Vec::new(); inventory.atoms()];
    for (at, node, offer) in places(inventory, nodes, rows) {
        for atom in inventory.described(node.meets).iter().chain(inventory.described(offer.meets)) {
            if let Some(rows) = meeting.get_mut(usize::from(*atom)).filter(|rows| rows.last() != Some(&at)) {
                rows.push(at);
            }
        }
    }
    meeting.into_iter().map(|rows| Rows::of(&rows, blocks)).collect()
}

fn forms(
    inventory: &Inventory,
    nodes: &[&Node],
    rows: &[Row],
    blocks: usize,
) -> Vec<((EnvironmentKind, Name), Rows)> {
    let mut of_form: BTreeMap<(EnvironmentKind, &Name), Vec<u32>> = BTreeMap::new();
    for (at, node, offer) in places(inventory, nodes, rows) {
        of_form.entry((offer.kind, &node.architecture)).or_default().push(at);
    }
    let owned = |((kind, architecture), rows): ((EnvironmentKind, &Name), Vec<u32>)| {
        ((kind, architecture.clone()), Rows::of(&rows, blocks))
    };
    of_form.into_iter().map(owned).collect()
}
