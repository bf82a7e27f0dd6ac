//! What identifies an artifact: the bytes of a file, or the files of a tree (rules F-DIGEST, F-TREE).
//!
//! The digest of a tree is in-toto's `dirHash1`: SHA-256 of a list of its files. A file can have the bytes of that list, and
//! then both have the same 32 bytes; so what a digest is of is part of the digest, wherever two are compared.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use sha2::Digest as _;

use crate::parsed::deserialize_by_parsing;
use crate::{DigestError, Sha256};

/// The digest of an artifact: something that a tool reads, writes or inspects, or that is deployed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArtifactDigest {
    /// Of a file: the SHA-256 of its bytes.
    File(Sha256),
    /// Of a tree: the SHA-256 of the list of its files (rule F-TREE).
    Tree(Sha256),
}

/// What a tree's digest begins with as text.
const TREE: &str = "dirHash1:";

impl ArtifactDigest {
    /// The digest of a file of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::File(Sha256::of(bytes))
    }

    /// The digest of the bytes, if it is of a file.
    #[must_use]
    pub const fn file(&self) -> Option<Sha256> {
        match self {
            Self::File(digest) => Some(*digest),
            Self::Tree(_) => None,
        }
    }

    /// Whether it is of a tree.
    #[must_use]
    pub const fn is_tree(&self) -> bool {
        matches!(self, Self::Tree(_))
    }

    /// What in-toto calls such a digest.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self {
            Self::File(_) => "sha256",
            Self::Tree(_) => "dirHash1",
        }
    }

    /// The digits alone, for where [`Self::algorithm`] stands beside them; never compared.
    #[must_use]
    pub const fn digits(&self) -> Sha256 {
        match self {
            Self::File(digest) | Self::Tree(digest) => *digest,
        }
    }

    /// Reads 64 lower-case hexadecimal digits, of a file; or `dirHash1:` before them, of a tree.
    ///
    /// # Errors
    /// [`DigestError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        match text.strip_prefix(TREE) {
            Some(digits) => Sha256::parse(digits).map(Self::Tree),
            None => Sha256::parse(text).map(Self::File),
        }
    }

    /// The first twelve digits, for people; never compared.
    #[must_use]
    pub fn short(&self) -> String {
        let digits: String = self.digits().to_string().chars().take(12).collect();
        match self {
            Self::File(_) => digits,
            Self::Tree(_) => format!("{TREE}{digits}"),
        }
    }
}

impl fmt::Display for ArtifactDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(digest) => fmt::Display::fmt(digest, f),
            Self::Tree(digest) => write!(f, "{TREE}{digest}"),
        }
    }
}

impl fmt::Debug for ArtifactDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArtifactDigest({self})")
    }
}

impl std::str::FromStr for ArtifactDigest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        Self::parse(text)
    }
}

impl Serialize for ArtifactDigest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

deserialize_by_parsing!(ArtifactDigest);

/// An artifact's digest as members of an object: `sha256` of a file, `dirHash1` of a tree. Other members are not read: by
/// those alone nothing is identified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DigestSet {
    /// Of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256>,
    /// Of a tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir_hash1: Option<Sha256>,
}

impl DigestSet {
    /// The one artifact that it identifies; `None` if there is none.
    ///
    /// # Errors
    /// Why it is said to be two: nothing is a file and a tree.
    pub fn artifact(&self) -> Result<Option<ArtifactDigest>, &'static str> {
        match (self.sha256, self.dir_hash1) {
            (Some(_), Some(_)) => Err("a `sha256` and a `dirHash1` beside it: it is a file or a tree"),
            (Some(file), None) => Ok(Some(ArtifactDigest::File(file))),
            (None, tree) => Ok(tree.map(ArtifactDigest::Tree)),
        }
    }
}

impl DigestSet {
    /// Every artifact that it identifies, as in-toto has it: an archive, say, and what is in it.
    pub fn all(&self) -> impl Iterator<Item = ArtifactDigest> {
        let file = self.sha256.map(ArtifactDigest::File);
        file.into_iter().chain(self.dir_hash1.map(ArtifactDigest::Tree))
    }
}

impl From<ArtifactDigest> for DigestSet {
    fn from(digest: ArtifactDigest) -> Self {
        match digest {
            ArtifactDigest::File(file) => Self { sha256: Some(file), dir_hash1: None },
            ArtifactDigest::Tree(tree) => Self { sha256: None, dir_hash1: Some(tree) },
        }
    }
}

/// A file of a tree that no tree can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Its name would end its line in the list, so that one list could be of two trees.
    #[error("the name `{found}` has a line feed in it")]
    LineFeed {
        /// The name, control characters escaped.
        found: String,
    },
    /// Its name does not come after the one before, or has no place in a tree.
    #[error("the name `{found}` does not come after `{before}`, byte by byte")]
    OutOfOrder {
        /// The name, control characters escaped.
        found: String,
        /// The name before.
        before: String,
    },
}

/// The list of a tree's files, as far as it is written, and so the tree's digest (rule F-TREE).
#[derive(Debug, Clone, Default)]
pub struct Leaves {
    hasher: sha2::Sha256,
    last: Option<Box<[u8]>>,
    files: u64,
}

