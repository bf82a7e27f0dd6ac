//! The inventory itself: everything that is in it has been looked at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cdi_types::{Name, Overheads, PropertyName, Resources};

use super::error::InventoryError;
use super::node::Node;
use super::offer::Offer;
use crate::residual::Wanted;

/// The nodes of an inventory: ten times the largest cluster that anybody has told of.
pub(crate) const NODES: usize = 1 << 20;
/// Environments on all nodes together.
pub(crate) const ROWS: usize = 1 << 23;
/// Different things that principals want and places meet: they are numbered in twelve bits.
pub(crate) const ATOMS: usize = 4_096;

/// What a node or an environment meets, of the inventory that gave it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Described(u32);

/// An environment of the inventory that gave it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferId(u32);

impl OfferId {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Described {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Nodes and what they offer. What is told twice is kept once.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    atoms: BTreeMap<Wanted, u16>,
    descriptions: Vec<Box<[u16]>>,
    by_atoms: HashMap<Box<[u16]>, Described>,
    /// The value of each valued property, by description.
    values: Vec<BTreeMap<PropertyName, String>>,
    offers: Vec<Offer>,
    by_offer: BTreeMap<Offer, OfferId>,
    /// Descriptions of node and environment that go together.
    fit: BTreeSet<(Described, Described)>,
    nodes: BTreeMap<Name, Node>,
    rows: usize,
}

impl Inventory {
    /// An inventory with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what a node or an environment meets of what principals want.
    ///
    /// # Errors
    /// [`InventoryError::TwoValues`] of one property, whoever wants them; [`InventoryError::Atoms`].
    pub fn describe(&mut self, meets: impl IntoIterator<Item = Wanted>) -> Result<Described, InventoryError> {
        let meets: BTreeSet<Wanted> = meets.into_iter().collect();
        let mut values = BTreeMap::new();
        for Wanted { property, .. } in &meets {
            if let Some(value) = &property.value {
                one_value(&mut values, (&property.name, value), || "a description".to_owned())?;
            }
        }
        let mut atoms = Vec::with_capacity(meets.len());
        for wanted in meets {
            atoms.push(self.number(wanted)?);
        }
        atoms.sort_unstable();
        let atoms = atoms.into_boxed_slice();
        if let Some(known) = self.by_atoms.get(&atoms) {
            return Ok(*known);
        }
        let new = Described(u32::try_from(self.descriptions.len()).map_err(|_| InventoryError::Nodes)?);
        self.descriptions.push(atoms.clone());
        self.by_atoms.insert(atoms, new);
        self.values.push(values);
        Ok(new)
    }

    fn number(&mut self, wanted: Wanted) -> Result<u16, InventoryError> {
        if let Some(number) = self.atoms.get(&wanted) {
            return Ok(*number);
        }
        let next = self.atoms.len();
        if next >= ATOMS {
            return Err(InventoryError::Atoms);
        }
        let number = u16::try_from(next).map_err(|_| InventoryError::Atoms)?;
        self.atoms.insert(wanted, number);
        Ok(number)
    }

    /// Takes in an environment.
    ///
    /// # Errors
    /// [`InventoryError::Overheads`] that cannot be; [`InventoryError::Unknown`] descriptions.
    pub fn offer(&mut self, offer: Offer) -> Result<OfferId, InventoryError> {
        let Overheads { cpu_milli, memory_bytes, start_up_micros, slowdown_permille } = offer.overheads;
        let environment = || offer.name.clone();
        let possible = Resources { cpu_milli, memory_bytes }.is_within_limits()
            && start_up_micros <= Overheads::MOST_START_UP_MICROS
            && (1_000..=Overheads::MOST_SLOWDOWN_PERMILLE).contains(&slowdown_permille);
        if !possible {
            return Err(InventoryError::Overheads { environment: environment() });
        }
        if offer.meets.index() >= self.descriptions.len() {
            return Err(InventoryError::Unknown { of: environment() });
        }
        if let Some(known) = self.by_offer.get(&offer) {
            return Ok(*known);
        }
        let new = OfferId(u32::try_from(self.offers.len()).map_err(|_| InventoryError::Nodes)?);
        self.offers.push(offer.clone());
        self.by_offer.insert(offer, new);
        Ok(new)
    }

