//! `cdi completions`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::terminal;

/// Print a completion script for a shell.
#[derive(Args)]
pub(crate) struct Completions {
    /// The shell
    shell: clap_complete::Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        // Into memory first: the generator would panic at a closed pipe or a full disk.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "cdi", &mut script);
        terminal::written(std::io::stdout().write_all(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
