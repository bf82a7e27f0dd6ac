//! Whether an ELF file is a program that is whole: one that brings all of its code with it.
//!
//! A digest covers a file. What a dynamic loader adds to it is covered by no digest that was decided about.

use object::elf::{DT_NEEDED, EM_AARCH64, EM_X86_64, ET_DYN, ET_EXEC, FileHeader64, PT_INTERP};
use object::endian::LittleEndian;
use object::read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _};

/// How a program comes by its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Linkage {
    /// All of it is in the file.
    Static,
    /// It names an interpreter, or libraries.
    Dynamic,
    /// It is no program for this machine.
    None,
}

/// The linkage that the file's headers claim. The kernel reads the same headers.
pub(crate) fn linkage(bytes: &[u8]) -> Linkage {
    read(bytes).unwrap_or(Linkage::None)
}

fn read(bytes: &[u8]) -> Option<Linkage> {
    let header = FileHeader64::<LittleEndian>::parse(bytes).ok()?;
    let here = if cfg!(target_arch = "aarch64") { EM_AARCH64 } else { EM_X86_64 };
    let endian = LittleEndian;
    if header.e_machine.get(endian) != here || ![ET_EXEC, ET_DYN].contains(&header.e_type.get(endian)) {
        return None;
    }
    for segment in header.program_headers(endian, bytes).ok()? {
        if segment.p_type(endian) == PT_INTERP {
            return Some(Linkage::Dynamic);
        }
        let needed = |entry: &object::elf::Dyn64<LittleEndian>| entry.tag(endian) == DT_NEEDED;
        if segment.dynamic(endian, bytes).ok()?.is_some_and(|entries| entries.iter().any(needed)) {
            return Some(Linkage::Dynamic);
        }
    }
    // A library has no entry, or none that is its own.
    (header.e_entry.get(endian) != 0).then_some(Linkage::Static)
}

/// The path of the loader that a dynamic program names.
pub(crate) fn interpreter(bytes: &[u8]) -> Option<String> {
    let header = FileHeader64::<LittleEndian>::parse(bytes).ok()?;
    let mut segments = header.program_headers(LittleEndian, bytes).ok()?.iter();
    let named = segments.find_map(|segment| segment.interpreter(LittleEndian, bytes).ok().flatten())?;
    String::from_utf8(named.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_names_an_interpreter_is_not_whole() {
        let shell = std::fs::read("/bin/sh").unwrap();
        assert_eq!(linkage(&shell), Linkage::Dynamic);
        assert!(interpreter(&shell).unwrap().starts_with("/lib"));
    }

    #[test]
    fn a_built_in_program_is_whole_and_a_part_of_it_is_none() {
        let program = crate::native::sample::spinning(1);
        assert_eq!(linkage(&program), Linkage::Static);
        assert_eq!(linkage(&program[..40]), Linkage::None);
        assert_eq!(linkage(b"\x7fELF\x02\x01\x01"), Linkage::None);
    }

    #[test]
    fn a_program_of_another_machine_is_none_here() {
        let mut program = crate::native::sample::spinning(1);
        program[18] = 8;
        assert_eq!(linkage(&program), Linkage::None);
    }
}
