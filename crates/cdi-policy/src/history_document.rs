//! The `history` part of a policy, as it is written.

use std::collections::BTreeSet;

use cdi_types::{ArtifactDigest, KeyId, Name, OriginKind, PublicKeyInfo, Role};
use cdi_verify::{Custodian, OriginRule, Question, Reproduced};
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

impl ReproducedDocument {
    fn read(&self) -> Reproduced {
        let custodian = |one: &CustodianDocument| Custodian {
            name: one.name.clone(),
            report_keys: one.report_keys.clone(),
        };
        Reproduced { count: self.by, custodians: self.custodians.iter().map(custodian).collect() }
    }
}
