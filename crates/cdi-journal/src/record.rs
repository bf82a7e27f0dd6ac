//! What an entry says: a verification summary that others can read, and CDI's details in a member of its own (rule J-ENTRY).

use cdi_types::{
    ArtifactDigest, CatalogueDigest, KeyId, Name, PolicyDigest, Runtime, Sha256, StatementId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::annex::SetApart;

/// A decision that is to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The artifact's file name.
    pub name: String,
    /// What was decided about.
    pub artifact: ArtifactDigest,
    /// The verifier's id: a URI that names the decider.
    pub verifier: String,
    /// Where the artifact was to be had, as a URI.
    pub resource: String,
    /// The time of the decision.
    pub decided_at: Timestamp,
    /// The decider's configuration, as a URI and by the digest of its document: who had to agree stands in it.
    pub configuration: (String, Sha256),
    /// Every statement that was verified for the decision.
    pub evidence: Vec<StatementId>,
    /// What was verified, in CDI's own words; no SLSA level is claimed.
    pub levels: Vec<String>,
    /// All else that the decision names.
    pub decision: Decision,
}

/// Allow, deny or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every principal allowed it.
    Allow,
    /// Somebody did not.
    Deny,
    /// It could not be told.
    Unknown,
}

impl Verdict {
    /// The word of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a decision was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// Something was to be run.
    Deploy,
    /// Something runs, and what it rests on may have changed.
    Watch,
    /// Something was stopped by what was decided about it again.
    Stop,
}

impl Occasion {
    /// The word of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Watch => "watch",
            Self::Stop => "stop",
        }
    }
}

/// How a program came to its end that was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stopped {
    /// It ended when it was asked to.
    Asked,
    /// It did not, and was killed.
    Killed,
}

impl Stopped {
    /// The word of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Killed => "killed",
        }
    }
}

/// All that a decision names besides the artifact (`DESIGN` section 5). Values of variables are not told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decision {
    /// Allow, deny or unknown.
    pub verdict: Verdict,
    /// Why it was made.
    pub occasion: Occasion,
    /// The process of a program that runs, as a word that no other process has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<String>,
    /// How the program came to its end, if it was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// The program's arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// The names of the variables that it was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<String>,
    /// The directories that it was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directories: Vec<GivenDirectory>,
    /// What it may use up; entries of before had nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<GivenLimits>,
    /// The files of evidence that were read, each as it was then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bundles: Vec<GivenBundle>,
    /// What of all this is set apart; those lists are empty then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annex: Option<SetApart>,
    /// What each principal said, and by which policy.
    pub principals: Vec<Agreement>,
    /// The newest revocation list of each authority that was looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<ListSerial>,
    /// The node that it was placed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The environment that it was placed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The runtime of that environment as it was measured, with its settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// Until when the gate takes it.
    pub expires: Timestamp,
    /// What makes this decision another than every other: 32 hexadecimal digits.
    pub nonce: String,
    /// The codes of what failed, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
}

/// A directory that a program is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenDirectory {
    /// Its name in the configuration.
    pub name: Name,
    /// Whether it can be written to.
    pub write: bool,
}

/// What a program may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenLimits {
    /// Memory, in bytes.
    pub memory_bytes: u64,
    /// Wall-clock time, in seconds.
    pub time_seconds: u64,
}

/// A file of evidence that was read. What of it was verified stands among the statements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GivenBundle {
    /// Where it was, as a URI.
    pub uri: String,
    /// The digest of its bytes.
    pub sha256: Sha256,
}

/// One principal's part in a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Agreement {
    /// The principal.
    pub name: Name,
    /// What it said.
    pub verdict: Verdict,
    /// The policy by which, unless it has none that can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyDigest>,
    /// The version of the policy, if it is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The catalogue that it is read under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<CatalogueDigest>,
}

/// Which of an authority's revocation lists was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListSerial {
    /// The authority's key.
    pub authority: KeyId,
    /// The highest serial of its lists.
    pub serial: u64,
}
