//! `cdi trust add principal`.

use cdi_policy::{RequiredPrincipal, When as Required};
use cdi_types::Name;
use clap::{Args, ValueEnum};

use super::super::documents::{ConfigurationFile, Documents, PRINCIPALS};
use super::super::words::quoted;
use crate::answer::Done;
use crate::failure::Failure;

/// Let another principal have a say: its policy must then allow too.
///
///   cdi trust add principal developer --policy policies/developer.yaml --required always
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Principal {
    /// The principal, as its policy names it
    #[arg(value_parser = Name::parse)]
    name: Name,
    /// Its policy, as seen from the configuration's folder
    #[arg(long, value_name = "FILE")]
    policy: String,
    /// When it must agree
    #[arg(long, value_enum)]
    required: When,
    /// Take the policy only as it is now, by its digest
    #[arg(long)]
    pin: bool,
    #[command(flatten)]
    file: ConfigurationFile,
}

/// When a principal must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    /// To every decision
    Always,
    /// When something of its own is given to the program
    WhenGranted,
}

impl Principal {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let documents = Documents::read(&self.file)?;
        let (required, word) = match self.required {
            When::Always => (Required::Always, "always"),
            When::WhenGranted => (Required::Granted, "when-granted"),
        };
        let principal = RequiredPrincipal {
            name: self.name.clone(),
            policy: Some(self.policy.clone()),
            key: None,
            at_least: None,
            sha256: None,
            required,
        };
        let policy = documents.policy(&principal)?;
        let pin = if self.pin { format!(", sha256: {}", quoted(policy.digest())) } else { String::new() };
        let (name, path) = (quoted(&self.name), quoted(&self.policy));
        let item = format!("{{name: {name}, policy: {path}, required: {word}{pin}}}");
        documents.change(&|text| Ok(cdi_edit::append(text, PRINCIPALS, &item)?))?;
        let (name, config) = (&self.name, documents.path.display());
        let done = Done::new(format!("`{name}` must agree, {word}: {config}"));
        self.file.output.say(&done.also("configuration", config))
    }
}
