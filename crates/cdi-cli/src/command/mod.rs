//! The subcommands.

pub(crate) mod completions;

use std::process::ExitCode;

use crate::arguments::Command;
use crate::failure::Failure;

/// Runs a subcommand; `Ok` carries the exit status of one that did what was asked.
pub(crate) fn dispatch(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Completions(arguments) => arguments.run(),
    }
}
