//! Names of files that a command line spells in several ways, compared by what they lead to.

use std::path::{Path, PathBuf};

/// One name for a file that several lead to, as far as it or its folder is there.
pub(crate) fn one_name(file: &Path) -> PathBuf {
    let in_folder = || {
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Some(folder.canonicalize().ok()?.join(file.file_name()?))
    };
    file.canonicalize().ok().or_else(in_folder).unwrap_or_else(|| file.to_owned())
}
