//! Whether an executable that is called static loads nothing, as far as its own header tells.

use std::path::Path;

use object::elf::{FileHeader64, PT_INTERP};
use object::read::elf::{FileHeader as _, ProgramHeader as _};

use crate::failure::Failure;
use crate::terminal;

/// Holds if the file does not ask for the loader. What is no 64-bit ELF file has no libraries of this kind.
///
/// # Errors
/// `linkage-not-static` if it does: the loader brings libraries that nobody would measure.
pub(super) fn is_static(path: &Path) -> Result<(), Failure> {
    let artifact = cdi_store::read_artifact(path)?;
    if !asks_for_the_loader(artifact.bytes()) {
        return Ok(());
    }
    let message = format!("the tool is called static, and `{}` asks for the loader", terminal::path(path));
    Err(Failure::failed("linkage-not-static", message)
        .hint("give `--linkage dynamic`, with the libraries from `cdi wrap --summary`"))
}

fn asks_for_the_loader(bytes: &[u8]) -> bool {
    let interpreter = || {
        let header = FileHeader64::<object::Endianness>::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let mut programs = header.program_headers(endian, bytes).ok()?.iter();
        programs.find(|program| program.p_type(endian) == PT_INTERP)
    };
    interpreter().is_some()
}
