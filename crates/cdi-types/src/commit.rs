//! What a statement says of a commit of git, and the ids of git's objects: digests by the algorithm that the repository
//! names them with.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::hex;
use crate::parsed::parsed;

/// Text that is no digest of an object of git.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a commit is `sha1:` and 40 or `sha256:` and 64 lower-case hexadecimal digits, found `{found}`")]
pub struct GitDigestError {
    /// The text that was found, at most 80 characters of it, with control characters escaped.
    pub found: String,
}

impl GitDigestError {
    fn of(text: &str) -> Self {
        Self { found: text.chars().take(80).flat_map(char::escape_debug).collect() }
    }

    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "digest-malformed"
    }
}

/// How a repository names its objects: git's object format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectFormat {
    /// By SHA-1.
    Sha1,
    /// By SHA-256.
    Sha256,
}

impl ObjectFormat {
    /// The algorithm's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// How many bytes a digest has.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// The digest by which git names an object, before it is said what the object is. In JSON an object with the algorithm as
/// its one member, as subjects have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GitDigest {
    /// Of a repository that names by SHA-1.
    Sha1(Hex<20>),
    /// Of a repository that names by SHA-256.
    Sha256(Hex<32>),
}

/// The bytes of a digest: in JSON lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hex<const N: usize>(pub [u8; N]);

impl<const N: usize> Hex<N> {
    fn parse(text: &str) -> Result<Self, GitDigestError> {
        hex::decode(text).map(Self).ok_or_else(|| GitDigestError::of(text))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, Self::parse)
    }
}

impl Serialize for GitDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.format().as_str(), self.digits())])
    }
}

impl GitDigest {
    /// A digest that was computed elsewhere.
    #[must_use]
    pub fn from_bytes(format: ObjectFormat, bytes: &[u8]) -> Option<Self> {
        Some(match format {
            ObjectFormat::Sha1 => Self::Sha1(Hex(bytes.try_into().ok()?)),
            ObjectFormat::Sha256 => Self::Sha256(Hex(bytes.try_into().ok()?)),
        })
    }

    /// Reads the digits alone, whose number tells the format.
    ///
    /// # Errors
    /// [`GitDigestError`] for any other text.
    pub fn from_digits(text: &str) -> Result<Self, GitDigestError> {
        let sha1 = || Hex::parse(text).map(Self::Sha1);
        if text.len() == 64 { Hex::parse(text).map(Self::Sha256) } else { sha1() }
    }

    /// Reads `sha1:` or `sha256:` and the digits.
    ///
    /// # Errors
    /// [`GitDigestError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, GitDigestError> {
        let found = match text.split_once(':') {
            Some(("sha1", digits)) => Hex::parse(digits).map(Self::Sha1),
            Some(("sha256", digits)) => Hex::parse(digits).map(Self::Sha256),
            _ => Err(GitDigestError::of(text)),
        };
        found.map_err(|_| GitDigestError::of(text))
    }

    /// Which algorithm.
    #[must_use]
    pub const fn format(&self) -> ObjectFormat {
        match self {
            Self::Sha1(_) => ObjectFormat::Sha1,
            Self::Sha256(_) => ObjectFormat::Sha256,
        }
    }

    /// The digits, as git prints them.
    #[must_use]
    pub fn digits(&self) -> String {
        match self {
            Self::Sha1(bytes) => hex::encode(&bytes.0),
            Self::Sha256(bytes) => hex::encode(&bytes.0),
        }
    }
}

impl fmt::Display for GitDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.format().as_str(), self.digits())
    }
}

macro_rules! git_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(GitDigest);

        impl $name {
            /// Names a digest as one of this kind.
            #[must_use]
            pub const fn new(digest: GitDigest) -> Self {
                Self(digest)
            }

            /// The digest without its kind.
            #[must_use]
            pub const fn digest(&self) -> GitDigest {
                self.0
            }

            /// The first twelve digits, for people; never compared.
            #[must_use]
            pub fn short(&self) -> String {
                self.0.digits().chars().take(12).collect()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

git_id! {
    /// The id of a commit.
    CommitId
}
git_id! {
    /// The id of a tree: of all files of a commit, with their names and modes.
    TreeId
}

/// Whether a work tree had the commit that was checked out in it, and nothing else in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkTree {
    /// Every file of the commit was there, byte for byte and with its mode.
    Clean,
    /// Some were not; the statement lists those that were.
    Dirty,
}

impl WorkTree {
    /// The state's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Dirty => "dirty",
        }
    }
}

/// The commit that an origin's subjects are files of (rule F-COMMIT).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Commit {
    /// The commit.
    pub id: CommitId,
    /// Its tree.
    pub tree: TreeId,
    /// Whether the work tree had all of it.
    pub work_tree: WorkTree,
    /// How many files were in the work tree besides, and not ignored.
    pub untracked: u64,
}

impl fmt::Display for Commit {
    /// What people read: `commit 1a2b3c4d5e6f, clean`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "commit {}, {}", self.id.short(), self.work_tree.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_says_by_which_algorithm_it_is() {
        let (short, long) = ("ab".repeat(20), "cd".repeat(32));
        for (text, json) in [
            (format!("sha1:{short}"), format!(r#"{{"sha1":"{short}"}}"#)),
            (format!("sha256:{long}"), format!(r#"{{"sha256":"{long}"}}"#)),
        ] {
            let digest = GitDigest::parse(&text).unwrap();
            assert_eq!(digest.to_string(), text);
            assert_eq!(serde_json::to_string(&digest).unwrap(), json);
            assert_eq!(serde_json::from_str::<GitDigest>(&json).unwrap(), digest);
            assert_eq!(GitDigest::from_digits(&digest.digits()), Ok(digest));
        }
        let upper = format!("sha1:{}", short.to_uppercase());
        let crossed =
            [format!("sha1:{long}"), format!("sha256:{short}"), format!("md5:{short}"), short, upper];
        for bad in &crossed {
            assert_eq!(GitDigest::parse(bad).unwrap_err().code(), "digest-malformed", "{bad}");
        }
        for bad in [r#"{"sha1":"ab"}"#, r#"{"gitCommit":"ab"}"#, "{}", r#""sha1""#] {
            assert!(serde_json::from_str::<GitDigest>(bad).is_err(), "{bad}");
        }
        let two = format!(r#"{{"sha1":"{}","sha256":"{long}"}}"#, "ab".repeat(20));
        assert!(serde_json::from_str::<GitDigest>(&two).is_err());
    }
}
