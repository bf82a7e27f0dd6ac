//! What programs in containers may not do, in the manner of the runtimes' own usual profiles: what makes namespaces, mounts or
//! rings, what looks into other processes or the kernel, what changes the host, and what leads to its daemons.
//!
//! A list of what is allowed would be closed, and does not fit: `runc` limits the address space of its process before it makes
//! the filter in it, and has memory left for a hundred rules or two.

use super::{Bits, Call, Limited, bits};

/// Calls with whatever arguments.
pub(crate) const DENIED: &[Call] = calls![
    // Namespaces, mounts and roots.
    SYS_unshare,
    SYS_setns,
    // Its arguments lie in memory; libraries use clone(2) where it is not there.
    SYS_clone3,
    SYS_mount,
    SYS_umount2,
    SYS_mount_setattr,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_pivot_root,
    SYS_chroot,
    SYS_quotactl,
    SYS_quotactl_fd,
    SYS_swapon,
    SYS_swapoff,
    // Files by handles, by events, and with arguments that no filter sees.
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_lookup_dcookie,
    SYS_fanotify_init,
    SYS_fanotify_mark,
    SYS_openat2,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    // Other processes.
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_process_madvise,
    SYS_process_mrelease,
    SYS_pidfd_getfd,
    SYS_kcmp,
    // The kernel, its keys, its clock, its name and its memory.
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_reboot,
    SYS_acct,
    SYS_syslog,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_vhangup,
    SYS_personality,
    SYS_mbind,
    SYS_get_mempolicy,
    SYS_set_mempolicy,
    SYS_migrate_pages,
    SYS_move_pages,
    SYS_memfd_secret,
    SYS_nfsservctl,
];

/// The same that other architectures never had.
#[cfg(target_arch = "x86_64")]
pub(crate) const DENIED_OLDER: &[Call] =
    calls![SYS__sysctl, SYS_sysfs, SYS_uselib, SYS_ustat, SYS_ioperm, SYS_iopl, SYS_modify_ldt,];
#[cfg(not(target_arch = "x86_64"))]
pub(crate) const DENIED_OLDER: &[Call] = &[];

/// Families of sockets beside 2 and 10 (Internet) and 16 (what the kernel tells of networks), all of them below 64. Those of
/// files (1) lead to daemons of the host in directories that were given, others to a hypervisor (40), or into parts of the
/// kernel that few have looked at.
const FAMILIES: &[&[Bits]] = &[
    &[bits(0, 1, 1)],
    &[bits(0, 4, 4)],
    &[bits(0, 32, 32)],
    &[bits(0, 0x1f, 8)],
    &[bits(0, 0x12, 0x12)],
    &[bits(0, 0x18, 0x18)],
];

/// Flags of clone(2) that make namespaces: all that it takes.
const NAMESPACES: &[&[Bits]] = &[
    &[bits(0, 0x0002_0000, 0x0002_0000)],
    &[bits(0, 0x0200_0000, 0x0200_0000)],
    &[bits(0, 0x0400_0000, 0x0400_0000)],
    &[bits(0, 0x0800_0000, 0x0800_0000)],
    &[bits(0, 0x1000_0000, 0x1000_0000)],
    &[bits(0, 0x2000_0000, 0x2000_0000)],
    &[bits(0, 0x4000_0000, 0x4000_0000)],
];

/// Calls with these arguments. A pair of sockets that is not connected for good (2, and 3 by another name) can be led to a
/// file's socket later.
pub(crate) const DENIED_WITH: &[Limited] = &[
    Limited { call: call!(SYS_clone), rows: NAMESPACES },
    Limited { call: call!(SYS_socket), rows: FAMILIES },
    Limited { call: call!(SYS_socketpair), rows: &[&[bits(1, 0xf, 2)], &[bits(1, 0xf, 3)]] },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(call: i64, arguments: [u64; 2]) -> bool {
        let holds = |bits: &Bits| arguments[usize::from(bits.argument)] & bits.mask == bits.value;
        let limited = DENIED_WITH.iter().find(|limited| limited.call.number == call).unwrap();
        limited.rows.iter().any(|row| row.iter().all(holds))
    }

    #[test]
    fn all_families_but_three_are_denied() {
        let open: Vec<u64> = (1..64).filter(|family| !denied(libc::SYS_socket, [*family, 1])).collect();
        assert_eq!(open, [2, 10, 16]);
        // The kernel looks at the lower half only.
        assert!(denied(libc::SYS_socket, [1 << 32 | 1, 1]));
    }

    #[test]
    fn pairs_are_connected_for_good() {
        // With flags that say how it is opened.
        let open: Vec<u64> =
            (1..8).filter(|kind| !denied(libc::SYS_socketpair, [1, kind | 0o2_004_000])).collect();
        assert_eq!(open, [1, 4, 5, 6, 7], "4, 6 and 7 are not of this family");
    }

    #[test]
    fn processes_are_made_and_namespaces_are_not() {
        assert!(!denied(libc::SYS_clone, [libc::SIGCHLD.unsigned_abs().into(), 0]));
        for flag in [
            libc::CLONE_NEWNS,
            libc::CLONE_NEWCGROUP,
            libc::CLONE_NEWUTS,
            libc::CLONE_NEWIPC,
            libc::CLONE_NEWUSER,
            libc::CLONE_NEWPID,
            libc::CLONE_NEWNET,
        ] {
            assert!(denied(libc::SYS_clone, [flag.unsigned_abs().into(), 0]), "{flag:#x}");
        }
    }
}
