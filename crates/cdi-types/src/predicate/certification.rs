//! `tool-certification/v1`: an authority says which properties a tool's runs give, and under which invocations
//! (paper 4.1, C = Sign(T || P)). The certification asserts that the report key signs only true records of this
//! tool's runs; therefore it says who holds the key, and how.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::invocation::{Invocation, Unnamed, ambiguous};
use super::report::CaptureLevel;
use super::{Dated, Predicate, PredicateError, no_duplicates, not_empty, sole_file};
use crate::parsed::parsed;
use crate::{
    Annotations, CatalogueDigest, FileDigest, KeyId, Name, PlatformProperty, PropertyName, PublicKeyInfo,
    Role, StatementId, Subject, Timestamp, limits,
};

/// Who can make the report key sign, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Custody {
    /// Whoever can read a file.
    Software,
    /// A process of its own that the builds cannot reach into.
    IsolatedProcess,
    /// A hardware module that never gives the key out.
    Hardware,
    /// Code that was itself attested by hardware.
    AttestedCode,
}

impl Custody {
    /// The level's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::IsolatedProcess => "isolated-process",
            Self::Hardware => "hardware",
            Self::AttestedCode => "attested-code",
        }
    }
}

/// The tool's attributes (T of the paper), for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToolIdentity {
    /// The tool's name.
    pub name: Name,
    /// Its version, as its supplier writes it. No decision compares versions: digests say which tool it is.
    pub version: Name,
    /// Who supplies it.
    pub supplier: Name,
    /// The key that signs the tool's releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release_key: Option<KeyId>,
}

/// A file that may take part in a run beside the entry executable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClosureFile {
    /// Its name, for people.
    pub name: Name,
    /// Its digest.
    pub sha256: FileDigest,
}

/// Whether the tool loads libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Linkage {
    /// None of its executables loads any, so that they need not be measured.
    Static,
    /// It does; those that a run loads must be measured and in the closure.
    Dynamic,
}

/// The property of a claim: one, or all that the catalogue marks preservable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimedProperty {
    /// Exactly this one.
    Named(PropertyName),
    /// Exactly this one, with this value: `GUARD_PAGES=4GIB`. For `supplies` only.
    Valued(PlatformProperty),
    /// `*`: every property that the certification's catalogue marks preservable. For `preserves` only.
    EveryPreservable,
}

impl std::fmt::Display for ClaimedProperty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(name) => write!(f, "{name}"),
            Self::Valued(property) => write!(f, "{property}"),
            Self::EveryPreservable => f.write_str("*"),
        }
    }
}

impl ClaimedProperty {
    /// The name of the property, its value aside; `None` for `*`.
    #[must_use]
    pub const fn name(&self) -> Option<&PropertyName> {
        match self {
            Self::Named(name) => Some(name),
            Self::Valued(property) => Some(&property.name),
            Self::EveryPreservable => None,
        }
    }

    /// Whether it is exactly this property of a place.
    #[must_use]
    pub fn is_of_a_place(&self, property: &PlatformProperty) -> bool {
        match self {
            Self::Named(name) => property.value.is_none() && *name == property.name,
            Self::Valued(claimed) => claimed == property,
            Self::EveryPreservable => false,
        }
    }
}

impl Serialize for ClaimedProperty {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClaimedProperty {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer, |text| match text {
            "*" => Ok(Self::EveryPreservable),
            valued if valued.contains('=') => PlatformProperty::parse(valued)
                .map(Self::Valued)
                .ok_or_else(|| PlatformProperty::FORM.to_owned()),
            name => PropertyName::parse(name).map(Self::Named).map_err(|error| error.to_string()),
        })
    }
}

/// What a run does for a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The output has it, whatever the inputs.
    Establishes,
    /// The output has it if every code input has it.
    Preserves,
    /// An inspection found it.
    Attests,
    /// The tool is a runtime, and what it runs has it of the place.
    Supplies,
}

impl Effect {
    /// The effect's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Establishes => "establishes",
            Self::Preserves => "preserves",
            Self::Attests => "attests",
            Self::Supplies => "supplies",
        }
    }
}

/// One claim (P of the paper).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Claim {
    /// The property.
    pub property: ClaimedProperty,
    /// What a run does for it.
    pub effect: Effect,
    /// The invocation that a run must match.
    pub invocation: Role,
    /// The role of the output (or of the inspected input) that the claim is about.
    #[serde(default = "Role::code", skip_serializing_if = "Role::is_code")]
    pub output: Role,
    /// The lowest capture level at which the claim is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest_capture: Option<CaptureLevel>,
    /// What must be true of the recorded operation besides, in CEL (rule M-CONDITION).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// How the authority came to its claims, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vetting {
    /// The method, in a few words: paper 4.1 has "institutional trust" to "formal verification".
    pub method: Name,
    /// Where more can be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Name>,
}

