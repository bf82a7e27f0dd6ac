//! `cdi node`.

pub(crate) mod machine;
mod report;
mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Say what a node has to give, and see what nodes have said.
#[derive(Args)]
pub(crate) struct Node {
    #[command(subcommand)]
    command: NodeCommand,
}

#[derive(Subcommand)]
enum NodeCommand {
    Report(report::Report),
    Show(show::Show),
}

impl Node {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            NodeCommand::Report(arguments) => arguments.run(),
            NodeCommand::Show(arguments) => arguments.run(),
        }
    }
}
