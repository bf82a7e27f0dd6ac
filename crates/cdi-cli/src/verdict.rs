//! A verdict as a value that can be written: the JSON of `--output json`, and what the text is made from.
//!
//! The schema is published in `docs/schema/verdict.v1.json`.

use std::collections::BTreeSet;

use cdi_placement::{Environment, Foreseen, Settled};
use cdi_policy::{PlatformProperty, ProvidedBy, Request};
use cdi_types::{ArtifactDigest, CatalogueDigest, KeyId, PolicyDigest, Runtime, StatementId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::decision::{Outcome, Verdict, Walk};
use crate::evidence::Evidence;
use crate::failure::Kind;
use crate::judged::Judging;
use crate::proof::Step;
use crate::shown::Shown;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    pub(crate) verdict: Word,
    pub(crate) artifact: ArtifactDigest,
    pub(crate) decided_at: Timestamp,
    pub(crate) catalogue: CatalogueDigest,
    /// Those that extend it under which policies were read.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) extensions: BTreeSet<CatalogueDigest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grants: Option<Grants>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Shown>,
    /// What principals ask of the place that no place is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) conflict: Option<Conflict>,
    pub(crate) principals: Vec<Principal>,
    pub(crate) evidence: Evidence,
}

#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Word {
    Allow,
    Deny,
    Unknown,
}

impl From<Foreseen> for Word {
    fn from(foreseen: Foreseen) -> Self {
        match foreseen {
            Foreseen::Allow => Self::Allow,
            Foreseen::Unknown => Self::Unknown,
            Foreseen::Deny => Self::Deny,
        }
    }
}

impl Word {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Unknown => "unknown",
        }
    }

    /// What two come to that must both allow: deny before unknown before allow.
    pub(crate) const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Deny, _) | (_, Self::Deny) => Self::Deny,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Allow, Self::Allow) => Self::Allow,
        }
    }

    /// What a refusal is that ends so; what could not be decided is not known.
    pub(crate) const fn of(end: Kind) -> Self {
        match end {
            Kind::Denied => Self::Deny,
            Kind::Undecided | Kind::Failed => Self::Unknown,
        }
    }

    /// How a command ends that had to allow; `None` if it did.
    pub(crate) const fn refusal(self) -> Option<Kind> {
        match self {
            Self::Allow => None,
            Self::Deny => Some(Kind::Denied),
            Self::Unknown => Some(Kind::Undecided),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) provides: Vec<String>,
    pub(crate) asserted_by: String,
    /// What runs code there, where the evidence certifies a runtime.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) runtime: Option<Runtime>,
}

impl Place {
    pub(crate) fn of(environment: &Environment) -> Self {
        Self {
            name: environment.name.clone(),
            provides: environment.provides.iter().map(ToString::to_string).collect(),
            asserted_by: environment.asserted_by.to_string(),
            runtime: environment.runtime.as_deref().cloned(),
        }
    }
}

