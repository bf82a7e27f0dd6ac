//! The decision: pure and total (rule P-DECIDE).
//!
//! Every required principal must be satisfied. Over principals deny outweighs unknown, and unknown outweighs allow. No
//! principal, no facts, facts about another artifact: deny.

use cdi_types::{ArtifactDigest, CatalogueDigest, Name, PolicyDigest, Timestamp};
use cdi_verify::{Answer, AppraiseError, Facts, Obstacle, ProofStep, Question};

use crate::formula::{Atom, Formula};
use crate::grants::{GrantRules, Request};
use crate::policy::{Demands, Policy};
use crate::residual::Residual;

/// A required principal's policy, and what is known of the artifact under its trust.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The facts; `None` for a policy that asks nothing of the code.
    pub facts: Option<Result<&'a Facts, &'a AppraiseError>>,
}

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
    /// The stable code of the obstacle that stands closest to a proof.
    pub code: &'static str,
    /// That obstacle, in words.
    pub message: String,
    /// What would mend it.
    pub hint: Option<&'static str>,
    /// All obstacles, by the part of the requirement that they stand against, the closest to a proof first.
    pub causes: Vec<(Question, Vec<Obstacle>)>,
}

impl Failure {
    /// The obstacle that the failure is named for; `None` if no obstacle is the cause.
    #[must_use]
    pub fn closest(&self) -> Option<&Obstacle> {
        closest(&self.causes)
    }
}

/// How one principal's policy came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalAdmission {
    /// The principal.
    pub principal: Name,
    /// Its policy.
    pub policy: PolicyDigest,
    /// What is left for the place to provide.
    pub residual: Option<Residual>,
    /// Why the rest is met.
    pub reasons: Vec<Reason>,
}

/// How one principal's policy failed, or did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalDenial {
    /// The principal.
    pub principal: Name,
    /// Its policy.
    pub policy: PolicyDigest,
    /// Whether all failures only could not be told.
    pub undecided: bool,
    /// Every failed requirement; empty for a principal that is satisfied as far as the code goes.
    pub failures: Vec<Failure>,
    /// What such a principal still asks of the place.
    pub residual: Option<Residual>,
}

/// An artifact that every required principal admits, as far as the code goes. Made by [`decide`] only, and used up by
/// whoever places it.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Admitted {
    request: Request,
    principals: Vec<PrincipalAdmission>,
    catalogue: CatalogueDigest,
    decided_at: Timestamp,
}

impl Admitted {
    /// What was decided about.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// How each principal's policy came out.
    #[must_use]
    pub fn principals(&self) -> &[PrincipalAdmission] {
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
    pub principals: Vec<PrincipalDenial>,
}

impl Denial {
    /// The stable code of a refusal because nobody was required to agree: nothing is allowed by nobody.
    pub const NOBODY: &'static str = "no-principal";

