//! `cdi bundle`.

mod add;
mod artifacts;
mod merge;
mod outcome;
mod prune;
mod split;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Put evidence together, and take it apart.
#[derive(Args)]
pub(crate) struct Bundle {
    #[command(subcommand)]
    command: BundleCommand,
}

#[derive(Subcommand)]
enum BundleCommand {
    Add(add::Add),
    Merge(merge::Merge),
    Split(split::Split),
    Prune(prune::Prune),
}

impl Bundle {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            BundleCommand::Add(arguments) => arguments.run(),
            BundleCommand::Merge(arguments) => arguments.run(),
            BundleCommand::Split(arguments) => arguments.run(),
            BundleCommand::Prune(arguments) => arguments.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}
