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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::Bits;

    /// Whether a call with these arguments is refused.
    fn refused(call: i64, arguments: [i32; 4]) -> bool {
        let holds = |bits: &Bits| {
            u64::from(arguments[usize::from(bits.argument)].cast_unsigned()) & bits.mask == bits.value
        };
        let mut limited = RIGHTS.iter().chain(RIGHTS_OLDER).chain([&TYPING]);
        let limited = limited.find(|limited| limited.call.number == call).unwrap();
        limited.rows.iter().any(|row| row.iter().all(holds))
    }

    #[test]
    fn a_file_is_made_with_its_owner_s_or_group_s_rights_in_no_way() {
        for rights in [0o4000, 0o2000, 0o6000] {
            for flags in [libc::O_CREAT, libc::O_TMPFILE, libc::O_TMPFILE | libc::O_CREAT] {
                assert!(refused(libc::SYS_openat, [0, 0, flags | libc::O_RDWR, rights | 0o755]));
                assert!(!refused(libc::SYS_openat, [0, 0, flags | libc::O_RDWR, 0o1755]));
            }
            // Who makes no file says no mode: there is whatever was there before.
            for flags in [libc::O_RDONLY, libc::O_RDWR, libc::O_DIRECTORY, libc::O_PATH | libc::O_DIRECTORY] {
                assert!(!refused(libc::SYS_openat, [0, 0, flags, rights]), "{flags:#x}");
            }
            assert!(refused(libc::SYS_fchmod, [0, rights | 0o755, 0, 0]));
            for call in [libc::SYS_fchmodat, libc::SYS_fchmodat2, libc::SYS_mkdirat, libc::SYS_mknodat] {
                assert!(refused(call, [0, 0, rights | 0o755, 0]) && !refused(call, [0, 0, 0o1755, 0]));
            }
        }
    }

    #[test]
    fn nothing_is_typed_for_somebody_else() {
        assert!(refused(libc::SYS_ioctl, [0, 0x5412, 0, 0]) && refused(libc::SYS_ioctl, [0, 0x541c, 0, 0]));
        assert!(!refused(libc::SYS_ioctl, [0, 0x5413, 0, 0]));
    }
}
