//! The filter of a program whose files are watched: every call that takes a path, makes a file, or gives bytes from
//! elsewhere is the parent's to make, or is refused.
//!
//! Refused is what would go past that: files without a path, another root, descriptors and memory of other processes,
//! processes that nobody traces, calls of another architecture. So is what would make the program less mighty than the
//! parent that makes its calls. Each reason stands at its call; `docs/spec/formats.md` (F-TRACE) has them for readers.

use libc::{EACCES, ENODATA, ENOSYS, EPERM, c_int, c_long, sock_filter};

use super::{
    ARCH, ARCHITECTURE, MAP_ANONYMOUS, NUMBER, PROT_EXEC, READ_IMPLIES_EXEC, allow, argument, ask, jump,
    load, on, only, refuse,
};

/// New namespaces (paths, users and process numbers would mean something else), and children without a tracer.
const ELSEWHERE: u32 = libc::CLONE_NEWNS.unsigned_abs()
    | libc::CLONE_NEWUSER.unsigned_abs()
    | libc::CLONE_NEWPID.unsigned_abs()
    | libc::CLONE_NEWNET.unsigned_abs()
    | libc::CLONE_NEWIPC.unsigned_abs()
    | libc::CLONE_NEWUTS.unsigned_abs()
    | libc::CLONE_NEWCGROUP.unsigned_abs();
const UNTRACED: u32 = libc::CLONE_UNTRACED.unsigned_abs();
const SHARES_FOLDER: u32 = libc::CLONE_FS.unsigned_abs();
const IS_THREAD: u32 = libc::CLONE_THREAD.unsigned_abs();
const REMOVE_FOLDER: u32 = libc::AT_REMOVEDIR.unsigned_abs();
/// An id that stays as it is.
const KEEP: u32 = u32::MAX;

/// Numbers of Linux 6.13 that are the same everywhere.
const GETXATTRAT: c_long = 464;
const LISTXATTRAT: c_long = 465;
/// The call does nothing, and gives zero.
const NO_ERROR: c_int = 0;
/// Of the kinds of sockets, which an option may stand beside.
const KIND: u32 = 0xf;
/// Who gets other limits by prlimit(2): the caller.
const SELF: u32 = 0;

/// Calls that the parent makes, whatever their arguments are.
const ASKED: &[c_long] = &[
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_truncate,
    libc::SYS_mknodat,
    libc::SYS_socket,
    libc::SYS_renameat,
    // Left to the program: only that it moves is told.
    libc::SYS_chdir,
    libc::SYS_fchdir,
];

/// Those that only older architectures have.
#[cfg(target_arch = "x86_64")]
const ASKED_OF_OLD: &[c_long] = &[
    libc::SYS_open,
    libc::SYS_creat,
    libc::SYS_rename,
    libc::SYS_link,
    libc::SYS_symlink,
    libc::SYS_unlink,
    libc::SYS_mknod,
];
#[cfg(not(target_arch = "x86_64"))]
const ASKED_OF_OLD: &[c_long] = &[];

/// The first number that nobody has looked at: what a newer kernel has may go past the parent, and programs must do without it
/// on an older one anyway. Up to here it was all looked at (Linux 6.16: open_tree_attr, which makes mounts, is the first).
const UNKNOWN: u32 = 467;

