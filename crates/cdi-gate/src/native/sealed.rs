//! Bytes in a descriptor that nobody can change any more, not even who made it.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt as _;

use rustix::fs::{MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, memfd_create};
use rustix::io::Errno;

/// `MFD_EXEC` of memfd_create(2), since Linux 6.3: it is to be executed, whatever the host's default is.
const EXECUTABLE: MemfdFlags = MemfdFlags::from_bits_retain(0x10);

/// How often sealing is tried again. While the kernel holds a page of the file for a purpose of its own it waits for some 150 ms,
/// and then refuses (memfd_wait_for_pins).
const ATTEMPTS: u8 = 16;

/// How much of it is read at a time.
const COMPARED_AT_ONCE: usize = 1 << 20;

/// A file in memory: it has no name, and neither its bytes nor its length can change.
#[derive(Debug)]
pub(crate) struct Sealed(OwnedFd);

impl Sealed {
    /// On `Ok` the descriptor has exactly these bytes, for good.
    pub(crate) fn of(bytes: &[u8]) -> io::Result<Self> {
        Self::seal(written(bytes)?, bytes)
    }

    /// Until it was sealed, whoever may look into this process could have written to it: only the second look tells.
    fn seal(file: File, bytes: &[u8]) -> io::Result<Self> {
        let descriptor = OwnedFd::from(file);
        let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
        let mut left = ATTEMPTS;
        while let Err(error) = fcntl_add_seals(&descriptor, seals) {
            left = left.checked_sub(1).filter(|_| error == Errno::BUSY).ok_or(error)?;
        }
        let sealed = File::from(descriptor);
        if !holds_exactly(&sealed, bytes)? {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "somebody else has written to it"));
        }
        Ok(Self(OwnedFd::from(sealed)))
    }

    /// Its bytes, from the first on, whoever else reads it.
    pub(crate) fn reader(&self) -> impl Read {
        SealedReader { descriptor: self.as_fd(), offset: 0 }
    }
}

struct SealedReader<'s> {
    descriptor: BorrowedFd<'s>,
    offset: u64,
}

impl Read for SealedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = rustix::io::pread(self.descriptor, buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

fn written(bytes: &[u8]) -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let descriptor = match memfd_create(c"cdi", flags | EXECUTABLE) {
        Err(Errno::INVAL) => memfd_create(c"cdi", flags)?,
        other => other?,
    };
    fchmod(&descriptor, Mode::from_raw_mode(0o555))?;
    let mut file = File::from(descriptor);
    file.write_all(bytes)?;
    Ok(file)
}

fn holds_exactly(file: &File, bytes: &[u8]) -> io::Result<bool> {
    if file.metadata()?.len() != bytes.len() as u64 {
        return Ok(false);
    }
    let mut buffer = vec![0; COMPARED_AT_ONCE];
    let mut offset = 0;
    for expected in bytes.chunks(COMPARED_AT_ONCE) {
        let Some(found) = buffer.get_mut(..expected.len()) else { return Ok(false) };
        file.read_exact_at(found, offset)?;
        if found != expected {
            return Ok(false);
        }
        offset += expected.len() as u64;
    }
    Ok(true)
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
    fn what_was_written_to_before_it_was_sealed_is_refused() {
        let bytes = vec![7; COMPARED_AT_ONCE + 1];
        assert!(Sealed::seal(written(&bytes).unwrap(), &bytes).is_ok());
        let attacks: [fn(&File); 4] = [
            |file| file.write_all_at(b"x", 0).unwrap(),
            |file| file.write_all_at(b"x", COMPARED_AT_ONCE as u64).unwrap(),
            |file| file.write_all_at(b"x", COMPARED_AT_ONCE as u64 + 1).unwrap(),
            |file| file.set_len(1).unwrap(),
        ];
        for (number, attack) in attacks.into_iter().enumerate() {
            let file = written(&bytes).unwrap();
            // As another process of the same user does it.
            let path = format!("/proc/self/fd/{}", file.as_raw_fd());
            attack(&std::fs::OpenOptions::new().write(true).open(path).unwrap());
            let refused = Sealed::seal(file, &bytes).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::InvalidData, "{number}");
        }
    }

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
