//! Names for people: of tools, authorities, suppliers. They identify nothing; keys and digests do.

use std::fmt;

use serde::Serialize;
use unicode_normalization::is_nfc;

use crate::parsed::deserialize_by_parsing;

/// The longest name, in bytes: a name is shown on one line of a terminal.
pub(crate) const MAX_NAME_BYTES: usize = 256;

/// Text that cannot be a name (rule F-NAME).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The text is empty.
    #[error("a name is empty")]
    Empty,
    /// The text is longer than 256 bytes.
    #[error("a name has {found} bytes, at most {MAX_NAME_BYTES} are allowed")]
    TooLong {
        /// The length that was found, in bytes.
        found: usize,
    },
    /// The text has a control character, or one that changes the direction of the text around it.
    #[error("a name has the control character U+{found:04X}")]
    ControlCharacter {
        /// The character's code point.
        found: u32,
    },
    /// The text is not in Unicode normalisation form C, so that two equal-looking names could differ.
    #[error("the name `{found}` is not in Unicode normalisation form C")]
    NotNormalised {
        /// The name, which has no control characters.
        found: String,
    },
}

impl NameError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "name-empty",
            Self::TooLong { .. } => "name-too-long",
            Self::ControlCharacter { .. } => "name-control-character",
            Self::NotNormalised { .. } => "name-not-normalised",
        }
    }
}

/// A name: 1 to 256 bytes of UTF-8 in normalisation form C, without control or bidirectional characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// Reads a name.
    ///
    /// # Errors
    /// [`NameError`] names the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > MAX_NAME_BYTES {
            return Err(NameError::TooLong { found: text.len() });
        }
        plain_text(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Holds if `text` has no control or bidirectional character and is in normalisation form C.
pub(crate) fn plain_text(text: &str) -> Result<(), NameError> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Ok(());
    }
    if let Some(found) = text.chars().find(|&c| steers_a_display(c)) {
        return Err(NameError::ControlCharacter { found: found.into() });
    }
    if is_nfc(text) { Ok(()) } else { Err(NameError::NotNormalised { found: text.to_owned() }) }
}

/// Control characters (C0, DEL, C1), and characters without a shape of their own: those that change the direction of
/// text (CVE-2021-42574) or its form (categories Cf, Zl and Zp), selectors of variants, and letters that look like a blank.
/// A display shows something other than these characters in their order.
#[must_use]
pub fn steers_a_display(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}')
        || matches!(c, '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}')
        || matches!(c, '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}')
        || matches!(c, '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}')
        || matches!(c, '\u{13430}'..='\u{1343f}' | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}')
        || matches!(c, '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

deserialize_by_parsing!(Name);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_steer_a_terminal_are_rejected() {
        for bad in [
            "a\u{3164}",
            "a\u{34f}",
            "a\u{2800}",
            "a\u{fe0f}",
            "a\u{e0100}",
            "a\u{1d173}",
            "a\nb",
            "a\rb",
            "\u{1b}[2J",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{200b}b",
            "a\u{7f}",
            "a\u{0}",
        ] {
            assert_eq!(Name::parse(bad).unwrap_err().code(), "name-control-character", "{bad:?}");
        }
    }

    #[test]
    fn decomposed_letters_are_rejected_and_composed_ones_kept() {
        assert_eq!(Name::parse("cafe\u{301}").unwrap_err().code(), "name-not-normalised");
        assert_eq!(Name::parse("caf\u{e9}").unwrap().as_str(), "caf\u{e9}");
    }

    #[test]
    fn the_length_limit_is_exact() {
        assert!(Name::parse(&"x".repeat(MAX_NAME_BYTES)).is_ok());
        assert_eq!(Name::parse(&"x".repeat(MAX_NAME_BYTES + 1)).unwrap_err().code(), "name-too-long");
        assert_eq!(Name::parse("").unwrap_err().code(), "name-empty");
    }
}