/// Calls that fail, each with the error that programs expect where the kernel has no such thing, or does not permit it.
const REFUSED: &[(c_long, c_int)] = &[
    // Opens files without a call.
    (libc::SYS_io_uring_setup, ENOSYS),
    // Opens files without a path.
    (libc::SYS_open_by_handle_at, EPERM),
    (libc::SYS_fanotify_init, EPERM),
    // Takes descriptors, memory and stacks from other processes, or what they are told by the kernel; or runs them.
    (libc::SYS_pidfd_getfd, EPERM),
    (libc::SYS_process_vm_readv, EPERM),
    (libc::SYS_process_vm_writev, EPERM),
    (libc::SYS_ptrace, EPERM),
    // A path means another file afterwards.
    (libc::SYS_chroot, EPERM),
    (libc::SYS_pivot_root, EPERM),
    (libc::SYS_setns, EPERM),
    (libc::SYS_mount, EPERM),
    (libc::SYS_umount2, EPERM),
    (libc::SYS_move_mount, EPERM),
    (libc::SYS_open_tree, EPERM),
    (libc::SYS_fsopen, EPERM),
    (libc::SYS_fsconfig, EPERM),
    (libc::SYS_fsmount, EPERM),
    (libc::SYS_fspick, EPERM),
    (libc::SYS_mount_setattr, EPERM),
    (libc::SYS_perf_event_open, EPERM),
    (libc::SYS_syslog, EPERM),
    // The machine and its kernel are another afterwards.
    (libc::SYS_init_module, EPERM),
    (libc::SYS_finit_module, EPERM),
    (libc::SYS_kexec_load, EPERM),
    (libc::SYS_kexec_file_load, EPERM),
    // Its flags are in memory, where no filter sees them: programs fall back on clone(2).
    (libc::SYS_clone3, ENOSYS),
    // Bytes of others without a file or a socket.
    (libc::SYS_mq_open, ENOSYS),
    (libc::SYS_msgget, ENOSYS),
    (libc::SYS_msgrcv, ENOSYS),
    (libc::SYS_shmget, ENOSYS),
    (libc::SYS_shmat, ENOSYS),
    (libc::SYS_semget, ENOSYS),
    (libc::SYS_semctl, ENOSYS),
    (libc::SYS_semop, ENOSYS),
    (libc::SYS_semtimedop, ENOSYS),
    // A pair that is connected to itself can be given a name, and then hear others.
    (libc::SYS_bind, EACCES),
    (libc::SYS_connect, EACCES),
    (libc::SYS_listen, EACCES),
    (libc::SYS_accept, EACCES),
    (libc::SYS_accept4, EACCES),
    // Attributes can hold as many bytes as a small file: there are none.
    (libc::SYS_getxattr, ENODATA),
    (libc::SYS_lgetxattr, ENODATA),
    (libc::SYS_fgetxattr, ENODATA),
    (libc::SYS_listxattr, NO_ERROR),
    (libc::SYS_llistxattr, NO_ERROR),
    (libc::SYS_flistxattr, NO_ERROR),
    (GETXATTRAT, ENODATA),
    (LISTXATTRAT, NO_ERROR),
    (libc::SYS_add_key, ENOSYS),
    (libc::SYS_request_key, ENOSYS),
    (libc::SYS_keyctl, ENOSYS),
    (libc::SYS_bpf, EPERM),
    // The parent makes the calls with its own rights.
    (libc::SYS_capset, EPERM),
    (libc::SYS_setgroups, EPERM),
    (libc::SYS_landlock_create_ruleset, ENOSYS),
];

/// Calls that change user or group, with the number of ids that they take.
const USERS: &[(c_long, u32)] =
    &[(libc::SYS_setuid, 1), (libc::SYS_setreuid, 2), (libc::SYS_setresuid, 3), (libc::SYS_setfsuid, 1)];
const GROUPS: &[(c_long, u32)] =
    &[(libc::SYS_setgid, 1), (libc::SYS_setregid, 2), (libc::SYS_setresgid, 3), (libc::SYS_setfsgid, 1)];

/// What a program may not ask of prctl(2): to have fewer rights than the parent, memory that the parent cannot read, or to be
/// shown as another program.
const OF_ITSELF: [c_int; 4] =
    [libc::PR_CAPBSET_DROP, libc::PR_SET_SECUREBITS, libc::PR_SET_DUMPABLE, libc::PR_SET_MM];