    /// The code of the first failure of the first principal that refuses.
    #[must_use]
    pub fn code(&self) -> &'static str {
        let failures = self.principals.iter().flat_map(|denial| &denial.failures);
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

/// Decides about a request, from each required principal's policy and facts.
pub fn decide(request: Request, cases: &[Case<'_>], catalogue: CatalogueDigest, now: Timestamp) -> Decision {
    let (mut admissions, mut denials) = (Vec::new(), Vec::new());
    for case in cases {
        let outcome = principal(case, &request);
        denials.push(match &outcome {
            Ok(admission) => case.denial(Vec::new(), false, admission.residual.clone()),
            Err((failures, undecided)) => case.denial(failures.clone(), *undecided, None),
        });
        admissions.extend(outcome.ok());
    }
    if admissions.len() == cases.len() && !cases.is_empty() {
        return Decision::Allow(Admitted { request, principals: admissions, catalogue, decided_at: now });
    }
    let denied =
        denials.iter().any(|denial| !denial.failures.is_empty() && !denial.undecided) || cases.is_empty();
    let denial = Denial { artifact: request.artifact, decided_at: now, principals: denials };
    if denied { Decision::Deny(denial) } else { Decision::Unknown(denial) }
}

/// One principal's failures, and whether all of them only could not be told.
type Failed = (Vec<Failure>, bool);

fn principal(case: &Case<'_>, request: &Request) -> Result<PrincipalAdmission, Failed> {
    let policy = case.policy;
    let Some(demands) = &policy.demands else { return Ok(case.admission(None, Vec::new())) };
    let facts = facts(case, request)?;
    let refused = demands.grants.refused(request);
    let mut failures: Vec<Failure> =
        refused.iter().map(|what| grant_refused(what, &demands.grants)).collect();
    let mut undecided = failures.is_empty();
    let residual = match &demands.require {
        None => None,
        Some((written, formula)) => match left_open(formula, facts, case, demands) {
            Ok(residual) => residual,
            Err(could_not_tell) => {
                undecided &= could_not_tell;
                failures.extend(failed_parts(written, demands, facts));
                None
            }
        },
    };
    if demands.complete {
        match answer(facts, &Question::Complete) {
            Some(Answer::Shown(_)) => {}
            other => {
                undecided &= matches!(other, Some(Answer::CouldNotTell(_)));
                let causes = causes([Question::Complete], facts);
                failures.push(failure("complete history".to_owned(), causes));
            }
        }
    }
    if failures.is_empty() {
        Ok(case.admission(residual, reasons(policy, facts)))
    } else {
        Err((failures, undecided))
    }
}

/// The facts that the policy needs, about the right artifact.
fn facts<'a>(case: &Case<'a>, request: &Request) -> Result<Option<&'a Facts>, Failed> {
    let needed = !case.policy.questions().is_empty();
    let plain = |code, message: String| {
        let requirement = "usable evidence".to_owned();
        Err((vec![Failure { requirement, code, message, hint: None, causes: Vec::new() }], false))
    };
    match case.facts {
        None if needed => {
            plain("facts-missing", "the policy's questions were not put to the evidence".to_owned())
        }
        None => Ok(None),
        Some(Err(error)) => plain(error.code(), error.to_string()),
        Some(Ok(facts)) if facts.artifact() != request.artifact => {
            plain("facts-of-another-artifact", format!("the facts are about {}", facts.artifact()))
        }
        Some(Ok(facts)) => Ok(Some(facts)),
    }
}

fn answer<'a>(facts: Option<&'a Facts>, question: &Question) -> Option<&'a Answer> {
    facts.and_then(|facts| facts.answer(question))
}

/// What the formula leaves to the place: nothing, a residual; or that it fails, and whether that only could not be told.
fn left_open(
    formula: &Formula<Atom>,
    facts: Option<&Facts>,
    case: &Case<'_>,
    demands: &Demands,
) -> Result<Option<Residual>, bool> {
    let known = |untold: bool| {
        move |atom: &Atom| match atom {
            Atom::Platform(_) => None,
            Atom::Code(property) => Some(match answer(facts, &Question::Property(property.clone())) {
                Some(Answer::Shown(_)) => true,
                Some(Answer::CouldNotTell(_)) => untold,
                Some(Answer::NotShown(_)) | None => false,
            }),
        }
    };
    let generous = formula.simplify(&mut known(true));
    match formula.simplify(&mut known(false)) {
        Err(true) => Ok(None),
        Err(false) => Err(generous != Err(false)),
        Ok(open) => Ok(Some(Residual {
            open,
            generous: generous.ok(),
            principal: case.policy.principal().clone(),
            accepts: demands.accept_asserted.clone(),
        })),
    }
}

/// The parts of a conjunction that fail, each with its causes; a formula that is no conjunction is its own part.
fn failed_parts(written: &Formula<String>, demands: &Demands, facts: Option<&Facts>) -> Vec<Failure> {
    let Some((_, expanded)) = &demands.require else { return Vec::new() };
    let pairs: Vec<(&Formula<String>, &Formula<Atom>)> = match (written, expanded) {
        (Formula::All(written), Formula::All(expanded)) => written.iter().zip(expanded).collect(),
        _ => vec![(written, expanded)],
    };
    let fails = |formula: &Formula<Atom>| {
        let mut shown = |atom: &Atom| match atom {
            Atom::Platform(_) => true,
            Atom::Code(property) => {
                matches!(answer(facts, &Question::Property(property.clone())), Some(Answer::Shown(_)))
            }
        };
        !formula.holds(&mut shown)
    };
    let failing = pairs.into_iter().filter(|(_, formula)| fails(formula));
    failing
        .map(|(written, formula)| {
            let questions = formula.atoms().into_iter().filter_map(|atom| match atom {
                Atom::Code(property) => Some(Question::Property(property)),
                Atom::Platform(_) => None,
            });
            failure(written.to_string(), causes(questions, facts))
        })
        .collect()
}

