//! A price and its parts (rule PL-PRICE).
//!
//! A rate is in millionths of a micro-unit an hour, rounded up; a price is a rate times the time from the start to the
//! expected end, in microseconds. The largest is under 2^122: 2^31 thousandths of a core at 2^30 micro-units an hour are
//! 2^71, and no workload lasts 2^50 microseconds.

use std::fmt;

use super::model::Rates;
use super::workload::Workload;
use crate::inventory::{Overheads, Resources};

/// Whether others may run on the node (rule PL-TENANCY).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tenancy {
    /// The workload takes what it needs.
    Shared,
    /// It takes, and pays for, all of the node.
    WholeNode,
}

/// What a workload costs at a place, over its expected life. Prices of one workload are compared exactly; those of two with
/// other lifetimes by [`Price::micros_per_hour`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price {
    total: u128,
    lifetime_micros: u64,
}

impl Price {
    /// The price of an hour of useful life, in millionths of the currency's unit, rounded up.
    #[must_use]
    pub const fn micros_per_hour(&self) -> u128 {
        self.total.div_ceil(self.lifetime_micros as u128 * 1_000_000)
    }

    pub(crate) const fn total(&self) -> u128 {
        self.total
    }
}

/// As [`Self::micros_per_hour`], in the currency's unit.
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.micros_per_hour();
        write!(f, "{}.{:06}", micros / 1_000_000, micros % 1_000_000)
    }
}

/// What a price is made of, each part in millionths of a micro-unit an hour of useful life. They add up to the price,
/// rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceParts {
    /// What the workload asks for.
    pub request: u128,
    /// What the environment's slowdown adds to that.
    pub slowdown: u128,
    /// What the environment takes for itself.
    pub overheads: u128,
    /// The rest of the node, where all of it is taken.
    pub whole_node: u128,
    /// The time until the first instruction, over the expected life.
    pub start_up: u128,
}

/// What a place's price depends on, the workload aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Costing {
    pub(crate) rates: Rates,
    pub(crate) overheads: Overheads,
    pub(crate) capacity: Resources,
}

impl Costing {
    /// What the workload takes of a node.
    pub(crate) const fn demand(&self, workload: &Workload) -> Resources {
        let Overheads { cpu_milli, memory_bytes, .. } = self.overheads;
        self.slowed(workload.request()).and(&Resources { cpu_milli, memory_bytes })
    }

    const fn slowed(&self, Resources { cpu_milli, memory_bytes }: Resources) -> Resources {
        let slowed = cpu_milli.saturating_mul(self.overheads.slowdown_permille).div_ceil(1_000);
        Resources { cpu_milli: slowed, memory_bytes }
    }

    /// The rate of so much, in millionths of a micro-unit an hour.
    const fn rate(&self, Resources { cpu_milli, memory_bytes }: Resources) -> u128 {
        let cpu = cpu_milli as u128 * self.rates.core_hour as u128 * 1_000;
        let memory = memory_bytes as u128 * self.rates.gibibyte_hour as u128 * 1_000_000;
        cpu + memory.div_ceil(1 << 30)
    }

    /// The price of the workload there.
    pub(crate) fn price(&self, workload: &Workload, tenancy: Tenancy) -> Price {
        let lifetime_micros = workload.lifetime_micros();
        let time = lifetime_micros as u128 + self.overheads.start_up_micros as u128;
        let rate = self.rate(match tenancy {
            Tenancy::Shared => self.demand(workload),
            Tenancy::WholeNode => self.capacity,
        });
        Price { total: rate.saturating_mul(time), lifetime_micros }
    }

    /// The parts of that price. Each stage takes no less than the one before it.
    pub(crate) fn parts(&self, workload: &Workload, tenancy: Tenancy) -> PriceParts {
        let request = self.rate(workload.request());
        let slowed = self.rate(self.slowed(workload.request()));
        let demand = self.rate(self.demand(workload));
        let all = match tenancy {
            Tenancy::Shared => demand,
            Tenancy::WholeNode => self.rate(self.capacity).max(demand),
        };
        let lifetime = u128::from(workload.lifetime_micros());
        PriceParts {
            request,
            slowdown: slowed.saturating_sub(request),
            overheads: demand.saturating_sub(slowed),
            whole_node: all.saturating_sub(demand),
            start_up: all.saturating_mul(u128::from(self.overheads.start_up_micros)).div_ceil(lifetime),
        }
    }

    /// What is as cheap as both, in everything.
    pub(crate) fn floor(&self, other: &Self) -> Self {
        let (one, two) = (&self.overheads, &other.overheads);
        Self {
            rates: Rates {
                core_hour: self.rates.core_hour.min(other.rates.core_hour),
                gibibyte_hour: self.rates.gibibyte_hour.min(other.rates.gibibyte_hour),
            },
            overheads: Overheads {
                cpu_milli: one.cpu_milli.min(two.cpu_milli),
                memory_bytes: one.memory_bytes.min(two.memory_bytes),
                start_up_micros: one.start_up_micros.min(two.start_up_micros),
                slowdown_permille: one.slowdown_permille.min(two.slowdown_permille),
            },
            capacity: Resources {
                cpu_milli: self.capacity.cpu_milli.min(other.capacity.cpu_milli),
                memory_bytes: self.capacity.memory_bytes.min(other.capacity.memory_bytes),
            },
        }
    }
}

#[cfg(test)]
#[path = "price_tests.rs"]
mod tests;
