//! System calls that programs of the gate may make, by the names that runtimes know and the numbers that the kernel does. What
//! is on no list is as if the kernel did not have it. Rules: `docs/spec/gate.md` (G-CONFINED, G-CONTAINER, G-RIGHTS).

macro_rules! calls {
    ($($name:ident),* $(,)?) => {
        &[$(call!($name)),*]
    };
}
macro_rules! call {
    ($name:ident) => {
        $crate::calls::Call { constant: stringify!($name), number: libc::$name }
    };
}

mod allowed;
pub(crate) mod bpf;
mod contained;
pub(crate) mod oci;
mod refused;

/// A system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Call {
    constant: &'static str,
    /// Its number on this machine.
    pub(crate) number: i64,
}

impl Call {
    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        self.constant.strip_prefix("SYS_").unwrap_or(self.constant)
    }
}

/// What an argument must be: of the bits of the mask exactly these. The kernel looks at the lower half of most arguments only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bits {
    pub(crate) argument: u8,
    pub(crate) mask: u64,
    pub(crate) value: u64,
}

/// A call with some arguments only: with those for which all of one of the rows hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limited {
    pub(crate) call: Call,
    pub(crate) rows: &'static [&'static [Bits]],
}

const fn bits(argument: u8, mask: u64, value: u64) -> Bits {
    Bits { argument, mask, value }
}

const fn is(argument: u8, value: u64) -> Bits {
    bits(argument, 0xffff_ffff, value)
}

#[cfg(test)]
mod tests {
    use super::Call;
    use super::allowed::{CONFINED, OLDER};
    use super::contained::{DENIED, DENIED_OLDER};

    #[test]
    fn calls_that_leave_the_process_are_on_no_list() {
        let allowed = |number: i64| CONFINED.iter().chain(OLDER).any(|call| call.number == number);
        for denied in DENIED.iter().chain(DENIED_OLDER) {
            assert!(!allowed(denied.number), "{}", denied.name());
        }
        let limited = [libc::SYS_clone, libc::SYS_socket, libc::SYS_socketpair];
        let processes = [libc::SYS_fork, libc::SYS_vfork];
        let hidden = [libc::SYS_memfd_create, libc::SYS_shmget, libc::SYS_mknodat, libc::SYS_mknod];
        for call in limited.into_iter().chain(processes).chain(hidden) {
            assert!(!allowed(call), "{call}");
        }
    }

    #[test]
    fn a_call_is_named_as_the_kernel_names_it() {
        let named = |call: &Call| call.number == libc::SYS_unshare && call.name() == "unshare";
        assert!(DENIED.iter().any(named));
    }
}
