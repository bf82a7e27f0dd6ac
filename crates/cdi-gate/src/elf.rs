//! Whether an ELF file is a program that is whole: one that brings all of its code with it.
//!
//! A digest covers a file. What a dynamic loader adds to it is covered by no digest that was decided about. Kernels forgive
//! much in headers, and hand what one loader of theirs refuses to the next; so that only what can be read in one way alone
//! is called whole here. Rule: `docs/spec/gate.md` (G-NATIVE).

use object::elf::{
    DT_NEEDED, DT_SONAME, Dyn64, ELFCLASS64, ELFDATA2LSB, ELFOSABI_GNU, ELFOSABI_NONE, EM_AARCH64, EM_X86_64,
    ET_DYN, ET_EXEC, EV_CURRENT, FileHeader64, PF_X, PT_DYNAMIC, PT_GNU_EH_FRAME, PT_GNU_PROPERTY,
    PT_GNU_RELRO, PT_GNU_STACK, PT_INTERP, PT_LOAD, PT_NOTE, PT_NULL, PT_PHDR, PT_TLS, ProgramHeader64,
};
use object::endian::LittleEndian;
use object::pod::slice_from_bytes;
use object::read::elf::{FileHeader as _, ProgramHeader as _};

type Header = FileHeader64<LittleEndian>;
type Segment = ProgramHeader64<LittleEndian>;

/// Segments that mean something to a kernel or to the program itself, or nothing.
const SEGMENTS: [u32; 11] = [
    PT_NULL,
    PT_LOAD,
    PT_DYNAMIC,
    PT_NOTE,
    PT_PHDR,
    PT_TLS,
    PT_GNU_EH_FRAME,
    PT_GNU_STACK,
    PT_GNU_RELRO,
    PT_GNU_PROPERTY,
    PT_PAX_FLAGS,
];
/// What Go's linker writes still; no kernel of today reads it.
const PT_PAX_FLAGS: u32 = 0x6504_1580;
/// Older kernels take no more program headers than a page has room for.
const HEADERS_BYTES: usize = 4096;

/// How a program comes by its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Linkage {
    /// All of it is in the file.
    Static,
    /// It names an interpreter or libraries, or is a library.
    Dynamic,
    /// It is no program for this machine, or one that can be read in several ways.
    None,
}

/// The linkage that the file's headers claim. The kernel reads the same headers.
pub(crate) fn linkage(bytes: &[u8]) -> Linkage {
    read(bytes).unwrap_or(Linkage::None)
}

fn read(bytes: &[u8]) -> Option<Linkage> {
    let endian = LittleEndian;
    let (header, segments) = headers(bytes)?;
    let mut entered = false;
    let mut linkage = Linkage::Static;
    for segment in segments {
        let kind = segment.p_type(endian);
        if kind == PT_INTERP {
            return Some(Linkage::Dynamic);
        }
        let content = within(bytes, segment.p_offset(endian), segment.p_filesz(endian))?;
        if !SEGMENTS.contains(&kind) || segment.p_filesz(endian) > segment.p_memsz(endian) && kind == PT_LOAD
        {
            return None;
        }
        entered |= kind == PT_LOAD && segment.p_flags(endian) & PF_X != 0 && holds(segment, header);
        if kind == PT_DYNAMIC && names_libraries(content)? {
            linkage = Linkage::Dynamic;
        }
    }
    // A library has no entry, or none that is its own.
    (linkage == Linkage::Dynamic || entered).then_some(linkage)
}

/// The header and the program headers, if there is only one way to read them: as a file of 64 bits for this machine, with
/// headers of the usual size that lie behind the first.
fn headers(bytes: &[u8]) -> Option<(&Header, &[Segment])> {
    let endian = LittleEndian;
    let header = Header::parse(bytes).ok()?;
    let here = if cfg!(target_arch = "aarch64") { EM_AARCH64 } else { EM_X86_64 };
    let ident = header.e_ident;
    let usual = (ident.class, ident.data, ident.version) == (ELFCLASS64, ELFDATA2LSB, EV_CURRENT)
        && [ELFOSABI_NONE, ELFOSABI_GNU].contains(&ident.os_abi)
        && header.e_version.get(endian) == u32::from(EV_CURRENT)
        && header.e_machine.get(endian) == here
        && [ET_EXEC, ET_DYN].contains(&header.e_type.get(endian))
        && usize::from(header.e_ehsize.get(endian)) == size_of::<Header>()
        && usize::from(header.e_phentsize.get(endian)) == size_of::<Segment>();
    let (count, offset) = (usize::from(header.e_phnum.get(endian)), header.e_phoff.get(endian));
    let size = count * size_of::<Segment>();
    if !usual || count == 0 || size > HEADERS_BYTES || offset < size_of::<Header>() as u64 {
        return None;
    }
    let (segments, rest) = slice_from_bytes(within(bytes, offset, size as u64)?, count).ok()?;
    rest.is_empty().then_some((header, segments))
}

