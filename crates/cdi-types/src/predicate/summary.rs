//! `https://slsa.dev/verification_summary/v1`: somebody has verified an artifact, and says with what result (rule
//! F-SUMMARY). It is somebody else's predicate: members and numbers that CDI does not read may be anything.
//!
//! In goes a statement whose JSON is strict; out comes what a policy can ask about it. Who signed it is not known here, and
//! the statement does not say which key to credit: a policy says whose key signs for which verifier.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::parsed::deserialize_by_parsing;
use crate::predicate::verification::{SUMMARY_FAILED, SUMMARY_PASSED};
use crate::{ArtifactDigest, Sha256, Timestamp};

/// The `predicateType` of verification summaries, compared byte for byte.
pub const SUMMARY_TYPE: &str = "https://slsa.dev/verification_summary/v1";

/// The bytes of a verifier's id: a URI that people write.
const VERIFIER_BYTES: usize = 512;

/// Text that cannot be a verifier's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a verifier's id is a URI of 1 to {VERIFIER_BYTES} printable ASCII characters, found `{found}`")]
pub struct VerifierIdError {
    /// The text that was found, at most 40 characters of it, control characters escaped.
    pub found: String,
}

/// Who verified: the URI of a verifier, compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct VerifierId(String);

impl VerifierId {
    /// Reads an id.
    ///
    /// # Errors
    /// [`VerifierIdError`] for text that is empty, longer than any such URI, or has what no URI has.
    pub fn parse(text: &str) -> Result<Self, VerifierIdError> {
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > VERIFIER_BYTES || !printable {
            let found = text.chars().take(40).flat_map(char::escape_debug).collect();
            return Err(VerifierIdError { found });
        }
        Ok(Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VerifierId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for VerifierId {
    type Err = VerifierIdError;

    fn from_str(text: &str) -> Result<Self, VerifierIdError> {
        Self::parse(text)
    }
}

deserialize_by_parsing!(VerifierId);

/// Text that is no level that a policy can ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a verified level is written as `SLSA_BUILD_LEVEL_3`, in capitals, digits and `_`, and is not `FAILED`; found `{found}`"
)]
pub struct LevelError {
    /// The text that was found, at most 40 characters of it, control characters escaped.
    pub found: String,
}

/// A level of verification, as summaries list them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct VerifiedLevel(String);

impl VerifiedLevel {
    /// Reads a level.
    ///
    /// # Errors
    /// [`LevelError`] for every other text.
    pub fn parse(text: &str) -> Result<Self, LevelError> {
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = text.as_bytes().first().is_some_and(u8::is_ascii_uppercase);
        if !begins || text.len() > 64 || text == SUMMARY_FAILED || !text.bytes().all(plain) {
            return Err(LevelError { found: text.chars().take(40).flat_map(char::escape_debug).collect() });
        }
        Ok(Self(text.to_owned()))
    }

    /// The level.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a summary that lists `found` says that this level was reached: it is the same word, or a higher level of the
    /// same track. SLSA lists the highest level of each track, which implies those below it.
    #[must_use]
    pub fn is_met_by(&self, found: &str) -> bool {
        let reached =
            |asked, found| matches!((asked, found), (Some((a, n)), Some((b, m))) if a == b && n <= m);
        self.0 == found || reached(track(&self.0), track(found))
    }
}

/// The track and number of a level of SLSA.
fn track(level: &str) -> Option<(&str, u8)> {
    let (track, number) = level.strip_prefix("SLSA_")?.split_once("_LEVEL_")?;
    let digit = number.len() == 1 && !track.is_empty();
    number.parse().ok().filter(|_| digit).map(|number| (track, number))
}

impl fmt::Display for VerifiedLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for VerifiedLevel {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Self, LevelError> {
        Self::parse(text)
    }
}

deserialize_by_parsing!(VerifiedLevel);

/// The policy by which somebody verified, as a summary names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamedPolicy {
    /// Its URI.
    pub uri: Option<String>,
    /// The SHA-256 of its document.
    pub sha256: Option<Sha256>,
}

/// A verification summary, as far as CDI reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationSummary {
    /// The artifacts that it is about: the subjects that have a SHA-256.
    pub subjects: BTreeSet<ArtifactDigest>,
    /// Who verified.
    pub verifier: VerifierId,
    /// When, if it says so.
    pub time_verified: Option<Timestamp>,
    /// What the artifacts were verified as.
    pub resource: String,
    /// By which policy.
    pub policy: NamedPolicy,
    /// The result, as it is written.
    pub result: String,
    /// The levels, as they are written.
    pub levels: BTreeSet<String>,
}

