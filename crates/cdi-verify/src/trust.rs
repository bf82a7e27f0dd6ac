//! Whom a principal trusts, for what, and how many it wants (rule M-ANCHOR). Made from a policy; held to its rules here,
//! so that no appraisal runs under terms that contradict themselves.

use std::collections::{BTreeMap, BTreeSet};

use cdi_condition::{Condition, ConditionError};
use cdi_envelope::PublicKey;
use cdi_types::{
    ArtifactDigest, CaptureLevel, CatalogueDigest, Custody, Duration, FileDigest, KeyId, Name, OriginKind,
    PredicateError, PropertyName, Role, Scope, StatementId, limits,
};

use crate::depth::{Depth, DepthError, by_tool};
use crate::evidence::{self, EvidenceError, EvidenceRule};
use crate::reproduction::{CustodianError, Reproduced};
use crate::summary::{SummaryError, SummaryRule};

/// An authority that a principal trusts of its own accord.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The principal's name for it.
    pub name: Name,
    /// Its keys; all count as one authority.
    pub keys: Vec<PublicKey>,
    /// What it may speak about, and how many authorities may stand below it.
    pub scope: Scope,
}

/// How many independent authorities must vouch for a property.
#[derive(Debug, Clone)]
pub struct Quorum {
    /// For every property that is not in `of`.
    pub default: u8,
    /// For single properties.
    pub of: BTreeMap<PropertyName, u8>,
}

impl Quorum {
    /// The quorum for `property`.
    #[must_use]
    pub fn for_property(&self, property: &PropertyName) -> u8 {
        self.of.get(property).copied().unwrap_or(self.default)
    }
}

/// How fresh an authority's revocation list must be. There is no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Not older than this, and not past its own end.
    MaxAge(Duration),
    /// No list need be there; those that are there still act.
    DangerouslyNone,
}

/// A property that the principal takes as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assumption {
    /// Of this artifact.
    OfArtifact(PropertyName, ArtifactDigest),
    /// Of what this key's origin statements of this kind list.
    OfOrigin(PropertyName, KeyId, OriginKind),
}

/// What the principal will have no part in. What it removes is as if it were not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forbidden {
    /// Executables, libraries and recorders: reports of runs in which one was measured are removed.
    pub tools: BTreeSet<FileDigest>,
    /// Report keys: what they signed is removed.
    pub report_keys: BTreeSet<KeyId>,
    /// Authorities: their endorsements and certifications are removed. What they revoke still acts, so that to forbid
    /// somebody never lets anything in.
    pub authorities: BTreeSet<KeyId>,
    /// Origin statements: nothing begins at what they list.
    pub origins: BTreeSet<StatementId>,
    /// Keys of developers and suppliers: every origin statement that they signed.
    pub origin_keys: BTreeSet<KeyId>,
}

/// Which certifications of a report's key may vote (rule M-NAMED).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Certifications {
    /// Every one.
    #[default]
    Any,
    /// Those that the report names, and what renews them.
    Named,
}

/// What may show something of a run's input (rule M-LINKED).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Inputs {
    /// Whatever report is about the same bytes.
    #[default]
    ByDigest,
    /// The reports that the run names for the input, and inspections of it.
    Linked,
}

/// Where the principal lets a chain begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginRule {
    /// At this artifact.
    Artifact(ArtifactDigest),
    /// At what this key's origin statements of these kinds list.
    Key(KeyId, BTreeSet<OriginKind>),
}

/// A member of a group under one control.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Member {
    /// An anchor, with all its keys.
    Anchor(Name),
    /// The key of an authority that is endorsed, not anchored.
    Key(KeyId),
}

impl std::fmt::Display for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anchor(name) => write!(f, "{name}"),
            Self::Key(key) => write!(f, "{key}"),
        }
    }
}

/// Who holds a key in their hand: what a quorum counts. Taking a controller takes all its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Controller {
    /// A group of `same_control`, by its position.
    Group(usize),
    /// An anchor, by its position.
    Anchor(usize),
    /// A key for itself.
    Key(KeyId),
}

/// The words of the catalogue that the policy is read under, as far as the flow of properties needs them.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// The properties that a step can preserve.
    pub preservable: BTreeSet<PropertyName>,
    /// The properties of making: true of one run, and of bytes only as what that run made.
    pub of_making: BTreeSet<PropertyName>,
    /// The properties that some extension adds to the catalogue that everybody has: two extensions may mean two things by
    /// one name, so a certification speaks of such a property only under a catalogue that has it from the same document.
    pub added: BTreeSet<PropertyName>,
    /// Of each catalogue that the decider knows, the properties that the policy's catalogue has from the same document.
    pub shared: BTreeMap<CatalogueDigest, BTreeSet<PropertyName>>,
}