/// The filter's program, for processes of this user and group.
pub(crate) fn program(user: u32, group: u32) -> Vec<sock_filter> {
    let mut code = vec![
        load(ARCH),
        jump(libc::BPF_JEQ, ARCHITECTURE, 1, 0),
        refuse(ENOSYS),
        load(NUMBER),
        // Numbers of another architecture are higher still.
        jump(libc::BPF_JGE, UNKNOWN, 0, 1),
        refuse(ENOSYS),
    ];
    let executable = jump(libc::BPF_JSET, PROT_EXEC, 1, 0);
    let of_a_file = jump(libc::BPF_JSET, MAP_ANONYMOUS, 0, 1);
    code.extend(on(
        libc::SYS_mmap,
        &[load(argument(2)), executable, allow(), load(argument(3)), of_a_file, allow(), ask()],
    ));
    for call in [libc::SYS_mprotect, libc::SYS_pkey_mprotect] {
        code.extend(on(call, &[load(argument(2)), executable, allow(), ask()]));
    }
    for &call in ASKED.iter().chain(ASKED_OF_OLD) {
        code.extend(on(call, &[ask()]));
    }
    code.extend(on(libc::SYS_unlinkat, &unless(2, REMOVE_FOLDER, allow(), ask())));
    code.extend(on(libc::SYS_clone, &cloning()));
    code.extend(on(libc::SYS_unshare, &unless(0, ELSEWHERE, refuse(EPERM), allow())));
    let only_asks = jump(libc::BPF_JEQ, u32::MAX, 2, 0);
    let reading_executes = jump(libc::BPF_JSET, READ_IMPLIES_EXEC, 0, 1);
    code.extend(on(
        libc::SYS_personality,
        &[load(argument(0)), only_asks, reading_executes, refuse(EPERM), allow()],
    ));
    code.extend(on(libc::SYS_prctl, &of_itself()));
    // Datagrams come from whoever knows a socket's name; the ends of a stream are each other's.
    let [stream, packets] = [libc::SOCK_STREAM, libc::SOCK_SEQPACKET].map(i32::unsigned_abs);
    code.extend(on(
        libc::SYS_socketpair,
        &[
            load(argument(1)),
            only(KIND),
            jump(libc::BPF_JEQ, stream, 2, 0),
            jump(libc::BPF_JEQ, packets, 1, 0),
            refuse(EACCES),
            allow(),
        ],
    ));
    code.extend(on(
        libc::SYS_prlimit64,
        &[load(argument(0)), jump(libc::BPF_JEQ, SELF, 1, 0), refuse(EPERM), allow()],
    ));
    for (calls, id) in [(USERS, user), (GROUPS, group)] {
        for &(call, ids) in calls {
            code.extend(on(call, &unchanged(ids, id)));
        }
    }
    for &(call, errno) in REFUSED {
        code.extend(on(call, &[refuse(errno)]));
    }
    code.push(allow());
    code
}

/// One verdict if the argument has any of these bits, else the other.
fn unless(index: u32, bits: u32, some: sock_filter, none: sock_filter) -> [sock_filter; 4] {
    [load(argument(index)), jump(libc::BPF_JSET, bits, 0, 1), some, none]
}

/// Making a process or a thread. A process that shares its maker's working directory can move it.
fn cloning() -> [sock_filter; 7] {
    let shares = jump(libc::BPF_JSET, SHARES_FOLDER, 0, 1);
    let is_thread = jump(libc::BPF_JSET, IS_THREAD, 0, 1);
    [
        load(argument(0)),
        jump(libc::BPF_JSET, ELSEWHERE | UNTRACED, 0, 1),
        refuse(EPERM),
        shares,
        is_thread,
        allow(),
        ask(),
    ]
}

fn of_itself() -> Vec<sock_filter> {
    let mut code = vec![load(argument(0))];
    for option in OF_ITSELF {
        code.extend([jump(libc::BPF_JEQ, option.unsigned_abs(), 0, 1), refuse(EPERM)]);
    }
    code.push(allow());
    code
}