/// The predicate. The subject is the tool's one entry executable, by its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ToolCertification {
    /// The key of the certifying authority.
    pub issuer: KeyId,
    /// Counts the issuer's statements.
    pub serial: u64,
    /// Start of the window.
    pub not_before: Timestamp,
    /// End of the window.
    pub not_after: Timestamp,
    /// The tool's attributes.
    pub tool: ToolIdentity,
    /// The key that signs reports of this tool's runs, and of no other tool's.
    pub report_key: PublicKeyInfo,
    /// Who can make that key sign.
    pub custody: Custody,
    /// The one recorder that may use that key. A tool that records itself is its own.
    pub recorder: FileDigest,
    /// The other executables and the libraries that a run may use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closure: Vec<ClosureFile>,
    /// Whether libraries are loaded.
    pub linkage: Linkage,
    /// What is claimed: at least one thing.
    pub claims: Vec<Claim>,
    /// The invocations that the claims name.
    pub invocations: BTreeMap<Role, Invocation>,
    /// The catalogue whose words the claims use.
    pub catalogue: CatalogueDigest,
    /// How the authority came to its claims.
    pub vetting: Vetting,
    /// The endorsements that made the issuer an authority: hints for retrieval, which decide nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<StatementId>,
    /// The earlier certification that this one renews, by its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renews: Option<StatementId>,
    /// Free-form; no decision reads it.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl ToolCertification {
    /// Whether it says that the tool supplies anything to what it runs.
    #[must_use]
    pub fn is_of_a_runtime(&self) -> bool {
        self.claims.iter().any(|claim| claim.effect == Effect::Supplies)
    }

    /// Whether this certification of an executable says nothing of its runs that `older` has not said: of one report key,
    /// recorder, linkage and catalogue, of no more files, by claims that `older` has, with its invocations. It may count the
    /// custody and the window otherwise (rule M-NAMED).
    #[must_use]
    pub fn says_no_more_than(&self, older: &Self) -> bool {
        let files: BTreeSet<FileDigest> = older.closure.iter().map(|file| file.sha256).collect();
        let claimed_before = |claim: &Claim| {
            let now = self.invocations.get(&claim.invocation);
            now.is_some() && now == older.invocations.get(&claim.invocation) && older.claims.contains(claim)
        };
        self.report_key.key_id() == older.report_key.key_id()
            && (self.recorder, self.linkage, self.catalogue)
                == (older.recorder, older.linkage, older.catalogue)
            && self.closure.iter().all(|file| files.contains(&file.sha256))
            && self.claims.iter().all(claimed_before)
    }
}

impl Dated for ToolCertification {
    fn not_before(&self) -> Timestamp {
        self.not_before
    }
    fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl Claim {
    fn admit(&self, invocations: &BTreeMap<Role, Invocation>) -> Result<(), PredicateError> {
        let Some(invocation) = invocations.get(&self.invocation) else {
            return Err(PredicateError::UnknownInvocation {
                property: self.property.to_string(),
                invocation: self.invocation.to_string(),
            });
        };
        // Of a run whose inputs are the invoker's word nothing follows from what they are.
        let known = self.lowest_capture.is_some_and(CaptureLevel::is_complete);
        if invocation.unnamed == Unnamed::Listed && !known {
            let what = format!("the claim of `{}`", self.property);
            return Err(ambiguous(
                &what,
                "is about all that was read, and takes runs of which nobody knows that",
            ));
        }
        if let Some(found) = self.condition.as_deref().map(str::len)
            && found > limits::CONDITION_BYTES
        {
            return Err(PredicateError::ConditionTooLong { found });
        }
        if self.is_possible() {
            return Ok(());
        }
        Err(PredicateError::ImpossibleClaim {
            property: self.property.to_string(),
            effect: self.effect.as_str(),
        })
    }

    /// Whether the effect can be claimed of the property. What a runtime supplies is about no run: no output, no capture and
    /// no condition belong to it.
    fn is_possible(&self) -> bool {
        let of_no_run = self.output.is_code() && self.lowest_capture.is_none() && self.condition.is_none();
        match (&self.property, self.effect) {
            (ClaimedProperty::EveryPreservable, effect) => effect == Effect::Preserves,
            (ClaimedProperty::Named(name), Effect::Supplies) => !name.is_step() && of_no_run,
            (ClaimedProperty::Named(name), effect) => !name.is_step() || effect == Effect::Establishes,
            (ClaimedProperty::Valued(property), effect) => {
                effect == Effect::Supplies && !property.name.is_step() && of_no_run
            }
        }
    }
}

/// Holds claims and the invocations that they name to the rules of a certification (rules F-CERTIFICATION, F-INVOCATION).
///
/// # Errors
/// [`PredicateError`] names the rule.
pub fn admit_claims(
    claims: &[Claim],
    invocations: &BTreeMap<Role, Invocation>,
) -> Result<(), PredicateError> {
    not_empty(claims, "claims")?;
    claims.iter().try_for_each(|claim| claim.admit(invocations))?;
    each_once(claims)?;
    invocations.values().try_for_each(Invocation::admit)
}

/// A claim that is there twice says no more, and would be held against every run twice.
fn each_once(claims: &[Claim]) -> Result<(), PredicateError> {
    let mut seen = BTreeSet::new();
    let again = claims.iter().find(|claim| {
        let capture = claim.lowest_capture.map(CaptureLevel::as_str);
        let (invocation, output) = (&claim.invocation, &claim.output);
        let condition = claim.condition.as_deref();
        !seen.insert((&claim.property, claim.effect.as_str(), invocation, output, capture, condition))
    });
    match again {
        None => Ok(()),
        Some(claim) => Err(PredicateError::Duplicate {
            member: "claims",
            element: format!("{} {}", claim.effect.as_str(), claim.property),
        }),
    }
}

impl Predicate for ToolCertification {
    const TYPE: &'static str = "https://code-deployment-integrity.io/tool-certification/v1";

    fn issuer(&self) -> KeyId {
        self.issuer
    }

    fn admit(&self, subject: &[Subject]) -> Result<(), PredicateError> {
        sole_file(subject, "the tool's one entry executable")?;
        if self.report_key.key_id() == self.issuer {
            return Err(PredicateError::OwnKey { place: "the report key that it certifies" });
        }
        let mut manifests = self.invocations.values().flat_map(Invocation::all_manifests);
        if manifests.any(|manifest| manifest.key.key_id() == self.report_key.key_id()) {
            return Err(PredicateError::ManifestByTool);
        }
        self.window()?;
        no_duplicates(self.closure.iter().map(|file| file.sha256), "closure")?;
        admit_claims(&self.claims, &self.invocations)
    }
}
