//! What is seen in an ELF file, without a word of what anybody says about it.

use object::elf::{
    DF_1_NOW, DF_1_PIE, DF_BIND_NOW, DT_FLAGS, DT_FLAGS_1, ET_DYN, FileHeader64, PF_X, PT_GNU_RELRO,
    PT_GNU_STACK,
};
use object::read::elf::{Dyn as _, ElfFile64, FileHeader as _, ProgramHeader as _};
use object::{Endianness, Object as _, ObjectSection as _, ObjectSymbol as _};

/// Whether something is seen in a file.
pub(crate) type Seen = fn(&[u8]) -> bool;

fn parse(bytes: &[u8]) -> ElfFile64<'_, Endianness> {
    ElfFile64::parse(bytes).unwrap()
}

fn names(bytes: &[u8], such: impl Fn(&str) -> bool) -> bool {
    let file = parse(bytes);
    let mut symbols = file.symbols().chain(file.dynamic_symbols());
    symbols.any(|symbol| symbol.name().is_ok_and(&such))
}

fn has_bytes(bytes: &[u8], section: &str, wanted: &[u8]) -> bool {
    let file = parse(bytes);
    let section = file.section_by_name(section);
    section.is_some_and(|section| section.data().unwrap().windows(wanted.len()).any(|seen| seen == wanted))
}

/// The flags of a segment of this type, if there is one.
fn segment(bytes: &[u8], kind: u32) -> Option<u32> {
    let file = parse(bytes);
    let endian = file.endian();
    let mut headers = file.elf_program_headers().iter();
    headers.find(|header| header.p_type(endian) == kind).map(|header| header.p_flags(endian))
}

/// The value of an entry of the dynamic section; 0 if it is not there.
fn dynamic(bytes: &[u8], tag: i64) -> u64 {
    let header = FileHeader64::<Endianness>::parse(bytes).unwrap();
    let endian = header.endian().unwrap();
    let mut segments = header.program_headers(endian, bytes).unwrap().iter();
    let entries = segments.find_map(|segment| segment.dynamic(endian, bytes).unwrap()).unwrap_or_default();
    let entry = entries.iter().find(|entry| entry.d_tag(endian) == tag);
    entry.map_or(0, |entry| entry.d_val(endian))
}

pub(crate) fn is_canaried(bytes: &[u8]) -> bool {
    names(bytes, |name| name == "__stack_chk_fail")
}

pub(crate) fn is_fortified(bytes: &[u8]) -> bool {
    names(bytes, |name| name.starts_with("__") && name.ends_with("_chk"))
}

/// GCC touches a page with `orq $0, (%rsp)`, LLVM with `movq $0, (%rsp)`.
pub(crate) fn probes_its_stack(bytes: &[u8]) -> bool {
    has_bytes(bytes, ".text", &[0x48, 0x83, 0x0c, 0x24, 0])
        || has_bytes(bytes, ".text", &[0x48, 0xc7, 0x04, 0x24, 0, 0, 0, 0])
}

/// `GNU_PROPERTY_X86_FEATURE_1_AND` with both bits.
pub(crate) fn is_marked_for_cet(bytes: &[u8]) -> bool {
    has_bytes(bytes, ".note.gnu.property", &[0x02, 0, 0, 0xc0, 4, 0, 0, 0, 3, 0, 0, 0])
}

pub(crate) fn is_pie(bytes: &[u8]) -> bool {
    let file = parse(bytes);
    let header = file.elf_header();
    header.e_type(file.endian()) == ET_DYN && dynamic(bytes, DT_FLAGS_1) & u64::from(DF_1_PIE) != 0
}

pub(crate) fn is_read_only_when_it_runs(bytes: &[u8]) -> bool {
    let now = dynamic(bytes, DT_FLAGS) & u64::from(DF_BIND_NOW) != 0
        || dynamic(bytes, DT_FLAGS_1) & u64::from(DF_1_NOW) != 0;
    now && segment(bytes, PT_GNU_RELRO).is_some()
}

pub(crate) fn has_plain_stack(bytes: &[u8]) -> bool {
    segment(bytes, PT_GNU_STACK).is_some_and(|flags| flags & PF_X == 0)
}

pub(crate) fn panics_on_overflow(bytes: &[u8]) -> bool {
    names(bytes, |name| name.contains("panic_const_add_overflow"))
}

/// Whether it is an archive that has its members in it.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(b"!<arch>\n")
}
