//! `cdi authority`.

mod beforehand;
mod certify;
mod countersign;
mod create;
mod endorse;
mod files;
pub(crate) mod folder;
pub(crate) mod front;
mod import;
mod lint;
mod list;
mod outcome;
mod publish;
mod revoke;
mod revoked;
mod show;
mod shown;
mod signing;
mod succeed;
mod template;

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use cdi_authority::AuthorityError;
use cdi_types::{Duration, Timestamp};
use clap::{Args, Subcommand};

use crate::failure::Failure;

pub(crate) use certify::CustodyWord;

/// Be a vetting authority: certify tools, endorse other authorities, revoke.
#[derive(Args)]
pub(crate) struct Authority {
    #[command(subcommand)]
    command: AuthorityCommand,
}

#[derive(Subcommand)]
enum AuthorityCommand {
    Create(create::Create),
    Endorse(endorse::Endorse),
    Import(import::Import),
    Lint(lint::Lint),
    Certify(certify::Certify),
    Countersign(countersign::Countersign),
    Revoke(revoke::Revoke),
    Publish(publish::Publish),
    Succeed(succeed::Succeed),
    Template(template::Template),
    List(list::List),
    Show(show::Show),
}

impl Authority {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            AuthorityCommand::Create(arguments) => arguments.run(),
            AuthorityCommand::Endorse(arguments) => arguments.run(),
            AuthorityCommand::Import(arguments) => arguments.run(),
            AuthorityCommand::Lint(arguments) => arguments.run(),
            AuthorityCommand::Certify(arguments) => arguments.run(),
            AuthorityCommand::Countersign(arguments) => arguments.run(),
            AuthorityCommand::Revoke(arguments) => arguments.run(),
            AuthorityCommand::Publish(arguments) => arguments.run(),
            AuthorityCommand::Succeed(arguments) => arguments.run(),
            AuthorityCommand::Template(arguments) => arguments.run(),
            AuthorityCommand::List(arguments) => arguments.run(),
            AuthorityCommand::Show(arguments) => arguments.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The time that a statement is made at.
#[derive(Debug, Clone, Args)]
struct At {
    /// Sign as of this time instead of now, at most a day ahead, such as 2026-11-21T12:00:00Z: for demonstrations and tests
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

/// The time that is asked about.
#[derive(Debug, Clone, Args)]
struct AsOf {
    /// Tell what is valid, expired or revoked as of this time instead of now, such as 2026-11-21T12:00:00Z
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

/// What is signed for a later day holds up what comes before it: a list never begins before the last one.
const AHEAD: Duration = Duration::from_seconds(24 * 60 * 60);

impl At {
    fn time(&self) -> Result<Timestamp, Failure> {
        let now = now();
        match self.at {
            Some(at) if at > now.after(AHEAD) => {
                let message = format!("it is {now}, and {at} is more than a day ahead");
                Err(Failure::failed("time-ahead", message)
                    .hint("a list could not be replaced before its day"))
            }
            at => Ok(at.unwrap_or(now)),
        }
    }
}

impl At {
    /// The time that was given, if one was.
    const fn given(&self) -> Option<Timestamp> {
        self.at
    }
}

impl AsOf {
    fn time(&self) -> Timestamp {
        self.at.unwrap_or_else(now)
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since.as_secs())
}

impl From<AuthorityError> for Failure {
    fn from(error: AuthorityError) -> Self {
        let failure = Self::failed(error.code(), &error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
