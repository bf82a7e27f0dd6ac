//! Who must agree, as the decider's configuration has it: by a document, by signed editions, or both.

use cdi_envelope::PublicKey;
use cdi_policy::{
    Catalogues, Configuration, EditionError, Hearing, InForce, Policy, RequiredPrincipal, Seen,
};
use cdi_types::{Bundle, KeyId, Name, PolicyDigest, PolicyEdition, Unverified};
use cdi_verify::{KnownKey, Provenance, Verified, VerifyError, verify, verify_editions};
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
    let Some(host) = parties.first() else { return Ok(None) };
    let member = |name: &str, value: Option<String>| value.map(|value| format!(", {name}: {value}"));
    let entry = |party: &Party| {
        let members = [
            member("policy", party.document.as_ref().map(|_| "file".to_owned())),
            member("key", party.key.as_ref().map(|key| format!("\"{key}\""))),
            member("atLeast", party.at_least.map(|version| version.to_string())),
        ];
        let required = party.required.as_deref().unwrap_or("always");
        let members: String = members.into_iter().flatten().collect();
        format!("    - {{name: {}, required: {required}{members}}}\n", party.principal)
    };
    let text = format!(
        "apiVersion: code-deployment-integrity.io/v1\nkind: Configuration\nmetadata: {{name: {DECIDER}}}\nspec:\n  host: \
         {}\n  principals:\n{}",
        host.principal,
        parties.iter().map(entry).collect::<String>()
    );
    Configuration::load(text.as_bytes(), catalogues).map(Some).map_err(|error| error.code())
}

/// A party whose files were read.
pub(super) struct Seated<'a> {
    entry: &'a RequiredPrincipal,
    document: Option<InForce>,
    key: Option<&'a PublicKey>,
    filed: Option<Verified<Provenance>>,
    seen: Option<Seen>,
}

impl<'a> Seated<'a> {
    pub(super) fn of(
        party: &Party,
        entry: &'a RequiredPrincipal,
        configuration: Option<&'a Configuration>,
        catalogues: &Catalogues,
    ) -> Result<Self, &'static str> {
        let key = configuration.and_then(|configuration| configuration.policy_key(&entry.name));
        let text = party.document.as_deref();
        let (document, filed) = match (key, text) {
            (None, text) => {
                let text = text.unwrap_or_default().as_bytes();
                (Some(entry.unsigned(text, catalogues).map_err(|error| error.code())?), None)
            }
            (Some(_), None) => (None, None),
            (Some(key), Some(text)) => {
                let bundle = Bundle::parse(text.as_bytes().to_vec()).map_err(|error| error.code())?;
                let filed = verify(&bundle, &[KnownKey::from(key.clone())]).map_err(|error| error.code())?;
                (None, Some(filed))
            }
        };
        let seen = party.seen.as_ref().map(|seen| Seen {
            version: seen.version,
            document: PolicyDigest::parse(&seen.document).expect("a digest"),
        });
        Ok(Self { entry, document, key, filed, seen })
    }

    pub(super) fn filed(&self) -> Option<&Provenance> {
        self.filed.as_ref().map(Verified::get)
    }

    pub(super) fn seats(
        &self,
        carried: &Provenance,
        hearing: Hearing<'_>,
    ) -> Vec<(Name, Result<InForce, EditionError>)> {
        let found = match (&self.document, self.key) {
            (Some(document), _) => vec![Ok(document.clone())],
            (None, Some(key)) => self.entry.in_force(key.key_id(), self.filed(), carried, self.seen, hearing),
            (None, None) => Vec::new(),
        };
        found.into_iter().map(|seat| (self.entry.name.clone(), seat)).collect()
    }
}

/// Verifies a bundle with the keys of all policies, and of those that it carries.
pub(super) fn verified(
    bundle: &Unverified<Bundle>,
    seated: &[Seated<'_>],
    catalogues: &Catalogues,
) -> Result<Verified<Provenance>, VerifyError> {
    let named = |edition: &PolicyEdition| {
        let policy = Policy::load(edition.document.as_bytes(), catalogues);
        policy.map(|policy| policy.keyring().to_vec()).unwrap_or_default()
    };
    let filed = seated.iter().filter_map(Seated::filed).flat_map(Provenance::editions);
    let filed: Vec<KnownKey> = filed.flat_map(|edition| named(edition.predicate())).collect();
    let documents = seated.iter().filter_map(|party| party.document.as_ref());
    let documents = documents.flat_map(|policy| policy.policy().keyring());
    let keys = seated.iter().filter_map(|party| party.key);
    let ids: Vec<KeyId> = keys.clone().map(PublicKey::key_id).collect();
    let keys: Vec<KnownKey> = keys.cloned().map(KnownKey::from).collect();
    let mut names = |edition: &PolicyEdition| match ids.contains(&edition.issuer) {
        true => named(edition),
        false => Vec::new(),
    };
    verify_editions(bundle, documents.chain(&keys).chain(&filed), &mut names)
}
