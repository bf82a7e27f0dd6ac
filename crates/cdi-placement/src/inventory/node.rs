//! A machine that code can be placed on.

use cdi_types::{Name, Resources};

use super::stock::{Described, OfferId};

/// A node, as it is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name, which no other node has.
    pub name: Name,
    /// Its class: what its resources cost.
    pub class: Name,
    /// Its processors' architecture.
    pub architecture: Name,
    /// All that it has.
    pub capacity: Resources,
    /// What of that can be given to workloads.
    pub allocatable: Resources,
    /// What of that is given already.
    pub in_use: Resources,
    /// What it meets in every environment, such as where it stands.
    pub meets: Described,
    /// Its environments, of different names.
    pub environments: Vec<OfferId>,
}
