//! The steps of a proof as values that can be written: what verdicts and explanations show of one.

use cdi_types::{ArtifactDigest, StatementId};
use cdi_verify::{Ground, ProofStep, Vote};
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) votes: Vec<Speaks>,
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
}

impl Step {
    pub(crate) fn of(step: &ProofStep) -> Self {
        let (ground, statement, quorum, votes) = match &step.ground {
            Ground::Report { report, quorum, votes } => {
                ("report", Some(*report), Some(*quorum), votes.iter().map(Speaks::of).collect())
            }
            Ground::Assumed { statement } => ("assumed", statement.map(|(id, ..)| id), None, Vec::new()),
            Ground::Origin { statement } => ("origin", statement.map(|(id, ..)| id), None, Vec::new()),
        };
        Self { artifact: step.artifact, name: step.name.clone(), ground, statement, quorum, votes }
    }
}

impl Speaks {
    fn of(vote: &Vote) -> Self {
        Self {
            tool: vote.tool.clone(),
            effect: vote.effect.as_str(),
            certification: vote.certification,
            authorities: vote.authorities.iter().map(ToString::to_string).collect(),
            endorsements: vote.endorsements.clone(),
            renews: vote.renews.clone(),
        }
    }
}
