//! An execution environment as it is offered, and what it costs besides what the workload asks for.

use cdi_types::{EnvironmentKind, Name, Overheads};

use super::stock::Described;

/// An environment that nodes offer, described once for all nodes where it is the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offer {
    /// Its name.
    pub name: Name,
    /// What it can run.
    pub kind: EnvironmentKind,
    /// What it meets, on whatever node.
    pub meets: Described,
    /// What it takes.
    pub overheads: Overheads,
}
