//! What the tools take in: bytes that begin as a core WebAssembly module.

/// The largest module: 64 MiB, six times the largest program that the toolchains of WASI are known to emit.
pub const MAX_MODULE_BYTES: usize = 64 << 20;

const MAGIC: &[u8] = b"\0asm";
const ELF_MAGIC: &[u8] = b"\x7fELF";
/// Version 1, layer 0, both little-endian.
const CORE_VERSION: [u8; 4] = [0x01, 0x00, 0x00, 0x00];
/// The upper half of the version word of a component.
const COMPONENT_LAYER: [u8; 2] = [0x01, 0x00];

/// Bytes that begin as a core module and are not too large. Whether they are a *valid* module is not known yet.
#[derive(Debug, Clone, Copy)]
pub struct CoreModule<'a>(&'a [u8]);

/// Why bytes are no core module.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotACoreModule {
    /// There are none.
    #[error("input is empty")]
    Empty,
    /// There are too many.
    #[error("input has {found} bytes, limit {MAX_MODULE_BYTES}")]
    TooLarge {
        /// How many there are, or at least are.
        found: usize,
    },
    /// They begin as a component.
    #[error("input is a WebAssembly component, expected a core module")]
    Component,
    /// They begin as machine code.
    #[error("input is an ELF file, expected a core WebAssembly module")]
    Elf,
    /// They begin as a module of another version.
    #[error("input is WebAssembly of an unknown version, expected version 1")]
    Version,
    /// They begin as nothing of these.
    #[error("input is no WebAssembly, expected a core module in binary form")]
    Unknown,
}

impl NotACoreModule {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "input-empty",
            Self::TooLarge { .. } => "input-too-large",
            Self::Component => "input-is-component",
            Self::Elf => "input-is-elf",
            Self::Version => "input-wasm-version-unknown",
            Self::Unknown => "input-not-wasm",
        }
    }
}

impl<'a> CoreModule<'a> {
    /// `bytes`, if they begin as a core module and are not too large.
    ///
    /// # Errors
    ///
    /// What they are instead.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NotACoreModule> {
        if bytes.is_empty() {
            return Err(NotACoreModule::Empty);
        }
        if bytes.len() > MAX_MODULE_BYTES {
            return Err(NotACoreModule::TooLarge { found: bytes.len() });
        }
        match bytes.strip_prefix(MAGIC) {
            Some(rest) if rest.starts_with(&CORE_VERSION) => Ok(Self(bytes)),
            Some(rest) if rest.get(2..4) == Some(&COMPONENT_LAYER) => Err(NotACoreModule::Component),
            Some(_) => Err(NotACoreModule::Version),
            None if bytes.starts_with(ELF_MAGIC) => Err(NotACoreModule::Elf),
            None => Err(NotACoreModule::Unknown),
        }
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> Option<&'static str> {
        CoreModule::parse(bytes).err().map(|error| error.code())
    }

    #[test]
    fn a_core_module_is_allowed() {
        assert_eq!(code(b"\0asm\x01\0\0\0"), None);
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        let cases: [(&[u8], &str); 7] = [
            (b"", "input-empty"),
            (b"\0asm\x0d\0\x01\0", "input-is-component"),
            (b"\x7fELF\x02\x01\x01", "input-is-elf"),
            (b"\0asm\x02\0\0\0", "input-wasm-version-unknown"),
            (b"\0asm\x01", "input-wasm-version-unknown"),
            (b"(module)", "input-not-wasm"),
            (b"\0aot\x01\0\0\0", "input-not-wasm"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(code(bytes), Some(expected), "{bytes:?}");
        }
    }

    #[test]
    fn size_is_refused_before_anything_is_read() {
        assert_eq!(code(&vec![0; MAX_MODULE_BYTES + 1]), Some("input-too-large"));
    }
}
