//! A workload: what is to be deployed, what it needs, what it is given, and who must agree besides (rule P-WORKLOAD). It comes
//! from whoever deploys, so that it can ask for more and never for less: whom the decider's configuration requires is
//! required whatever stands here.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{ArtifactDigest, Duration, FileDigest, Name, Resources};
use serde::Deserialize;

use crate::document::Document;
use crate::grants::{Access, RequestedDirectory};
use crate::policy_error::PolicyError;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    artifact: WorkloadArtifact,
    resources: Resources,
    lifetime: Duration,
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    directories: Vec<WorkloadDirectory>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    data: Vec<WorkloadData>,
    #[serde(default)]
    principals: Vec<Name>,
}

/// The artifact, and where its evidence is. Paths start from the folder of the document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadArtifact {
    /// Its path.
    pub path: String,
    /// The digest that it must have, if the document pins it.
    #[serde(default)]
    pub sha256: Option<FileDigest>,
    /// Its bundles; the one beside it if there are none here.
    #[serde(default)]
    pub bundles: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WorkloadDirectory {
    name: Name,
    access: Access,
}

/// Data that the workload uses, wherever that lies.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkloadData {
    /// What it is called, for people.
    pub name: Name,
    /// The principal whose it is, who must agree: one of the decider's configuration.
    pub owner: Name,
    /// The path of a bundle with editions of the owner's policy, which travel with the data.
    #[serde(default)]
    pub policy: Option<String>,
}

/// What is wrong with a workload.
#[derive(Debug, thiserror::Error)]
pub enum WorkloadDocumentError {
    /// It cannot be read.
    #[error(transparent)]
    Document(#[from] PolicyError),
    /// Something stands twice: which would count?
    #[error("the workload has the {what} `{name}` twice")]
    Twice {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The artifact is another one.
    #[error("the artifact has the digest {found}, the workload pins {expected}")]
    ArtifactDigest {
        /// The pinned digest.
        expected: ArtifactDigest,
        /// The artifact's.
        found: ArtifactDigest,
    },
}

impl WorkloadDocumentError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Document(error) => error.code(),
            Self::Twice { .. } => "workload-twice",
            Self::ArtifactDigest { .. } => "workload-artifact-digest",
        }
    }
}

/// A workload document, held to its rules.
#[derive(Debug, Clone)]
pub struct WorkloadDocument {
    name: Name,
    spec: Spec,
}

impl WorkloadDocument {
    /// Reads a workload.
    ///
    /// # Errors
    /// [`WorkloadDocumentError`] names the first rule that it breaks.
    pub fn load(bytes: &[u8]) -> Result<Self, WorkloadDocumentError> {
        let document: Document<Spec> = Document::load(bytes, "Workload")?;
        let spec = document.spec;
        once("directory", spec.directories.iter().map(|one| &one.name))?;
        once("data", spec.data.iter().map(|one| &one.name))?;
        once("principal", spec.principals.iter())?;
        Ok(Self { name: document.metadata.name, spec })
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// The artifact.
    #[must_use]
    pub const fn artifact(&self) -> &WorkloadArtifact {
        &self.spec.artifact
    }

    /// Holds if the artifact is the one that the document pins.
    ///
    /// # Errors
    /// [`WorkloadDocumentError::ArtifactDigest`].
    pub fn is_of(&self, found: ArtifactDigest) -> Result<(), WorkloadDocumentError> {
        match self.spec.artifact.sha256.map(|pinned| ArtifactDigest::File(pinned.sha256())) {
            Some(expected) if expected != found => {
                Err(WorkloadDocumentError::ArtifactDigest { expected, found })
            }
            _ => Ok(()),
        }
    }

    /// What it needs while it runs.
    #[must_use]
    pub const fn resources(&self) -> Resources {
        self.spec.resources
    }

    /// How long it is expected to run: its start is paid for over this time.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.spec.lifetime
    }

