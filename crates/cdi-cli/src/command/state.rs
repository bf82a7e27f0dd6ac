//! `cdi state`.

mod reset;
mod show;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// What this host remembers from one decision to the next.
///
/// `cdi verify` and `cdi run` keep the newest revocation lists that they have seen, so that a bundle with older ones
/// hides nothing, and the time of the last decision, so that a clock that was set back lets nothing in. Each list is
/// kept as its authority signed it, and verified again whenever it is used.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct State {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Show(show::Show),
    Reset(reset::Reset),
}

impl State {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.action {
            Action::Show(arguments) => arguments.run()?,
            Action::Reset(arguments) => arguments.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
