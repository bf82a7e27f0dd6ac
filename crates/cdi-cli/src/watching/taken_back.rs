//! What the host has taken back: a program was given it, and the configuration does not have it any more.
//!
//! That is a decision of the host, and needs nobody else's.

use std::path::PathBuf;

use cdi_journal::Occasion;
use cdi_policy::{Configuration, ConfigurationError, Request};
use cdi_store::{Process, Running};
use cdi_types::{Name, Sha256};

use crate::decision::{self, Embedded};
use crate::decision_record::Undecided;
use crate::failure::{Failure, Kind};

/// A program that has lost its right by that.
pub(super) struct TakenBack {
    pub(super) why: Failure,
    request: Request,
    /// The decider's name, and the digest of the configuration's document.
    configuration: (Name, Sha256),
}

impl TakenBack {
    /// If something was: a directory, memory or time, the environment, or a principal that was named for the program.
    pub(super) fn of(
        record: &Running,
        request: &Request,
        (configuration, document): (&Configuration, Sha256),
        embedded: &Embedded,
    ) -> Option<Self> {
        let known = |name: &&Name| configuration.principals().iter().any(|entry| entry.name == **name);
        let stranger = record.principals.iter().find(|name| !known(name));
        let stranger = stranger.map(|name| ConfigurationError::UnknownPrincipal { name: name.clone() });
        let given = stranger.or_else(|| configuration.required(request).err()).map(|error| error.to_string());
        let place = || decision::environment(&record.environment, configuration, embedded).err();
        let what = given.or_else(|| place().map(|failure| failure.message))?;
        let message = format!("the configuration has not what it was given any more: {what}");
        Some(Self {
            why: Failure::new(Kind::Denied, "running-taken-back", message),
            request: request.clone(),
            configuration: (configuration.name().clone(), document),
        })
    }

    /// What is written down of it.
    pub(super) fn entry(&self, process: &Process, record: &Running, occasion: Occasion) -> Undecided {
        Undecided {
            occasion,
            path: PathBuf::from(&record.path),
            artifact: record.artifact,
            configuration: self.configuration.clone(),
            arguments: record.arguments.clone(),
            variables: record.variables.clone(),
            directories: self.request.directories.clone(),
            limits: Some(self.request.limits),
            runs: Some((process.name(), record.environment.clone())),
        }
    }
}
