//! The `history` part of a policy, as it is written.

use std::collections::BTreeSet;

use cdi_types::{
    ArtifactDigest, Duration, KeyId, Name, OriginKind, PublicKeyInfo, Role, Sha256, VerifiedLevel, VerifierId,
};
use cdi_verify::{Custodian, Depth, OriginRule, PolicyName, Question, Reproduced, SummaryRule};
use serde::Deserialize;

use crate::policy_error::PolicyError;
use crate::trust_document::{Keyring, half_specified};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HistoryDocument {
    #[serde(default)]
    complete: Option<CompleteDocument>,
    #[serde(default)]
    reproduced: Option<ReproducedDocument>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CompleteDocument {
    origins: Vec<OriginDocument>,
    #[serde(default)]
    exempt: BTreeSet<Role>,
    #[serde(default)]
    depth: Vec<DepthDocument>,
    #[serde(default)]
    summaries: Vec<SummaryDocument>,
}

/// Whose verification summaries are accepted. A policy is named by its URI, or by the digest of its document.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SummaryDocument {
    verifier: VerifierId,
    key: PublicKeyInfo,
    levels: BTreeSet<VerifiedLevel>,
    #[serde(default)]
    policies: Option<BTreeSet<String>>,
    max_age: Duration,
}

/// How far back a history is asked behind the runs of a tool.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DepthDocument {
    tool: Name,
    steps: u8,
}

/// Either an artifact, or a key with kinds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OriginDocument {
    #[serde(default)]
    artifact: Option<ArtifactDigest>,
    #[serde(default)]
    key: Option<PublicKeyInfo>,
    #[serde(default)]
    kinds: Option<BTreeSet<OriginKind>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReproducedDocument {
    by: u8,
    custodians: Vec<CustodianDocument>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CustodianDocument {
    name: Name,
    report_keys: BTreeSet<KeyId>,
}

/// What a history must be.
#[derive(Default)]
pub(crate) struct History {
    pub(crate) origins: Vec<OriginRule>,
    pub(crate) exempt: BTreeSet<Role>,
    pub(crate) depths: Vec<Depth>,
    pub(crate) summaries: Vec<SummaryRule>,
    pub(crate) reproduced: Option<Reproduced>,
}

impl HistoryDocument {
    /// What is asked of the code's history.
    pub(crate) fn questions(&self) -> impl Iterator<Item = Question> {
        let complete = self.complete.as_ref().map(|_| Question::Complete);
        complete.into_iter().chain(self.reproduced.as_ref().map(|_| Question::Reproduced))
    }

    pub(crate) fn read(&self, keyring: &mut Keyring) -> Result<History, PolicyError> {
        if self.questions().next().is_none() {
            return Err(half_specified("spec.history", "expected `complete` or `reproduced`"));
        }
        let mut history = History {
            reproduced: self.reproduced.as_ref().map(ReproducedDocument::read),
            ..History::default()
        };
        if let Some(complete) = &self.complete {
            if complete.origins.is_empty() {
                return Err(PolicyError::Empty { path: "spec.history.complete.origins" });
            }
            history.origins =
                complete.origins.iter().map(|origin| origin.read(keyring)).collect::<Result<_, _>>()?;
            history.exempt.clone_from(&complete.exempt);
            let depth = |one: &DepthDocument| Depth { tool: one.tool.clone(), steps: one.steps };
            history.depths = complete.depth.iter().map(depth).collect();
            let summaries = complete.summaries.iter().map(|one| one.read(keyring));
            history.summaries = summaries.collect::<Result<_, _>>()?;
        }
        Ok(history)
    }
}

impl OriginDocument {
    fn read(&self, keyring: &mut Keyring) -> Result<OriginRule, PolicyError> {
        let path = "spec.history.complete.origins";
        match (self.artifact, &self.key, &self.kinds) {
            (Some(artifact), None, None) => Ok(OriginRule::Artifact(artifact)),
            (None, Some(key), Some(kinds)) if !kinds.is_empty() => {
                Ok(OriginRule::Key(keyring.id(key, path)?, kinds.clone()))
            }
            _ => Err(half_specified(path, "expected `artifact`, or `key` with `kinds`")),
        }
    }
}

impl SummaryDocument {
    fn read(&self, keyring: &mut Keyring) -> Result<SummaryRule, PolicyError> {
        let path = "spec.history.complete.summaries";
        let named = |text: &String| match Sha256::parse(text) {
            Ok(sha256) => PolicyName::Document(sha256),
            Err(_) => PolicyName::Uri(text.clone()),
        };
        Ok(SummaryRule {
            verifier: self.verifier.clone(),
            key: keyring.of_verifier(&self.key, &self.verifier, path)?,
            levels: self.levels.clone(),
            policies: self.policies.as_ref().map(|all| all.iter().map(named).collect()),
            max_age: self.max_age,
        })
    }
}

impl ReproducedDocument {
    fn read(&self) -> Reproduced {
        let custodian = |one: &CustodianDocument| Custodian {
            name: one.name.clone(),
            report_keys: one.report_keys.clone(),
        };
        Reproduced { count: self.by, custodians: self.custodians.iter().map(custodian).collect() }
    }
}
