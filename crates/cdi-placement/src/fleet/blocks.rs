//! What is known of 64 rows, and of 64 times as many, without looking at them.

use super::bits::WIDTH;
use super::layout::{Layout, Row};
use crate::cost::{Costing, Tenancy, Workload};
use crate::inventory::Resources;

/// What no row of a group is cheaper or earlier than.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    costing: Costing,
    tie: (u32, u32),
    /// Whether all rows cost the same, and stand in the order in which ties are decided.
    pub(super) is_even: bool,
}

impl Bound {
    fn of(rows: &[Row], costings: &[Costing]) -> Option<Self> {
        let costing = |row: &Row| costings.get(row.costing as usize).copied();
        let mut bound: Option<Self> = None;
        for row in rows {
            let own = Self { costing: costing(row)?, tie: row.tie(), is_even: true };
            bound = Some(bound.map_or(own, |bound| bound.and(&own)));
        }
        bound
    }

    fn and(&self, other: &Self) -> Self {
        Self {
            costing: self.costing.floor(&other.costing),
            tie: self.tie.min(other.tie),
            is_even: self.is_even && other.is_even && self.costing == other.costing,
        }
    }

    /// A price and a tie that no row of the group comes before.
    #[inline]
    pub(super) fn best(&self, workload: &Workload, tenancy: Tenancy) -> (u128, (u32, u32)) {
        (self.costing.price(workload, tenancy).total(), self.tie)
    }

    /// What the workload takes of every row, at least.
    #[inline]
    pub(super) const fn demand(&self, workload: &Workload) -> Resources {
        self.costing.demand(workload)
    }
}

/// The bounds of all blocks and stretches.
#[derive(Debug)]
pub(super) struct Bounds {
    pub(super) blocks: Vec<Bound>,
    pub(super) stretches: Vec<Bound>,
}

impl Bounds {
    pub(super) fn of(layout: &Layout) -> Self {
        let blocks: Vec<Bound> =
            layout.rows.chunks(WIDTH).filter_map(|rows| Bound::of(rows, &layout.costings)).collect();
        let all = |blocks: &[Bound]| blocks.iter().copied().reduce(|one, other| one.and(&other));
        let stretches = blocks.chunks(WIDTH).filter_map(all).collect();
        Self { blocks, stretches }
    }
}

/// The most of each resource that any of them has.
pub(super) fn most(all: &[Resources]) -> Resources {
    all.iter().fold(Resources::default(), |most, one| Resources {
        cpu_milli: most.cpu_milli.max(one.cpu_milli),
        memory_bytes: most.memory_bytes.max(one.memory_bytes),
    })
}
