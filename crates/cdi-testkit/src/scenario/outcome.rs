//! What the production core makes of a world: verify, appraise, decide, place.

use std::collections::BTreeMap;

use cdi_placement::{Environment, Refusal, Settled, Unmet, settle};
use cdi_policy::{Case, Catalogue, Denial, PlatformProperty, Policy, PrincipalFindings, Request};
use cdi_types::{ArtifactDigest, Bundle, Clock, Name, Timestamp};
use cdi_verify::{AppraiseError, Facts, Provenance, Verified, appraise, verify};
use serde::{Deserialize, Serialize};

/// What comes of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every principal is satisfied, and the place provides what is left.
    Allow,
    /// Somebody is not.
    Deny,
    /// It cannot be told.
    Unknown,
    /// A policy cannot be used.
    LoadError,
    /// The bundle as a whole cannot be used.
    ParseError,
}

/// Where an artifact is to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Place {
    /// The environment's name.
    pub name: String,
    /// What it provides.
    pub provides: Vec<String>,
    /// Who says so.
    pub asserted_by: String,
}

/// What the core decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub verdict: Verdict,
    /// The principal that refuses first, in the order of the policies.
    pub principal: Option<String>,
    /// The code of its first failure.
    pub code: Option<String>,
    /// Every failure of every principal, with its code.
    pub failures: Vec<(String, String)>,
    /// The code of each line that was discarded, in the order of the lines.
    pub discarded: Vec<String>,
    /// How many signatures were verified.
    pub verifications: usize,
}

impl Outcome {
    fn of(verdict: Verdict, failures: Vec<(String, String)>) -> Self {
        let (principal, code) = failures.first().cloned().unzip();
        let principal = principal.filter(|name| !name.is_empty());
        Self { verdict, principal, code, failures, discarded: Vec::new(), verifications: 0 }
    }

    fn error(verdict: Verdict, code: &str) -> Self {
        Self::of(verdict, vec![(String::new(), code.to_owned())])
    }
}

/// What the production core decides about these bytes.
#[must_use]
pub fn decide(
    bundle: Vec<u8>,
    policies: &[(String, String)],
    artifact: &str,
    now: &str,
    place: Option<&Place>,
) -> Outcome {
    let catalogue = Catalogue::builtin().expect("the catalogue that ships");
    let loaded: Result<Vec<Policy>, _> =
        policies.iter().map(|(_, text)| Policy::load(text.as_bytes(), &catalogue)).collect();
    let policies = match loaded {
        Ok(policies) => policies,
        Err(error) => return Outcome::error(Verdict::LoadError, error.code()),
    };
    let bundle = match Bundle::parse(bundle) {
        Ok(bundle) => bundle,
        Err(error) => return Outcome::error(Verdict::ParseError, error.code()),
    };
    let provenance = match verify(&bundle, policies.iter().flat_map(|policy| policy.keyring())) {
        Ok(provenance) => provenance,
        Err(error) => return Outcome::error(Verdict::ParseError, error.code()),
    };
    let artifact = ArtifactDigest::parse(artifact).expect("an artifact's digest");
    let now = Timestamp::parse(now).expect("a time");
    let mut outcome = decided(&policies, &provenance, artifact, now, &catalogue, place);
    let discarded = provenance.get().discarded();
    outcome.discarded = discarded.iter().map(|line| line.code.to_owned()).collect();
    outcome.verifications = provenance.get().verifications();
    outcome
}

fn decided(
    policies: &[Policy],
    provenance: &Verified<Provenance>,
    artifact: ArtifactDigest,
    now: Timestamp,
    catalogue: &Catalogue,
    environment: Option<&Place>,
) -> Outcome {
    let facts: BTreeMap<usize, Result<Facts, AppraiseError>> = policies
        .iter()
        .enumerate()
        .filter_map(|(index, policy)| {
            let questions = policy.questions();
            let facts = appraise(provenance, policy.trust()?, artifact, questions, Clock::at(now));
            Some((index, facts))
        })
        .collect();
    let cases: Vec<Case<'_>> = policies
        .iter()
        .enumerate()
        .map(|(index, policy)| Case { policy, facts: facts.get(&index).map(Result::as_ref) })
        .collect();
    let decision = cdi_policy::decide(Request::bare(artifact), &cases, catalogue.digest(), now);
    match settle(decision, environment.map(Place::environment)) {
        Settled::Allow(placement) => {
            drop(placement);
            Outcome::of(Verdict::Allow, Vec::new())
        }
        Settled::Deny(refusal) => Outcome::of(Verdict::Deny, failures(&refusal)),
        Settled::Unknown(refusal) => Outcome::of(Verdict::Unknown, failures(&refusal)),
    }
}

/// Every failure: first what fails at the code, principal by principal, then what fails at the place.
fn failures(refusal: &Refusal) -> Vec<(String, String)> {
    if refusal.principals.is_empty() {
        return vec![(String::new(), Denial::NOBODY.to_owned())];
    }
    let of = |findings: &PrincipalFindings| {
        let principal = findings.principal.to_string();
        let codes = findings.failures.iter().map(|failure| failure.code.to_owned());
        codes.map(|code| (principal.clone(), code)).collect::<Vec<_>>()
    };
    let at_the_code = refusal.principals.iter().flat_map(of);
    let at_the_place = refusal.unmet.iter();
    at_the_code
        .chain(at_the_place.map(|unmet| (unmet.principal.to_string(), Unmet::CODE.to_owned())))
        .collect()
}

impl Place {
    fn environment(&self) -> Environment {
        let provides = self.provides.iter().map(|text| PlatformProperty::parse(text));
        Environment {
            name: self.name.clone(),
            provides: provides.collect::<Option<_>>().expect("platform properties"),
            asserted_by: Name::parse(&self.asserted_by).expect("a name"),
        }
    }
}
