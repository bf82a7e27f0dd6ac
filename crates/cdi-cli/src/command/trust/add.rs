//! `cdi trust add`.

mod anchor;
mod key;
mod origin;
mod principal;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Trust somebody more.
#[derive(Args)]
pub(super) struct Add {
    #[command(subcommand)]
    command: AddCommand,
}

#[derive(Subcommand)]
enum AddCommand {
    Principal(principal::Principal),
    Anchor(anchor::Anchor),
    Key(key::Key),
    Origin(origin::Origin),
}

impl Add {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.command {
            AddCommand::Principal(arguments) => arguments.run(),
            AddCommand::Anchor(arguments) => arguments.run(),
            AddCommand::Key(arguments) => arguments.run(),
            AddCommand::Origin(arguments) => arguments.run(),
        }
    }
}
