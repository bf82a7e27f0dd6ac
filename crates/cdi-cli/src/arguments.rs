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

/// The commands. Each says itself what it is for: a comment here would take the place of its help.
#[derive(Subcommand)]
pub(crate) enum Command {
    Init(command::init::Init),
    Trust(command::trust::Trust),
    Doctor(command::doctor::Doctor),
    Key(command::key::Key),
    Authority(command::authority::Authority),
    Request(command::request::Request),
    Wrap(command::wrap::Wrap),
    Origin(command::origin::Origin),
    Policy(command::policy::Policy),
    Bundle(command::bundle::Bundle),
    Verify(command::verify::Verify),
    Explain(command::explain::Explain),
    Export(command::export::Export),
    Report(command::report::Report),
    ExplainCode(command::explain_code::ExplainCode),
    Graph(command::graph::Draw),
    Run(command::run::Run),
    Affected(command::affected::Affected),
    Revoke(command::authority::front::Front),
    State(command::state::State),
    Inspect(command::inspect::Inspect),
    Catalogue(command::catalogue::Catalogue),
    Completions(command::completions::Completions),
}

impl Command {
    /// The exit statuses that this command keeps to.
    pub(crate) const fn statuses(&self) -> Statuses {
        match self {
            Self::Init(_) | Self::Trust(_) | Self::Doctor(_) => Statuses::Own,
            Self::Key(_) | Self::Authority(_) | Self::Request(_) | Self::Origin(_) | Self::Bundle(_) => {
                Statuses::Own
            }
            Self::Verify(_)
            | Self::Explain(_)
            | Self::Export(_)
            | Self::Report(_)
            | Self::ExplainCode(_)
            | Self::Graph(_)
            | Self::Affected(_)
            | Self::Revoke(_)
            | Self::Policy(_)
            | Self::State(_)
            | Self::Inspect(_)
            | Self::Catalogue(_)
            | Self::Completions(_) => Statuses::Own,
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

    #[test]
    fn every_command_has_its_help() {
        fn helped(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            let leaf = !command.has_subcommands() && command.get_name() != "completions";
            assert!(!leaf || command.get_long_about().is_some(), "{}", command.get_name());
            command.get_subcommands().for_each(helped);
        }
        helped(&Arguments::command());
    }
}
