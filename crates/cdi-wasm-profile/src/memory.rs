//! How a profile lays out a linear memory, and what keeps the guest inside it.

/// Address space that [`Profile::GuardPages`](crate::Profile::GuardPages) reserves for one linear memory: 4 GiB, all
/// that a 32-bit index can reach.
pub const RESERVATION: u64 = 4 << 30;

/// Unmapped address space behind the reservation: 32 MiB, which takes in the constant offset of an access up to that
/// size. Code with a larger offset gets an explicit check in either profile.
pub const GUARD_SIZE: u64 = 32 << 20;

/// Address space kept free behind a memory that has to move when it grows, so that not every growth copies it.
const ROOM_TO_GROW: u64 = 16 << 20;

/// What stops an access outside a linear memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BoundsChecks {
    /// Pages that the *host* leaves unmapped; the machine code holds no check for most accesses.
    GuardPages,
    /// A comparison in the machine code before every access that is not provably inside.
    Explicit,
}

impl BoundsChecks {
    /// The stable name that settings carry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::GuardPages => "guard-pages",
            Self::Explicit => "explicit",
        }
    }
}

/// The parameters of linear memories that code generator and host must agree on, sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MemoryLayout {
    /// Address space reserved for each memory.
    pub reservation: u64,
    /// Unmapped address space behind (and, with `guard_before`, in front of) the reservation.
    pub guard_size: u64,
    /// Address space kept free for growth, once a memory has moved; nothing in the machine code depends on it.
    pub reservation_for_growth: u64,
    /// Whether there is a guard in front of the memory too, against faults of the code generator.
    pub guard_before: bool,
    /// Whether growth may move a memory.
    pub may_move: bool,
    /// Whether initial contents are mapped copy-on-write, not copied.
    pub copy_on_write: bool,
}

impl MemoryLayout {
    /// Guard pages all around; memories never move.
    pub(crate) const GUARD_PAGES: Self = Self {
        reservation: RESERVATION,
        guard_size: GUARD_SIZE,
        reservation_for_growth: 0,
        guard_before: true,
        may_move: false,
        copy_on_write: true,
    };

    /// Nothing reserved, nothing unmapped: the code checks for itself.
    pub(crate) const SOFTWARE_CHECKS: Self = Self {
        reservation: 0,
        guard_size: 0,
        reservation_for_growth: ROOM_TO_GROW,
        guard_before: false,
        may_move: true,
        copy_on_write: false,
    };

    /// What the code generator puts out for this layout: it leaves checks away where reservation and guard take in
    /// every 32-bit index.
    #[must_use]
    pub const fn bounds_checks(self) -> BoundsChecks {
        if self.reservation >= RESERVATION && self.guard_size > 0 {
            BoundsChecks::GuardPages
        } else {
            BoundsChecks::Explicit
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_without_guard_has_explicit_checks() {
        let unguarded = MemoryLayout { guard_size: 0, ..MemoryLayout::GUARD_PAGES };
        assert_eq!(unguarded.bounds_checks(), BoundsChecks::Explicit);
    }

    #[test]
    fn the_two_layouts_differ_in_what_checks_bounds() {
        assert_eq!(MemoryLayout::GUARD_PAGES.bounds_checks(), BoundsChecks::GuardPages);
        assert_eq!(MemoryLayout::SOFTWARE_CHECKS.bounds_checks(), BoundsChecks::Explicit);
    }
}
