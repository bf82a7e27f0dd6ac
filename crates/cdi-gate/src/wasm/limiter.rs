//! What a guest may use up of the host's memory.
//!
//! Counted is what the guest itself asks for: linear memory and table elements. The engine's own bookkeeping, the
//! machine code and open files are not; a control group bounds those.

use std::fmt;

use wasmtime::{Error, ResourceLimiter};

/// Tables that one guest may have: toolchains emit one, for indirect calls.
const MAX_TABLES: usize = 8;
/// Elements of one table: ten times what the largest programs have functions; 16 bytes each at most.
const MAX_TABLE_ELEMENTS: usize = 1_000_000;

/// A growth that the limits refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Linear memory, in bytes.
    Memory {
        /// The size asked for.
        wanted: u64,
        /// The largest size allowed.
        limit: u64,
    },
    /// A table, in elements.
    Table {
        /// The size asked for.
        wanted: u64,
        /// The largest size allowed.
        limit: u64,
    },
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Memory { .. } => "memory-limit-exceeded",
            Self::Table { .. } => "table-limit-exceeded",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory { wanted, limit } => {
                write!(f, "it asked for {wanted} bytes of memory, limit {limit}")
            }
            Self::Table { wanted, limit } => {
                write!(f, "it asked for a table of {wanted} elements, limit {limit}")
            }
        }
    }
}

/// The limits of one guest, and the last growth that they refused.
#[derive(Debug)]
pub(super) struct Limiter {
    memory_bytes: u64,
    refused: Option<Refusal>,
}

impl Limiter {
    pub(super) const fn new(memory_bytes: u64) -> Self {
        Self { memory_bytes, refused: None }
    }

    /// The last growth that was refused.
    pub(super) const fn refused(&self) -> Option<Refusal> {
        self.refused
    }

    fn grant_memory(&mut self, desired: usize) -> bool {
        let (wanted, limit) = (desired as u64, self.memory_bytes);
        self.grant(wanted, limit, Refusal::Memory { wanted, limit })
    }

    fn grant_table(&mut self, desired: usize) -> bool {
        let (wanted, limit) = (desired as u64, MAX_TABLE_ELEMENTS as u64);
        self.grant(wanted, limit, Refusal::Table { wanted, limit })
    }

    /// Whether `wanted` is within `limit`; remembers `refusal` if not.
    fn grant(&mut self, wanted: u64, limit: u64, refusal: Refusal) -> bool {
        let granted = wanted <= limit;
        if !granted {
            self.refused = Some(refusal);
        }
        granted
    }
}

impl ResourceLimiter for Limiter {
    /// `Ok(false)`, not an error: the guest sees a failed growth, as WebAssembly provides, and may cope with it.
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, Error> {
        Ok(self.grant_memory(desired))
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, Error> {
        Ok(self.grant_table(desired))
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    /// One, so that the limit of one memory is the limit of all; every profile has several memories off.
    fn memories(&self) -> usize {
        1
    }
}

/// The interpreter asks the same questions.
#[cfg(feature = "wasmi")]
impl wasmi::ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, wasmi_core::LimiterError> {
        Ok(self.grant_memory(desired))
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool, wasmi_core::LimiterError> {
        Ok(self.grant_table(desired))
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_up_to_the_limit_is_granted() {
        let mut limiter = Limiter::new(65_536);
        assert!(limiter.memory_growing(0, 65_536, None).unwrap());
        assert_eq!(limiter.refused(), None);
    }

    #[test]
    fn memory_beyond_the_limit_is_refused_and_remembered() {
        let mut limiter = Limiter::new(65_535);
        assert!(!limiter.memory_growing(0, 65_536, None).unwrap());
        assert_eq!(limiter.refused(), Some(Refusal::Memory { wanted: 65_536, limit: 65_535 }));
    }

    #[test]
    fn a_huge_table_is_refused() {
        let mut limiter = Limiter::new(0);
        assert!(!limiter.table_growing(0, 1_000_001, None).unwrap());
        assert_eq!(limiter.refused().map(Refusal::code), Some("table-limit-exceeded"));
    }

    #[test]
    fn a_table_up_to_the_limit_is_granted() {
        let mut limiter = Limiter::new(0);
        assert!(limiter.table_growing(0, MAX_TABLE_ELEMENTS, None).unwrap());
        assert_eq!(limiter.refused(), None);
    }

    /// By these numbers the limit of one memory and of one table is a limit of the guest.
    #[test]
    fn a_guest_has_one_memory_and_few_tables() {
        let limiter = Limiter::new(0);
        assert_eq!((limiter.instances(), limiter.memories(), limiter.tables()), (1, 1, 8));
    }
}
