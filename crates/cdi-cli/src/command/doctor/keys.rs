//! Private keys and authorities in a folder and the folders in it: who can read them, and what is about to end.

use std::io::Error;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use cdi_types::{Duration, Timestamp};

use super::report::{Report, Severity};
use crate::command::authority::folder::Folder;
use crate::failure::Failure;
use crate::passphrase::readers;

/// How deep folders are looked through.
const DEPTH: usize = 3;
/// How many files and folders are looked at: a home folder has more, and is not where keys are looked for.
const MOST: usize = 10_000;
/// A key file has under 1 KiB.
const KEY_BYTES: u64 = 64 << 10;
/// What an authority signs should not end without a word.
const SOON: Duration = Duration::from_seconds(24 * 60 * 60);

/// Looks through a folder. Links are not followed.
pub(super) fn look(folder: &Path, now: Timestamp, report: &mut Report) {
    report.looked("keys and authorities in", folder.display());
    let mut found = Vec::new();
    let mut left = MOST;
    for (folder, error) in gather(folder, DEPTH, &mut left, &mut found) {
        let failure = Failure::failed("folder-unreadable", format!("it cannot be read: {error}"));
        report.error(
            folder.display(),
            failure.hint("keys and authorities in it were not looked at: let this user read it"),
        );
    }
    if left == 0 {
        let message = format!("it has more than {MOST} files, and not all were looked at");
        report.warning(folder.display(), Failure::failed("limit-files", message));
    }
    found.sort();
    for path in found {
        if path.file_name().is_some_and(|name| name == "authority.json") {
            authority(path.parent().unwrap_or(folder), now, report);
        } else {
            key(&path, report);
        }
    }
}

/// Whoever can write in an authority's folder can take its journal away, and put a list with an older serial in its place.
fn writers(folder: &Path, report: &mut Report) {
    let Ok(metadata) = folder.metadata() else { return };
    let (severity, who) = match metadata.mode() {
        mode if mode & 0o002 != 0 => (Severity::Error, "anybody"),
        mode if mode & 0o020 != 0 => (Severity::Warning, "its group"),
        _ => return,
    };
    let message =
        format!("{who} can change what this authority keeps: its mode is {:o}", metadata.mode() & 0o7777);
    let failure = Failure::failed("authority-writable", message);
    report.find(severity, folder.display(), failure.hint(format!("chmod 700 {}", folder.display())));
}

/// Gathers the files of keys and authorities; gives back the folders that cannot be read.
fn gather(folder: &Path, depth: usize, left: &mut usize, found: &mut Vec<PathBuf>) -> Vec<(PathBuf, Error)> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return vec![(folder.to_owned(), error)],
    };
    let mut unread = Vec::new();
    for entry in entries.flatten() {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return unread;
        }
        let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
        if kind.is_dir() && depth > 1 {
            unread.extend(gather(&path, depth - 1, left, found));
        } else if kind.is_file()
            && (path.extension().is_some_and(|end| end == "pem") || entry.file_name() == "authority.json")
        {
            found.push(path);
        }
    }
    unread
}

/// A private key is for its owner alone.
fn key(path: &Path, report: &mut Report) {
    let Ok(metadata) = path.symlink_metadata() else { return };
    let private = metadata.len() <= KEY_BYTES
        && std::fs::read_to_string(path).is_ok_and(|text| text.contains("PRIVATE KEY-----"));
    if let Some(failure) = readers(path, &metadata).filter(|_| private) {
        report.error(path.display(), failure);
    }
}

fn authority(folder: &Path, now: Timestamp, report: &mut Report) {
    report.looked("the authority", folder.display());
    writers(folder, report);
    let ends = match Folder::open(folder).and_then(|opened| opened.ends()) {
        Ok(ends) => ends,
        Err(failure) => return report.error(folder.display(), failure),
    };
    let (list, dir) = (ends.list, folder.display());
    let publish = format!("`cdi authority publish {dir} --out FILE` signs the next one");
    if list <= now {
        let message = format!("its newest revocation list has ended, {list}");
        report.warning(&dir, Failure::failed("list-ended", message).hint(publish));
    } else if list <= now.after(SOON) {
        let message = format!("its newest revocation list ends soon, {list}");
        report.warning(&dir, Failure::failed("list-ends-soon", message).hint(publish));
    }
    if let Some(endorsed) = ends.endorsed.filter(|endorsed| *endorsed <= now) {
        let message = format!("no endorsement of it is current any more, the last has ended {endorsed}");
        let failure = Failure::failed("endorsement-ended", message);
        report.warning(&dir, failure.hint("ask its parent authority to endorse it again"));
    }
}
