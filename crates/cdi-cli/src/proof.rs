//! The steps of a proof as values that can be written: what verdicts and explanations show of one.

use cdi_types::{ArtifactDigest, Commit, KeyId, StatementId, Timestamp};
use cdi_verify::{Countersignature, Ground, Manifested, ProofStep, Spared, Survival, Vote};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Step {
    pub(crate) artifact: ArtifactDigest,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) ground: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) statement: Option<StatementId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quorum: Option<u8>,
    /// Of an origin: the commit that the artifact is a file of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<Commit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) depth: Option<Depth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verifier: Option<String>,
    /// Of others' evidence: the type of its predicate, and who signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) predicate_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<KeyId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) votes: Vec<Speaks>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) countersignatures: Vec<Countersigned>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) survivals: Vec<Survived>,
}

/// The entry of a policy by which a history is not asked any further back.
#[derive(Serialize)]
pub(crate) struct Depth {
    pub(crate) tool: String,
    pub(crate) steps: u8,
}

impl Depth {
    /// The entry for people: a weakening, and said as one.
    pub(crate) fn said(&self) -> String {
        match self.steps {
            0 => format!("no history is asked behind `{}`", self.tool),
            1 => format!("no more than 1 step of a history is asked behind `{}`", self.tool),
            steps => format!("no more than {steps} steps of a history are asked behind `{}`", self.tool),
        }
    }
}

/// An authority that signed a report itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Countersigned {
    pub(crate) authority: KeyId,
    pub(crate) authorities: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) endorsements: Vec<StatementId>,
}

/// That a report counts although an authority says that its key is compromised.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Survived {
    pub(crate) authority: KeyId,
    /// `survivor` or `seen`.
    pub(crate) by: &'static str,
    /// When this host first relied on the report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seen_at: Option<Timestamp>,
    /// Since when the key may have been another's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<Timestamp>,
}

impl Survived {
    fn of(survival: &Survival) -> Self {
        let authority = survival.authority;
        match survival.by {
            Spared::Named => Self { authority, by: "survivor", seen_at: None, since: None },
            Spared::Seen { at, since } => {
                Self { authority, by: "seen", seen_at: Some(at), since: Some(since) }
            }
        }
    }

    /// The same for people: what weakens a proof is said.
    pub(crate) fn said(&self) -> String {
        let authority: String = self.authority.to_string().chars().take(12).collect();
        match self.seen_at.zip(self.since) {
            Some((at, since)) => format!(
                "its key is compromised since {since}, says the authority {authority}; this host relied on it at {at}, before that"
            ),
            None => {
                format!("its key is compromised, says the authority {authority}, and names it as a survivor")
            }
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Speaks {
    pub(crate) tool: String,
    pub(crate) effect: &'static str,
    pub(crate) certification: StatementId,
    pub(crate) authorities: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) endorsements: Vec<StatementId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) renews: Vec<StatementId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) manifests: Vec<Listing>,
}

/// An origin statement by which inputs of the run are taken for something else than code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listing {
    pub(crate) statement: StatementId,
    pub(crate) key: KeyId,
    pub(crate) kind: &'static str,
    pub(crate) role: String,
}

impl Step {
    pub(crate) fn of(step: &ProofStep) -> Self {
        let bare = Self {
            artifact: step.artifact,
            name: step.name.clone(),
            ground: "report",
            statement: None,
            quorum: None,
            commit: None,
            depth: None,
            verifier: None,
            predicate_type: None,
            key: None,
            votes: Vec::new(),
            countersignatures: Vec::new(),
            survivals: Vec::new(),
        };
        match &step.ground {
            Ground::Report { report, quorum, votes, countersignatures, survivals } => Self {
                statement: Some(*report),
                quorum: Some(*quorum),
                votes: votes.iter().map(Speaks::of).collect(),
                countersignatures: countersignatures.iter().map(Countersigned::of).collect(),
                survivals: survivals.iter().map(Survived::of).collect(),
                ..bare
            },
            Ground::Supplied { quorum, votes, .. } => Self {
                ground: "runtime",
                quorum: Some(*quorum),
                votes: votes.iter().map(Speaks::of).collect(),
                ..bare
            },
            Ground::Linked { report, survivals, .. } => Self {
                ground: "linked",
                statement: Some(*report),
                survivals: survivals.iter().map(Survived::of).collect(),
                ..bare
            },
            Ground::NotAsked { tool, steps } => Self {
                ground: "not-asked",
                depth: Some(Depth { tool: tool.to_string(), steps: *steps }),
                ..bare
            },
            Ground::Summary { statement, verifier, .. } => Self {
                ground: "summary",
                statement: Some(*statement),
                verifier: Some(verifier.to_string()),
                ..bare
            },
            Ground::Evidence { statement, predicate_type, key } => Self {
                ground: "evidence",
                statement: Some(*statement),
                predicate_type: Some(predicate_type.clone()),
                key: Some(*key),
                ..bare
            },
            Ground::Assumed { statement } => {
                let statement = statement.map(|listing| listing.statement);
                Self { ground: "assumed", statement, ..bare }
            }
            Ground::Origin { statement } => {
                let commit = statement.and_then(|listing| listing.commit);
                let statement = statement.map(|listing| listing.statement);
                Self { ground: "origin", statement, commit, ..bare }
            }
        }
    }
}

impl Countersigned {
    fn of(signature: &Countersignature) -> Self {
        Self {
            authority: signature.authority,
            authorities: signature.authorities.iter().map(ToString::to_string).collect(),
            endorsements: signature.endorsements.to_vec(),
        }
    }
}

impl Listing {
    fn of(manifested: &Manifested) -> Self {
        Self {
            statement: manifested.statement,
            key: manifested.key,
            kind: manifested.kind.as_str(),
            role: manifested.role.to_string(),
        }
    }
}

impl Speaks {
    fn of(vote: &Vote) -> Self {
        Self {
            tool: vote.tool.to_string(),
            effect: vote.effect.as_str(),
            certification: vote.certification,
            authorities: vote.authorities.iter().map(ToString::to_string).collect(),
            endorsements: vote.endorsements.to_vec(),
            renews: vote.renews.clone(),
            manifests: vote.manifests.iter().map(Listing::of).collect(),
        }
    }
}
