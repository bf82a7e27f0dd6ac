//! `cdi policy`: what a principal does with its own policy.

mod document;
mod sign;
mod waive;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Sign policies, and excuse parts of them for a time.
#[derive(Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Sign(sign::Sign),
    Waive(waive::Waive),
}

impl Policy {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Sign(arguments) => arguments.run(),
            Command::Waive(arguments) => arguments.run(),
        }
    }
}
