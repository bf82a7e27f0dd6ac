//! `cdi environment`.

mod bench;
mod list;
pub(crate) mod measured;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// The execution environments of this machine: what runs here, by which runtime, and what it costs.
///
/// What an environment provides is its host's word, or an authority's about its runtime. What is measured here makes no place
/// lawful; `cdi place` prices by it, where it was measured.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Environment {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(list::List),
    Bench(bench::Bench),
}

impl Environment {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.action {
            Action::List(arguments) => arguments.run()?,
            Action::Bench(arguments) => arguments.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
