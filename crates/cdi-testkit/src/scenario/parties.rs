//! Who must agree, as the decider's configuration has it: by a document, by signed editions, or both.

use cdi_policy::{Catalogues, Configuration, Seen};
use cdi_types::PolicyDigest;
use serde::{Deserialize, Serialize};

use super::public_key;

/// The name of the decider's configuration, for which editions are signed.
pub const DECIDER: &str = "host";

/// A principal, with what the configuration says of its policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Party {
    /// The principal.
    pub principal: String,
    /// The document, or with a key the lines of the file of signed editions; absent for a policy that is only carried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The policy key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The lowest version that is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u64>,
    /// The newest edition that the decider remembers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenBefore>,
    /// When the principal must agree; absent for always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<String>,
}

/// An edition that a decider remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeenBefore {
    /// The version.
    pub version: u64,
    /// The digest of the document.
    pub document: String,
}

impl Party {
    /// A principal with a document that is not signed.
    #[must_use]
    pub fn unsigned(principal: &str, document: &str) -> Self {
        let (principal, document) = (principal.to_owned(), Some(document.to_owned()));
        Self { principal, document, key: None, at_least: None, seen: None, required: None }
    }

    /// A principal whose policies the key of this name signs.
    #[must_use]
    pub fn signing(principal: &str, key: &str) -> Self {
        Self { document: None, key: Some(public_key(key)), ..Self::unsigned(principal, "") }
    }
}

/// The configuration that says so; `None` if nobody must agree. `Err` is a code.
pub(super) fn configuration(
    parties: &[Party],
    catalogues: &Catalogues,
) -> Result<Option<Configuration>, &'static str> {
    let text = configured(parties, |_| "file".to_owned());
    text.map(|text| Configuration::load(text.as_bytes(), catalogues).map_err(|error| error.code()))
        .transpose()
}

/// The document of a configuration in which these must agree, each with the file of its policies; `None` if nobody must.
pub fn configured(parties: &[Party], file: impl Fn(usize) -> String) -> Option<String> {
    let host = parties.first()?;
    let member = |name: &str, value: Option<String>| value.map(|value| format!(", {name}: {value}"));
    let entry = |(number, party): (usize, &Party)| {
        let members = [
            member("policy", party.document.as_ref().map(|_| file(number))),
            member("key", party.key.as_ref().map(|key| format!("\"{key}\""))),
            member("atLeast", party.at_least.map(|version| version.to_string())),
        ];
        let required = party.required.as_deref().unwrap_or("always");
        let members: String = members.into_iter().flatten().collect();
        format!("    - {{name: {}, required: {required}{members}}}\n", party.principal)
    };
    Some(format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {{name: {DECIDER}}}\nspec:\n  host: \
         {}\n  principals:\n{}",
        host.principal,
        parties.iter().enumerate().map(entry).collect::<String>()
    ))
}

impl Party {
    /// The edition that the decider remembers.
    pub(super) fn seen(&self) -> Option<Seen> {
        let document = |text| PolicyDigest::parse(text).expect("a digest");
        self.seen.as_ref().map(|seen| Seen { version: seen.version, document: document(&seen.document) })
    }
}
