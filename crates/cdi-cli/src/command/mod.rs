//! The subcommands.

pub(crate) mod affected;
pub(crate) mod authority;
pub(crate) mod bundle;
pub(crate) mod catalogue;
pub(crate) mod completions;
pub(crate) mod deploy;
pub(crate) mod digest;
pub(crate) mod doctor;
pub(crate) mod environment;
pub(crate) mod explain;
pub(crate) mod explain_code;
pub(crate) mod export;
pub(crate) mod graph;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod inspect;
pub(crate) mod journal;
pub(crate) mod key;
pub(crate) mod man;
pub(crate) mod node;
pub(crate) mod origin;
pub(crate) mod place;
pub(crate) mod policy;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod run;
pub(crate) mod state;
pub(crate) mod trust;
pub(crate) mod verify;
pub(crate) mod watch;
pub(crate) mod wrap;

use std::process::ExitCode;

use crate::arguments::Command;
use crate::failure::Failure;

/// Runs a subcommand; `Ok` carries the exit status of one that did what was asked.
pub(crate) fn dispatch(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Init(arguments) => arguments.run(),
        Command::Doctor(arguments) => arguments.run(),
        Command::Trust(arguments) => arguments.run(),
        Command::Key(arguments) => arguments.run(),
        Command::Authority(arguments) => arguments.run(),
        Command::Request(arguments) => arguments.run(),
        Command::Wrap(arguments) => arguments.run(),
        Command::Digest(arguments) => arguments.run(),
        Command::Origin(arguments) => arguments.run(),
        Command::Policy(arguments) => arguments.run(),
        Command::Node(arguments) => arguments.run(),
        Command::Bundle(arguments) => arguments.run(),
        Command::Import(arguments) => arguments.run(),
        Command::Verify(arguments) => arguments.run(),
        Command::Explain(arguments) => arguments.run(),
        Command::Place(arguments) => arguments.run(),
        Command::Report(arguments) => arguments.run(),
        Command::ExplainCode(arguments) => arguments.run(),
        Command::Graph(arguments) => arguments.run(),
        Command::Run(arguments) => arguments.run(),
        Command::Environment(arguments) => arguments.run(),
        Command::Deploy(arguments) => arguments.run(),
        Command::Journal(arguments) => arguments.run(),
        Command::Watch(arguments) => arguments.run(),
        Command::Export(arguments) => arguments.run(),
        Command::Affected(arguments) => arguments.run(),
        Command::Revoke(arguments) => arguments.run(),
        Command::State(arguments) => arguments.run(),
        Command::Inspect(arguments) => arguments.run(),
        Command::Catalogue(arguments) => arguments.run(),
        Command::Completions(arguments) => arguments.run(),
        Command::Man(arguments) => arguments.run(),
    }
}
