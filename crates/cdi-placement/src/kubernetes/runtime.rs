//! Runtime classes of a cluster, as whoever runs it lists them.

use std::collections::BTreeSet;

use cdi_types::Name;
use serde::{Deserialize, Serialize};

use crate::inventory::EnvironmentKind;
use crate::residual::Wanted;

/// A toleration, as a pod has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Toleration {
    /// The key of the taint.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Its effect.
    pub effect: String,
}

/// An environment that a cluster offers as a runtime class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeClass {
    /// The name of the RuntimeClass object; `None` for the cluster's default runtime.
    pub class: Option<String>,
    /// The environment, as nodes offer it.
    pub environment: Name,
    /// What sort it is.
    pub kind: EnvironmentKind,
    /// Its runtime, as nodes are labelled with it: a digest.
    pub runtime: String,
    /// What it meets on every node that is labelled with it.
    pub meets: BTreeSet<Wanted>,
    /// What a pod must tolerate to be put onto its nodes.
    pub tolerations: Vec<Toleration>,
}

/// What cannot stand in a catalogue of runtime classes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    /// The class's name is none that Kubernetes takes.
    #[error("`{}` is no name of a RuntimeClass", found.escape_debug())]
    Class {
        /// The name.
        found: String,
    },
    /// Two entries are of one class, or of one environment.
    #[error("the catalogue of runtime classes has `{found}` twice")]
    Twice {
        /// The class or environment.
        found: String,
    },
}

impl RuntimeError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Class { .. } => "runtime-class-malformed",
            Self::Twice { .. } => "runtime-class-twice",
        }
    }
}

/// Holds if each class and environment is there once, and Kubernetes takes the names.
pub(super) fn distinct(catalogue: &[RuntimeClass]) -> Result<(), RuntimeError> {
    let (mut classes, mut environments) = (BTreeSet::new(), BTreeSet::new());
    for RuntimeClass { class, environment, .. } in catalogue {
        if let Some(found) = class.as_ref().filter(|class| !is_subdomain(class)) {
            return Err(RuntimeError::Class { found: found.clone() });
        }
        let shown = || class.clone().unwrap_or_else(|| "the default".to_owned());
        if !classes.insert(class) {
            return Err(RuntimeError::Twice { found: shown() });
        }
        if !environments.insert(environment) {
            return Err(RuntimeError::Twice { found: environment.to_string() });
        }
    }
    Ok(())
}

/// A name of an object in Kubernetes: a DNS subdomain.
fn is_subdomain(text: &str) -> bool {
    let label = |label: &str| {
        let ends = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        ends(label.bytes().next()) && ends(label.bytes().last()) && label.bytes().all(inner)
    };
    text.len() <= 253 && text.split('.').all(label)
}
