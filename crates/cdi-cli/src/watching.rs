//! Deciding again about what runs, for `cdi watch` and `cdi deploy` (rules J-WATCH, J-STOP).

mod again;
mod answer;
mod ending;
mod evidence;
mod files;
mod heard;
mod past;
mod rest;
mod taken_back;
mod watcher;

pub(crate) use rest::Rest;
pub(crate) use watcher::Watcher;

use std::path::PathBuf;

use cdi_types::Duration;
use clap::{Args, ValueEnum};

use crate::memory::StateArguments;

/// What is looked at, and what is done about it.
pub(crate) struct Looking {
    /// Who must agree, for all programs; else for each the configuration of its record.
    pub(crate) config: Option<PathBuf>,
    /// Evidence that stands beside that of every program.
    pub(crate) bundle: Vec<PathBuf>,
    pub(crate) enforcement: Enforcement,
    pub(crate) state: StateArguments,
}

/// What is done about programs that would be refused now.
#[derive(Debug, Clone, Args)]
pub(crate) struct Enforcement {
    /// End programs that run and would be refused now; with `=undecided` also what could not be decided
    #[arg(
        long,
        value_enum,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "refused"
    )]
    enforce: Option<Enforced>,
    /// How long a program may take to end before it is killed
    #[arg(long, value_name = "TIME", default_value = "10s", requires = "enforce")]
    grace: Duration,
}

/// What is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Enforced {
    /// What would be refused
    Refused,
    /// Also what could not be decided
    Undecided,
}
