//! Properties of code and places, patterns over them, and the roles of inputs and outputs (rule F-PROPERTY).

use std::fmt;
use std::sync::LazyLock;

use serde::{Serialize, Serializer};

use crate::parsed::deserialize_by_parsing;

/// The reserved property of a complete step (`docs/spec/semantics.md`, rule M-COMPLETE): whoever certifies it says that
/// the invocation's roles account for everything that went in. It is established only, never preserved or required.
pub const STEP: &str = "STEP";

/// Text that is not a property, pattern or role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected}, found `{found}`")]
pub struct PropertyError {
    /// What would have been right.
    pub expected: &'static str,
    /// The text that was found, at most 80 characters of it, control characters escaped.
    pub found: String,
}

impl PropertyError {
    fn of(expected: &'static str, text: &str) -> Self {
        Self { expected, found: text.chars().take(80).flat_map(char::escape_debug).collect() }
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "property-malformed"
    }
}

fn is_tag(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_uppercase())
        && bytes.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        && text.len() <= 64
}

fn is_role(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.len() <= 64
}

macro_rules! word_type {
    ($(#[$doc:meta])* $name:ident, $is:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Reads the word.
            ///
            /// # Errors
            /// [`PropertyError`] for text of another form.
            pub fn parse(text: &str) -> Result<Self, PropertyError> {
                if $is(text) { Ok(Self(text.to_owned())) } else { Err(PropertyError::of($expected, text)) }
            }

            /// The word as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = PropertyError;

            fn from_str(text: &str) -> Result<Self, PropertyError> {
                Self::parse(text)
            }
        }

        deserialize_by_parsing!($name);
    };
}

word_type! {
    /// The name of a property or tag: `[A-Z][A-Z0-9_]{0,63}`, as SCAI writes attributes and the paper writes tags.
    PropertyName, is_tag, "a property is `[A-Z][A-Z0-9_]{0,63}`"
}
word_type! {
    /// The role of an input or output in an invocation: `[a-z][a-z0-9-]{0,63}`, such as `code`.
    Role, is_role, "a role is `[a-z][a-z0-9-]{0,63}`"
}

impl PropertyName {
    /// The reserved property [`STEP`].
    #[must_use]
    pub fn step() -> Self {
        Self(STEP.to_owned())
    }

    /// The reserved property [`STEP`], to be borrowed.
    #[must_use]
    pub fn the_step() -> &'static Self {
        static THE_STEP: LazyLock<PropertyName> = LazyLock::new(PropertyName::step);
        &THE_STEP
    }

    /// Whether this is the reserved property [`STEP`].
    #[must_use]
    pub fn is_step(&self) -> bool {
        self.0 == STEP
    }
}

impl Role {
    /// The role of code: what an input has that the invocation does not map, and what claims are about by default.
    #[must_use]
    pub fn code() -> Self {
        Self("code".to_owned())
    }

    /// Whether this is the role `code`.
    #[must_use]
    pub fn is_code(&self) -> bool {
        self.0 == "code"
    }
}

/// Which properties somebody may speak about: one, all that begin alike, or all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PropertyPattern {
    /// Exactly this property.
    Exact(PropertyName),
    /// Every property that begins with this text, written `TEXT*`.
    Prefix(PropertyName),
    /// Every property, written `*`.
    All,
}

impl PropertyPattern {
    /// Reads `NAME`, `PREFIX*` or `*`.
    ///
    /// # Errors
    /// [`PropertyError`] for every other text.
    pub fn parse(text: &str) -> Result<Self, PropertyError> {
        let wrong = |_| PropertyError::of("a pattern is a property, `PREFIX*` or `*`", text);
        match text.strip_suffix('*') {
            Some("") => Ok(Self::All),
            Some(prefix) => PropertyName::parse(prefix).map(Self::Prefix).map_err(wrong),
            None => PropertyName::parse(text).map(Self::Exact).map_err(wrong),
        }
    }

    /// Whether `property` is among those that this pattern names.
    #[must_use]
    pub fn matches(&self, property: &PropertyName) -> bool {
        match self {
            Self::Exact(name) => name == property,
            Self::Prefix(prefix) => property.as_str().starts_with(prefix.as_str()),
            Self::All => true,
        }
    }
}

impl fmt::Display for PropertyPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => write!(f, "{name}"),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::All => f.write_str("*"),
        }
    }
}

impl std::str::FromStr for PropertyPattern {
    type Err = PropertyError;

    fn from_str(text: &str) -> Result<Self, PropertyError> {
        Self::parse(text)
    }
}

impl Serialize for PropertyPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

deserialize_by_parsing!(PropertyPattern);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_and_other_cases_are_not_in_a_property() {
        for bad in ["", "a", "1A", "_A", "A,B", "A\nB", "A B", "A-B", "É", "A=1", "*", &"A".repeat(65)] {
            assert_eq!(PropertyName::parse(bad).unwrap_err().code(), "property-malformed", "{bad:?}");
        }
        for good in ["A", "A_1", "CODE_SANDBOXING", &"A".repeat(64)] {
            assert!(PropertyName::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn patterns_match_whole_names_prefixes_or_all() {
        let name = |text| PropertyName::parse(text).unwrap();
        let pattern = |text| PropertyPattern::parse(text).unwrap();
        assert!(pattern("WASM_A").matches(&name("WASM_A")));
        assert!(!pattern("WASM_A").matches(&name("WASM_AB")));
        assert!(pattern("WASM_*").matches(&name("WASM_AB")));
        assert!(!pattern("WASM_*").matches(&name("WASMX")));
        assert!(pattern("*").matches(&name("STEP")));
        for bad in ["", "**", "A**", "*A", "A*B", "a*", " *"] {
            assert!(PropertyPattern::parse(bad).is_err(), "{bad:?}");
        }
    }
}
