//! The files of the commit that is checked out, compared with what lies in the work tree.
//!
//! In goes a folder in a work tree; out comes which files have the bytes and the mode that the commit says, by their
//! SHA-256, and what is otherwise. The repository is taken to be hostile: the program `git` is asked three things only
//! (where the work tree is, what `HEAD` is, what it ignores) and for objects by their ids, in a way that runs nothing that
//! the repository names; every object is held to its id here, from the commit down, and every file is read here, through
//! no link. Nothing is signed, and nothing is said of who made the commit. The rule is F-COMMIT in `docs/spec/formats.md`.

mod compare;
mod error;
mod hash;
mod object;
mod objects;
mod program;
mod walk;
mod work_tree;

pub use compare::{Change, Committed, Compared, compare};
pub use error::{GitError, How};
pub use hash::{Kind, id_of};
pub use object::{Entries, Entry, tree_of};
pub use objects::Objects;
pub use walk::{Paths, paths};
