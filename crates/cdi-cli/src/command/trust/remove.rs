//! `cdi trust remove`.

use cdi_edit::Step;
use cdi_policy::Configuration;
use cdi_types::Name;
use clap::{Args, Subcommand};

use super::documents::{ANCHORS, ConfigurationFile, Documents, ORIGINS, PRINCIPALS, PolicyOf, has_anchor};
use super::named_key::NamedKey;
use crate::answer::Done;
use crate::failure::Failure;

/// Trust somebody less, or ask somebody less.
#[derive(Args)]
pub(super) struct Remove {
    #[command(subcommand)]
    command: RemoveCommand,
}

#[derive(Subcommand)]
enum RemoveCommand {
    Principal(Principal),
    Anchor(Anchor),
    Key(Key),
    Origin(Origin),
}

/// Let a principal have no say any more. Its policy stays where it is.
///
///   cdi trust remove principal developer
#[derive(Args)]
#[command(verbatim_doc_comment)]
struct Principal {
    /// The principal
    #[arg(value_parser = Name::parse)]
    name: Name,
    #[command(flatten)]
    file: ConfigurationFile,
}

/// Let a policy trust an authority no more.
///
/// What it has certified or endorsed then counts for nothing under this policy, unless another anchor vouches for it.
///
///   cdi trust remove anchor acme-vetting
#[derive(Args)]
#[command(verbatim_doc_comment)]
struct Anchor {
    /// The anchor
    #[arg(value_parser = Name::parse)]
    name: Name,
    #[command(flatten)]
    policy: PolicyOf,
}

/// Take a key of an anchor out of a policy: at the end of a change of keys, or when it was stolen.
///
///   cdi trust remove key --anchor acme-vetting --key 3856e0dacd65
#[derive(Args)]
#[command(verbatim_doc_comment)]
struct Key {
    /// The anchor
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    anchor: Name,
    /// The key, by its file in PEM or by its id; the first 8 or more digits will do
    #[arg(long, value_name = "KEY", value_parser = NamedKey::parse)]
    key: NamedKey,
    #[command(flatten)]
    policy: PolicyOf,
}

/// Let a policy accept what a key's origin statements list no more.
///
///   cdi trust remove origin --key developer.pub.pem
#[derive(Args)]
#[command(verbatim_doc_comment)]
struct Origin {
    /// The key, by its file in PEM or by its id; the first 8 or more digits will do
    #[arg(long, value_name = "KEY", value_parser = NamedKey::parse)]
    key: NamedKey,
    #[command(flatten)]
    policy: PolicyOf,
}

impl Remove {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.command {
            RemoveCommand::Principal(arguments) => arguments.run(),
            RemoveCommand::Anchor(arguments) => arguments.run(),
            RemoveCommand::Key(arguments) => arguments.run(),
            RemoveCommand::Origin(arguments) => arguments.run(),
        }
    }
}

impl Principal {
    fn run(self) -> Result<(), Failure> {
        let documents = Documents::read(&self.file)?;
        documents.principal(Some(&self.name))?;
        needed(&self.name, &documents.configuration)?;
        documents.change(&|text| without(text, PRINCIPALS, &self.name, "configuration-unknown-principal"))?;
        let (name, config) = (&self.name, documents.path.display());
        let done = Done::new(format!("`{name}` need not agree any more: {config}"));
        self.file.output.say(&done.also("configuration", config))
    }
}

impl Anchor {
    fn run(self) -> Result<(), Failure> {
        let documents = Documents::read(&self.policy.file)?;
        let change = |text: &str| without(text, ANCHORS, &self.name, "anchor-not-there");
        let path = documents.change_policy(&self.policy, &change)?;
        let (name, path) = (&self.name, path.display());
        let done = Done::new(format!("`{name}` is no anchor any more: {path}"));
        self.policy.file.output.say(&done.also("policy", path))
    }
}

impl Key {
    fn run(self) -> Result<(), Failure> {
        let documents = Documents::read(&self.policy.file)?;
        let place = [ANCHORS, &[Step::Named(self.anchor.as_str()), Step::Member("keys")]].concat();
        let change = |text: &str| {
            has_anchor(text, &self.anchor)?;
            without_key(text, &place, &self.key)
        };
        let path = documents.change_policy(&self.policy, &change)?;
        let (name, path) = (&self.anchor, path.display());
        let done = Done::new(format!("the anchor `{name}` has a key less: {path}"));
        self.policy.file.output.say(&done.also("policy", path))
    }
}

impl Origin {
    fn run(self) -> Result<(), Failure> {
        let documents = Documents::read(&self.policy.file)?;
        let change = |text: &str| without_key(text, ORIGINS, &self.key);
        let path = documents.change_policy(&self.policy, &change)?;
        let path = path.display();
        let done = Done::new(format!("histories may not begin at this key any more: {path}"));
        self.policy.file.output.say(&done.also("policy", path))
    }
}

/// That nothing else in the configuration needs the principal: the host and the owners of directories are principals.
fn needed(name: &Name, configuration: &Configuration) -> Result<(), Failure> {
    let directories = configuration.directories().iter();
    let owned = directories.filter(|directory| directory.owner == *name);
    let mut by: Vec<String> = owned
        .map(|directory| format!("the owner of the directory `{}`, under `directories`", directory.name))
        .collect();
    if configuration.host() == name {
        by.push("the host, under `host`".to_owned());
    }
    if by.is_empty() {
        return Ok(());
    }
    let message = format!("`{name}` must stay a principal: it is {}", by.join(", and "));
    Err(Failure::failed("principal-needed", message).hint("change those entries first; nothing was changed"))
}

fn without(text: &str, place: &[Step<'_>], name: &Name, code: &'static str) -> Result<String, Failure> {
    let names = cdi_edit::items(text, place, "name")?.unwrap_or_default();
    let index = names.iter().position(|known| known == name.as_str()).ok_or_else(|| {
        Failure::failed(code, format!("there is no `{name}`"))
            .meant(name.as_str(), names.iter().map(String::as_str))
    })?;
    Ok(cdi_edit::remove(text, place, index)?)
}

fn without_key(text: &str, place: &[Step<'_>], key: &NamedKey) -> Result<String, Failure> {
    let keys = cdi_edit::items(text, place, "key")?.unwrap_or_default();
    let (index, _) = key.among(&keys)?;
    Ok(cdi_edit::remove(text, place, index)?)
}
