//! What environments were measured to cost on this machine: a file beside what this host remembers. It is written by
//! `cdi environment bench`, and no decision rests on it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cdi_store::{StoreError, read_document, replace};
use cdi_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::memory::StateArguments;

/// The medians of one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Measured {
    /// From bytes to the end of a program that ends at once, in microseconds.
    pub(crate) start_micros: u64,
    /// Processor time of that.
    pub(crate) start_cpu_micros: u64,
    /// What its processes have of memory beside the program's.
    pub(crate) memory_bytes: u64,
    /// How much longer computing takes than in a plain process, in thousandths: 1000 is as long.
    pub(crate) computing_permille: u64,
    /// How much longer system calls take.
    pub(crate) calling_permille: u64,
}

/// The file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Measurements {
    /// When.
    pub(crate) measured_at: Option<Timestamp>,
    /// How often each figure was measured.
    pub(crate) rounds: u32,
    /// The figures, by the environment's name.
    pub(crate) environments: BTreeMap<String, Measured>,
}

impl Measurements {
    fn path(state: &StateArguments) -> Result<PathBuf, Failure> {
        let folder = state.folder()?;
        let mut name = folder.path().file_name().unwrap_or_default().to_owned();
        name.push("-environments.json");
        Ok(folder.path().with_file_name(name))
    }

    /// What was measured last; nothing if nothing was.
    pub(crate) fn read(state: &StateArguments) -> Result<Self, Failure> {
        let path = Self::path(state)?;
        let bytes = match read_document(&path) {
            Err(StoreError::Missing { .. }) => return Ok(Self::default()),
            other => other?,
        };
        serde_json::from_slice(&bytes).map_err(|error| {
            Failure::failed("measurements-damaged", format!("`{}` cannot be used: {error}", path.display()))
                .hint("measure anew with `cdi environment bench`")
        })
    }

    /// Writes it, whole or not at all.
    pub(crate) fn write(&self, state: &StateArguments) -> Result<PathBuf, Failure> {
        let path = Self::path(state)?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| {
                Failure::failed("output-unwritable", format!("`{}`: {error}", folder.display()))
            })?;
        }
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Failure::failed("output-unwritable", error))?;
        replace(&path, (text + "\n").as_bytes(), 0o644)?;
        Ok(path)
    }
}
