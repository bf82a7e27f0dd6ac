//! A place that was chosen, and one that was taken.

use crate::cost::{Price, Tenancy};
use crate::inventory::{OfferId, Resources};

/// The cheapest lawful place for one workload, in the fleet as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    pub(super) print: u64,
    pub(super) node: u32,
    pub(super) offer: OfferId,
    pub(super) tenancy: Tenancy,
    pub(super) price: Price,
    pub(super) demand: Resources,
}

impl Choice {
    /// The environment.
    #[must_use]
    pub const fn offer(&self) -> OfferId {
        self.offer
    }

    /// Whether others may run on the node.
    #[must_use]
    pub const fn tenancy(&self) -> Tenancy {
        self.tenancy
    }

    /// What it costs.
    #[must_use]
    pub const fn price(&self) -> Price {
        self.price
    }

    /// What it takes of the node, the environment's overheads included; what it needs, where the whole node is taken.
    #[must_use]
    pub const fn demand(&self) -> Resources {
        self.demand
    }
}

/// Resources that a workload has taken, to be given back once.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "what is not given back stays taken"]
pub struct Taken {
    pub(super) print: u64,
    pub(super) node: u32,
    pub(super) taken: Resources,
}

/// Why resources cannot be taken or given back.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FleetError {
    /// The place is not as it was when it was chosen.
    #[error("the place that was chosen is not free any more")]
    NotFree,
    /// They were never taken here, and are still to be given back where they were.
    #[error("these resources were not taken from this fleet")]
    NotTaken(Taken),
}

impl FleetError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFree => "place-not-free",
            Self::NotTaken(_) => "resources-not-taken",
        }
    }
}
