//! A place in a decision: a policy that is in force, or a principal that must agree and has none.

use std::collections::BTreeSet;
use std::sync::Arc;

use cdi_policy::{Case, Edition, EditionError, InForce, Policy, Waivers};
use cdi_types::{ArtifactDigest, Clock, Name, Runtime};
use cdi_verify::{AppraiseError, Facts, Provenance, Question, Vantage, Verified, appraise};

/// A policy in force with what it excuses, or a principal that must agree and has none.
#[derive(Debug)]
pub enum Seat {
    /// A policy, and the waivers of its principal.
    InForce(Box<InForce>, Waivers),
    /// The principal's name, and why no policy of it is in force.
    Empty(Name, EditionError),
}

impl Seat {
    /// The policy, if one is in force.
    #[must_use]
    pub fn policy(&self) -> Option<&Policy> {
        match self {
            Self::InForce(policy, _) => Some(policy.policy()),
            Self::Empty(..) => None,
        }
    }

    /// The edition, if the policy is signed.
    #[must_use]
    pub fn edition(&self) -> Option<&Edition> {
        match self {
            Self::InForce(policy, _) => policy.edition(),
            Self::Empty(..) => None,
        }
    }

    /// What the evidence shows to the principal; `None` where there is no policy, or one that trusts nobody.
    #[must_use]
    pub fn facts(
        &self,
        provenance: &Verified<Provenance>,
        artifact: ArtifactDigest,
        runtime: Option<&Arc<Runtime>>,
        vantage: Vantage<'_>,
    ) -> Option<Result<Facts, AppraiseError>> {
        let policy = self.policy()?;
        let questions = asked(policy, runtime, vantage.clock());
        Some(appraise(provenance, policy.trust()?, artifact, &questions, vantage))
    }

    /// As [`Self::facts`], of every runtime that is offered: each principal is asked once, however many places there are.
    #[must_use]
    pub fn facts_of(
        &self,
        provenance: &Verified<Provenance>,
        artifact: ArtifactDigest,
        runtimes: &[Arc<Runtime>],
        vantage: Vantage<'_>,
    ) -> Option<Result<Facts, AppraiseError>> {
        let policy = self.policy()?;
        let mut questions = policy.questions(vantage.clock().now());
        for runtime in runtimes {
            questions.extend(policy.questions_of(runtime, vantage.clock().now()));
        }
        Some(appraise(provenance, policy.trust()?, artifact, &questions, vantage))
    }

    /// What `decide` is to judge, with the facts of [`Self::facts`].
    #[must_use]
    pub fn case<'a>(&'a self, facts: Option<Result<&'a Facts, &'a AppraiseError>>) -> Case<'a> {
        match self {
            Self::InForce(policy, waivers) => Case::InForce { policy, facts, waivers },
            Self::Empty(principal, error) => Case::NotInForce { principal, error },
        }
    }
}

/// What is asked for a policy: of the artifact, and of the runtime that it is to run in.
#[must_use]
pub fn asked(policy: &Policy, runtime: Option<&Arc<Runtime>>, clock: Clock) -> BTreeSet<Question> {
    let of_runtime = runtime.map(|runtime| policy.questions_of(runtime, clock.now())).unwrap_or_default();
    policy.questions(clock.now()).into_iter().chain(of_runtime).collect()
}
