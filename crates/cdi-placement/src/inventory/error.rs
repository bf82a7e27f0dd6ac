//! What cannot stand in an inventory.

use cdi_types::{Name, Overheads, Resources};

use super::stock::{ATOMS, NODES, ROWS};

/// Why something is not taken into an inventory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InventoryError {
    /// Two nodes have one name.
    #[error("the inventory has two nodes `{node}`")]
    NodeTwice {
        /// The name.
        node: Name,
    },
    /// A node offers two environments of one name.
    #[error("node `{node}` offers two environments `{environment}`")]
    EnvironmentTwice {
        /// The node.
        node: Name,
        /// The environment.
        environment: Name,
    },
    /// A place would have two values of one property.
    #[error("{at} would have the property `{property}` with two values, `{one}` and `{other}`")]
    TwoValues {
        /// The node or the description.
        at: String,
        /// The property.
        property: String,
        /// One value.
        one: String,
        /// The other.
        other: String,
    },
    /// More can be given or is given than there is.
    #[error("node `{node}` has {what} than there is")]
    Overcommitted {
        /// The node.
        node: Name,
        /// What there is too much of.
        what: &'static str,
    },
    /// A node is larger than any.
    #[error(
        "node `{node}` is said to have {} thousandths of a core and {} bytes; at most {} and {} are read",
        found.cpu_milli, found.memory_bytes, Resources::MOST_CPU_MILLI, Resources::MOST_MEMORY_BYTES
    )]
    NodeSize {
        /// The node.
        node: Name,
        /// What it is said to have.
        found: Resources,
    },
    /// Overheads that no environment has.
    #[error(
        "environment `{environment}` has overheads that cannot be: from 1000 to {} thousandths of slowdown, up to {} us of \
         start-up and a whole node's resources are read",
        Overheads::MOST_SLOWDOWN_PERMILLE,
        Overheads::MOST_START_UP_MICROS
    )]
    Overheads {
        /// The environment.
        environment: Name,
    },
    /// A description or environment of another inventory.
    #[error("`{of}` names a description or environment that this inventory does not have")]
    Unknown {
        /// What names it.
        of: Name,
    },
    /// Too many nodes, or too many environments on them.
    #[error("an inventory has at most {NODES} nodes and {ROWS} environments on them")]
    Nodes,
    /// Too many different things are met.
    #[error("an inventory meets at most {ATOMS} different things that principals want")]
    Atoms,
}

impl InventoryError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NodeTwice { .. } => "inventory-node-twice",
            Self::EnvironmentTwice { .. } => "inventory-environment-twice",
            Self::TwoValues { .. } => "inventory-two-values",
            Self::Overcommitted { .. } => "inventory-overcommitted",
            Self::NodeSize { .. } => "limit-node-size",
            Self::Overheads { .. } => "inventory-overheads",
            Self::Unknown { .. } => "inventory-unknown",
            Self::Nodes => "limit-inventory-nodes",
            Self::Atoms => "limit-inventory-atoms",
        }
    }
}
