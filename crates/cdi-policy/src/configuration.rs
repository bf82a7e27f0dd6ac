//! The decider's configuration: who must agree, and what this host has to give (rule P-CONFIG). It comes from whoever runs
//! the host, never from a bundle: what is carried along can only add to what is required.

use std::collections::BTreeSet;

use cdi_types::{Duration, Name, PolicyDigest};
use serde::Deserialize;

use crate::catalogue::Catalogue;
use crate::document::Document;
use crate::formula::{Atom, Formula, PlatformProperty};
use crate::grants::Request;
use crate::policy::Policy;
use crate::policy_error::PolicyError;

/// When a principal must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// To every decision.
    Always,
    /// When something of its own is given to the program.
    WhenGranted,
}

/// A principal, and where its policy is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequiredPrincipal {
    /// The principal.
    pub name: Name,
    /// The path of its policy, from the folder of the configuration.
    pub policy: String,
    /// The digest that the policy must have, if the configuration pins it.
    #[serde(default)]
    pub sha256: Option<PolicyDigest>,
    /// When it must agree.
    pub required: Requirement,
}

/// A directory that can be given to a program, and whose it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectoryRule {
    /// The name by which requests and policies speak of it; the program sees it as `/NAME`.
    pub name: Name,
    /// The path, from the folder of the configuration.
    pub path: String,
    /// Its owner: giving the directory makes it a principal that must agree.
    pub owner: Name,
}

/// An execution environment of this host, as the host describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamedEnvironment {
    /// The name, for `--environment`.
    pub name: Name,
    /// What the host asserts of it.
    pub provides: Vec<PlatformProperty>,
}

/// How much a program may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunLimits {
    /// Linear memory, in bytes.
    pub memory_bytes: u64,
    /// Wall-clock time.
    pub time: Duration,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    host: Name,
    principals: Vec<RequiredPrincipal>,
    #[serde(default)]
    directories: Vec<DirectoryRule>,
    #[serde(default)]
    environments: Vec<NamedEnvironment>,
    #[serde(default)]
    limits: Option<RunLimits>,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// The document itself, or a policy, cannot be used.
    #[error(transparent)]
    Document(#[from] PolicyError),
    /// Nobody would have to agree.
    #[error("no principal is required `always`")]
    NobodyRequired,
    /// A name that stands for two things.
    #[error("`{name}` is there twice")]
    NameTwice {
        /// The name.
        name: Name,
    },
    /// A name that stands for no principal.
    #[error("`{name}` is no principal of this configuration")]
    UnknownPrincipal {
        /// The name.
        name: Name,
    },
    /// A word that is no platform property of the catalogue.
    #[error(
        "the environment `{environment}` provides `{word}`, which is no platform property of the catalogue"
    )]
    UnknownProperty {
        /// The environment.
        environment: Name,
        /// The word.
        word: String,
    },
    /// A policy of somebody else.
    #[error("the policy is of `{found}`, expected one of `{expected}`")]
    PolicyOfAnother {
        /// The principal that the configuration names.
        expected: Name,
        /// The principal that the policy names.
        found: Name,
    },
    /// A policy that is not the pinned one.
    #[error("the policy has the digest {found}, the configuration pins {expected}")]
    PolicyDigest {
        /// The pinned digest.
        expected: PolicyDigest,
        /// The policy's digest.
        found: PolicyDigest,
    },
    /// A request for a directory that the configuration does not have.
    #[error("the directory `{name}` is not in the configuration")]
    UnknownDirectory {
        /// The name.
        name: Name,
    },
    /// A request for an environment that the configuration does not have.
    #[error("there is no environment `{name}`, neither in the configuration nor in the gate")]
    UnknownEnvironment {
        /// The name.
        name: String,
    },
}

impl ConfigurationError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::NobodyRequired => "configuration-nobody-required",
            Self::NameTwice { .. } => "configuration-name-twice",
            Self::UnknownPrincipal { .. } => "configuration-unknown-principal",
            Self::UnknownProperty { .. } => "configuration-unknown-property",
            Self::PolicyOfAnother { .. } => "policy-of-another-principal",
            Self::PolicyDigest { .. } => "policy-digest",
            Self::UnknownDirectory { .. } => "directory-unknown",
            Self::UnknownEnvironment { .. } => "environment-unknown",
        }
    }
}

/// The decider's configuration, held to its rules.
#[derive(Debug, Clone)]
pub struct Configuration {
    spec: Spec,
}

