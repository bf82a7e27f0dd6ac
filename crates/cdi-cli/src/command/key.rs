//! `cdi key`.

mod agent;
mod generate;
mod show;

pub(crate) use generate::refuse_existing;

use std::process::ExitCode;

use cdi_envelope::Algorithm;
use clap::{Args, Subcommand, ValueEnum};

use crate::failure::Failure;

/// Make, show and hold keys.
#[derive(Args)]
pub(crate) struct Key {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Subcommand)]
enum KeyCommand {
    Agent(agent::KeyAgent),
    Generate(generate::Generate),
    Show(show::Show),
}

impl Key {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        match self.command {
            KeyCommand::Agent(arguments) => return arguments.run(),
            KeyCommand::Generate(arguments) => arguments.run(),
            KeyCommand::Show(arguments) => arguments.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The algorithm of a new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum NewAlgorithm {
    /// ECDSA on P-256 with SHA-256
    #[default]
    EcdsaP256,
    /// Ed25519
    Ed25519,
}

impl From<NewAlgorithm> for Algorithm {
    fn from(algorithm: NewAlgorithm) -> Self {
        match algorithm {
            NewAlgorithm::EcdsaP256 => Self::EcdsaP256Sha256,
            NewAlgorithm::Ed25519 => Self::Ed25519,
        }
    }
}