impl Vocabulary {
    /// Whether a certification under this catalogue means by the property what the policy means.
    pub(crate) fn means_the_same(&self, property: &PropertyName, catalogue: CatalogueDigest) -> bool {
        !self.added.contains(property) || self.is_shared(property, catalogue)
    }

    /// Whether `*` in a certification under this catalogue is about the property.
    pub(crate) fn ranges_over(&self, property: &PropertyName, catalogue: CatalogueDigest) -> bool {
        self.preservable.contains(property) && self.is_shared(property, catalogue)
    }

    fn is_shared(&self, property: &PropertyName, catalogue: CatalogueDigest) -> bool {
        self.shared.get(&catalogue).is_some_and(|properties| properties.contains(property))
    }
}

/// The terms of a principal's trust, not yet held to their rules.
#[derive(Debug, Clone)]
pub struct TrustTerms {
    /// The anchors.
    pub anchors: Vec<Anchor>,
    /// Groups of authorities that are under one control and so count once.
    pub same_control: Vec<BTreeSet<Member>>,
    /// How many authorities.
    pub quorum: Quorum,
    /// How many authorities must have signed a report themselves for it to show a property (rule M-COUNTERSIGNED); 0 asks for
    /// none.
    pub countersigned: Quorum,
    /// The lowest custody of a report key.
    pub custody: Custody,
    /// The lowest capture level of a report.
    pub capture: CaptureLevel,
    /// How fresh revocation lists must be.
    pub freshness: Freshness,
    /// What is taken as given.
    pub assumptions: Vec<Assumption>,
    /// Where chains may begin.
    pub origins: Vec<OriginRule>,
    /// In whose independent custody runs must have made the same.
    pub reproduced: Option<Reproduced>,
    /// Roles of inputs that need no history.
    pub exempt: BTreeSet<Role>,
    /// How far back the history of what goes into runs of single tools is asked; of others all the way.
    pub depths: Vec<Depth>,
    /// Whose verification summaries are accepted in the place of a part of a history.
    pub summaries: Vec<SummaryRule>,
    /// Others' evidence that the policy can ask for, by names of its own.
    pub evidence: Vec<EvidenceRule>,
    /// What it will have no part in.
    pub forbidden: Forbidden,
    /// Conditions that every run must meet, in CEL over its operation.
    pub step_conditions: Vec<String>,
    /// Which certifications of a report's key may vote.
    pub certifications: Certifications,
    /// What may show something of a run's input.
    pub inputs: Inputs,
    /// The catalogue's words.
    pub vocabulary: Vocabulary,
}

impl TrustTerms {
    /// The keys whose origin statements the policy accepts, or assumes something of.
    fn origin_signers(&self) -> impl Iterator<Item = KeyId> + '_ {
        let accepted = self.origins.iter().filter_map(|rule| match rule {
            OriginRule::Key(key, _) => Some(*key),
            OriginRule::Artifact(_) => None,
        });
        let assumed = self.assumptions.iter().filter_map(|assumption| match assumption {
            Assumption::OfOrigin(_, key, _) => Some(*key),
            Assumption::OfArtifact(..) => None,
        });
        accepted.chain(assumed)
    }
}

