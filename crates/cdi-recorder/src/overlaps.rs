//! Whether what is declared lies apart: no folder has in it what is declared besides.
//!
//! By the kernel's numbers, and not by names: a folder has as many names as there are links and mounts. A report that had one
//! file in two places could be read in two ways.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::materials::{Expected, Material, Of};
use crate::tree::{self, Inodes, TreeFault};
use crate::{FileRole, RecordError};

/// Holds if nothing that is declared lies in a folder that is declared as well.
///
/// # Errors
/// [`TreeFault::Overlaps`] of the folder.
pub(crate) fn none(inputs: &[Material], outputs: &[Expected]) -> Result<(), RecordError> {
    let folders: Vec<(&str, Inodes)> =
        inputs.iter().filter_map(|input| Some((input.typed.as_str(), input.tree()?.inodes()))).collect();
    let refused = |folder: &str, other: &str| {
        let other = if other.is_empty() { "." } else { other }.to_owned();
        RecordError::tree(FileRole::Input, folder, TreeFault::Overlaps { other })
    };
    let has = |inode: (u64, u64), besides: &str| {
        let mut others = folders.iter().filter(|(folder, _)| *folder != besides);
        others.find_map(|(folder, inodes)| Some(refused(folder, inodes.get(&inode)?)))
    };
    let files = inputs.iter().filter_map(|input| match &input.of {
        Of::File(file) => has(file.stamp().inode(), ""),
        Of::Tree(_) => None,
    });
    let mut between =
        folders.iter().flat_map(|(folder, inodes)| inodes.keys().map(|inode| (*inode, *folder)));
    let shared = files.into_iter().next().or_else(|| between.find_map(|(inode, folder)| has(inode, folder)));
    shared.map_or(Ok(()), Err)?;
    outputs.iter().try_for_each(|output| {
        let inside = nearest(&output.typed).and_then(|inode| has(inode, ""));
        inside.map_or(Ok(()), Err)
    })?;
    apart(outputs)
}

/// Outputs need not be there: they are told apart by the names that they have.
fn apart(outputs: &[Expected]) -> Result<(), RecordError> {
    for folder in outputs.iter().filter(|output| tree::is_folder(&output.typed)) {
        let other = outputs.iter().find_map(|output| {
            let rest = output.path.as_str().strip_prefix(folder.path.as_str())?;
            rest.strip_prefix('/').map(str::to_owned)
        });
        if let Some(other) = other {
            return Err(RecordError::tree(FileRole::Output, &folder.typed, TreeFault::Overlaps { other }));
        }
    }
    Ok(())
}

/// The nearest thing on the way to an output that is there already, itself included.
fn nearest(typed: &str) -> Option<(u64, u64)> {
    let whole = std::env::current_dir().ok()?.join(typed);
    let there = whole.ancestors().find_map(|path: &Path| path.metadata().ok())?;
    Some((there.dev(), there.ino()))
}
