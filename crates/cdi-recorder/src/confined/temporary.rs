//! A folder for what lasts no longer than the run, which nobody else can write to.

use std::path::{Path, PathBuf};

use rustix::fs::Mode;

use crate::{Disclosure, Environment, RecordError};

/// The folder. It is gone when this is, if this made it.
#[derive(Debug)]
pub(crate) struct Temporary {
    path: String,
    is_ours: bool,
}

impl Temporary {
    /// The folder that the environment names as `TMPDIR`, or a new one that it names from then on.
    ///
    /// # Errors
    /// [`RecordError::OutOfReach`]: none could be made.
    pub(crate) fn of(environment: &mut Environment) -> Result<Self, RecordError> {
        if let Some(path) = environment.value("TMPDIR") {
            return Ok(Self { path: path.to_owned(), is_ours: false });
        }
        let path = fresh(&std::env::temp_dir())?;
        let path = path.into_os_string().into_string().map_err(|_| RecordError::NotUnicode {
            what: "the path of the folder for temporary files".to_owned(),
        })?;
        environment.set("TMPDIR", &path, Disclosure::Open)?;
        Ok(Self { path, is_ours: true })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.path
    }
}

/// Makes a folder that nobody could foresee the name of.
fn fresh(parent: &Path) -> Result<PathBuf, RecordError> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|_| RecordError::NoRandomness)?;
    let name: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let path = parent.join(format!("cdi-{name}"));
    match rustix::fs::mkdir(&path, Mode::RWXU) {
        Ok(()) => Ok(path),
        Err(errno) => {
            Err(RecordError::OutOfReach { path: path.to_string_lossy().into_owned(), source: errno.into() })
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.is_ours {
            // What cannot be removed is left: the run is over, and nothing of it is in a report.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_named_and_removed() {
        let mut environment = Environment::default();
        let temporary = Temporary::of(&mut environment).unwrap();
        let path = PathBuf::from(temporary.as_str());
        assert_eq!(environment.value("TMPDIR"), path.to_str());
        std::fs::create_dir(path.join("a")).unwrap();
        std::fs::write(path.join("a/b"), "c").unwrap();
        drop(temporary);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_was_given_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mut environment = Environment::default();
        environment.set("TMPDIR", folder.path().to_str().unwrap(), Disclosure::Open).unwrap();
        drop(Temporary::of(&mut environment).unwrap());
        assert!(folder.path().exists());
    }
}
