//! A fleet: an inventory with prices, and what of it is free.

use std::hash::{DefaultHasher, Hash, Hasher};

use cdi_types::Name;

use super::ask::{Asked, Lawful};
use super::bits::{WIDTH, clear, members, set};
use super::blocks::{Bounds, most};
use super::choice::{Choice, FleetError, Taken};
use super::layout::Layout;
use super::search::Search;
use crate::cost::{Costing, Tenancy};
use crate::inventory::{Inventory, Node, Offer, Resources};
use crate::residual::Joined;
use crate::{CostError, CostModel, Workload};

/// An inventory that can be placed on.
#[derive(Debug)]
pub struct Fleet {
    inventory: Inventory,
    pub(super) layout: Layout,
    pub(super) bounds: Bounds,
    pub(super) free: Free,
    /// How many workloads were placed on each node, besides what was in use there before.
    placed: Vec<u32>,
    /// Tells one inventory from another: what was asked or chosen elsewhere is nothing here.
    print: u64,
    /// Each node's name, what it can give, and whether something was there before.
    nodes: Vec<(Name, Resources, Before)>,
}

/// What was on a node when the fleet was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Before {
    Nothing,
    Something,
}

/// What is free, by row, and the most of it by block and stretch.
#[derive(Debug)]
pub(super) struct Free {
    pub(super) rows: Vec<Resources>,
    pub(super) blocks: Vec<Resources>,
    pub(super) stretches: Vec<Resources>,
    /// The rows of nodes with nothing on them.
    pub(super) empty: Vec<u64>,
}

impl Fleet {
    /// Gets an inventory ready to be placed on.
    ///
    /// # Errors
    /// [`CostError`] for a node that the cost model cannot price: it is no cheaper for that.
    pub fn new(inventory: Inventory, model: &CostModel) -> Result<Self, CostError> {
        let layout = Layout::of(&inventory, model)?;
        let bounds = Bounds::of(&layout);
        let nodes: Vec<&Node> = inventory.nodes().collect();
        let free_on = |node: &Node| node.allocatable.less(&node.in_use).unwrap_or_default();
        let mut free = Free {
            rows: Vec::with_capacity(layout.rows.len()),
            blocks: vec![Resources::default(); layout.blocks()],
            stretches: vec![Resources::default(); layout.blocks().div_ceil(WIDTH)],
            empty: vec![0; layout.blocks()],
        };
        for (at, row) in layout.rows.iter().enumerate() {
            let node = nodes.get(row.node as usize);
            free.rows.push(node.map(|node| free_on(node)).unwrap_or_default());
            if node.is_some_and(|node| node.in_use.is_nothing()) {
                set(&mut free.empty, at);
            }
        }
        (0..layout.blocks()).for_each(|block| free.sum_up(block));
        let before = |node: &Node| if node.in_use.is_nothing() { Before::Nothing } else { Before::Something };
        let nodes: Vec<_> =
            nodes.iter().map(|node| (node.name.clone(), node.allocatable, before(node))).collect();
        let placed = vec![0; nodes.len()];
        let print = print(&inventory, &layout, &nodes);
        Ok(Self { layout, bounds, free, placed, print, nodes, inventory })
    }

    /// The inventory, as it was when the fleet was made.
    #[must_use]
    pub const fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// Turns a requirement into masks of this fleet.
    #[must_use]
    pub fn ask(&self, joined: &Joined, workload: &Workload) -> Asked {
        Asked { print: self.print, ..Asked::of(&self.inventory, &self.layout, joined, workload) }
    }

    /// The cheapest lawful place with enough that is free (rule PL-CHOICE); `None` if there is none, as of whatever was asked of
    /// another fleet.
    #[must_use]
    pub fn cheapest(&self, asked: &Asked) -> Option<Choice> {
        if asked.print == self.print { Search::of(self, asked).best() } else { None }
    }

    /// The node of a place that this fleet chose.
    #[must_use]
    pub fn node(&self, choice: &Choice) -> Option<&Node> {
        let (name, ..) = self.nodes.get(choice.node as usize)?;
        self.inventory.named(name)
    }

    /// Takes the place: what it needs is free no longer, until it is given back.
    ///
    /// # Errors
    /// [`FleetError::NotFree`] if another workload was faster.
    pub fn take(&mut self, choice: &Choice) -> Result<Taken, FleetError> {
        if choice.print != self.print {
            return Err(FleetError::NotFree);
        }
        let node = choice.node as usize;
        let rows = self.layout.of_node(node);
        let first = rows.first().map(|row| *row as usize).ok_or(FleetError::NotFree)?;
        let free = self.free.rows.get(first).copied().unwrap_or_default();
        let left = free.less(&choice.demand).ok_or(FleetError::NotFree)?;
        let (left, taken) = match choice.tenancy {
            Tenancy::Shared => (left, choice.demand),
            Tenancy::WholeNode if self.has_nothing(node) => (Resources::default(), free),
            Tenancy::WholeNode => return Err(FleetError::NotFree),
        };
        self.placed.get_mut(node).into_iter().for_each(|placed| *placed += 1);
        self.becomes(node, left);
        Ok(Taken { print: self.print, node: choice.node, taken })
    }

