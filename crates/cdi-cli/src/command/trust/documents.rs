//! The configuration and its policies, as documents that are changed.
//!
//! A change is made under the lock of the document's folder, from what is read then. The document that would come out is
//! read as a decision would read it; only then does it take the place of the old one.

use std::path::{Path, PathBuf};

use cdi_edit::{EditError, Step};
use cdi_policy::{Catalogues, Configuration, Policy, RequiredPrincipal};
use cdi_types::{Name, PolicyDigest};
use clap::Args;

use super::words::quoted;
use crate::answer::{Outputs, VALUES};
use crate::failure::Failure;

/// Where the configuration is.
#[derive(Debug, Clone, Args)]
pub(super) struct ConfigurationFile {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "cdi.yaml", env = "CDI_CONFIG")]
    pub(super) config: PathBuf,
    #[command(flatten)]
    pub(super) output: Outputs<VALUES>,
}

/// Which policy is changed.
#[derive(Debug, Clone, Args)]
pub(super) struct PolicyOf {
    #[command(flatten)]
    pub(super) file: ConfigurationFile,
    /// Whose policy; needs to be said only if there are several principals
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    principal: Option<Name>,
    /// If the configuration pins the policy's digest, pin the new one
    #[arg(long)]
    repin: bool,
}

/// Where a policy's anchors are.
pub(super) const ANCHORS: &[Step<'static>] =
    &[Step::Member("spec"), Step::Member("trust"), Step::Member("anchors")];
/// Where the origins are that it accepts.
pub(super) const ORIGINS: &[Step<'static>] =
    &[Step::Member("spec"), Step::Member("history"), Step::Member("complete"), Step::Member("origins")];
/// Where a configuration's principals are.
pub(super) const PRINCIPALS: &[Step<'static>] = &[Step::Member("spec"), Step::Member("principals")];

/// What a change does to a text.
pub(super) type Change<'c> = &'c dyn Fn(&str) -> Result<String, Failure>;

/// The configuration as it was read.
pub(super) struct Documents {
    pub(super) path: PathBuf,
    pub(super) catalogues: Catalogues,
    pub(super) configuration: Configuration,
}

impl Documents {
    pub(super) fn read(file: &ConfigurationFile) -> Result<Self, Failure> {
        let (configuration, catalogues) = crate::decision::configuration(&file.config)?;
        Ok(Self { path: file.config.clone(), catalogues, configuration })
    }

    /// Where a principal's policy is.
    ///
    /// One that is signed is changed by its principal, in a new edition, and not here.
    pub(super) fn policy_path(&self, principal: &RequiredPrincipal) -> Result<PathBuf, Failure> {
        match (&principal.policy, &principal.key) {
            (Some(policy), None) => Ok(self.path.parent().unwrap_or(Path::new("")).join(policy)),
            _ => {
                let message = format!("the policy of `{}` is signed", principal.name);
                Err(Failure::failed("policy-signed", message)
                    .hint("change its document, and sign a new edition with `cdi policy sign`"))
            }
        }
    }

    /// A principal's policy, as a decision would read it.
    pub(super) fn policy(&self, principal: &RequiredPrincipal) -> Result<Policy, Failure> {
        let path = self.policy_path(principal)?;
        self.load(principal, &cdi_store::read_document(&path)?, &path)
    }

    fn load(&self, principal: &RequiredPrincipal, bytes: &[u8], path: &Path) -> Result<Policy, Failure> {
        principal
            .load(bytes, &self.catalogues)
            .map_err(|error| crate::words::unread(error, &self.catalogues).about(path.display()))
    }

    /// The principal of this name, or the only one.
    pub(super) fn principal(&self, name: Option<&Name>) -> Result<&RequiredPrincipal, Failure> {
        let principals = self.configuration.principals();
        let names = || principals.iter().map(|principal| principal.name.as_str());
        match name {
            None => match principals {
                [only] => Ok(only),
                _ => {
                    let names: Vec<String> = names().map(|name| format!("`{name}`")).collect();
                    Err(Failure::failed("principal-unnamed", "the configuration has several principals")
                        .hint(format!("say whose policy it is with `--principal`: {}", names.join(", "))))
                }
            },
            Some(name) => principals.iter().find(|principal| principal.name == *name).ok_or_else(|| {
                let message = format!("`{name}` is no principal of this configuration");
                Failure::failed("configuration-unknown-principal", message).meant(name.as_str(), names())
            }),
        }
    }

    /// Changes the configuration.
    pub(super) fn change(&self, change: Change<'_>) -> Result<(), Failure> {
        cdi_store::rewrite_document(&self.path, |bytes| {
            let changed = change(text(bytes, &self.path)?)?;
            Configuration::load(changed.as_bytes(), &self.catalogues).map_err(|error| {
                refused(crate::words::unread(error, &self.catalogues).about(self.path.display()))
            })?;
            Ok((changed.into_bytes(), ()))
        })
    }

    /// Changes a policy, and the digest by which the configuration pins it. Should the second not be done any more, the
    /// policy is refused until it is: by its digest.
    pub(super) fn change_policy(&self, of: &PolicyOf, change: Change<'_>) -> Result<PathBuf, Failure> {
        let principal = self.principal(of.principal.as_ref())?;
        let path = self.policy_path(principal)?;
        if principal.sha256.is_some() && !of.repin {
            let message = format!("the configuration pins the digest of `{}`", path.display());
            return Err(Failure::failed("policy-pinned", message)
                .hint("give `--repin` to pin the new one; nothing was changed"));
        }
        let unpinned = RequiredPrincipal { sha256: None, ..principal.clone() };
        let digest: PolicyDigest = cdi_store::rewrite_document(&path, |bytes| {
            self.load(principal, bytes, &path)?;
            let changed = change(text(bytes, &path)?)?;
            self.load(&unpinned, changed.as_bytes(), &path).map_err(refused)?;
            let digest = PolicyDigest::of(changed.as_bytes());
            Ok::<_, Failure>((changed.into_bytes(), digest))
        })?;
        if principal.sha256.is_some() {
            let pin = [PRINCIPALS, &[Step::Named(principal.name.as_str()), Step::Member("sha256")]].concat();
            self.change(&|text| Ok(cdi_edit::replace(text, &pin, &quoted(digest))?))?;
        }
        Ok(path)
    }
}

/// That a policy has an anchor of this name.
pub(super) fn has_anchor(text: &str, name: &Name) -> Result<(), Failure> {
    let names = cdi_edit::items(text, ANCHORS, "name")?.unwrap_or_default();
    if names.iter().any(|known| known == name.as_str()) {
        return Ok(());
    }
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    Err(Failure::failed("anchor-not-there", format!("the policy has no anchor `{name}`")).known(
        "anchors of the policy",
        name.as_str(),
        &known,
    ))
}

fn text<'b>(bytes: &'b [u8], path: &Path) -> Result<&'b str, Failure> {
    std::str::from_utf8(bytes)
        .map_err(|_| Failure::failed("yaml-not-utf8", format!("`{}` is not UTF-8", path.display())))
}

fn refused(failure: Failure) -> Failure {
    failure.hint("with the change the document would be refused; nothing was changed")
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        Self::failed(error.code(), error).hint("make this change by hand; nothing was changed")
    }
}
