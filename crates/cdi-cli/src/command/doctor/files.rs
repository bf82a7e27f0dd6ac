//! Who else could change or read a file.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::report::{Report, Severity};
use crate::failure::Failure;

const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
/// In a folder with it, only a file's owner can rename or remove the file.
const STICKY: u32 = 0o1000;

/// The folder of a file, as a path that can be opened.
pub(super) fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Finds out who but its owner, this user and the superuser could put something else in the place of a file.
pub(super) fn writers(path: &Path, report: &mut Report) {
    // Of a link that is the file which it leads to, and both folders.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut folders = vec![folder_of(path)];
    if folder_of(&target) != folders.first().and_then(|folder| folder.canonicalize().ok()).unwrap_or_default()
    {
        folders.push(folder_of(&target));
    }
    if let Ok(metadata) = target.metadata() {
        of_file(path, &metadata, report);
    }
    for folder in folders {
        if let Ok(metadata) = folder.metadata()
            && metadata.mode() & STICKY == 0
        {
            of_file(&folder, &metadata, report);
        }
    }
}

fn of_file(path: &Path, metadata: &Metadata, report: &mut Report) {
    let (severity, who) = match metadata.mode() {
        mode if mode & OTHERS_WRITE != 0 => (Severity::Error, "anybody"),
        mode if mode & GROUP_WRITES != 0 => (Severity::Warning, "its group"),
        _ => return of_owner(path, metadata, report),
    };
    let failure = Failure::failed("document-writable", format!("{who} can change what decisions rest on"));
    let bits = if severity == Severity::Error { "go-w" } else { "g-w" };
    report.find(severity, path.display(), failure.hint(format!("chmod {bits} {}", path.display())));
}

fn of_owner(path: &Path, metadata: &Metadata, report: &mut Report) {
    if is_foreign(metadata) {
        let message = format!("it belongs to the user {}, who can change it", metadata.uid());
        report.warning(path.display(), Failure::failed("document-of-another", message));
    }
}

/// Whether a file belongs to somebody else than this user and the superuser.
pub(super) fn is_foreign(metadata: &Metadata) -> bool {
    let own = Path::new("/proc/self").metadata().map(|own| own.uid());
    metadata.uid() != 0 && own.is_ok_and(|own| own != metadata.uid())
}
