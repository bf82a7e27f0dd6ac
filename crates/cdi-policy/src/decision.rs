//! What comes of a decision: the values that [`crate::decide`] makes.

use std::collections::BTreeSet;

use cdi_types::{ArtifactDigest, CatalogueDigest, Name, PolicyDigest, Timestamp};
use cdi_verify::{Obstacle, ProofStep, Question};

use crate::formula::{Atom, Formula};
use crate::grants::Request;
use crate::residual::Residual;

/// Why a part of a requirement is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What was asked.
    pub question: Question,
    /// The proof, from the artifact back.
    pub proof: Vec<ProofStep>,
}

/// One failed requirement of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The requirement, as the policy has it.
    pub requirement: String,
    /// Whether it only could not be told, as far as the code goes.
    pub undecided: bool,
    /// What the place would have to provide even if everything that could not be told were so; `None` if nothing.
    pub generous: Option<Formula<Atom>>,
    /// The stable code of the obstacle that stands closest to a proof.
    pub code: &'static str,
    /// That obstacle, in words.
    pub message: String,
    /// What would mend it.
    pub hint: Option<String>,
    /// All obstacles, by the part of the requirement that they stand against, the closest to a proof first.
    pub causes: Vec<(Question, Vec<Obstacle>)>,
}

impl Failure {
    /// The obstacle that the failure is named for; `None` if no obstacle is the cause.
    #[must_use]
    pub fn closest(&self) -> Option<&Obstacle> {
        self.causes.iter().find_map(|(_, obstacles)| obstacles.first())
    }
}

/// How one principal's policy came out, as far as the code goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalFindings {
    /// The principal.
    pub principal: Name,
    /// Its policy.
    pub policy: PolicyDigest,
    /// Every failed requirement; empty for a principal that is satisfied.
    pub failures: Vec<Failure>,
    /// What the requirements that did not fail leave for the place to provide.
    pub residual: Option<Residual>,
    /// Why the rest is met.
    pub reasons: Vec<Reason>,
    pub(crate) accepts: BTreeSet<Name>,
}

impl PrincipalFindings {
    /// Whether the principal takes the word of `asserter` about a place: its own, and that of those whom its policy names.
    #[must_use]
    pub fn hears(&self, asserter: &Name) -> bool {
        *asserter == self.principal || self.accepts.contains(asserter)
    }
}

/// An artifact that every required principal admits, as far as the code goes. Made by [`crate::decide`] only, and used up
/// by whoever places it.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Admitted {
    request: Request,
    principals: Vec<PrincipalFindings>,
    catalogue: CatalogueDigest,
    decided_at: Timestamp,
}

impl Admitted {
    pub(crate) const fn mint(
        request: Request,
        principals: Vec<PrincipalFindings>,
        catalogue: CatalogueDigest,
        decided_at: Timestamp,
    ) -> Self {
        Self { request, principals, catalogue, decided_at }
    }

    /// What was decided about.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// How each principal's policy came out: none has failures.
    #[must_use]
    pub fn principals(&self) -> &[PrincipalFindings] {
        &self.principals
    }

    /// The catalogue under which the policies were read.
    #[must_use]
    pub const fn catalogue(&self) -> CatalogueDigest {
        self.catalogue
    }

    /// The time of the decision.
    #[must_use]
    pub const fn decided_at(&self) -> Timestamp {
        self.decided_at
    }
}

/// A refusal, with every failed requirement of every principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The artifact.
    pub artifact: ArtifactDigest,
    /// The time of the decision.
    pub decided_at: Timestamp,
    /// The principals; empty only if nobody was required to agree.
    pub principals: Vec<PrincipalFindings>,
}

impl Denial {
    /// The stable code of a refusal because nobody was required to agree: nothing is allowed by nobody.
    pub const NOBODY: &'static str = "no-principal";

    /// The code of the first failure of the first principal that refuses.
    #[must_use]
    pub fn code(&self) -> &'static str {
        let failures = self.principals.iter().flat_map(|findings| &findings.failures);
        failures.map(|failure| failure.code).next().unwrap_or(Self::NOBODY)
    }
}

/// The decision.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Every principal is satisfied, what is left open aside.
    Allow(Admitted),
    /// Somebody is not.
    Deny(Denial),
    /// It cannot be told, because evidence could not be looked up. It refuses as a denial does.
    Unknown(Denial),
}