    /// Takes in a node. A node without environments can stand in an inventory, and is never chosen.
    ///
    /// # Errors
    /// [`InventoryError`] names what is wrong with it; the inventory is then as it was.
    pub fn node(&mut self, node: Node) -> Result<(), InventoryError> {
        self.sized(&node)?;
        self.fitting(&node)?;
        let rows = self.rows.saturating_add(node.environments.len());
        if self.nodes.contains_key(&node.name) {
            return Err(InventoryError::NodeTwice { node: node.name });
        }
        if self.nodes.len() >= NODES || rows > ROWS {
            return Err(InventoryError::Nodes);
        }
        self.rows = rows;
        self.nodes.insert(node.name.clone(), node);
        Ok(())
    }

    fn sized(&self, node: &Node) -> Result<(), InventoryError> {
        let name = || node.name.clone();
        if !node.capacity.is_within_limits() {
            return Err(InventoryError::NodeSize { node: name(), found: node.capacity });
        }
        let over = |what| Err(InventoryError::Overcommitted { node: name(), what });
        if !node.capacity.hold(&node.allocatable) {
            return over("more to give");
        }
        if node.allocatable.hold(&node.in_use) { Ok(()) } else { over("more in use") }
    }

    fn fitting(&mut self, node: &Node) -> Result<(), InventoryError> {
        let unknown = || InventoryError::Unknown { of: node.name.clone() };
        let of_node = self.values.get(node.meets.index()).ok_or_else(unknown)?;
        let mut names = BTreeSet::new();
        for id in &node.environments {
            let offer = self.offers.get(id.index()).ok_or_else(unknown)?;
            if !names.insert(&offer.name) {
                let environment = offer.name.clone();
                return Err(InventoryError::EnvironmentTwice { node: node.name.clone(), environment });
            }
            if self.fit.contains(&(node.meets, offer.meets)) {
                continue;
            }
            let of_offer = self.values.get(offer.meets.index()).ok_or_else(unknown)?;
            let mut values = of_node.clone();
            for value in of_offer {
                one_value(&mut values, value, || {
                    format!("environment `{}` of node `{}`", offer.name, node.name)
                })?;
            }
            self.fit.insert((node.meets, offer.meets));
        }
        Ok(())
    }

    /// The nodes, by name.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = &Node> {
        self.nodes.values()
    }

    /// The node of this name.
    #[must_use]
    pub fn named(&self, name: &Name) -> Option<&Node> {
        self.nodes.get(name)
    }

    /// An environment of this inventory.
    #[must_use]
    pub fn offered(&self, id: OfferId) -> Option<&Offer> {
        self.offers.get(id.index())
    }

    /// How many environments there are on all nodes together.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// The numbers of what is met by a description.
    pub(crate) fn described(&self, described: Described) -> &[u16] {
        self.descriptions.get(described.index()).map_or(&[], |atoms| atoms)
    }

    /// The number of what is wanted; `None` if nothing here meets it.
    pub(crate) fn numbered(&self, wanted: &Wanted) -> Option<u16> {
        self.atoms.get(wanted).copied()
    }

    /// What is met anywhere, and the number of each.
    pub(crate) const fn numbers(&self) -> &BTreeMap<Wanted, u16> {
        &self.atoms
    }

    pub(crate) fn atoms(&self) -> usize {
        self.atoms.len()
    }
}

/// A place has one value of each property that carries one (rule P-CONFLICT). An inventory that says otherwise could meet
/// what contradicts itself.
fn one_value(
    values: &mut BTreeMap<PropertyName, String>,
    (name, value): (&PropertyName, &String),
    at: impl Fn() -> String,
) -> Result<(), InventoryError> {
    match values.insert(name.clone(), value.clone()) {
        Some(one) if one != *value => {
            Err(InventoryError::TwoValues { at: at(), property: name.to_string(), one, other: value.clone() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "stock_tests.rs"]
mod tests;
