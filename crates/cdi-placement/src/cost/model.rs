//! What resources cost, by class of node.

use std::collections::BTreeMap;

use cdi_types::Name;
use serde::{Deserialize, Serialize};

/// The rates of one class of node, in millionths of the currency's unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rates {
    /// A core for an hour.
    pub core_hour: u64,
    /// A gibibyte of memory for an hour.
    pub gibibyte_hour: u64,
}

impl Rates {
    /// The highest rate: a thousand units an hour, so that no price overflows.
    pub const MOST: u64 = 1_000_000_000;
}

/// What resources cost (rule PL-COST), as a document has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CostModel {
    /// The name of the currency, for people.
    pub currency: Name,
    /// The rates of each class of node.
    pub classes: BTreeMap<Name, Rates>,
}

/// Why nothing can be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CostError {
    /// A node is of a class without rates. What costs nothing would always be the cheapest.
    #[error("node `{node}` is of the class `{class}`, which the cost model does not have")]
    ClassUnknown {
        /// The node.
        node: Name,
        /// Its class.
        class: Name,
    },
    /// A rate is higher than any.
    #[error("class `{class}` costs {found} millionths an hour, at most {} are read", Rates::MOST)]
    Rate {
        /// The class.
        class: Name,
        /// The rate.
        found: u64,
    },
}

impl CostError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ClassUnknown { .. } => "cost-class-unknown",
            Self::Rate { .. } => "limit-cost-rate",
        }
    }
}

impl CostModel {
    /// The rates of a node's class.
    pub(crate) fn rates(&self, node: &Name, class: &Name) -> Result<Rates, CostError> {
        let unknown = || CostError::ClassUnknown { node: node.clone(), class: class.clone() };
        let rates = self.classes.get(class).copied().ok_or_else(unknown)?;
        let found = rates.core_hour.max(rates.gibibyte_hour);
        if found > Rates::MOST { Err(CostError::Rate { class: class.clone(), found }) } else { Ok(rates) }
    }
}
