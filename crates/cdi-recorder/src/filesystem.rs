//! File systems whose files are the same bytes to every reader, as far as this machine's kernel can promise.
//!
//! A file system that asks another program or machine for its bytes (FUSE, 9p, NFS, SMB, Ceph) may be given others each
//! time, so that a tool reads what was never measured. The list is closed: what is not on it is refused. Caveat: what lies
//! below a file system of the list (the layers of overlayfs, a loop device's file, a disk of the network) is not looked at.

use std::os::fd::AsFd;

use rustix::fs::fstatfs;

use crate::FileFault;

/// Also memory that has no name (memfd_create(2)).
const TMPFS: u32 = 0x0102_1994;
const RAMFS: u32 = 0x8584_58F6;
const IN_MEMORY: [u32; 2] = [TMPFS, RAMFS];

/// The types of file systems (statfs(2), linux/magic.h and the kernel's sources) whose bytes come from this kernel alone.
const LOCAL: [u32; 22] = [
    0x0000_EF53, // ext2, ext3, ext4
    0x5846_5342, // xfs
    0x9123_683E, // btrfs
    0xF2F5_2010, // f2fs
    0xCA45_1A4E, // bcachefs
    0x2FC1_2FC1, // zfs
    TMPFS,
    RAMFS,
    0x794C_7630, // overlayfs
    0x7371_7368, // squashfs
    0xE0F5_E1E2, // erofs
    0x28CD_3D45, // cramfs
    0x0000_7275, // romfs
    0x0000_9660, // iso9660
    0x1501_3346, // udf
    0x0000_4D44, // vfat
    0x2011_BAB0, // exfat
    0x7366_746E, // ntfs3
    0x3153_464A, // jfs
    0x5265_4973, // reiserfs
    0x0000_3434, // nilfs2
    0x0000_482B, // hfs+
];

/// Holds if an open file, folder or link is on a file system of the list.
pub(crate) fn local(file: impl AsFd) -> Result<(), FileFault> {
    let kind = kind(file)?;
    if LOCAL.contains(&kind) { Ok(()) } else { Err(FileFault::NotLocal { kind }) }
}

/// Whether the file system moves a file's times when somebody stores into memory that maps it, if the page was clean. Those
/// in memory do not: their pages are never clean.
pub(crate) fn tells_of_stores(file: impl AsFd) -> Result<bool, FileFault> {
    Ok(!IN_MEMORY.contains(&kind(file)?))
}

fn kind(file: impl AsFd) -> Result<u32, FileFault> {
    let told = fstatfs(file).map_err(|error| FileFault::Unreadable(error.into()))?;
    // A number of 32 bits, in a field whose width and sign differ between machines.
    Ok(told.f_type as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_views_of_itself_are_no_local_files() {
        for path in ["/proc", "/sys"] {
            let opened = std::fs::File::open(path).unwrap();
            assert!(matches!(local(&opened), Err(FileFault::NotLocal { .. })), "{path}");
        }
        assert!(local(tempfile::tempfile().unwrap()).is_ok());
    }

    #[test]
    fn what_another_program_or_machine_serves_is_not_on_the_list() {
        // FUSE, 9p, NFS, SMB (two), Ceph, AFS, Coda, virtiofs as FUSE, GFS2, OCFS2, vboxsf, autofs.
        let served = [
            0x6573_5546,
            0x0102_1997,
            0x6969,
            0xFF53_4D42,
            0xFE53_4D42,
            0x00C3_6400,
            0x5346_414F,
            0x7375_7245,
            0x0116_1970,
            0x7461_636F,
            0x786F_4256,
            0x0187,
        ];
        assert!(served.iter().all(|kind| !LOCAL.contains(kind)));
    }
}