/// Terms that contradict themselves, or would hold vacuously.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// An anchor has no key.
    #[error("the anchor `{anchor}` has no key")]
    NoKey {
        /// The anchor.
        anchor: Name,
    },
    /// Two anchors have one name.
    #[error("two anchors are named `{anchor}`")]
    NameTwice {
        /// The name.
        anchor: Name,
    },
    /// A key stands twice.
    #[error("the key {key} stands in two anchor entries or twice in one")]
    KeyTwice {
        /// The key.
        key: KeyId,
    },
    /// An anchor's scope names nothing or is too deep.
    #[error("the anchor `{anchor}`: {error}")]
    Scope {
        /// The anchor.
        anchor: Name,
        /// What is wrong.
        error: PredicateError,
    },
    /// An anchor that is also forbidden.
    #[error("the anchor `{anchor}` has the key {key}, which the policy forbids as an authority")]
    AnchorForbidden {
        /// The anchor.
        anchor: Name,
        /// The key.
        key: KeyId,
    },
    /// A key whose origins the policy accepts or assumes something of, and also forbids.
    #[error("the policy forbids the origins of the key {key}, and accepts or assumes something of them")]
    OriginForbidden {
        /// The key.
        key: KeyId,
    },
    /// Code without a history: nothing would be left to ask.
    #[error("inputs of the role `code` cannot be exempt from a complete history")]
    CodeExempt,
    /// More conditions than [`limits::STEP_CONDITIONS`].
    #[error("{found} step conditions, at most {} are read", limits::STEP_CONDITIONS)]
    TooManyConditions {
        /// How many there are.
        found: usize,
    },
    /// A condition that cannot be read: it would remove every run.
    #[error("step condition {number}: {error}")]
    Condition {
        /// Its place in the list, from 1.
        number: usize,
        /// What is wrong.
        error: ConditionError,
    },
    /// A quorum outside 1 to [`limits::QUORUM`].
    #[error("a quorum of {found}, expected 1 to {}", limits::QUORUM)]
    Quorum {
        /// The number that was found.
        found: u8,
    },
    /// Countersignatures outside 0 to [`limits::QUORUM`].
    #[error("{found} countersignatures, expected 0 to {}", limits::QUORUM)]
    Countersignatures {
        /// The number that was found.
        found: u8,
    },
    /// Custodians that are not independent, or could never be enough.
    #[error(transparent)]
    Custodians(#[from] CustodianError),
    /// Depths that contradict each other, or reach too far.
    #[error(transparent)]
    Depth(#[from] DepthError),
    /// Summaries that would be accepted for nothing.
    #[error(transparent)]
    Summary(#[from] SummaryError),
    /// Evidence that nobody could give, or that is read in another way.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// A group names an anchor that does not exist, or an anchor's key instead of the anchor.
    #[error("`sameControl` names `{member}`, which is neither an anchor nor the key of another authority")]
    UnknownMember {
        /// The member.
        member: Member,
    },
    /// A member is in two groups.
    #[error("`{member}` is in two groups of `sameControl`")]
    MemberTwice {
        /// The member.
        member: Member,
    },
}

impl TrustError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoKey { .. } => "anchor-without-key",
            Self::NameTwice { .. } => "anchor-name-twice",
            Self::KeyTwice { .. } => "anchor-key-twice",
            Self::Scope { .. } => "anchor-scope",
            Self::AnchorForbidden { .. } => "anchor-forbidden",
            Self::OriginForbidden { .. } => "origin-key-forbidden",
            Self::CodeExempt => "exempt-code",
            Self::TooManyConditions { .. } => "limit-step-conditions",
            Self::Condition { error, .. } => error.code(),
            Self::Quorum { .. } => "quorum-out-of-range",
            Self::Countersignatures { .. } => "countersigned-out-of-range",
            Self::Custodians(error) => error.code(),
            Self::Depth(error) => error.code(),
            Self::Summary(error) => error.code(),
            Self::Evidence(error) => error.code(),
            Self::UnknownMember { .. } => "same-control-unknown",
            Self::MemberTwice { .. } => "same-control-twice",
        }
    }
}

/// A principal's trust, held to its rules.
#[derive(Debug, Clone)]
pub struct Trust {
    terms: TrustTerms,
    /// Who controls a key, where it is not simply the key.
    controllers: BTreeMap<KeyId, Controller>,
    depths: BTreeMap<Name, u8>,
}

