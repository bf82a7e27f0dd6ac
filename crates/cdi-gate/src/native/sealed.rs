//! Bytes in a descriptor that nobody can change any more, not even who made it.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, memfd_create};
use rustix::io::Errno;

/// `MFD_EXEC` of memfd_create(2), since Linux 6.3: it is to be executed, whatever the host's default is.
const EXECUTABLE: MemfdFlags = MemfdFlags::from_bits_retain(0x10);

/// A file in memory: it has no name, and neither its bytes nor its length can change.
#[derive(Debug)]
pub(crate) struct Sealed(OwnedFd);

impl Sealed {
    /// On `Ok` the descriptor has exactly these bytes, for good.
    pub(crate) fn of(bytes: &[u8]) -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let descriptor = match memfd_create(c"cdi", flags | EXECUTABLE) {
            Err(Errno::INVAL) => memfd_create(c"cdi", flags)?,
            other => other?,
        };
        fchmod(&descriptor, Mode::from_raw_mode(0o555))?;
        let mut file = File::from(descriptor);
        file.write_all(bytes)?;
        let descriptor = OwnedFd::from(file);
        let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
        fcntl_add_seals(&descriptor, seals)?;
        Ok(Self(descriptor))
    }
}

impl AsFd for Sealed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd as _;

    #[test]
    fn what_is_sealed_cannot_be_written_shortened_or_mapped_for_writing() {
        let sealed = Sealed::of(b"#!/bin/sh\n").unwrap();
        let path = format!("/proc/self/fd/{}", sealed.as_fd().as_raw_fd());
        let again = std::fs::OpenOptions::new().write(true).open(&path);
        // Root may open it for writing in spite of its mode; the seal holds all the same.
        if let Ok(mut file) = again {
            assert!(file.write_all(b"x").is_err());
            assert!(file.set_len(0).is_err() && file.set_len(1 << 20).is_err());
        }
        assert!(fcntl_add_seals(&sealed, SealFlags::FUTURE_WRITE).is_err(), "the seals are sealed");
        assert_eq!(std::fs::read(path).unwrap(), b"#!/bin/sh\n");
    }
}
