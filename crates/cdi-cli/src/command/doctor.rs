//! `cdi doctor`.

mod documents;
mod files;
mod kernel;
mod keys;
mod report;
mod state;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use self::report::Report;
use crate::answer::{CASES, Outputs};
use crate::failure::{Failure, Kind};
use crate::memory::{Remembered, StateArguments};

/// Look for what is wrong with this host's set-up, and say how to mend it.
///
/// Looks at the configuration, its policies and directories, at who else could change them, at private keys and
/// authorities in the configuration's folder, at what the host remembers, its clock, and what `cdi wrap` needs of the
/// kernel. Nothing is changed, no key is opened, no network is used. The exit status is 0 if there is no error, warnings
/// or not, and 1 if there is one.
///
///   cdi doctor
///   cdi doctor --keys /var/lib/authorities --output json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Doctor {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "cdi.yaml", env = "CDI_CONFIG")]
    config: PathBuf,
    /// Another folder to look for private keys and authorities in; may be repeated
    #[arg(long, value_name = "DIR")]
    keys: Vec<PathBuf>,
    #[command(flatten)]
    state: StateArguments,
    #[command(flatten)]
    output: Outputs<CASES>,
}

impl Doctor {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let now = state::now();
        let mut report = Report::default();
        let memory = Remembered::read(&self.state).unwrap_or_else(|_| Remembered::nothing());
        documents::look(&self.config, &memory, now, &mut report);
        for folder in std::iter::once(&files::folder_of(&self.config)).chain(&self.keys) {
            keys::look(folder, now, &mut report);
        }
        state::look(&self.state, &self.config, now, &mut report);
        kernel::look(&mut report);
        self.output.say(&report)?;
        if report.has_errors() {
            return Err(Failure::told(Kind::Denied, "doctor-found-errors"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