impl Trust {
    /// Holds the terms to their rules.
    ///
    /// # Errors
    /// [`TrustError`] names the rule that they break.
    pub fn new(terms: TrustTerms) -> Result<Self, TrustError> {
        let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for anchor in &terms.anchors {
            if anchor.keys.is_empty() {
                return Err(TrustError::NoKey { anchor: anchor.name.clone() });
            }
            if !names.insert(anchor.name.clone()) {
                return Err(TrustError::NameTwice { anchor: anchor.name.clone() });
            }
            if let Some(key) = anchor.keys.iter().map(PublicKey::key_id).find(|key| !keys.insert(*key)) {
                return Err(TrustError::KeyTwice { key });
            }
            let forbidden = &terms.forbidden.authorities;
            if let Some(key) = anchor.keys.iter().map(PublicKey::key_id).find(|key| forbidden.contains(key)) {
                return Err(TrustError::AnchorForbidden { anchor: anchor.name.clone(), key });
            }
            let scoped = anchor.scope.admit();
            scoped.map_err(|error| TrustError::Scope { anchor: anchor.name.clone(), error })?;
        }
        if let Some(key) = terms.origin_signers().find(|key| terms.forbidden.origin_keys.contains(key)) {
            return Err(TrustError::OriginForbidden { key });
        }
        if terms.exempt.iter().any(Role::is_code) {
            return Err(TrustError::CodeExempt);
        }
        readable(&terms.step_conditions)?;
        let mut quorums = terms.quorum.of.values().copied().chain([terms.quorum.default]);
        if let Some(found) = quorums.find(|k| !(1..=limits::QUORUM).contains(k)) {
            return Err(TrustError::Quorum { found });
        }
        drop(quorums);
        let mut countersigned = terms.countersigned.of.values().copied().chain([terms.countersigned.default]);
        if let Some(found) = countersigned.find(|k| *k > limits::QUORUM) {
            return Err(TrustError::Countersignatures { found });
        }
        drop(countersigned);
        terms.reproduced.iter().try_for_each(Reproduced::admit)?;
        let controllers = controllers(&terms, &keys)?;
        let depths = by_tool(&terms.depths)?;
        terms.summaries.iter().try_for_each(SummaryRule::admit)?;
        evidence::admit(&terms.evidence)?;
        Ok(Self { terms, controllers, depths })
    }

    /// The terms.
    #[must_use]
    pub const fn terms(&self) -> &TrustTerms {
        &self.terms
    }

    /// How many anchors, those under one control counted once, may speak about `property`.
    #[must_use]
    pub fn anchors_for(&self, property: &PropertyName) -> usize {
        let speaking = self.terms.anchors.iter().filter(|anchor| anchor.scope.covers(property));
        let keys = speaking.filter_map(|anchor| anchor.keys.first());
        keys.map(|key| self.controller(key.key_id())).collect::<BTreeSet<_>>().len()
    }

    /// How far behind a run of the tool of this name a history is asked, where that is said.
    pub(crate) fn depth(&self, tool: &Name) -> Option<u8> {
        self.depths.get(tool).copied()
    }

    /// Who controls this key.
    pub(crate) fn controller(&self, key: KeyId) -> Controller {
        self.controllers.get(&key).copied().unwrap_or(Controller::Key(key))
    }
}

/// That every condition can be read.
fn readable(conditions: &[String]) -> Result<(), TrustError> {
    let found = conditions.len();
    if found > limits::STEP_CONDITIONS {
        return Err(TrustError::TooManyConditions { found });
    }
    conditions.iter().enumerate().try_for_each(|(index, text)| {
        let number = index + 1;
        Condition::parse(text).map(drop).map_err(|error| TrustError::Condition { number, error })
    })
}

fn controllers(
    terms: &TrustTerms,
    anchored: &BTreeSet<KeyId>,
) -> Result<BTreeMap<KeyId, Controller>, TrustError> {
    let mut group_of = BTreeMap::new();
    for (group, member) in
        terms.same_control.iter().enumerate().flat_map(|(n, set)| set.iter().map(move |m| (n, m)))
    {
        let known = match member {
            Member::Anchor(name) => terms.anchors.iter().any(|anchor| anchor.name == *name),
            Member::Key(key) => !anchored.contains(key),
        };
        if !known {
            return Err(TrustError::UnknownMember { member: member.clone() });
        }
        if group_of.insert(member.clone(), Controller::Group(group)).is_some() {
            return Err(TrustError::MemberTwice { member: member.clone() });
        }
    }
    let mut controllers = BTreeMap::new();
    for (index, anchor) in terms.anchors.iter().enumerate() {
        let group = group_of.get(&Member::Anchor(anchor.name.clone())).copied();
        let controller = group.unwrap_or(Controller::Anchor(index));
        controllers.extend(anchor.keys.iter().map(|key| (key.key_id(), controller)));
    }
    controllers.extend(group_of.iter().filter_map(|(member, controller)| match member {
        Member::Key(key) => Some((*key, *controller)),
        Member::Anchor(_) => None,
    }));
    Ok(controllers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_cannot_be_read_is_told_by_its_place() {
        let conditions = ["operation.exit == 0", "("].map(str::to_owned);
        assert!(matches!(readable(&conditions), Err(TrustError::Condition { number: 2, .. })));
    }
}