fn within(bytes: &[u8], offset: u64, size: u64) -> Option<&[u8]> {
    let begin = usize::try_from(offset).ok()?;
    bytes.get(begin..begin.checked_add(usize::try_from(size).ok()?)?)
}

fn holds(segment: &Segment, header: &Header) -> bool {
    let endian = LittleEndian;
    let distance = header.e_entry.get(endian).checked_sub(segment.p_vaddr(endian));
    distance.is_some_and(|distance| distance < segment.p_filesz(endian))
}

/// Whether a dynamic section asks for libraries, or is a library's own: a loader of others is one.
fn names_libraries(section: &[u8]) -> Option<bool> {
    let (entries, _) =
        slice_from_bytes::<Dyn64<LittleEndian>>(section, section.len() / size_of::<Dyn64<LittleEndian>>())
            .ok()?;
    let mut tags = entries.iter().map(|entry| entry.d_tag.get(LittleEndian));
    Some(tags.any(|tag| [DT_NEEDED, DT_SONAME].contains(&tag)))
}

/// The path of the loader that a dynamic program names.
pub(crate) fn interpreter(bytes: &[u8]) -> Option<String> {
    let (_, segments) = headers(bytes)?;
    let named =
        segments.iter().find_map(|segment| segment.interpreter(LittleEndian, bytes).ok().flatten())?;
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

    /// Each is run by some kernel, or read as something else by some loader of a kernel; all counted as whole once, or would
    /// if another line were missing.
    #[test]
    fn what_can_be_read_in_two_ways_is_none() {
        let class_32 = (4, 1);
        let cases: [(&str, &[(usize, u8)]); 14] = [
            ("headers at the file's beginning", &[(32, 0)]),
            ("headers in the first header", &[(32, 8)]),
            ("headers beyond the end", &[(39, 1)]),
            ("headers of another size", &[(54, 57)]),
            ("headers of the size of 32 bits", &[(54, 32)]),
            ("no headers", &[(56, 0)]),
            ("more headers than there are", &[(56, 2), (57, 1)]),
            ("a number of headers that stands elsewhere", &[(56, 0xff), (57, 0xff)]),
            ("32 bits", &[class_32]),
            ("the other order of bytes", &[(5, 2)]),
            ("another system", &[(7, 9)]),
            ("no segment that is loaded", &[(64, 0)]),
            ("a segment that nobody knows", &[(64, 5)]),
            ("an entry outside of what is executed", &[(24, 0), (26, 0)]),
        ];
        for (what, changes) in cases {
            let mut program = crate::native::sample::spinning(1);
            assert_eq!(linkage(&program), Linkage::Static);
            for &(at, value) in changes {
                program[at] = value;
            }
            assert_eq!(linkage(&program), Linkage::None, "{what}");
        }
    }

    #[test]
    fn a_segment_beyond_the_end_or_not_executed_is_no_program() {
        for (at, value) in [(64 + 4, 4), (64 + 8 + 7, 1), (64 + 32 + 2, 1)] {
            let mut program = crate::native::sample::spinning(1);
            program[at] = value;
            assert_eq!(linkage(&program), Linkage::None, "{at}");
        }
    }

    #[test]
    fn a_segment_that_is_larger_in_the_file_than_in_memory_is_no_program() {
        let mut program = crate::native::sample::spinning(1);
        program[64 + 40] -= 1;
        assert_eq!(linkage(&program), Linkage::None);
    }

    /// The first of its fields would be the last of the file's header: so it is run by some kernels.
    #[test]
    fn a_header_that_overlaps_with_the_file_s_own_is_no_program() {
        let mut program = crate::native::sample::spinning(1);
        program.drain(56..64);
        program.splice(56..64, [1, 0, 0, 0, 5, 0, 0, 0]);
        program.extend([0; 8]);
        program[32] = 56;
        assert_eq!(linkage(&program), Linkage::None);
    }

    #[test]
    fn what_begins_behind_its_code_is_no_program() {
        let entered = |behind: u64| {
            let mut program = crate::native::sample::spinning(1);
            let end = 0x40_0000 + program.len() as u64;
            program[24..32].copy_from_slice(&(end - 1 + behind).to_le_bytes());
            linkage(&program)
        };
        assert_eq!((entered(0), entered(1)), (Linkage::Static, Linkage::None));
    }

    /// A page has room for 73.
    #[test]
    fn headers_are_as_many_as_older_kernels_take() {
        let with = |headers: u8| {
            let mut program = crate::native::sample::spinning(1);
            // All but the first are of no type.
            program.resize(64 + usize::from(headers) * size_of::<Segment>(), 0);
            program[120..].fill(0);
            program[56] = headers;
            linkage(&program)
        };
        assert_eq!((with(73), with(74)), (Linkage::Static, Linkage::None));
    }

    #[test]
    fn a_loader_of_others_is_not_whole() {
        let shell = std::fs::read("/bin/sh").unwrap();
        let loader = std::fs::read(interpreter(&shell).unwrap()).unwrap();
        assert_eq!(linkage(&loader), Linkage::Dynamic);
    }
}
