//! `cdi bundle`.

mod add;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Put evidence together.
#[derive(Args)]
pub(crate) struct Bundle {
    #[command(subcommand)]
    command: BundleCommand,
}

#[derive(Subcommand)]
enum BundleCommand {
    Add(add::Add),
}

impl Bundle {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            BundleCommand::Add(arguments) => arguments.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}
