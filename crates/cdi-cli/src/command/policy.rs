//! `cdi policy`: what a principal does with its own policy.

mod document;
mod explain;
mod lint;
mod sign;
mod source;
mod suggest;
mod test;
mod waive;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Look at policies, test and suggest them, sign them, and excuse parts of them for a time.
#[derive(Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Lint(lint::Lint),
    Explain(explain::Explain),
    Test(test::Test),
    Suggest(suggest::Suggest),
    Sign(sign::Sign),
    Waive(waive::Waive),
}

impl Policy {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            Command::Lint(arguments) => arguments.run(),
            Command::Explain(arguments) => arguments.run(),
            Command::Test(arguments) => arguments.run(),
            Command::Suggest(arguments) => arguments.run(),
            Command::Sign(arguments) => arguments.run(),
            Command::Waive(arguments) => arguments.run(),
        }
    }
}
