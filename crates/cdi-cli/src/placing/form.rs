//! What an artifact asks of a place before any policy does: environments of a kind that runs it, and a processor that it is
//! compiled for (rule PL-LAWFUL). Its bytes are asked; what they claim, the loader finds out.

use std::collections::BTreeSet;

use cdi_gate::{ArtifactKind, program_of_archive};
use cdi_placement::{EnvironmentKind, Form};
use cdi_types::Name;

use crate::failure::Failure;

/// What runs the artifact.
///
/// # Errors
/// `place-unfit` if nothing does, or if it does not say for which processor it is; `archive-without-program` for an archive without
/// the program that the arguments name.
pub(super) fn form(artifact: &[u8], arguments: &[String]) -> Result<Form, Failure> {
    use EnvironmentKind::{Confined, Crun, Embedded, Gvisor, Kata, Process, Runc, SevSnp, Tdx, WasmRuntime};
    let kind = ArtifactKind::sniff(artifact);
    let (kinds, architecture): (BTreeSet<_>, _) = match kind {
        ArtifactKind::PrecompiledModule => ([Embedded, WasmRuntime].into(), Some(of_elf(artifact))),
        // Offsets of WAMR's loader: the first section is the target's.
        ArtifactKind::WamrAot => {
            let is_wide_and_little = artifact.get(16..18) == Some(&[2, 0]);
            ([WasmRuntime].into(), Some(processor(is_wide_and_little, artifact.get(22..24))))
        }
        ArtifactKind::WasmModule => ([WasmRuntime].into(), None),
        // What is loaded with one that is dynamic is the place's to have.
        ArtifactKind::StaticElf | ArtifactKind::DynamicElf | ArtifactKind::Elf => {
            ([Process, Confined, Runc, Crun, Gvisor, Kata, Tdx, SevSnp].into(), Some(of_elf(artifact)))
        }
        // Which programs are in an archive, and for which processors, is not read.
        ArtifactKind::RootFileSystem => {
            program_of_archive(artifact, arguments).map_err(|error| Failure::failed(error.code(), error))?;
            ([Runc, Crun, Gvisor, Kata, Tdx, SevSnp].into(), None)
        }
        ArtifactKind::PrecompiledComponent
        | ArtifactKind::WasmComponent
        | ArtifactKind::Script
        | ArtifactKind::Empty
        | ArtifactKind::Unknown => {
            return Err(unfit(format!("nothing runs a file of the kind `{kind}`")));
        }
    };
    let architecture = architecture
        .map(|named| named.ok_or_else(|| unfit("it does not say for which processor it is".to_owned())))
        .transpose()?;
    Ok(Form { kinds, architecture })
}

fn unfit(message: String) -> Failure {
    Failure::failed("place-unfit", message)
}

/// Class, byte order and machine stand at the start of the header, in files of 32 and of 64 bits alike.
fn of_elf(artifact: &[u8]) -> Option<Name> {
    processor(artifact.get(4..6) == Some(&[2, 1]), artifact.get(18..20))
}

/// The processor by ELF's number of it, as a node's report names it; one that has no name here is named by its number, which
/// no node has.
fn processor(is_wide_and_little: bool, machine: Option<&[u8]>) -> Option<Name> {
    let machine = u16::from_le_bytes(machine?.try_into().ok()?);
    let named = match (is_wide_and_little, machine) {
        (true, 62) => "x86_64",
        (true, 183) => "aarch64",
        (true, 243) => "riscv64",
        _ => return Name::parse(&format!("elf-machine-{machine}")).ok(),
    };
    Name::parse(named).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn architecture(artifact: &[u8]) -> Option<String> {
        form(artifact, &[]).unwrap().architecture.map(|name| name.to_string())
    }

    fn elf(class: u8, machine: u8) -> Vec<u8> {
        [b"\x7fELF".as_slice(), &[class, 1, 1], &[0; 9], &[2, 0, machine, 0]].concat()
    }

    #[test]
    fn a_program_is_for_the_processor_that_its_header_names() {
        assert_eq!(architecture(&elf(2, 62)).as_deref(), Some("x86_64"));
        assert_eq!(architecture(&elf(2, 183)).as_deref(), Some("aarch64"));
        assert_eq!(architecture(&elf(1, 62)).as_deref(), Some("elf-machine-62"));
        let compiled = |machine: u8| {
            [b"\0aot\x03\0\0\0".as_slice(), &[0, 0, 0, 0, 8, 0, 0, 0], &[2, 0, 0, 0, 0, 0, machine, 0]]
                .concat()
        };
        assert_eq!(architecture(&compiled(62)).as_deref(), Some("x86_64"));
        assert_eq!(architecture(b"\0asm\x01\0\0\0"), None);
        assert_eq!(form(b"\x7fELF", &[]).unwrap_err().code, "place-unfit");
        let mut archive = vec![0; 2048];
        archive[257..262].copy_from_slice(b"ustar");
        assert_eq!(form(&archive, &["app".to_owned()]).unwrap_err().code, "archive-without-program");
        assert_eq!(form(b"#!/bin/sh", &[]).unwrap_err().code, "place-unfit");
    }
}
