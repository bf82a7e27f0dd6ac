//! What a command that signed says at its end.

use std::io::{self, Write as _};
use std::path::Path;

use cdi_authority::Window;
use cdi_keys::Sealed;
use cdi_types::{StatementId, Timestamp};
use serde::Serialize;

use crate::answer::Answer;
use crate::layout::Page;
use crate::terminal;

/// Something that was signed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outcome {
    /// What was done, with its object.
    pub(super) done: String,
    pub(super) id: StatementId,
    pub(super) serial: u64,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
}

impl Outcome {
    pub(super) fn new(
        done: String,
        sealed: &Sealed,
        serial: u64,
        window: Window,
        file: Option<&Path>,
    ) -> Self {
        Self {
            done,
            id: sealed.id,
            serial,
            not_before: window.not_before(),
            not_after: window.not_after(),
            file: file.map(|file| file.display().to_string()),
        }
    }
}

impl Answer for Outcome {
    fn text(&self, page: &mut Page) -> io::Result<()> {
        writeln!(page, "{}", terminal::plain(&self.done))?;
        writeln!(page, "  id      {}", self.id)?;
        writeln!(page, "  serial  {}", self.serial)?;
        writeln!(page, "  valid   {} to {}", self.not_before, self.not_after)?;
        match &self.file {
            Some(file) => writeln!(page, "  file    {}", terminal::plain(file)),
            None => Ok(()),
        }
    }
}
