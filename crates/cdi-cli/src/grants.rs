//! What a program is to be given, as the command line says it.

use std::collections::BTreeSet;

use cdi_policy::{Access, Request, RequestedDirectory, RunLimits};
use cdi_types::{ArtifactDigest, Name};
use clap::Args;

use crate::failure::Failure;

/// What `cdi run` gives, and `cdi verify` decides about as if it were given.
#[derive(Debug, Clone, Args)]
pub(crate) struct GrantArguments {
    /// Give the program a directory of the configuration: NAME to read, NAME:rw to read and write
    #[arg(long = "dir", value_name = "NAME[:rw]", value_parser = directory)]
    pub(crate) directories: Vec<RequestedDirectory>,
    /// Give the program an environment variable
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) variables: Vec<(String, String)>,
}

impl GrantArguments {
    /// The request to run an artifact with all this, within these limits.
    ///
    /// # Errors
    /// `usage` if something is given twice.
    pub(crate) fn request(
        &self,
        artifact: ArtifactDigest,
        arguments: &[String],
        limits: RunLimits,
    ) -> Result<Request, Failure> {
        once("directory", self.directories.iter().map(|wanted| wanted.name.as_str()))?;
        once("variable", self.variables.iter().map(|(name, _)| name.as_str()))?;
        Ok(Request {
            artifact,
            arguments: arguments.to_vec(),
            directories: self.directories.clone(),
            environment: self.variables.clone(),
            limits,
        })
    }
}

/// Holds if nothing is given twice: which of two would count?
///
/// # Errors
/// `usage`.
pub(crate) fn once<'n>(what: &str, names: impl Iterator<Item = &'n str>) -> Result<(), Failure> {
    let mut known = BTreeSet::new();
    let mut names = names;
    match names.find(|name| !known.insert(*name)) {
        None => Ok(()),
        Some(twice) => Err(Failure::failed("usage", format!("the {what} `{twice}` is given twice"))
            .hint("give each once: which of two would count?")),
    }
}

fn directory(text: &str) -> Result<RequestedDirectory, String> {
    let (name, access) = match text.rsplit_once(':') {
        None => (text, Access::Read),
        Some((name, "ro")) => (name, Access::Read),
        Some((name, "rw")) => (name, Access::ReadWrite),
        Some((_, other)) => return Err(format!("`{other}` is neither `ro` nor `rw`")),
    };
    let name = Name::parse(name).map_err(|error| error.to_string())?;
    Ok(RequestedDirectory { name, access })
}

fn variable(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "expected NAME=VALUE".to_owned())
}