impl Configuration {
    /// Reads a configuration under a catalogue.
    ///
    /// # Errors
    /// [`ConfigurationError`] names the first rule that it breaks.
    pub fn load(bytes: &[u8], catalogue: &Catalogue) -> Result<Self, ConfigurationError> {
        let document: Document<Spec> = Document::load(bytes, "Configuration")?;
        let spec = document.spec;
        if !spec.principals.iter().any(|principal| principal.required == Requirement::Always) {
            return Err(ConfigurationError::NobodyRequired);
        }
        distinct(spec.principals.iter().map(|principal| &principal.name))?;
        distinct(spec.directories.iter().map(|directory| &directory.name))?;
        distinct(spec.environments.iter().map(|environment| &environment.name))?;
        let known = |name: &&Name| spec.principals.iter().any(|principal| principal.name == **name);
        let named = spec.directories.iter().map(|directory| &directory.owner).chain([&spec.host]);
        if let Some(name) = named.into_iter().find(|name| !known(name)) {
            return Err(ConfigurationError::UnknownPrincipal { name: name.clone() });
        }
        for environment in &spec.environments {
            for property in &environment.provides {
                let meaning = catalogue.meaning(&property.to_string());
                if !matches!(meaning, Ok(Formula::Atom(Atom::Platform(_)))) {
                    let (environment, word) = (environment.name.clone(), property.to_string());
                    return Err(ConfigurationError::UnknownProperty { environment, word });
                }
            }
        }
        Ok(Self { spec })
    }

    /// The principal who runs the host, and whose word stands behind what it provides.
    #[must_use]
    pub const fn host(&self) -> &Name {
        &self.spec.host
    }

    /// How much a program may use, if the configuration says so.
    #[must_use]
    pub const fn limits(&self) -> Option<RunLimits> {
        self.spec.limits
    }

    /// The directory of this name.
    ///
    /// # Errors
    /// [`ConfigurationError::UnknownDirectory`].
    pub fn directory(&self, name: &Name) -> Result<&DirectoryRule, ConfigurationError> {
        let mut directories = self.spec.directories.iter();
        let found = directories.find(|directory| directory.name == *name);
        found.ok_or_else(|| ConfigurationError::UnknownDirectory { name: name.clone() })
    }

    /// The principals who must agree to a request: all that are always required, and the owners of what is given.
    ///
    /// # Errors
    /// [`ConfigurationError::UnknownDirectory`] for a request for something that is not here.
    pub fn required(&self, request: &Request) -> Result<Vec<&RequiredPrincipal>, ConfigurationError> {
        let given = request.directories.iter().map(|wanted| Ok(&self.directory(&wanted.name)?.owner));
        let owners: BTreeSet<&Name> = given.collect::<Result<_, ConfigurationError>>()?;
        let must = |principal: &&RequiredPrincipal| {
            principal.required == Requirement::Always || owners.contains(&principal.name)
        };
        Ok(self.spec.principals.iter().filter(must).collect())
    }

    /// What the host asserts of one of its environments: what the configuration says, or for an environment of the gate in
    /// this program, which the configuration need not describe, what the gate `provides`.
    ///
    /// # Errors
    /// [`ConfigurationError::UnknownEnvironment`].
    pub fn environment(
        &self,
        name: &str,
        provides: Option<&[PlatformProperty]>,
    ) -> Result<Vec<PlatformProperty>, ConfigurationError> {
        let mut environments = self.spec.environments.iter();
        match (environments.find(|environment| environment.name.as_str() == name), provides) {
            (Some(environment), _) => Ok(environment.provides.clone()),
            (None, Some(provides)) => Ok(provides.to_vec()),
            (None, None) => {
                Err(ConfigurationError::UnknownEnvironment { name: name.escape_debug().to_string() })
            }
        }
    }
}

impl RequiredPrincipal {
    /// Reads the principal's policy.
    ///
    /// # Errors
    /// [`ConfigurationError`] if it cannot be used, is of somebody else, or is not the pinned one.
    pub fn load(&self, bytes: &[u8], catalogue: &Catalogue) -> Result<Policy, ConfigurationError> {
        let found = PolicyDigest::of(bytes);
        if let Some(expected) = self.sha256.filter(|expected| *expected != found) {
            return Err(ConfigurationError::PolicyDigest { expected, found });
        }
        let policy = Policy::load(bytes, catalogue)?;
        if *policy.principal() == self.name {
            return Ok(policy);
        }
        let (expected, found) = (self.name.clone(), policy.principal().clone());
        Err(ConfigurationError::PolicyOfAnother { expected, found })
    }
}

fn distinct<'n>(names: impl Iterator<Item = &'n Name>) -> Result<(), ConfigurationError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(ConfigurationError::NameTwice { name: name.clone() });
        }
    }
    Ok(())
}
