//! `cdi trust`.

mod add;
mod documents;
mod list;
pub(crate) mod named_key;
mod remove;
mod words;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;

pub(crate) use words::{key, list as words_list, quoted};

/// See and change whom this host trusts: who must agree, and whom each policy names.
///
/// Changes are made in the configuration and the policies as they are: every other byte stays, comments included. What
/// would come out is read as a decision would read it before it takes the place of what was there.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Trust {
    #[command(subcommand)]
    command: TrustCommand,
}

#[derive(Subcommand)]
enum TrustCommand {
    List(list::List),
    Add(add::Add),
    Remove(remove::Remove),
}

impl Trust {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            TrustCommand::List(arguments) => arguments.run(),
            TrustCommand::Add(arguments) => arguments.run(),
            TrustCommand::Remove(arguments) => arguments.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}
