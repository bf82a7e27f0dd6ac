//! From WebAssembly text to a core module.

use std::collections::BTreeMap;

use cdi_wasm_profile::{CoreModule, MAX_MODULE_BYTES, NotACoreModule};

/// The largest text: as large as the largest module.
pub const MAX_TEXT_BYTES: usize = MAX_MODULE_BYTES;

/// The version of the assembler, as pinned in the workspace's manifest.
pub const WAT_VERSION: &str = "1.263.0";

/// A module and everything that shaped it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Assembled {
    /// The module in binary form. It begins as a core module; that it validates has not been looked at.
    pub artifact: Vec<u8>,
    /// Every setting of the assembly, by stable names.
    pub settings: BTreeMap<String, String>,
}

/// Why there is no module.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// There is no text.
    #[error("input is empty")]
    Empty,
    /// The text is too long.
    #[error("input has {found} bytes, limit {MAX_TEXT_BYTES}")]
    TooLarge {
        /// How long it is, or at least is.
        found: usize,
    },
    /// The input is no text.
    #[error("input is no text in UTF-8: wrong from byte {valid_up_to}")]
    NotText {
        /// How many bytes are text.
        valid_up_to: usize,
    },
    /// The text is no module.
    #[error("input is no WebAssembly text: {detail}")]
    Syntax {
        /// The assembler's own words; they quote the text and span several lines.
        detail: String,
    },
    /// The text spells out the bytes of something else.
    #[error("text does not make a core module: {0}")]
    Output(#[source] NotACoreModule),
}

impl AssembleError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "input-empty",
            Self::TooLarge { .. } => "input-too-large",
            Self::NotText { .. } => "input-not-text",
            Self::Syntax { .. } => "text-invalid",
            Self::Output(_) => "text-makes-no-core-module",
        }
    }
}

/// The core module that the text `wat` stands for.
///
/// Text only: a module that is binary already is refused, not passed through, so that a report of this step always
/// says that text was assembled.
///
/// # Errors
///
/// What the text is instead.
pub fn assemble(wat: &[u8]) -> Result<Assembled, AssembleError> {
    if wat.is_empty() {
        return Err(AssembleError::Empty);
    }
    if wat.len() > MAX_TEXT_BYTES {
        return Err(AssembleError::TooLarge { found: wat.len() });
    }
    let text = std::str::from_utf8(wat)
        .map_err(|error| AssembleError::NotText { valid_up_to: error.valid_up_to() })?;
    if text.starts_with('\0') {
        return Err(AssembleError::NotText { valid_up_to: 0 });
    }
    let artifact =
        wat::parse_str(text).map_err(|error| AssembleError::Syntax { detail: error.to_string() })?;
    CoreModule::parse(&artifact).map_err(AssembleError::Output)?;
    Ok(Assembled { artifact, settings: settings() })
}

fn settings() -> BTreeMap<String, String> {
    [("assembler", "wat"), ("assembler-version", WAT_VERSION), ("debug-info", "false")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &[u8]) -> &'static str {
        assemble(text).unwrap_err().code()
    }

    #[test]
    fn the_stated_version_is_the_pinned_one() {
        let manifest = include_str!("../../Cargo.toml");
        assert!(manifest.contains(&format!("wat = {{ version = \"={WAT_VERSION}\"")));
    }

    #[test]
    fn the_empty_module_is_eight_bytes() {
        assert_eq!(assemble(b"(module)").unwrap().artifact, b"\0asm\x01\0\0\0");
    }

    #[test]
    fn a_binary_module_is_refused() {
        assert_eq!(code(b"\0asm\x01\0\0\0"), "input-not-text");
        assert_eq!(code(b"\x7fELF\xff"), "input-not-text");
    }

    #[test]
    fn text_that_is_no_core_module_is_refused() {
        assert_eq!(code(b""), "input-empty");
        assert_eq!(code(b"(module"), "text-invalid");
        assert_eq!(code(b"(component)"), "text-invalid");
        assert_eq!(code(b"(module binary \"\\7fELF\")"), "text-makes-no-core-module");
    }
}
