//! What commits and trees say, from their bytes.

use cdi_types::{GitDigest, ObjectFormat};

/// What an entry of a tree is, by its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A tree.
    Folder,
    /// A file.
    File {
        /// Whether it may be executed.
        executable: bool,
    },
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
}

/// The tree of a commit: its first line says it.
#[must_use]
pub fn tree_of(format: ObjectFormat, commit: &[u8]) -> Option<GitDigest> {
    let line = commit.split(|byte| *byte == b'\n').next()?;
    let digits = std::str::from_utf8(line.strip_prefix(b"tree ")?).ok()?;
    GitDigest::from_digits(digits).ok().filter(|id| id.format() == format)
}

/// One entry of a tree after the other: mode, name and id, as they are stored.
#[derive(Debug)]
pub struct Entries<'t> {
    format: ObjectFormat,
    rest: &'t [u8],
}

impl<'t> Entries<'t> {
    /// Those of a tree in a repository of this format.
    #[must_use]
    pub const fn of(format: ObjectFormat, tree: &'t [u8]) -> Self {
        Self { format, rest: tree }
    }

    fn one(&mut self) -> Result<(Entry, &'t [u8], GitDigest), &'static str> {
        const CUT: &str = "is a tree that ends in the middle of an entry";
        let space = self.rest.iter().position(|byte| *byte == b' ').ok_or(CUT)?;
        let (mode, rest) = self.rest.split_at_checked(space).ok_or(CUT)?;
        let rest = rest.get(1..).ok_or(CUT)?;
        let end = rest.iter().position(|byte| *byte == 0).ok_or(CUT)?;
        let (name, rest) = rest.split_at_checked(end).ok_or(CUT)?;
        let (id, rest) =
            rest.get(1..).and_then(|rest| rest.split_at_checked(self.format.bytes())).ok_or(CUT)?;
        self.rest = rest;
        let entry = match mode {
            b"40000" => Entry::Folder,
            // Before 2005 files could be writable for a group; git checks them out as any other.
            b"100644" | b"100664" => Entry::File { executable: false },
            b"100755" => Entry::File { executable: true },
            b"120000" => Entry::Link,
            b"160000" => Entry::Submodule,
            _ => return Err("is a tree with a mode that git does not have"),
        };
        if !is_name(name) {
            return Err("is a tree with a name that no file of a work tree has");
        }
        Ok((entry, name, GitDigest::from_bytes(self.format, id).ok_or(CUT)?))
    }
}

impl<'t> Iterator for Entries<'t> {
    type Item = Result<(Entry, &'t [u8], GitDigest), &'static str>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let found = self.one();
        if found.is_err() {
            self.rest = &[];
        }
        Some(found)
    }
}

/// Whether git would check a file of this name out, where names are told apart by their letters' case or are not.
fn is_name(name: &[u8]) -> bool {
    !name.is_empty()
        && name != b"."
        && name != b".."
        && !name.eq_ignore_ascii_case(b".git")
        && !name.contains(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let entry =
            |(mode, name): &(&str, &[u8])| [mode.as_bytes(), b" ", name, b"\0", [7; 20].as_slice()].concat();
        entries.iter().flat_map(entry).collect()
    }

    type Read<'t> = Result<Vec<(Entry, &'t [u8], GitDigest)>, &'static str>;

    fn read(bytes: &[u8]) -> Read<'_> {
        Entries::of(ObjectFormat::Sha1, bytes).collect()
    }

    #[test]
    fn entries_are_what_their_modes_say() {
        let bytes = tree(&[
            ("100644", b"a"),
            ("100664", b"b"),
            ("100755", b"c\nd"),
            ("120000", b"e"),
            ("160000", b"f"),
            ("40000", b"..."),
        ]);
        let found: Vec<Entry> = read(&bytes).unwrap().into_iter().map(|(entry, ..)| entry).collect();
        let file = |executable| Entry::File { executable };
        assert_eq!(
            found,
            [file(false), file(false), file(true), Entry::Link, Entry::Submodule, Entry::Folder]
        );
        assert_eq!(read(b""), Ok(Vec::new()));
    }

    #[test]
    fn names_that_leave_the_work_tree_or_enter_the_repository_are_refused() {
        for bad in [&b""[..], b".", b"..", b".git", b".GiT", b"a/b", b"/etc"] {
            assert!(read(&tree(&[("100644", bad)])).is_err(), "{}", bad.escape_ascii());
        }
        for mode in ["040000", "100600", "0", "", "120644"] {
            assert!(read(&tree(&[(mode, b"a")])).is_err(), "{mode}");
        }
        let whole = tree(&[("100644", b"a")]);
        for end in 1..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_commit_says_its_tree_first() {
        let digits = "ab".repeat(20);
        let text = format!("tree {digits}\nparent x\n");
        assert_eq!(tree_of(ObjectFormat::Sha1, text.as_bytes()).unwrap().digits(), digits);
        for bad in
            [format!("parent x\n{text}"), format!("tree {digits}ab\n"), "tree\n".to_owned(), String::new()]
        {
            assert_eq!(tree_of(ObjectFormat::Sha1, bad.as_bytes()), None, "{bad}");
        }
        let long = format!("tree {}\n", "ab".repeat(32));
        assert_eq!(tree_of(ObjectFormat::Sha1, long.as_bytes()), None);
    }
}
