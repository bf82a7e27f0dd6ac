//! URIs as people give them for a builder, a verifier or a resource.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// The bytes of a URI that people write.
const BYTES: usize = 512;

/// An absolute URI, as far as its characters go: a scheme, a colon, and more. It is never looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Uri(String);

impl FromStr for Uri {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_graphic() && !br#""<>\^`{|}"#.contains(&byte);
        let scheme = |scheme: &str| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        };
        let parts = text.split_once(':').filter(|(found, rest)| scheme(found) && !rest.is_empty());
        if parts.is_none() || text.len() > BYTES || !text.bytes().all(allowed) {
            return Err(format!(
                "a URI begins with its scheme, as `https:`, and has at most {BYTES} plain characters"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_has_a_scheme_and_plain_characters() {
        for good in ["https://example.com/v1", "pkg:oci/app@sha256:00", "urn:x:y", "a+b-c.1:d"] {
            assert!(good.parse::<Uri>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "example.com",
            ":x",
            "https:",
            "1a:x",
            "a b:c",
            "https://a b",
            "https://\u{e9}",
            "h:<x>",
            "h:\n",
        ] {
            assert!(bad.parse::<Uri>().is_err(), "{bad:?}");
        }
        assert!(format!("h:{}", "x".repeat(511)).parse::<Uri>().is_err());
    }
}
