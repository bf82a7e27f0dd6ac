//! The files that `cdi wrap` itself writes. None of them may be a file that the run is about, and nothing that somebody
//! keeps is written over: that is found before the tool runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::one_name::one_name;
use crate::terminal::plain;

/// Files by what they are for, each for one thing.
#[derive(Default)]
pub(super) struct Places(BTreeMap<PathBuf, &'static str>);

impl Places {
    /// Takes note of a file that the run is about; one that is both read and written is the tool's business.
    pub(super) fn of_the_run(&mut self, file: impl AsRef<Path>, purpose: &'static str) {
        self.0.insert(one_name(file.as_ref()), purpose);
    }

    /// Takes note of a file that is going to be written.
    ///
    /// # Errors
    /// `file-has-two-uses` if it is for something else as well.
    pub(super) fn will_be_written(&mut self, file: &Path, purpose: &'static str) -> Result<(), Failure> {
        match self.0.insert(one_name(file), purpose) {
            None => Ok(()),
            Some(other) => {
                let file = plain(&file.display().to_string());
                let message = format!("`{file}` is to be {purpose}, and it is {other} too");
                Err(Failure::failed("file-has-two-uses", message).hint("give each file a name of its own"))
            }
        }
    }
}

/// Holds if nothing but an earlier summary is in the place of a new one.
pub(super) fn free_for_a_summary(file: &Path) -> Result<(), Failure> {
    match cdi_store::foresee_new(file) {
        Err(error @ cdi_store::StoreError::Exists { .. }) if !is_a_summary(file) => {
            Err(Failure::from(error).hint("only an earlier summary is written over: name another file"))
        }
        Err(cdi_store::StoreError::Exists { .. }) | Ok(()) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

fn is_a_summary(file: &Path) -> bool {
    let Ok(bytes) = cdi_store::read_summary(file) else { return false };
    let members = serde_json::from_slice::<BTreeMap<String, serde::de::IgnoredAny>>(&bytes);
    let of_a_run = ["exit", "bundles", "executables", "libraries"];
    members.is_ok_and(|members| {
        let has = |names: &[&str]| names.iter().all(|name| members.contains_key(*name));
        has(&of_a_run) || has(&["exit", "reports", "runs"])
    })
}
