//! Which tests are meant.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// How the files of a folder end that are tests.
const ENDING: &str = ".test.yaml";

/// The files that are named, and those of the folders that are named, in order.
pub(super) fn all(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for path in named {
        if path.is_dir() {
            all.extend(within(path)?);
        } else {
            all.push(path.clone());
        }
    }
    Ok(all)
}

fn within(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unread = |error: std::io::Error| {
        Failure::failed("folder-unreadable", format!("`{}` cannot be read: {error}", folder.display()))
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ENDING)) {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        let message =
            format!("no file `*{ENDING}` is in `{}`: a test of nothing would pass", folder.display());
        return Err(Failure::failed("policy-test-none", message));
    }
    Ok(found)
}