    /// Gives back what was taken. It is used up by that: what is given back twice would be somebody else's.
    ///
    /// # Errors
    /// [`FleetError::NotTaken`] if so much is not taken there, with what was to be given back; then nothing changes.
    pub fn give_back(&mut self, taken: Taken) -> Result<(), FleetError> {
        let Some(free) = self.free_without(&taken) else { return Err(FleetError::NotTaken(taken)) };
        let node = taken.node as usize;
        self.placed.get_mut(node).into_iter().for_each(|placed| *placed = placed.saturating_sub(1));
        self.becomes(node, free);
        Ok(())
    }

    /// What is free on the node once this is given back; `None` if it was not taken here.
    fn free_without(&self, taken: &Taken) -> Option<Resources> {
        let node = taken.node as usize;
        let is_placed = taken.print == self.print && self.placed.get(node).is_some_and(|placed| *placed > 0);
        let (_, most, _) = self.nodes.get(node).filter(|_| is_placed)?;
        let row = *self.layout.of_node(node).first()? as usize;
        let free = self.free.rows.get(row)?.and(&taken.taken);
        most.hold(&free).then_some(free)
    }

    pub(super) const fn print(&self) -> u64 {
        self.print
    }

    /// Whether nothing runs on the node of a row.
    pub(super) fn is_empty(&self, row: usize) -> bool {
        self.free.empty.get(row / WIDTH).is_some_and(|word| word >> (row % WIDTH) & 1 == 1)
    }

    fn has_nothing(&self, node: usize) -> bool {
        self.placed.get(node) == Some(&0)
            && self.nodes.get(node).is_some_and(|(.., before)| *before == Before::Nothing)
    }

    fn becomes(&mut self, node: usize, free: Resources) {
        let nothing = self.has_nothing(node);
        for row in self.layout.of_node(node) {
            let row = *row as usize;
            self.free.rows.get_mut(row).into_iter().for_each(|of_row| *of_row = free);
            if nothing {
                set(&mut self.free.empty, row);
            } else {
                clear(&mut self.free.empty, row);
            }
        }
        for row in self.layout.of_node(node) {
            self.free.sum_up(*row as usize / WIDTH);
        }
    }

    /// Every lawful place, whatever is free there, and the tenancy in which it is: shared where that is enough (rule PL-LAWFUL).
    pub fn lawful(&self, asked: &Asked) -> impl Iterator<Item = (&Node, &Offer, Tenancy)> {
        let of = |terms| Lawful::of(&self.layout, terms, asked.forms.as_ref());
        let (shared, whole) = (of(&asked.shared), of(&asked.whole));
        let blocks = if asked.print == self.print { self.layout.blocks() } else { 0 };
        (0..blocks).flat_map(move |block| {
            let shared = shared.rows(block, u64::MAX);
            let whole = whole.rows(block, !shared);
            let of = |rows, tenancy| members(rows).map(move |row| (block * WIDTH + row, tenancy));
            let rows = of(shared, Tenancy::Shared).chain(of(whole, Tenancy::WholeNode));
            rows.filter_map(|(at, tenancy)| {
                let row = self.layout.rows.get(at)?;
                let (name, ..) = self.nodes.get(row.node as usize)?;
                Some((self.inventory.named(name)?, self.inventory.offered(row.offer)?, tenancy))
            })
        })
    }

    /// Every place as it stands to a workload, by the names of node and environment.
    pub(crate) fn places(&self, workload: &Workload) -> impl Iterator<Item = Place<'_>> {
        self.inventory.nodes().enumerate().flat_map(move |(n, node)| {
            let rows = self.layout.of_node(n).iter();
            let mut places: Vec<_> =
                rows.filter_map(|row| self.place(*row as usize, node, workload)).collect();
            places.sort_unstable_by_key(|place| &place.offer.name);
            places
        })
    }

    fn place<'f>(&'f self, at: usize, node: &'f Node, workload: &Workload) -> Option<Place<'f>> {
        let row = self.layout.rows.get(at)?;
        let offer = self.inventory.offered(row.offer)?;
        let costing = self.layout.costings.get(row.costing as usize)?;
        Some(Place {
            node,
            offer,
            costing,
            demand: costing.demand(workload),
            free: self.free.rows.get(at).copied().unwrap_or_default(),
            is_empty: self.is_empty(at),
            runs: workload.form().runs_in(offer.kind, &node.architecture),
        })
    }
}

/// An environment on a node, as it stands to a workload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'f> {
    pub(crate) node: &'f Node,
    pub(crate) offer: &'f Offer,
    pub(crate) costing: &'f Costing,
    pub(crate) demand: Resources,
    pub(crate) free: Resources,
    pub(crate) is_empty: bool,
    pub(crate) runs: bool,
}

/// A digest against mistakes, not against anybody: nothing is decided by it.
fn print(inventory: &Inventory, layout: &Layout, nodes: &[(Name, Resources, Before)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (inventory.numbers(), inventory.offers()).hash(&mut hasher);
    (nodes, &layout.rows, &layout.costings).hash(&mut hasher);
    (&layout.atoms, &layout.forms).hash(&mut hasher);
    hasher.finish()
}

impl Free {
    /// Works out anew what is free in a block, and in its stretch.
    fn sum_up(&mut self, block: usize) {
        let of = |all: &[Resources], group: usize| {
            let from = group * WIDTH;
            most(all.get(from..all.len().min(from + WIDTH)).unwrap_or_default())
        };
        let of_block = of(&self.rows, block);
        self.blocks.get_mut(block).into_iter().for_each(|most| *most = of_block);
        let stretch = block / WIDTH;
        let of_stretch = of(&self.blocks, stretch);
        self.stretches.get_mut(stretch).into_iter().for_each(|most| *most = of_stretch);
    }
}