    /// The arguments that it is given.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        &self.spec.arguments
    }

    /// The directories that it is given.
    #[must_use]
    pub fn directories(&self) -> Vec<RequestedDirectory> {
        let of = |one: &WorkloadDirectory| RequestedDirectory { name: one.name.clone(), access: one.access };
        self.spec.directories.iter().map(of).collect()
    }

    /// The variables that it is given.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        self.spec.environment.clone().into_iter().collect()
    }

    /// The data that it uses.
    #[must_use]
    pub fn data(&self) -> &[WorkloadData] {
        &self.spec.data
    }

    /// Who must agree besides those whom the configuration requires: those that it names, and the owners of its data.
    #[must_use]
    pub fn principals(&self) -> BTreeSet<&Name> {
        self.spec.principals.iter().chain(self.spec.data.iter().map(|data| &data.owner)).collect()
    }
}

fn once<'n>(what: &'static str, names: impl Iterator<Item = &'n Name>) -> Result<(), WorkloadDocumentError> {
    let mut known = BTreeSet::new();
    for name in names {
        if !known.insert(name) {
            return Err(WorkloadDocumentError::Twice { what, name: name.to_string() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = "apiVersion: code-deployment-integrity.io/v1
kind: Workload
metadata: {name: scoring}
spec:
  artifact: {path: app.cwasm}
  resources: {cpuMilli: 500, memoryBytes: 1048576}
  lifetime: 24h
  arguments: [--fast]
  directories: [{name: data, access: read}]
  environment: {TZ: UTC}
  data: [{name: cards, owner: bank, policy: bank.intoto.jsonl}]
  principals: [auditor]
";

    fn load(from: &str, to: &str) -> Result<WorkloadDocument, &'static str> {
        assert!(SOUND.contains(from), "{from}");
        WorkloadDocument::load(SOUND.replacen(from, to, 1).as_bytes()).map_err(|error| error.code())
    }

    #[test]
    fn a_workload_names_who_must_agree_besides() {
        let workload = load("", "").unwrap();
        let principals: Vec<&str> = workload.principals().into_iter().map(Name::as_str).collect();
        assert_eq!(principals, ["auditor", "bank"]);
        let policies: Vec<_> = workload.data().iter().map(|data| data.policy.as_deref()).collect();
        assert_eq!(policies, [Some("bank.intoto.jsonl")]);
        assert_eq!(workload.lifetime().seconds(), 86_400);
        assert_eq!(workload.variables(), [("TZ".to_owned(), "UTC".to_owned())]);
        let (found, pinned) = (ArtifactDigest::of(b"app"), ArtifactDigest::of(b"other"));
        assert!(workload.is_of(found).is_ok());
        let pinning = load("app.cwasm}", &format!("app.cwasm, sha256: \"{pinned}\"}}")).unwrap();
        assert_eq!(pinning.is_of(found).unwrap_err().code(), "workload-artifact-digest");
        assert!(pinning.is_of(pinned).is_ok());
    }

    #[test]
    fn a_workload_that_breaks_a_rule_is_rejected() {
        for (from, to, code) in [
            ("lifetime: 24h", "lifetime: 0h", "workload-malformed"),
            ("  lifetime: 24h\n", "", "workload-malformed"),
            ("access: read}", "access: read}, {name: data, access: read-write}", "workload-twice"),
            ("[auditor]", "[auditor, auditor]", "workload-twice"),
            ("{name: cards", "{name: cards, owner: other}, {name: cards", "workload-twice"),
            ("[auditor]", "none", "workload-malformed"),
            ("principals:", "optional:", "workload-malformed"),
            ("{TZ: UTC}", "{TZ: UTC, TZ: CET}", "yaml-duplicate-member"),
            ("kind: Workload", "kind: Policy", "policy-wrong-kind"),
            ("v1\n", "v2\n", "policy-wrong-kind"),
        ] {
            assert_eq!(load(from, to).map(drop), Err(code), "{to}");
        }
    }
}
