//! The files that an origin is about: named one by one, as folders, or by the list of a package.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cdi_store::{StoreError, two};
use cdi_types::{RecordedPath, Subject};

use crate::failure::Failure;

/// More files than this are a slip: somebody named the root of a file system.
const FILES: usize = 1 << 20;

/// Files to sign, by the paths under which they are recorded, and what was left out.
#[derive(Default)]
pub(super) struct Files {
    found: BTreeMap<RecordedPath, PathBuf>,
    /// Symbolic links in folders and lists: what they lead to has a name of its own.
    pub(super) links: usize,
}

impl Files {
    /// Takes a file that was named, or all files in a folder that was.
    pub(super) fn named(&mut self, path: &Path) -> Result<(), Failure> {
        if path.is_dir() { self.folder(path) } else { self.take(path) }
    }

    /// Takes what the list of a package names, one path a line, as `dpkg -L PACKAGE` prints it and `/var/lib/dpkg/info`
    /// has it. Folders in it stand for themselves only.
    pub(super) fn listed(&mut self, list: &Path) -> Result<(), Failure> {
        let about = || format!("`{}`", list.display());
        let text = String::from_utf8(cdi_store::read_artifact(list)?.bytes().to_vec());
        let text = text.map_err(|_| Failure::failed("file-not-text", "not UTF-8 text").about(about()))?;
        let before = self.found.len();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let path = Path::new(line);
            let place = || format!("{}, line {}", about(), number + 1);
            let metadata = path.symlink_metadata().map_err(|error| {
                let message = format!("cannot look at `{}`: {error}", path.display());
                Failure::failed("file-missing", message).about(place())
            })?;
            if metadata.is_symlink() {
                self.links += 1;
            } else if !metadata.is_dir() {
                self.take(path).map_err(|failure| failure.about(place()))?;
            }
        }
        if self.found.len() == before {
            return Err(Failure::failed("origin-empty", "the list names no file").about(about()));
        }
        Ok(())
    }

    /// Measures the files, in the order of their paths.
    pub(super) fn subjects(&self) -> Result<Vec<Subject>, Failure> {
        let found: Vec<(&RecordedPath, &PathBuf)> = self.found.iter().collect();
        Ok(two::each(&found, |(path, file)| {
            let digest = cdi_store::artifact_digest(file)?;
            Ok::<_, StoreError>(Subject { path: Some((*path).clone()), digest })
        })?)
    }

    fn folder(&mut self, folder: &Path) -> Result<(), Failure> {
        let (before, mut due) = (self.found.len(), vec![folder.to_owned()]);
        while let Some(folder) = due.pop() {
            let failed = |error: std::io::Error| {
                Failure::failed("folder-unreadable", format!("cannot read `{}`: {error}", folder.display()))
            };
            for entry in std::fs::read_dir(&folder).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let kind = entry.file_type().map_err(failed)?;
                if kind.is_symlink() {
                    self.links += 1;
                } else if kind.is_dir() {
                    due.push(entry.path());
                } else {
                    self.take(&entry.path())?;
                }
            }
        }
        if self.found.len() == before {
            let message = format!("the folder `{}` has no file in it", folder.display());
            return Err(Failure::failed("origin-empty", message));
        }
        Ok(())
    }

    fn take(&mut self, file: &Path) -> Result<(), Failure> {
        let text = file.to_str().ok_or_else(|| {
            Failure::failed("path-not-plain", format!("the path `{}` is not UTF-8", file.display()))
        })?;
        self.found.insert(RecordedPath::normalise(text)?, file.to_owned());
        if self.found.len() > FILES {
            let message = format!("more than {FILES} files");
            return Err(Failure::failed("limit-origin-files", message).hint("name fewer, or smaller folders"));
        }
        Ok(())
    }
}