/// The obstacles against each part that is not shown.
fn causes(
    questions: impl IntoIterator<Item = Question>,
    facts: Option<&Facts>,
) -> Vec<(Question, Vec<Obstacle>)> {
    let unmet = questions.into_iter().filter_map(|question| match answer(facts, &question) {
        Some(Answer::Shown(_)) | None => None,
        Some(Answer::NotShown(obstacles) | Answer::CouldNotTell(obstacles)) => {
            Some((question, obstacles.as_slice().to_vec()))
        }
    });
    let mut causes: Vec<_> = unmet.collect();
    let closest = |obstacles: &Vec<Obstacle>| obstacles.first().map(Obstacle::rank);
    causes.sort_by_key(|(_, obstacles)| std::cmp::Reverse(closest(obstacles)));
    causes
}

fn closest(causes: &[(Question, Vec<Obstacle>)]) -> Option<&Obstacle> {
    causes.iter().find_map(|(_, obstacles)| obstacles.first())
}

fn failure(requirement: String, causes: Vec<(Question, Vec<Obstacle>)>) -> Failure {
    let (code, message, hint) = match closest(&causes) {
        Some(obstacle) => (obstacle.code(), obstacle.to_string(), Some(obstacle.hint())),
        None => ("not-shown", "nothing in the evidence shows it".to_owned(), None),
    };
    Failure { requirement, code, message, hint, causes }
}

fn grant_refused(what: &str, grants: &GrantRules) -> Failure {
    Failure {
        requirement: "grants".to_owned(),
        code: "grant-refused",
        message: format!("the policy does not allow the program the {what}; it grants {}", grants.granted()),
        hint: Some("ask for less, or have the principal add it to `grants`"),
        causes: Vec::new(),
    }
}

/// Why what the policy asked is so.
fn reasons(policy: &Policy, facts: Option<&Facts>) -> Vec<Reason> {
    let shown = policy.questions().into_iter().filter_map(|question| match answer(facts, &question) {
        Some(Answer::Shown(proof)) => Some(Reason { question, proof: proof.clone() }),
        Some(Answer::NotShown(_) | Answer::CouldNotTell(_)) | None => None,
    });
    shown.collect()
}

impl Case<'_> {
    fn admission(&self, residual: Option<Residual>, reasons: Vec<Reason>) -> PrincipalAdmission {
        let (principal, policy) = (self.policy.principal().clone(), self.policy.digest());
        PrincipalAdmission { principal, policy, residual, reasons }
    }

    fn denial(&self, failures: Vec<Failure>, undecided: bool, residual: Option<Residual>) -> PrincipalDenial {
        let (principal, policy) = (self.policy.principal().clone(), self.policy.digest());
        PrincipalDenial { principal, policy, undecided, failures, residual }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::grants::{Access, RequestedDirectory};

    /// A policy that asks for a place and allows the directory `data` to be read.
    fn policy(catalogue: &Catalogue, require: &str) -> Policy {
        let text = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: p}}\nspec:\n  principal: p\n  \
             rule: default-deny\n  catalogue: \"{}\"\n  {require}\n  grants: {{directories: [{{name: data, access: read}}]}}\n",
            catalogue.digest()
        );
        Policy::load(text.as_bytes(), catalogue).unwrap()
    }

    fn asking(directory: &str) -> Request {
        let mut request = Request::bare(ArtifactDigest::of(b"artifact"));
        let name = Name::parse(directory).unwrap();
        request.directories.push(RequestedDirectory { name, access: Access::Read });
        request
    }

    fn decided(request: Request, cases: &[Case<'_>]) -> Result<(), &'static str> {
        let catalogue = Catalogue::builtin().unwrap().digest();
        match decide(request, cases, catalogue, Timestamp::from_unix(0)) {
            Decision::Allow(_) => Ok(()),
            Decision::Deny(denial) | Decision::Unknown(denial) => Err(denial.code()),
        }
    }

    #[test]
    fn a_grant_that_a_policy_lacks_is_denied() {
        let catalogue = Catalogue::builtin().unwrap();
        let policy = policy(&catalogue, "require: VM_ISOLATION");
        let case = Case { policy: &policy, facts: None };
        assert_eq!(decided(asking("data"), &[case]), Ok(()));
        assert_eq!(decided(asking("else"), &[case]), Err("grant-refused"));
    }

    #[test]
    fn nobody_allows_nothing() {
        assert_eq!(decided(asking("data"), &[]), Err("no-principal"));
    }
}
