//! What is refused whatever else is allowed: to whoever starts a program, the runtime of a container too, as to the program.

use super::{Call, Limited, bits, is};

const SET_USER: u64 = libc::S_ISUID as u64;
const SET_GROUP: u64 = libc::S_ISGID as u64;
const CREATES: u64 = libc::O_CREAT as u64;
/// `O_TMPFILE` without the flag that it shares with `O_DIRECTORY`.
const NAMELESS: u64 = (libc::O_TMPFILE & !libc::O_DIRECTORY) as u64;

macro_rules! with_mode {
    ($name:ident, $mode:literal) => {
        Limited {
            call: call!($name),
            rows: &[&[bits($mode, SET_USER, SET_USER)], &[bits($mode, SET_GROUP, SET_GROUP)]],
        }
    };
}
macro_rules! creating {
    ($name:ident, $flags:literal, $mode:literal) => {
        Limited {
            call: call!($name),
            rows: &[
                &[bits($flags, CREATES, CREATES), bits($mode, SET_USER, SET_USER)],
                &[bits($flags, CREATES, CREATES), bits($mode, SET_GROUP, SET_GROUP)],
                &[bits($flags, NAMELESS, NAMELESS), bits($mode, SET_USER, SET_USER)],
                &[bits($flags, NAMELESS, NAMELESS), bits($mode, SET_GROUP, SET_GROUP)],
            ],
        }
    };
}

/// What would give a file the rights of its owner to whoever executes it.
pub(crate) const RIGHTS: &[Limited] = &[
    with_mode!(SYS_fchmod, 1),
    with_mode!(SYS_fchmodat, 2),
    with_mode!(SYS_fchmodat2, 2),
    with_mode!(SYS_mkdirat, 2),
    with_mode!(SYS_mknodat, 2),
    creating!(SYS_openat, 2, 3),
];
/// The same by older names.
#[cfg(target_arch = "x86_64")]
pub(crate) const RIGHTS_OLDER: &[Limited] = &[
    with_mode!(SYS_chmod, 1),
    with_mode!(SYS_creat, 1),
    with_mode!(SYS_mkdir, 1),
    with_mode!(SYS_mknod, 1),
    creating!(SYS_open, 1, 2),
];
#[cfg(not(target_arch = "x86_64"))]
pub(crate) const RIGHTS_OLDER: &[Limited] = &[];
/// What could do the same with arguments that no filter sees.
pub(crate) const UNSEEN: &[Call] = calls![SYS_openat2, SYS_io_uring_setup];

/// Requests of ioctl(2) that put characters into a terminal, as if somebody had typed them.
pub(crate) const TYPING: Limited =
    Limited { call: call!(SYS_ioctl), rows: &[&[is(1, 0x5412)], &[is(1, 0x541c)]] };
