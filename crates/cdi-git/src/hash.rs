//! The ids of git's objects: a digest over kind, length and bytes.

use cdi_types::{GitDigest, ObjectFormat};
use sha2::Digest as _;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A commit.
    Commit,
    /// A folder.
    Tree,
    /// A file's bytes, or where a link leads.
    Blob,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
        }
    }
}

/// The id of an object; `None` if its bytes are half of a collision of SHA-1, so that they have no id of their own.
#[must_use]
pub fn id_of(format: ObjectFormat, kind: Kind, bytes: &[u8]) -> Option<GitDigest> {
    let head = format!("{} {}\0", kind.as_str(), bytes.len());
    match format {
        ObjectFormat::Sha1 => {
            let mut hasher = sha1_checked::Sha1::new();
            sha1_checked::Digest::update(&mut hasher, head.as_bytes());
            sha1_checked::Digest::update(&mut hasher, bytes);
            let found = hasher.try_finalize();
            if found.has_collision() { None } else { GitDigest::from_bytes(format, found.hash()) }
        }
        ObjectFormat::Sha256 => {
            let found = sha2::Sha256::new().chain_update(head.as_bytes()).chain_update(bytes).finalize();
            GitDigest::from_bytes(format, &found)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `git hash-object -t tree /dev/null` and `git hash-object --stdin` print.
    #[test]
    fn ids_are_those_that_git_gives() {
        let id = |format, kind, bytes: &[u8]| id_of(format, kind, bytes).unwrap().to_string();
        let empty = "sha1:4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        assert_eq!(id(ObjectFormat::Sha1, Kind::Tree, b""), empty);
        let empty = "sha256:6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";
        assert_eq!(id(ObjectFormat::Sha256, Kind::Tree, b""), empty);
        let hello = "sha1:ce013625030ba8dba906f756967f9e9ca394464a";
        assert_eq!(id(ObjectFormat::Sha1, Kind::Blob, b"hello\n"), hello);
    }
}
