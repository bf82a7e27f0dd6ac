//! What somebody says of a run, whatever form it was written in.

use cdi_types::ArtifactDigest;
use serde::Serialize;

use crate::Json;

/// The form that a statement was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// SLSA provenance, version 1.
    SlsaV1,
    /// SLSA provenance, version 0.2.
    SlsaV02,
    /// An in-toto link, version 0.3, as the predicate of a statement.
    LinkV03,
    /// An in-toto link that is no statement: signed metadata, or the payload of an envelope.
    Link,
    /// A collection of Witness, version 0.1.
    Witness,
}

impl Form {
    /// The form's name for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SlsaV1 => "SLSA provenance v1",
            Self::SlsaV02 => "SLSA provenance v0.2",
            Self::LinkV03 => "in-toto link v0.3",
            Self::Link => "in-toto link metadata",
            Self::Witness => "Witness collection v0.1",
        }
    }
}

/// What somebody says of a run. Whose word it is, if anybody's, is not known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// The form that it was written in.
    pub form: Form,
    /// Who says to have built it: `builder.id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub builder: Option<String>,
    /// What kind of build it was: `buildType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_type: Option<String>,
    /// The step's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The command, if it is told; never an empty one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// How the command ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<i64>,
    /// What was asked of the builder: `externalParameters`, or `invocation` of the older version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Json>,
    /// What was made, as far as it is identified by a SHA-256.
    pub outputs: Vec<Output>,
    /// What it was made of.
    pub inputs: Vec<Resource>,
}

impl Account {
    pub(crate) const fn new(form: Form) -> Self {
        Self {
            form,
            builder: None,
            build_type: None,
            step: None,
            command: None,
            exit: None,
            parameters: None,
            outputs: Vec::new(),
            inputs: Vec::new(),
        }
    }

    /// Whether this artifact is among what was made.
    #[must_use]
    pub fn made(&self, artifact: ArtifactDigest) -> bool {
        self.outputs.iter().any(|output| output.sha256 == artifact)
    }
}

/// Something that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Output {
    /// Its name as it is written, perhaps empty: for people.
    pub name: String,
    /// Its SHA-256.
    pub sha256: ArtifactDigest,
}

/// Something that it was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its URI, or else its name, as it is written; perhaps empty.
    pub name: String,
    /// Its SHA-256, if it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<ArtifactDigest>,
    /// The commit of git, if it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub git_commit: Option<String>,
}
