//! What the production core makes of a world: verify, appraise, decide, place.

use std::collections::BTreeMap;

use cdi_placement::{Environment, left_open, place};
use cdi_policy::{Case, Catalogue, Decision, Denial, PlatformProperty, Policy, Request};
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
    /// The principals for whom a refused artifact would leave something open at the place, although its code does.
    pub left_open: Vec<String>,
    /// The code of each line that was discarded, in the order of the lines.
    pub discarded: Vec<String>,
    /// How many signatures were verified.
    pub verifications: usize,
}

impl Outcome {
    fn of(verdict: Verdict, failures: Vec<(String, String)>) -> Self {
        let (principal, code) = failures.first().cloned().unzip();
        let principal = principal.filter(|name| !name.is_empty());
        let (left_open, discarded) = (Vec::new(), Vec::new());
        Self { verdict, principal, code, failures, left_open, discarded, verifications: 0 }
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
            let facts = appraise(provenance, policy.trust()?, artifact, &questions, Clock::at(now));
            Some((index, facts))
        })
        .collect();
    let cases: Vec<Case<'_>> = policies
        .iter()
        .enumerate()
        .map(|(index, policy)| Case { policy, facts: facts.get(&index).map(Result::as_ref) })
        .collect();
    match cdi_policy::decide(Request::bare(artifact), &cases, catalogue.digest(), now) {
        Decision::Deny(denial) => refused(Verdict::Deny, &denial, environment),
        Decision::Unknown(denial) => refused(Verdict::Unknown, &denial, environment),
        Decision::Allow(admitted) => match place(admitted, environment.map(Place::environment)) {
            Ok(placement) => {
                drop(placement);
                Outcome::of(Verdict::Allow, Vec::new())
            }
            Err(misplaced) => {
                let unmet = misplaced.unmet.iter();
                let failures = unmet
                    .map(|unmet| (unmet.principal.to_string(), cdi_placement::Unmet::CODE.to_owned()))
                    .collect();
                let verdict = if misplaced.is_undecided() { Verdict::Unknown } else { Verdict::Deny };
                Outcome::of(verdict, failures)
            }
        },
    }
}

fn refused(verdict: Verdict, denial: &Denial, environment: Option<&Place>) -> Outcome {
    let open = left_open(denial, environment.map(Place::environment).as_ref());
    let left_open = open.iter().map(|unmet| unmet.principal.to_string()).collect();
    Outcome { left_open, ..Outcome::of(verdict, failures(denial)) }
}

fn failures(denial: &Denial) -> Vec<(String, String)> {
    if denial.principals.is_empty() {
        return vec![(String::new(), denial.code().to_owned())];
    }
    let principals = denial.principals.iter();
    principals
        .flat_map(|denial| {
            denial.failures.iter().map(|failure| (denial.principal.to_string(), failure.code.to_owned()))
        })
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
