//! A place in a decision: a policy that is in force, or a principal that must agree and has none.

use std::collections::BTreeSet;
use std::sync::Arc;

use cdi_placement::Environment;
use cdi_policy::{Case, Edition, EditionError, InForce, PlaceOf, Policy, Waivers};
use cdi_types::{Clock, Name, Runtime};
use cdi_verify::{AppraiseError, Facts, ProvenanceChain, Question, Vantage, appraise_chain};

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
        chain: &ProvenanceChain<'_>,
        place: Option<&Environment>,
        vantage: Vantage<'_>,
    ) -> Option<Result<Facts, AppraiseError>> {
        let policy = self.policy()?;
        let questions = asked(policy, place, vantage.clock());
        Some(appraise_chain(chain, policy.trust()?, &questions, vantage))
    }

    /// As [`Self::facts`], of all places that are offered: each principal is asked once, however many there are.
    #[must_use]
    pub fn facts_of(
        &self,
        chain: &ProvenanceChain<'_>,
        places: &Offered<'_>,
        vantage: Vantage<'_>,
    ) -> Option<Result<Facts, AppraiseError>> {
        let policy = self.policy()?;
        let mut questions = policy.questions(vantage.clock().now());
        for runtime in places.runtimes {
            questions.extend(policy.questions_of(runtime, vantage.clock().now()));
        }
        questions.extend(places.nodes.iter().filter_map(|node| policy.question_of(*node)));
        Some(appraise_chain(chain, policy.trust()?, &questions, vantage))
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

/// What places there are, each runtime and each node once.
#[derive(Debug, Clone, Copy)]
pub struct Offered<'a> {
    /// Their runtimes.
    pub runtimes: &'a [Arc<Runtime>],
    /// Whose they are.
    pub nodes: &'a BTreeSet<PlaceOf>,
}

/// What is asked for a policy: of the artifact, and of the place where it is to run: of its runtime and its node.
#[must_use]
pub fn asked(policy: &Policy, place: Option<&Environment>, clock: Clock) -> BTreeSet<Question> {
    let runtime = place.and_then(|place| place.runtime.as_ref());
    let of_node = place.and_then(|place| policy.question_of(place.of));
    let of_runtime = runtime.map(|runtime| policy.questions_of(runtime, clock.now())).unwrap_or_default();
    policy.questions(clock.now()).into_iter().chain(of_runtime).chain(of_node).collect()
}