impl Leaves {
    /// The line of a file in a list.
    #[must_use]
    pub fn line(name: &[u8], digest: Sha256) -> Vec<u8> {
        [digest.to_string().as_bytes(), b"  ", name, b"\n"].concat()
    }

    /// Adds the next file, by its path from the top of the tree.
    ///
    /// # Errors
    /// [`LeafError`]: the name has a line feed, or does not come after that of the file before.
    pub fn add(&mut self, name: &[u8], digest: Sha256) -> Result<(), LeafError> {
        if name.contains(&b'\n') {
            return Err(LeafError::LineFeed { found: shown(name) });
        }
        let last = self.last.as_deref().unwrap_or_default();
        if name <= last {
            return Err(LeafError::OutOfOrder { found: shown(name), before: shown(last) });
        }
        self.hasher.update(Self::line(name, digest));
        self.last = Some(name.into());
        self.files = self.files.saturating_add(1);
        Ok(())
    }

    /// How many files it has.
    #[must_use]
    pub const fn files(&self) -> u64 {
        self.files
    }

    /// The digest of the tree that has these files and no others.
    #[must_use]
    pub fn digest(self) -> ArtifactDigest {
        ArtifactDigest::Tree(Sha256::from_bytes(self.hasher.finalize().into()))
    }
}

fn shown(name: &[u8]) -> String {
    let text: Cow<'_, str> = String::from_utf8_lossy(name);
    text.chars().take(200).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of in-toto's specification of digest sets: the module `github.com/marklodato/go-hello-world@v0.0.1`.
    #[test]
    fn the_digest_of_a_tree_is_the_one_in_the_specification_of_digest_sets() {
        let mut leaves = Leaves::default();
        for (name, digest) in [
            ("README.md", "3a137eef6458bfb76bb2c63fc29ffc7166604d2d2e09ed9d8250a534122a8364"),
            ("go.mod", "28e7c942a036902d981759d0bf5704d2bfc7cb500caf68b84711b234af01c6a5"),
            ("main.go", "ddc4da627d9a9f45fb29641a1b185d6f53287ecfd921aacbf4fe54b7a86fe8d1"),
        ] {
            let name = format!("github.com/marklodato/go-hello-world@v0.0.1/{name}");
            leaves.add(name.as_bytes(), Sha256::parse(digest).unwrap()).unwrap();
        }
        assert_eq!(leaves.files(), 3);
        assert_eq!(
            leaves.digest().to_string(),
            "dirHash1:2a1bb6127fb481c60f67692e22285fb306f3c6ffe62075e0ccf674d7c3adcb8f"
        );
    }

    #[test]
    fn a_tree_is_never_a_file_of_the_same_digits() {
        let mut leaves = Leaves::default();
        leaves.add(b"a", Sha256::of(b"")).unwrap();
        let list = Leaves::line(b"a", Sha256::of(b""));
        let (file, tree) = (ArtifactDigest::of(&list), leaves.digest());
        assert_eq!(file.digits(), tree.digits());
        assert_ne!(file, tree);
        assert_eq!((file.file(), tree.file()), (Some(Sha256::of(&list)), None));
        for digest in [file, tree] {
            assert_eq!(ArtifactDigest::parse(&digest.to_string()), Ok(digest));
            let json = serde_json::to_string(&digest).unwrap();
            assert_eq!(serde_json::from_str::<ArtifactDigest>(&json).unwrap(), digest);
            assert_eq!(DigestSet::from(digest).artifact(), Ok(Some(digest)));
        }
        for bad in ["dirHash1:", "dirhash1:", "sha256:", "h1:", "dirHash1:dirHash1:"] {
            let text = format!("{bad}{}", file.digits());
            assert_eq!(ArtifactDigest::parse(&text).is_ok(), bad == "dirHash1:", "{bad}");
        }
    }

    #[test]
    fn names_are_in_the_order_of_their_bytes_and_each_is_one_line() {
        let add = |names: &[&[u8]]| {
            let mut leaves = Leaves::default();
            names.iter().try_for_each(|name| leaves.add(name, Sha256::of(b"")))
        };
        let orders: [&[&[u8]]; 3] =
            [&[b"a-b", b"a/b", b"ab"], &[b"B", b"a"], &["e\u{301}".as_bytes(), "\u{e9}".as_bytes(), b"\xff"]];
        for good in orders {
            assert_eq!(add(good), Ok(()), "{good:?}");
            let backwards: Vec<&[u8]> = good.iter().rev().copied().collect();
            assert!(matches!(add(&backwards), Err(LeafError::OutOfOrder { .. })), "{good:?}");
        }
        for twice_or_none in [&[&b"a"[..], b"a"][..], &[b""]] {
            assert!(matches!(add(twice_or_none), Err(LeafError::OutOfOrder { .. })), "{twice_or_none:?}");
        }
        assert!(matches!(add(&[b"a\nb"]), Err(LeafError::LineFeed { .. })));
    }

    #[test]
    fn nothing_is_a_file_and_a_tree() {
        let both = DigestSet { sha256: Some(Sha256::of(b"")), dir_hash1: Some(Sha256::of(b"")) };
        assert!(both.artifact().is_err());
        assert_eq!(DigestSet::default().artifact(), Ok(None));
    }
}
