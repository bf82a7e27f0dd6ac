//! The profile that a precompiled module says that it was compiled for.
//!
//! In go an artifact's bytes, which anybody can have written; out comes a profile to tell people of, or none. Nothing is
//! loaded, and nothing is decided by it: the engine compares for itself what it loads.
//!
//! The engine keeps its settings in a section of its own: a version byte, the engine's version with its length before it,
//! and then in `postcard`'s form the target, two lists of flags, and how linear memories lie in the address space (wasmtime
//! 48, `engine/serialization.rs`). Whatever differs from that, another version say, claims no profile.

use crate::{MemoryLayout, Profile};

const SECTION: &[u8] = b".wasmtime.engine";

impl Profile {
    /// The profile that these bytes claim: the one with their memory layout.
    #[must_use]
    pub fn claimed_by(artifact: &[u8]) -> Option<Self> {
        let mut metadata = Reader(section(artifact, SECTION)?);
        if metadata.byte()? != 0 {
            return None;
        }
        let version = usize::from(metadata.byte()?);
        metadata.take(version)?;
        metadata.text()?;
        metadata.flags()?;
        metadata.flags()?;
        // A collector of garbage, if there is one.
        if metadata.byte()? != 0 {
            metadata.number()?;
        }
        let (reservation, guard) = (metadata.number()?, metadata.number()?);
        Self::ALL.into_iter().find(|profile| {
            let MemoryLayout { reservation: reserved, guard_size, .. } = profile.memory();
            (reserved, guard_size) == (reservation, guard)
        })
    }
}

/// The content of a section of an ELF file of 64 bits, little-endian.
fn section<'b>(file: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let table = at(file, 0x28, 8)?;
    let (entry, count, names) = (at(file, 0x3a, 2)?, at(file, 0x3c, 2)?, at(file, 0x3e, 2)?);
    let header = |number: usize| table.checked_add(number.checked_mul(entry)?);
    let content = |header: usize| {
        let (start, size) = (at(file, header.checked_add(24)?, 8)?, at(file, header.checked_add(32)?, 8)?);
        file.get(start..start.checked_add(size)?)
    };
    let names = content(header(names)?)?;
    let is_it = |header: &usize| {
        let name_at = at(file, *header, 4).and_then(|start| names.get(start..));
        name_at.and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.first() == Some(&0))
    };
    content((0..count).filter_map(header).find(is_it)?)
}

/// A number of so many bytes.
fn at(file: &[u8], start: usize, size: usize) -> Option<usize> {
    let bytes = file.get(start..start.checked_add(size)?)?;
    let number = bytes.iter().rev().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    usize::try_from(number).ok()
}

/// What is left to read, in `postcard`'s form.
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, size: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A number of seven bits a byte, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<()> {
        let size = usize::try_from(self.number()?).ok()?;
        self.take(size).map(drop)
    }

    /// A list of names, each with a text, a number of one byte or a truth value.
    fn flags(&mut self) -> Option<()> {
        for _ in 0..self.number()? {
            self.text()?;
            match self.number()? {
                0 => self.text()?,
                _ => drop(self.byte()?),
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF file that has nothing but the engine's section, as the engine writes it.
    fn precompiled(reservation: &[u8], guard: &[u8]) -> Vec<u8> {
        let flags: &[u8] = b"\x02\x03opt\x00\x05speed\x04bool\x02\x01";
        let mut engine = b"\x00\x0648.0.8\x18x86_64-unknown-linux-gnu".to_vec();
        engine.extend([flags, b"\x00", b"\x00", reservation, guard].concat());
        let names = b"\0.wasmtime.engine\0";
        let mut file = vec![0; 64];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        let (names_at, engine_at) = (file.len(), file.len() + names.len());
        file.extend_from_slice(names);
        file.extend_from_slice(&engine);
        let table = file.len();
        let sections = [(0, 0, 0), (0, names_at, names.len()), (1, engine_at, engine.len())];
        for (name, start, size) in sections {
            let mut header = [0_u8; 64];
            header[0] = name;
            header[24..32].copy_from_slice(&(start as u64).to_le_bytes());
            header[32..40].copy_from_slice(&(size as u64).to_le_bytes());
            file.extend_from_slice(&header);
        }
        file[0x28..0x30].copy_from_slice(&(table as u64).to_le_bytes());
        for (place, value) in [(0x3a, 64), (0x3c, 3), (0x3e, 1)] {
            file[place] = value;
        }
        file
    }

    const GUARDED: (&[u8], &[u8]) = (b"\x80\x80\x80\x80\x10", b"\x80\x80\x80\x10");

    #[test]
    fn a_module_claims_the_profile_of_its_memory_layout() {
        let guarded = precompiled(GUARDED.0, GUARDED.1);
        assert_eq!(Profile::claimed_by(&guarded), Some(Profile::GuardPages));
        assert_eq!(Profile::claimed_by(&precompiled(b"\0", b"\0")), Some(Profile::SoftwareChecks));
        assert_eq!(Profile::claimed_by(&precompiled(b"\x01", b"\0")), None);
    }

    #[test]
    fn whatever_is_cut_or_altered_is_read_without_a_panic() {
        let whole = precompiled(GUARDED.0, GUARDED.1);
        for end in 0..whole.len() {
            let _ = Profile::claimed_by(&whole[..end]);
        }
        for place in 0..whole.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut altered = whole.clone();
                altered[place] = value;
                let _ = Profile::claimed_by(&altered);
            }
        }
    }
}
