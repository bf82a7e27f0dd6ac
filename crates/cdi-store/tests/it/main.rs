//! Integration tests of `cdi-store`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may fail loudly"
)]

mod append;
mod concurrent;
mod digest;
mod killed;
mod read;
mod write;

use std::path::PathBuf;

/// The names in a folder, sorted: to see that nothing is left over.
fn names(folder: &tempfile::TempDir) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A folder in which nobody can make a file: `None` for the superuser, whom no mode stops.
fn closed_folder(folder: &tempfile::TempDir) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let closed = folder.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
    (!rustix::process::geteuid().is_root()).then_some(closed)
}
