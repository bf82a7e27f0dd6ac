//! A machine that code can be placed on.

use cdi_types::Name;

use super::stock::{Described, OfferId};

/// How much of a machine: of what it has, of what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Resources {
    /// Thousandths of a core.
    pub cpu_milli: u64,
    /// Bytes of memory.
    pub memory_bytes: u64,
}

impl Resources {
    /// The most that a node may have, in thousandths of a core: two million cores.
    pub const MOST_CPU_MILLI: u64 = i32::MAX as u64;
    /// The most that it may have, in bytes: 128 TiB.
    pub const MOST_MEMORY_BYTES: u64 = 1 << 47;

    /// Whether there is so much of both.
    #[must_use]
    pub const fn hold(&self, asked: &Self) -> bool {
        self.cpu_milli >= asked.cpu_milli && self.memory_bytes >= asked.memory_bytes
    }

    /// What is left when `taken` is taken; `None` if there is not so much.
    #[must_use]
    pub fn less(&self, taken: &Self) -> Option<Self> {
        Some(Self {
            cpu_milli: self.cpu_milli.checked_sub(taken.cpu_milli)?,
            memory_bytes: self.memory_bytes.checked_sub(taken.memory_bytes)?,
        })
    }

    /// Both together.
    #[must_use]
    pub const fn and(&self, other: &Self) -> Self {
        Self {
            cpu_milli: self.cpu_milli.saturating_add(other.cpu_milli),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
        }
    }

    pub(crate) const fn is_none(&self) -> bool {
        self.cpu_milli == 0 && self.memory_bytes == 0
    }

    pub(crate) const fn is_within_limits(&self) -> bool {
        self.cpu_milli <= Self::MOST_CPU_MILLI && self.memory_bytes <= Self::MOST_MEMORY_BYTES
    }
}

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
