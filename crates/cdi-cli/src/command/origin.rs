//! `cdi origin`.

mod commit;
mod files;
mod sign;

pub(crate) use sign::KindWord;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Say where provenance chains may begin.
#[derive(Args)]
pub(crate) struct Origin {
    #[command(subcommand)]
    command: OriginCommand,
}

#[derive(Subcommand)]
enum OriginCommand {
    Sign(sign::Sign),
}

impl Origin {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            OriginCommand::Sign(arguments) => arguments.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}
