//! The environment of the tool, as the command line names it.

use std::path::{Path, PathBuf};

use cdi_recorder::{Disclosure, Environment, Salt};
use clap::Args;
use serde::Serialize;

use crate::failure::Failure;

/// What the tool gets beside `PATH=/usr/bin:/bin`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Variables {
    /// Give the tool an environment variable
    #[arg(long = "env", value_name = "NAME=VALUE")]
    given: Vec<String>,
    /// Give the tool an environment variable of yours
    #[arg(long = "pass-env", value_name = "NAME")]
    passed: Vec<String>,
    /// As --pass-env, for secrets: the report has a salted commitment to the value, which no condition accepts. Without
    /// its salt nobody could ever open it: --salts says where that goes
    #[arg(long = "commit-env", value_name = "NAME", requires = "salts")]
    committed: Vec<String>,
    /// Keep the salts of commitments in this new file: with them you can prove a value later
    #[arg(long, value_name = "FILE", requires = "committed")]
    salts: Option<PathBuf>,
}

/// What opens a commitment, in a file of its owner's.
#[derive(Serialize)]
struct Kept<'a> {
    name: &'a str,
    /// 64 hexadecimal digits.
    salt: String,
    commitment: String,
}

impl Variables {
    /// The environment.
    pub(crate) fn environment(&self) -> Result<Environment, Failure> {
        let mut environment = Environment::default();
        let names =
            self.given.iter().map(|given| given.split_once('=').map_or(given.as_str(), |(name, _)| name));
        let names = names.chain(self.passed.iter().chain(&self.committed).map(String::as_str));
        crate::grants::once("variable", names)?;
        for given in &self.given {
            let hint = |failure: Failure| {
                failure.hint("give a variable as `--env NAME=VALUE`, or `--pass-env NAME`")
            };
            let Some((name, value)) = given.split_once('=') else {
                let message = format!("`{given}` is no variable with its value");
                return Err(hint(Failure::failed("variable-malformed", message)));
            };
            environment.set(name, value, Disclosure::Open).map_err(|error| hint(error.into()))?;
        }
        let passed = self.passed.iter().map(|name| (name, Disclosure::Open));
        let committed = self.committed.iter().map(|name| (name, Disclosure::Committed));
        for (name, disclosure) in passed.chain(committed) {
            environment.set(name, &own(name)?, disclosure)?;
        }
        Ok(environment)
    }

    /// The file that the salts are to be kept in.
    pub(crate) fn salts(&self) -> Option<&Path> {
        self.salts.as_deref()
    }

    /// Keeps the salts, if that was asked for, where only their owner can read them.
    pub(crate) fn keep(&self, salts: &[Salt]) -> Result<(), Failure> {
        let Some(file) = &self.salts else { return Ok(()) };
        let kept = salts.iter().map(|salt| Kept {
            name: &salt.name,
            salt: cdi_types::Sha256::from_bytes(salt.salt).to_string(),
            commitment: salt.commitment.to_string(),
        });
        let kept: Vec<Kept<'_>> = kept.collect();
        let text =
            serde_json::to_vec_pretty(&kept).map_err(|error| Failure::failed("output-unwritable", error))?;
        Ok(cdi_store::write_new(file, &text, 0o600)?)
    }
}

/// A variable of this process.
fn own(name: &str) -> Result<String, Failure> {
    let missing =
        || Failure::failed("variable-missing", format!("there is no environment variable `{name}`"));
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(missing());
    }
    let not_unicode =
        |_| Failure::failed("text-not-unicode", format!("the environment variable `{name}` is not UTF-8"));
    std::env::var_os(name).ok_or_else(missing)?.into_string().map_err(not_unicode)
}
