//! The command line, as clap reads it.

use clap::{Parser, Subcommand, ValueEnum};

use crate::command;
use crate::failure::Statuses;

/// Code Deployment Integrity: decide from the proven history of code whether it may run, and where.
#[derive(Parser)]
#[command(name = "cdi", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Print a completion script for a shell
    Completions(command::completions::Completions),
}

impl Command {
    /// The exit statuses that this command keeps to.
    pub(crate) const fn statuses(&self) -> Statuses {
        match self {
            Self::Completions(_) => Statuses::Own,
        }
    }
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Output {
    /// For people
    #[default]
    Text,
    /// For programs: one JSON document
    Json,
}