impl VerificationSummary {
    /// Whether the verifier found good what it verified: exactly `PASSED`, and no level has failed.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.result == SUMMARY_PASSED && !self.levels.contains(SUMMARY_FAILED)
    }

    /// Whether all of these levels were reached. There is no way to ask for none.
    #[must_use]
    pub fn reaches<'l>(&self, asked: impl IntoIterator<Item = &'l VerifiedLevel>) -> bool {
        let mut asked = asked.into_iter().peekable();
        asked.peek().is_some() && asked.all(|level| self.levels.iter().any(|found| level.is_met_by(found)))
    }
}

/// The predicate as it is written. What is not named here is not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SummaryIn<'a> {
    verifier: VerifierIn,
    #[serde(default, borrow)]
    time_verified: Option<Cow<'a, str>>,
    #[serde(borrow)]
    resource_uri: Cow<'a, str>,
    #[serde(borrow)]
    policy: PolicyIn<'a>,
    #[serde(borrow)]
    verification_result: Cow<'a, str>,
    verified_levels: BTreeSet<String>,
}

#[derive(Deserialize)]
struct VerifierIn {
    id: VerifierId,
}

#[derive(Deserialize)]
struct PolicyIn<'a> {
    #[serde(default, borrow)]
    uri: Option<Cow<'a, str>>,
    #[serde(default)]
    digest: DigestIn,
}

#[derive(Default, Deserialize)]
struct DigestIn {
    #[serde(default)]
    sha256: Option<Sha256>,
}

impl SummaryIn<'_> {
    /// The summary; or what is wrong with it.
    pub(crate) fn read(self, subjects: BTreeSet<ArtifactDigest>) -> Result<VerificationSummary, String> {
        if self.resource_uri.is_empty() {
            return Err("`resourceUri` is empty".to_owned());
        }
        let time = self.time_verified.as_deref().map(Timestamp::parse_rfc3339);
        Ok(VerificationSummary {
            subjects,
            verifier: self.verifier.id,
            time_verified: time.transpose().map_err(|error| error.to_string())?,
            resource: self.resource_uri.into_owned(),
            policy: NamedPolicy {
                uri: self.policy.uri.map(Cow::into_owned),
                sha256: self.policy.digest.sha256,
            },
            result: self.verification_result.into_owned(),
            levels: self.verified_levels,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(text: &str) -> VerifiedLevel {
        VerifiedLevel::parse(text).unwrap()
    }

    #[test]
    fn a_higher_level_of_the_same_track_is_enough() {
        let asked = level("SLSA_BUILD_LEVEL_2");
        for found in ["SLSA_BUILD_LEVEL_2", "SLSA_BUILD_LEVEL_3"] {
            assert!(asked.is_met_by(found), "{found}");
        }
        for found in [
            "SLSA_BUILD_LEVEL_1",
            "SLSA_SOURCE_LEVEL_3",
            "SLSA_BUILD_LEVEL_UNEVALUATED",
            "SLSA_BUILD_LEVEL_+3",
            "SLSA_BUILD_LEVEL_03",
            "SLSA_BUILD_LEVEL_10",
            "slsa_build_level_3",
            "XSLSA_BUILD_LEVEL_3",
            "SLSA__LEVEL_3",
            "SLSA_BUILD_LEVEL_",
            "",
        ] {
            assert!(!asked.is_met_by(found), "{found}");
        }
        assert!(level("ACME_AUDITED").is_met_by("ACME_AUDITED"));
        assert!(!level("ACME_LEVEL_2").is_met_by("ACME_LEVEL_3"));
    }

    #[test]
    fn what_no_level_is_cannot_be_asked_for() {
        for bad in ["", "FAILED", "slsa", "SLSA BUILD", "_X", "3", "SLSA_BUILD_LEVEL_3\n"] {
            assert!(VerifiedLevel::parse(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "a b", "a\u{e9}", "a\n"] {
            assert!(VerifierId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(VerifierId::parse(&"x".repeat(513)).is_err());
    }

    #[test]
    fn to_ask_for_no_level_is_never_enough() {
        let summary = VerificationSummary {
            subjects: BTreeSet::new(),
            verifier: VerifierId::parse("https://example.com/v").unwrap(),
            time_verified: None,
            resource: "r".to_owned(),
            policy: NamedPolicy::default(),
            result: "PASSED".to_owned(),
            levels: ["SLSA_BUILD_LEVEL_3".to_owned()].into(),
        };
        assert!(!summary.reaches([]));
        assert!(summary.reaches([&level("SLSA_BUILD_LEVEL_1")]));
        assert!(!summary.reaches([&level("SLSA_BUILD_LEVEL_1"), &level("SLSA_SOURCE_LEVEL_1")]));
    }
}
