//! The command `cdi`: one file a subcommand, each a thin walk through the crates that do the work.

mod arguments;
mod command;
mod decision;
mod embedded;
mod failure;
mod passphrase;
mod terminal;
mod verdict;
mod verdict_text;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    let statuses = arguments.command.statuses();
    match command::dispatch(arguments.command) {
        Ok(code) => code,
        Err(failure) => {
            terminal::failure(&failure);
            statuses.of(&failure)
        }
    }
}