/// Allowed as long as each id is the one that the process has.
fn unchanged(ids: u32, id: u32) -> Vec<sock_filter> {
    let each = |index| {
        [load(argument(index)), jump(libc::BPF_JEQ, id, 2, 0), jump(libc::BPF_JEQ, KEEP, 1, 0), refuse(EPERM)]
    };
    (0..ids).flat_map(each).chain([allow()]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::interpret;
    use super::*;

    fn native(number: i64, arguments: [u64; 6]) -> u32 {
        interpret(&program(1000, 100), ARCHITECTURE, number, arguments)
    }

    const ALLOWED: u32 = libc::SECCOMP_RET_ALLOW;
    const WAS_ASKED: u32 = libc::SECCOMP_RET_USER_NOTIF;

    const fn refused(errno: i32) -> u32 {
        libc::SECCOMP_RET_ERRNO | errno.unsigned_abs()
    }

    #[test]
    fn files_are_the_parents_to_open_and_folders_the_programs_to_remove() {
        for call in ASKED.iter().chain(ASKED_OF_OLD) {
            assert_eq!(native(*call, [0; 6]), WAS_ASKED, "{call}");
        }
        assert_eq!(native(libc::SYS_unlinkat, [0; 6]), WAS_ASKED);
        assert_eq!(native(libc::SYS_unlinkat, [0, 0, u64::from(REMOVE_FOLDER), 0, 0, 0]), ALLOWED);
        assert_eq!(native(libc::SYS_mmap, [0, 1, 5, 2, 3, 0]), WAS_ASKED);
        assert_eq!(native(libc::SYS_mmap, [0, 1, 5, 0x22, 3, 0]), ALLOWED);
        assert_eq!(native(libc::SYS_mprotect, [0, 1, 3, 0, 0, 0]), ALLOWED);
        assert_eq!(native(libc::SYS_read, [7; 6]), ALLOWED);
    }

    #[test]
    fn what_goes_past_the_parent_is_refused() {
        for (call, errno) in REFUSED {
            assert_eq!(native(*call, [0; 6]), refused(*errno), "{call}");
        }
        assert_eq!(native(libc::SYS_clone, [u64::from(UNTRACED), 0, 0, 0, 0, 0]), refused(EPERM));
        assert_eq!(native(libc::SYS_clone, [0x0125_0f00 & !0x0080_0000, 0, 0, 0, 0, 0]), ALLOWED);
        let user_namespace = libc::CLONE_NEWUSER.unsigned_abs().into();
        assert_eq!(native(libc::SYS_unshare, [user_namespace, 0, 0, 0, 0, 0]), refused(EPERM));
        assert_eq!(native(libc::SYS_unshare, [libc::CLONE_FS.unsigned_abs().into(), 0, 0, 0, 0, 0]), ALLOWED);
        assert_eq!(native(libc::SYS_prctl, [4, 0, 0, 0, 0, 0]), refused(EPERM));
        assert_eq!(native(libc::SYS_prctl, [15, 0, 0, 0, 0, 0]), ALLOWED);
        for (kind, verdict) in
            [(1, ALLOWED), (0x8_0005, ALLOWED), (2, refused(EACCES)), (0x802, refused(EACCES))]
        {
            assert_eq!(native(libc::SYS_socketpair, [1, kind, 0, 0, 0, 0]), verdict, "{kind:#x}");
        }
        assert_eq!(native(libc::SYS_prlimit64, [0, 7, 0, 0, 0, 0]), ALLOWED);
        assert_eq!(native(libc::SYS_prlimit64, [4711, 7, 0, 0, 0, 0]), refused(EPERM));
        assert_eq!(native(466, [0; 6]), ALLOWED);
        assert_eq!(native(467, [0; 6]), refused(ENOSYS));
        assert_eq!(native(0x4000_0001, [0; 6]), refused(ENOSYS));
        assert_eq!(interpret(&program(0, 0), 0x4000_0003, 1, [0; 6]), refused(ENOSYS));
        assert_eq!(native(libc::SYS_personality, [0x40_0000, 0, 0, 0, 0, 0]), refused(EPERM));
        assert_eq!(native(libc::SYS_personality, [0xffff_ffff, 0, 0, 0, 0, 0]), ALLOWED);
    }

    #[test]
    fn a_process_that_shares_a_folder_and_is_no_thread_is_told() {
        let (shares, thread) = (u64::from(SHARES_FOLDER), u64::from(IS_THREAD));
        assert_eq!(native(libc::SYS_clone, [shares, 0, 0, 0, 0, 0]), WAS_ASKED);
        assert_eq!(native(libc::SYS_clone, [shares | thread, 0, 0, 0, 0, 0]), ALLOWED);
        assert_eq!(native(libc::SYS_clone, [0; 6]), ALLOWED);
        assert_eq!(native(libc::SYS_clone, [shares | u64::from(UNTRACED), 0, 0, 0, 0, 0]), refused(EPERM));
    }

    #[test]
    fn a_program_stays_the_user_that_it_is() {
        let keep = u64::from(KEEP);
        assert_eq!(native(libc::SYS_setresuid, [1000, keep, 1000, 0, 0, 0]), ALLOWED);
        assert_eq!(native(libc::SYS_setresuid, [1000, keep, 0, 0, 0, 0]), refused(EPERM));
        assert_eq!(native(libc::SYS_setgid, [100, 0, 0, 0, 0, 0]), ALLOWED);
        assert_eq!(native(libc::SYS_setgid, [1000, 0, 0, 0, 0, 0]), refused(EPERM));
    }
}
