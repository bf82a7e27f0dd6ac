//! What kind of thing an artifact is, from its bytes alone.
//!
//! The kind chooses which loader is *refused*; it never says that bytes may be trusted. File names and declared media
//! types are not asked: the loader would not ask them either.

use std::fmt;

use wasmtime::{Engine, Precompiled};

use crate::elf::{Linkage, linkage};

const WASM_MAGIC: &[u8] = b"\0asm";
/// Version 1, layer 0, both little-endian.
const MODULE_VERSION: [u8; 4] = [0x01, 0x00, 0x00, 0x00];
/// Layer 1 in the upper half; the version below it still changes between drafts.
const COMPONENT_LAYER: [u8; 2] = [0x01, 0x00];
const WAMR_AOT_MAGIC: &[u8] = b"\0aot";
const ELF_MAGIC: &[u8] = b"\x7fELF";
const SCRIPT_MAGIC: &[u8] = b"#!";
/// In the middle of the first header.
const TAR_MAGIC: &[u8] = b"ustar";

/// What an artifact claims to be by its first bytes and, for ELF files, by the engine's own mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArtifactKind {
    /// A core module precompiled by a wasmtime.
    PrecompiledModule,
    /// A component precompiled by a wasmtime.
    PrecompiledComponent,
    /// A core WebAssembly module, as bytecode.
    WasmModule,
    /// A WebAssembly component, as bytecode.
    WasmComponent,
    /// A program for this machine that brings all of its code with it.
    StaticElf,
    /// A program for this machine that has a loader add libraries to it.
    DynamicElf,
    /// Any other ELF file.
    Elf,
    /// An archive of files: the root file system of a container.
    RootFileSystem,
    /// A file for WAMR's ahead-of-time loader.
    WamrAot,
    /// A file that names its own interpreter.
    Script,
    /// No bytes at all.
    Empty,
    /// None of these.
    Unknown,
}

impl ArtifactKind {
    /// The kind that `bytes` claim to be. Forged bytes claim what they like.
    #[must_use]
    pub fn sniff(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            Self::Empty
        } else if bytes.starts_with(ELF_MAGIC) {
            Self::sniff_elf(bytes)
        } else if let Some(rest) = bytes.strip_prefix(WASM_MAGIC) {
            Self::sniff_wasm(rest)
        } else if bytes.starts_with(WAMR_AOT_MAGIC) {
            Self::WamrAot
        } else if bytes.starts_with(SCRIPT_MAGIC) {
            Self::Script
        } else if bytes.get(257..262) == Some(TAR_MAGIC) {
            Self::RootFileSystem
        } else {
            Self::Unknown
        }
    }

    fn sniff_elf(bytes: &[u8]) -> Self {
        match Engine::detect_precompiled(bytes) {
            Some(Precompiled::Module) => Self::PrecompiledModule,
            Some(Precompiled::Component) => Self::PrecompiledComponent,
            None => match linkage(bytes) {
                Linkage::Static => Self::StaticElf,
                Linkage::Dynamic => Self::DynamicElf,
                Linkage::None => Self::Elf,
            },
        }
    }

    fn sniff_wasm(after_magic: &[u8]) -> Self {
        if after_magic.starts_with(&MODULE_VERSION) {
            Self::WasmModule
        } else if after_magic.get(2..4) == Some(&COMPONENT_LAYER) {
            Self::WasmComponent
        } else {
            Self::Unknown
        }
    }

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PrecompiledModule => "precompiled-module",
            Self::PrecompiledComponent => "precompiled-component",
            Self::WasmModule => "wasm-module",
            Self::WasmComponent => "wasm-component",
            Self::StaticElf => "static-elf",
            Self::DynamicElf => "dynamic-elf",
            Self::Elf => "elf",
            Self::RootFileSystem => "root-file-system",
            Self::WamrAot => "wamr-aot",
            Self::Script => "script",
            Self::Empty => "empty",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_magic_has_its_kind() {
        let cases: [(&[u8], ArtifactKind); 9] = [
            (b"", ArtifactKind::Empty),
            (b"\0asm\x01\0\0\0", ArtifactKind::WasmModule),
            (b"\0asm\x0d\0\x01\0", ArtifactKind::WasmComponent),
            (b"\0asm\x02\0\0\0", ArtifactKind::Unknown),
            (b"\0asm", ArtifactKind::Unknown),
            (b"\0aot\x06\0\0\0", ArtifactKind::WamrAot),
            (b"#!/bin/sh\n", ArtifactKind::Script),
            (b"\x7fELF\x02\x01\x01", ArtifactKind::Elf),
            (b"PK\x03\x04", ArtifactKind::Unknown),
        ];
        for (bytes, kind) in cases {
            assert_eq!(ArtifactKind::sniff(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn a_program_of_the_host_is_no_module_and_its_linkage_is_told() {
        let own = std::fs::read("/bin/sh").unwrap();
        assert_eq!(ArtifactKind::sniff(&own), ArtifactKind::DynamicElf);
        assert_eq!(ArtifactKind::sniff(&crate::native::sample::spinning(1)), ArtifactKind::StaticElf);
    }

    #[test]
    fn data_in_front_of_a_magic_hides_it() {
        assert_eq!(ArtifactKind::sniff(b" \0asm\x01\0\0\0"), ArtifactKind::Unknown);
    }
}