/// What the program was to be given.
#[derive(Serialize)]
pub(crate) struct Grants {
    pub(crate) directories: Vec<Directory>,
    /// Names of variables. Their values are the program's business.
    pub(crate) environment: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct Directory {
    pub(crate) name: String,
    pub(crate) access: &'static str,
}

impl Grants {
    fn asked(request: &Request) -> Option<Self> {
        let directories = request
            .directories
            .iter()
            .map(|wanted| Directory { name: wanted.name.to_string(), access: wanted.access.as_str() });
        let environment = request.environment.iter().map(|(name, _)| name.clone());
        let grants = Self { directories: directories.collect(), environment: environment.collect() };
        (!grants.directories.is_empty() || !grants.environment.is_empty()).then_some(grants)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Principal {
    pub(crate) name: String,
    /// The digest of the document; none if no policy is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<PolicyDigest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) edition: Option<Edition>,
    /// What a signed policy asks for, for people.
    #[serde(skip)]
    pub(crate) asks: Option<String>,
    pub(crate) verdict: Word,
    /// What was left for the place to provide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) residual: Option<String>,
    /// What the place provides of that, and by what; nothing that is excused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) provided: Vec<Provided>,
    pub(crate) reasons: Vec<Shows>,
    pub(crate) failures: Vec<Failed>,
    /// What fails and is excused: never left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) excused: Vec<Excused>,
}

/// A property that the place provides.
#[derive(Serialize)]
pub(crate) struct Provided {
    pub(crate) property: String,
    /// The word of whoever vouches for the place, or what is certified of its runtime.
    pub(crate) by: &'static str,
}

impl Provided {
    pub(crate) const WORD: &'static str = "word";
    pub(crate) const RUNTIME: &'static str = "runtime";

    pub(crate) fn of((property, by): (&PlatformProperty, &ProvidedBy)) -> Self {
        let by = match by {
            ProvidedBy::Word => Self::WORD,
            ProvidedBy::Runtime => Self::RUNTIME,
        };
        Self { property: property.to_string(), by }
    }
}

/// The edition of a policy that is signed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Edition {
    pub(crate) statement: StatementId,
    pub(crate) key: KeyId,
    pub(crate) version: u64,
    pub(crate) mode: &'static str,
    pub(crate) not_after: Timestamp,
}

impl Edition {
    pub(crate) fn of(edition: &cdi_policy::Edition) -> Self {
        Self {
            statement: edition.id,
            key: edition.key,
            version: edition.version,
            mode: edition.mode.as_str(),
            not_after: edition.not_after,
        }
    }
}

/// Policies that contradict each other at the place, each with its text.
#[derive(Serialize)]
pub(crate) struct Conflict {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: &'static str,
    pub(crate) sides: Vec<Side>,
}

#[derive(Serialize)]
pub(crate) struct Side {
    pub(crate) principal: String,
    /// The requirement as the policy has it.
    pub(crate) requirement: String,
    /// What is left of it for the place.
    pub(crate) open: String,
}

impl Conflict {
    fn of(outcome: &Outcome) -> Option<Self> {
        let Verdict::Settled(settled) = &outcome.verdict else { return None };
        let (Settled::Deny(refusal) | Settled::Unknown(refusal)) = settled.as_ref() else { return None };
        let conflict = refusal.conflict()?;
        let side = |side: &cdi_placement::Side| Side {
            principal: side.principal.to_string(),
            requirement: side.part.requirement.clone(),
            open: side.part.open.to_string(),
        };
        Some(Self {
            code: cdi_placement::Conflict::CODE,
            message: conflict.to_string(),
            hint: "no other environment helps: the principals must agree; `cdi policy lint --config` shows their texts",
            sides: conflict.sides.iter().map(side).collect(),
        })
    }
}

/// A failed requirement that does not refuse, and why not.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Excused {
    #[serde(flatten)]
    pub(crate) failed: Failed,
    pub(crate) excuse: Excuse,
}

#[derive(Serialize, Clone)]
#[serde(rename_all = "camelCase", tag = "by")]
pub(crate) enum Excuse {
    /// The policy is not enforced.
    Mode { mode: &'static str },
    /// The principal has signed a waiver.
    Waiver { statement: StatementId, until: Timestamp, reason: String },
}

impl Excuse {
    /// The excuse for people: who excuses it, until when and why.
    pub(crate) fn said(&self) -> String {
        match self {
            Self::Mode { mode } => format!("not enforced, since the policy's mode is `{mode}`"),
            Self::Waiver { statement, until, reason } => {
                format!("waived until {until} by {}: {reason}", statement.short())
            }
        }
    }
}

/// A part of a requirement, with its proof.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shows {
    pub(crate) question: String,
    pub(crate) proof: Vec<Step>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failed {
    pub(crate) requirement: String,
    #[serde(flatten)]
    pub(crate) shown: Shown,
    pub(crate) causes: Vec<Cause>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cause {
    pub(crate) question: String,
    pub(crate) obstacles: Vec<Shown>,
}

impl Document {
    pub(crate) fn new(walk: &Walk, outcome: &Outcome, decided_at: Timestamp) -> Self {
        let (verdict, error, mut principals) = Judging::of(outcome).judged();
        let evidence = Evidence::of(walk, outcome.provenance.as_ref());
        let failures = principals.iter_mut().flat_map(|principal| {
            let excused = principal.excused.iter_mut().map(|excused| &mut excused.failed);
            principal.failures.iter_mut().chain(excused)
        });
        failures.for_each(|failure| evidence.mends(&mut failure.shown));
        Self {
            verdict,
            artifact: walk.artifact.digest(),
            decided_at,
            catalogue: walk.catalogues.base().digest(),
            extensions: walk.extensions(&outcome.seats),
            environment: outcome.environment.as_ref().map(Place::of),
            grants: Grants::asked(&walk.request),
            error,
            conflict: Conflict::of(outcome),
            principals,
            evidence,
        }
    }
}
