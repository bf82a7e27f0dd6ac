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
    /// Make and show keys
    Key(command::key::Key),
    /// Be a vetting authority: certify tools, endorse other authorities, revoke
    Authority(command::authority::Authority),
    /// Ask a vetting authority for a certification or an endorsement
    Request(command::request::Request),
    /// Run a tool and sign a report of what it did
    Wrap(command::wrap::Wrap),
    /// Say that artifacts are yours: a provenance chain may begin at them
    Origin(command::origin::Origin),
    /// Put evidence together
    Bundle(command::bundle::Bundle),
    /// Decide whether an artifact may run, and say why
    Verify(command::verify::Verify),
    /// Decide, and run the artifact if it may
    Run(command::run::Run),
    /// Show what is in a bundle, without trusting it
    Inspect(command::inspect::Inspect),
    /// Show the words that certifications and policies use
    Catalogue(command::catalogue::Catalogue),
    /// Print a completion script for a shell
    Completions(command::completions::Completions),
}

impl Command {
    /// The exit statuses that this command keeps to.
    pub(crate) const fn statuses(&self) -> Statuses {
        match self {
            Self::Key(_) | Self::Authority(_) | Self::Request(_) | Self::Origin(_) | Self::Bundle(_) => {
                Statuses::Own
            }
            Self::Verify(_) | Self::Inspect(_) | Self::Catalogue(_) | Self::Completions(_) => Statuses::Own,
            Self::Run(_) | Self::Wrap(_) => Statuses::Child,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Arguments::command().debug_assert();
    }
}
