//! A bundle: JSON Lines of envelopes, in any order (rule F-BUNDLE).

use crate::{Unverified, json, limits};

/// A bundle that is over a limit. A smaller fault never refuses a bundle: a line that cannot be used proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The bundle has more bytes than [`limits::BUNDLE_BYTES`].
    #[error("the bundle has {found} bytes, at most {} are read", limits::BUNDLE_BYTES)]
    TooLarge {
        /// How many bytes were found.
        found: usize,
    },
    /// The bundle has more lines than [`limits::BUNDLE_LINES`].
    #[error("the bundle has more than {} lines", limits::BUNDLE_LINES)]
    TooManyLines,
    /// A line has more bytes than [`limits::LINE_BYTES`].
    #[error("line {line} of the bundle has {found} bytes, at most {} are read", limits::LINE_BYTES)]
    LineTooLong {
        /// The line's number, from 1.
        line: usize,
        /// How many bytes were found.
        found: usize,
    },
}

impl BundleError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "limit-bundle-bytes",
            Self::TooManyLines => "limit-bundle-lines",
            Self::LineTooLong { .. } => "limit-line-bytes",
        }
    }
}

/// One non-blank line of a bundle.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The line's number in its file, from 1.
    pub number: usize,
    /// The line without its line feed.
    pub bytes: &'a [u8],
}

/// The bytes of a bundle, within the limits.
#[derive(Debug, Clone, Default)]
pub struct Bundle {
    bytes: Vec<u8>,
}

impl Bundle {
    /// Takes the bytes of a bundle and holds them to the limits. Nothing is parsed yet.
    ///
    /// # Errors
    /// [`BundleError`] for the limit that is exceeded.
    pub fn parse(bytes: Vec<u8>) -> Result<Unverified<Self>, BundleError> {
        if bytes.len() > limits::BUNDLE_BYTES {
            return Err(BundleError::TooLarge { found: bytes.len() });
        }
        let bundle = Self { bytes };
        let mut count = 0_usize;
        for line in bundle.lines() {
            count += 1;
            if line.bytes.len() > limits::LINE_BYTES {
                return Err(BundleError::LineTooLong { line: line.number, found: line.bytes.len() });
            }
        }
        if count > limits::BUNDLE_LINES {
            Err(BundleError::TooManyLines)
        } else {
            Ok(Unverified::new(bundle))
        }
    }

    /// Whether any line has the shape of an envelope: a strict JSON object with `payload` and `signatures`. A file without
    /// one is something else that was taken for a bundle, unless it is blank.
    #[must_use]
    pub fn has_an_envelope(&self) -> bool {
        let shaped = |line: Line<'_>| {
            json::strict(line.bytes)
                .is_ok_and(|text| text.member("payload").is_some() && text.member("signatures").is_some())
        };
        self.lines().any(shaped)
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The lines that are not blank, in their order.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let ends = memchr::memchr_iter(b'\n', &self.bytes).chain([self.bytes.len()]);
        let mut start = 0;
        let numbered = ends.map(move |end| {
            let bytes = self.bytes.get(start..end).unwrap_or_default();
            start = end + 1;
            bytes
        });
        numbered
            .enumerate()
            .map(|(index, bytes)| Line { number: index + 1, bytes })
            .filter(|line| !line.bytes.iter().all(u8::is_ascii_whitespace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_count_limit_is_exact() {
        let lines = |n: usize| "x\n".repeat(n).into_bytes();
        assert!(Bundle::parse(lines(limits::BUNDLE_LINES)).is_ok());
        let error = Bundle::parse(lines(limits::BUNDLE_LINES + 1)).unwrap_err();
        assert_eq!(error.code(), "limit-bundle-lines");
    }

    #[test]
    fn the_line_length_limit_is_exact() {
        assert!(Bundle::parse(vec![b'x'; limits::LINE_BYTES]).is_ok());
        let error = Bundle::parse(vec![b'x'; limits::LINE_BYTES + 1]).unwrap_err();
        assert_eq!(error.code(), "limit-line-bytes");
    }

    #[test]
    fn the_size_limit_is_exact() {
        let mut bytes = vec![b'\n'; limits::BUNDLE_BYTES];
        assert!(Bundle::parse(bytes.clone()).is_ok());
        bytes.push(b'\n');
        assert_eq!(Bundle::parse(bytes).unwrap_err().code(), "limit-bundle-bytes");
    }

    #[test]
    fn files_that_are_no_bundles_are_told_by_their_lines() {
        let bundle = |text: &str| Bundle::parse(text.as_bytes().to_vec()).unwrap().into_untrusted();
        assert!(bundle("junk\n{\"payload\":\"\",\"signatures\":[]}\n").has_an_envelope());
        for none in ["", "\n", "int main;\n", "{\"payload\":\"\"}", "[\"payload\",\"signatures\"]"] {
            assert!(!bundle(none).has_an_envelope(), "{none}");
        }
    }

    #[test]
    fn blank_lines_and_carriage_returns_are_no_lines_of_their_own() {
        let bundle = Bundle::parse(b"a\r\n\n  \nb".to_vec()).unwrap().into_untrusted();
        let numbers: Vec<usize> = bundle.lines().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 4]);
    }
}
