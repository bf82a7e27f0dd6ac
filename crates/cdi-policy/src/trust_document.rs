//! The `trust` part of a policy, as it is written.

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::PublicKey;
use cdi_types::{
    ArtifactDigest, CaptureLevel, Custody, Duration, FileDigest, KeyId, Name, OriginKind, PropertyName,
    PropertyPattern, PublicKeyInfo, Role, Scope, StatementId, VerifierId,
};
use cdi_verify::{
    Anchor, Assumption, Certifications, EvidenceRule, Forbidden, Freshness, Inputs, KnownKey, Member,
};
use serde::Deserialize;

use crate::catalogue::{Catalogue, Property};
use crate::formula::{Atom, Formula};
use crate::policy_error::PolicyError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TrustDocument {
    pub(crate) anchors: Vec<AnchorDocument>,
    #[serde(default)]
    pub(crate) same_control: Vec<Vec<String>>,
    pub(crate) quorum: BTreeMap<String, u8>,
    #[serde(default)]
    pub(crate) countersigned: BTreeMap<String, u8>,
    pub(crate) custody: Custody,
    #[serde(default)]
    pub(crate) capture: Option<CaptureLevel>,
    pub(crate) revocation: RevocationDocument,
    #[serde(default)]
    pub(crate) assume: Vec<AssumptionDocument>,
    #[serde(default)]
    pub(crate) evidence: Vec<EvidenceDocument>,
    #[serde(default)]
    pub(crate) forbid: ForbidDocument,
    #[serde(default)]
    pub(crate) step_conditions: Vec<String>,
    #[serde(default)]
    pub(crate) certifications: CertificationsDocument,
    #[serde(default)]
    pub(crate) inputs: InputsDocument,
}

/// Others' evidence, under a name of the policy's own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EvidenceDocument {
    pub(crate) name: Role,
    predicate_type: String,
    keys: Vec<PublicKeyInfo>,
    #[serde(default)]
    condition: Option<String>,
}

impl EvidenceDocument {
    pub(crate) fn read(&self, keyring: &mut Keyring) -> Result<EvidenceRule, PolicyError> {
        let path = format!("spec.trust.evidence.{}.keys", self.name);
        let keys = self.keys.iter().map(|info| keyring.of_evidence(info, &self.predicate_type, &path));
        Ok(EvidenceRule {
            name: self.name.clone(),
            predicate_type: self.predicate_type.clone(),
            keys: keys.collect::<Result<_, _>>()?,
            condition: self.condition.clone(),
        })
    }
}

/// What may show something of a run's input.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum InputsDocument {
    #[default]
    ByDigest,
    Linked,
}

impl InputsDocument {
    pub(crate) const fn read(self) -> Inputs {
        match self {
            Self::ByDigest => Inputs::ByDigest,
            Self::Linked => Inputs::Linked,
        }
    }
}

/// Which certifications may vote.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CertificationsDocument {
    #[default]
    Any,
    Named,
}

impl CertificationsDocument {
    pub(crate) const fn read(self) -> Certifications {
        match self {
            Self::Any => Certifications::Any,
            Self::Named => Certifications::Named,
        }
    }
}

/// What the policy will have no part in: files by their digests, keys and statements by their ids.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ForbidDocument {
    #[serde(default)]
    tools: BTreeSet<FileDigest>,
    #[serde(default)]
    report_keys: BTreeSet<KeyId>,
    #[serde(default)]
    authorities: BTreeSet<KeyId>,
    #[serde(default)]
    origins: BTreeSet<StatementId>,
    #[serde(default)]
    origin_keys: BTreeSet<KeyId>,
}

