//! Paths as a report records them.

use std::fmt;

use serde::Serialize;

use crate::parsed::deserialize_by_parsing;

/// Text that cannot be a recorded path (rule F-PATH).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path, or one of its segments, is empty, `.` or `..`: several such texts mean one file.
    #[error("the path `{found}` has a segment that is empty, `.` or `..`")]
    NotNormalised {
        /// The path, control characters escaped.
        found: String,
    },
    /// The path has a control character or is not in Unicode normalisation form C.
    #[error("the path `{found}` has control characters or is not in Unicode normalisation form C")]
    NotPlain {
        /// The path, control characters escaped.
        found: String,
    },
    /// The path is longer than Linux takes.
    #[error("a path has {found} bytes, at most 4096 are allowed")]
    TooLong {
        /// The length that was found, in bytes.
        found: usize,
    },
}

impl PathError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotNormalised { .. } => "path-not-normalised",
            Self::NotPlain { .. } => "path-not-plain",
            Self::TooLong { .. } => "path-too-long",
        }
    }
}

/// A path with `/` between non-empty segments, none of them `.` or `..`; it may be absolute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RecordedPath(String);

impl RecordedPath {
    /// Reads a path that is already in normal form.
    ///
    /// # Errors
    /// [`PathError`] names the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let found = || text.chars().take(200).flat_map(char::escape_debug).collect();
        // PATH_MAX of Linux: no longer path can be opened.
        if text.len() > 4096 {
            return Err(PathError::TooLong { found: text.len() });
        }
        if crate::name::plain_text(text).is_err() {
            return Err(PathError::NotPlain { found: found() });
        }
        let relative = text.strip_prefix('/').unwrap_or(text);
        if relative.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(PathError::NotNormalised { found: found() });
        }
        Ok(Self(text.to_owned()))
    }

    /// Drops `.` segments and doubled slashes from a path as a user types it, and reads the rest.
    ///
    /// `..` is not resolved: with symbolic links only the kernel knows where it leads.
    ///
    /// # Errors
    /// [`PathError`] as for [`Self::parse`].
    pub fn normalise(text: &str) -> Result<Self, PathError> {
        let kept: Vec<&str> = text.split('/').filter(|segment| !matches!(*segment, "" | ".")).collect();
        let root = if text.starts_with('/') { "/" } else { "" };
        Self::parse(&format!("{root}{}", kept.join("/")))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

deserialize_by_parsing!(RecordedPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_texts_for_one_file_are_rejected() {
        for bad in ["", "/", ".", "./b", "a/../b", "b/", "//b", "a//b", "a/./b", ".."] {
            assert_eq!(RecordedPath::parse(bad).unwrap_err().code(), "path-not-normalised", "{bad}");
        }
        assert_eq!(RecordedPath::parse("a\nb").unwrap_err().code(), "path-not-plain");
        assert_eq!(RecordedPath::parse(&"a".repeat(4_097)).unwrap_err().code(), "path-too-long");
        for good in [&"a".repeat(4_096), "b", "/b", "a/b", "...", ".hidden", "a b"] {
            assert!(RecordedPath::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn an_argument_names_a_path_up_to_dots_and_doubled_slashes() {
        let path = RecordedPath::parse("out/a.wasm").unwrap();
        for argument in ["out/a.wasm", "./out/a.wasm", "out//a.wasm", "out/./a.wasm"] {
            assert_eq!(RecordedPath::normalise(argument).as_ref(), Ok(&path), "{argument}");
        }
        for argument in ["/out/a.wasm", "x/../out/a.wasm", "a.wasm", "out/a.wasm "] {
            assert_ne!(RecordedPath::normalise(argument).as_ref(), Ok(&path), "{argument}");
        }
    }
}
