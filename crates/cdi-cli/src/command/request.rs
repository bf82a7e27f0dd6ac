//! `cdi request`.

mod certification;
mod endorsement;
mod linkage;
mod measured;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Ask a vetting authority for something. A request is signed with the key that it is about.
#[derive(Args)]
pub(crate) struct Request {
    #[command(subcommand)]
    command: RequestCommand,
}

#[derive(Subcommand)]
enum RequestCommand {
    Certification(Box<certification::Certification>),
    Endorsement(endorsement::Endorsement),
}

impl Request {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            RequestCommand::Certification(arguments) => arguments.run(),
            RequestCommand::Endorsement(arguments) => arguments.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}