impl ForbidDocument {
    pub(crate) fn read(&self) -> Forbidden {
        Forbidden {
            tools: self.tools.clone(),
            report_keys: self.report_keys.clone(),
            authorities: self.authorities.clone(),
            origins: self.origins.clone(),
            origin_keys: self.origin_keys.clone(),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AnchorDocument {
    name: Name,
    keys: Vec<PublicKeyInfo>,
    #[serde(default)]
    scope: Vec<PropertyPattern>,
    #[serde(default)]
    depth: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum RevocationDocument {
    MaxAge(Duration),
    #[serde(rename = "dangerously-none")]
    DangerouslyNone,
}

/// Either an artifact, or an origin's key with a kind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AssumptionDocument {
    property: PropertyName,
    #[serde(default)]
    artifact: Option<ArtifactDigest>,
    #[serde(default)]
    key: Option<PublicKeyInfo>,
    #[serde(default)]
    kind: Option<OriginKind>,
}

/// Reads keys and remembers them: the verifier needs them to verify what they signed.
#[derive(Default)]
pub(crate) struct Keyring(pub(crate) Vec<KnownKey>);

impl Keyring {
    fn read(&mut self, info: &PublicKeyInfo, path: &str) -> Result<PublicKey, PolicyError> {
        let key = PublicKey::from_info(info)
            .map_err(|error| PolicyError::Key { path: path.to_owned(), detail: error.to_string() })?;
        self.0.push(KnownKey::from(key.clone()));
        Ok(key)
    }

    /// The id of the key that signs for a verifier.
    pub(crate) fn of_verifier(
        &mut self,
        info: &PublicKeyInfo,
        verifier: &VerifierId,
        path: &str,
    ) -> Result<KeyId, PolicyError> {
        let key = self.read(info, path)?;
        let id = key.key_id();
        self.0.push(KnownKey::of_verifier(key, verifier.clone()));
        Ok(id)
    }

    /// The id of a key that signs statements of a type of others.
    fn of_evidence(
        &mut self,
        info: &PublicKeyInfo,
        predicate_type: &str,
        path: &str,
    ) -> Result<KeyId, PolicyError> {
        let key = self.read(info, path)?;
        let id = key.key_id();
        self.0.push(KnownKey::of_evidence(key, predicate_type.to_owned()));
        Ok(id)
    }

    pub(crate) fn id(&mut self, info: &PublicKeyInfo, path: &str) -> Result<KeyId, PolicyError> {
        self.read(info, path).map(|key| key.key_id())
    }
}

impl AnchorDocument {
    pub(crate) fn read(&self, keyring: &mut Keyring) -> Result<Anchor, PolicyError> {
        let path = format!("spec.trust.anchors.{}.keys", self.name);
        let keys = self.keys.iter().map(|info| keyring.read(info, &path)).collect::<Result<_, _>>()?;
        let scope = Scope { properties: self.scope.clone(), depth: self.depth };
        Ok(Anchor { name: self.name.clone(), keys, scope })
    }
}

impl RevocationDocument {
    pub(crate) const fn read(&self) -> Freshness {
        match self {
            Self::MaxAge(age) => Freshness::MaxAge(*age),
            Self::DangerouslyNone => Freshness::DangerouslyNone,
        }
    }
}

impl AssumptionDocument {
    pub(crate) fn read(
        &self,
        catalogue: &Catalogue,
        keyring: &mut Keyring,
    ) -> Result<Assumption, PolicyError> {
        let path = "spec.trust.assume";
        let Formula::Atom(Atom::Code(_)) = catalogue.meaning(self.property.as_str())? else {
            return Err(half_specified(path, "expected a property of code"));
        };
        if catalogue.properties().get(&self.property).is_some_and(Property::is_of_making) {
            return Err(PolicyError::OfMaking { word: self.property.to_string() });
        }
        let property = self.property.clone();
        match (self.artifact, &self.key, self.kind) {
            (Some(artifact), None, None) => Ok(Assumption::OfArtifact(property, artifact)),
            (None, Some(key), Some(kind)) => Ok(Assumption::OfOrigin(property, keyring.id(key, path)?, kind)),
            _ => Err(half_specified(path, "expected `artifact`, or `key` with `kind`")),
        }
    }
}

pub(crate) fn half_specified(path: &str, detail: &str) -> PolicyError {
    PolicyError::malformed_policy(path, detail)
}

/// Groups under one control: an anchor by its name, another authority by the id of its key.
pub(crate) fn members(
    groups: &[Vec<String>],
    anchors: &[Anchor],
) -> Result<Vec<BTreeSet<Member>>, PolicyError> {
    let member = |text: &String| match anchors.iter().find(|anchor| anchor.name.as_str() == text) {
        Some(anchor) => Ok(Member::Anchor(anchor.name.clone())),
        None => KeyId::parse(text).map(Member::Key).map_err(|_| {
            half_specified("spec.trust.sameControl", "expected the name of an anchor or the id of a key")
        }),
    };
    groups.iter().map(|group| group.iter().map(member).collect()).collect()
}
