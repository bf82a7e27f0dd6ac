//! The decision: pure and total (rule P-DECIDE).
//!
//! Every required principal must be satisfied. Over principals deny outweighs unknown, and unknown outweighs allow. No
//! principal, no facts, facts about another artifact: deny.

use std::collections::BTreeSet;

use cdi_types::{Name, Timestamp};
use cdi_verify::{Answer, Answers, AppraiseError, Facts, Obstacle, Question};

use crate::decision::{Admitted, Decision, Denial, Failure, PrincipalFindings, Reason};
use crate::edition::{EditionError, InForce};
use crate::formula::Atom;
use crate::grants::{GrantRules, Request};
use crate::policy::{Demand, Part, Policy};
use crate::residual::{OpenPart, Residual};
use crate::waiver::Waivers;

/// What is known of one policy of a required principal, or why there is none.
#[derive(Debug, Clone, Copy)]
pub enum Case<'a> {
    /// A policy is in force.
    InForce {
        /// The policy.
        policy: &'a InForce,
        /// What is known of the artifact under its trust; `None` for a policy that asks nothing of the code.
        facts: Option<Result<&'a Facts, &'a AppraiseError>>,
        /// What the principal excuses.
        waivers: &'a Waivers,
    },
    /// A principal must agree, and no policy of it is in force.
    NotInForce {
        /// The principal.
        principal: &'a Name,
        /// Why.
        error: &'a EditionError,
    },
}

impl<'a> Case<'a> {
    /// A policy of which nothing is excused.
    #[must_use]
    pub const fn of(policy: &'a InForce, facts: Option<Result<&'a Facts, &'a AppraiseError>>) -> Self {
        Self::InForce { policy, facts, waivers: Waivers::NONE }
    }
}

/// Decides about a request, from each required principal's policies and facts.
pub fn decide(request: Request, cases: &[Case<'_>], now: Timestamp) -> Decision {
    let findings = |case: &Case<'_>| match case {
        Case::InForce { policy, facts, waivers } => {
            let answers = facts.map(|facts| facts.map(Facts::answers));
            findings(policy, answers, waivers, &request, now)
        }
        Case::NotInForce { principal, error } => not_in_force(principal, error),
    };
    let principals: Vec<PrincipalFindings> = cases.iter().map(findings).collect();
    let mut failures = principals.iter().flat_map(|findings| &findings.failures).peekable();
    if failures.peek().is_none() && !principals.is_empty() {
        return Decision::Allow(Admitted::mint(request, principals, now));
    }
    let denied = principals.is_empty() || failures.any(|failure| !failure.undecided);
    let denial = Denial { artifact: request.artifact, decided_at: now, principals };
    if denied { Decision::Deny(denial) } else { Decision::Unknown(denial) }
}

/// A principal that must agree and has no policy in force does not agree.
fn not_in_force(principal: &Name, error: &EditionError) -> PrincipalFindings {
    let failure = Failure {
        code: error.code(),
        message: error.to_string(),
        hint: Some(error.hint().to_owned()),
        ..denied("a policy in force".to_owned())
    };
    PrincipalFindings { failures: vec![failure], ..PrincipalFindings::of(principal) }
}

/// The answers for a principal, or why there are none; `None` where nothing was asked.
pub(crate) type Answered<'a> = Option<Result<&'a Answers, &'a AppraiseError>>;

/// How a principal's policy comes out by these answers.
pub(crate) fn findings(
    in_force: &InForce,
    answered: Answered<'_>,
    waivers: &Waivers,
    request: &Request,
    now: Timestamp,
) -> PrincipalFindings {
    let policy = in_force.policy();
    let mut findings = PrincipalFindings {
        policy: Some(policy.digest()),
        edition: in_force.edition().cloned(),
        waivers: waivers.clone(),
        places: policy.places(),
        ..PrincipalFindings::of(policy.principal())
    };
    let Some(demands) = &policy.demands else { return findings };
    findings.accepts.clone_from(&demands.accept_asserted);
    let answers = match usable(policy, answered, request, now) {
        Ok(answers) => answers,
        Err(unusable) => {
            findings.fail(unusable);
            return findings;
        }
    };
    for what in demands.grants.refused(request) {
        findings.fail(grant_refused(&what, &demands.grants));
    }
    let mut open = Vec::new();
    for part in demands.require.iter().filter(|demand| demand.is_in_force(now)).flat_map(Demand::parts) {
        match part.left_open(answers) {
            Ok(left) => open.extend(left),
            Err(failure) => findings.fail_part(failure),
        }
    }
    findings.residual = Residual::of(open);
    for failure in demands.history.iter().filter_map(|question| lacking(question, answers)) {
        findings.fail_part(failure);
    }
    // A policy with trust is asked of nodes by those who place by it, and what was not asked is not accepted.
    findings.nodes = policy.trust().map(|_| {
        let of_nodes = answers.into_iter().flat_map(Answers::of_nodes);
        of_nodes.map(|(key, answer)| (key, answer.clone())).collect()
    });
    let of_runtimes = answers.into_iter().flat_map(Answers::of_runtimes);
    findings.supplies = of_runtimes.map(|(question, answer)| (question.clone(), answer.clone())).collect();
    findings.reasons = reasons(&policy.questions(now), answers);
    findings
}

/// The answers that the policy needs, about the right artifact.
fn usable<'a>(
    policy: &Policy,
    answered: Answered<'a>,
    request: &Request,
    now: Timestamp,
) -> Result<Option<&'a Answers>, Failure> {
    let needed = !policy.questions(now).is_empty();
    let unusable = |code, message: String| {
        let requirement = "usable evidence".to_owned();
        let failure = Failure { code, message, ..denied(requirement) };
        Err(failure)
    };
    match answered {
        None if needed => {
            unusable("facts-missing", "the policy's questions were not put to the evidence".to_owned())
        }
        None => Ok(None),
        Some(Err(error)) => unusable(error.code(), error.to_string()),
        Some(Ok(answers)) if answers.artifact() != request.artifact => {
            unusable("facts-of-another-artifact", format!("the facts are about {}", answers.artifact()))
        }
        Some(Ok(answers)) => Ok(Some(answers)),
    }
}

fn answer<'a>(answers: Option<&'a Answers>, question: &Question) -> Option<&'a Answer> {
    answers.and_then(|answers| answers.answer(question))
}

impl Part<'_> {
    /// What the part leaves to the place: nothing, or a formula over platform properties.
    fn left_open(&self, answers: Option<&Answers>) -> Result<Option<OpenPart>, Failure> {
        let generous = self.expanded.simplify(&mut known(answers, true));
        match self.expanded.simplify(&mut known(answers, false)) {
            Err(true) => Ok(None),
            Err(false) => {
                let undecided = generous != Err(false);
                let causes = causes(self.questions(), answers, undecided);
                let failure = failure(self.written.to_string(), undecided, causes);
                Err(Failure { generous: generous.ok(), ..failure })
            }
            Ok(open) => Ok(Some(OpenPart {
                requirement: self.written.to_string(),
                open,
                generous: generous.ok(),
                unshown: causes(self.questions(), answers, false),
            })),
        }
    }

    fn questions(&self) -> impl Iterator<Item = Question> + use<> {
        self.expanded.atoms().into_iter().filter_map(|atom| atom.question())
    }
}

/// What is known of an atom; `untold` is said of what could not be told.
fn known(answers: Option<&Answers>, untold: bool) -> impl FnMut(&Atom) -> Option<bool> {
    move |atom| {
        atom.question().map(|question| match answer(answers, &question) {
            Some(Answer::Shown(_)) => true,
            Some(Answer::CouldNotTell(_)) => untold,
            Some(Answer::NotShown(_)) | None => false,
        })
    }
}

/// Why what is asked of the history fails, if it does.
fn lacking(question: &Question, answers: Option<&Answers>) -> Option<Failure> {
    let undecided = match answer(answers, question) {
        Some(Answer::Shown(_)) => return None,
        Some(Answer::CouldNotTell(_)) => true,
        Some(Answer::NotShown(_)) | None => false,
    };
    Some(failure(question.to_string(), undecided, causes([question.clone()], answers, undecided)))
}

/// The obstacles against each question that is not shown, those of the one that is closest to a proof first. Of a part that
/// could not be told, the questions first that could not: that is why.
fn causes(
    questions: impl IntoIterator<Item = Question>,
    answers: Option<&Answers>,
    undecided: bool,
) -> Vec<(Question, Vec<Obstacle>)> {
    let unmet = questions.into_iter().filter_map(|question| match answer(answers, &question) {
        Some(Answer::Shown(_)) | None => None,
        Some(Answer::NotShown(obstacles)) => Some((false, question, obstacles.iter().cloned().collect())),
        Some(Answer::CouldNotTell(obstacles)) => Some((true, question, obstacles.iter().cloned().collect())),
    });
    let mut causes: Vec<(bool, Question, Vec<Obstacle>)> = unmet.collect();
    causes.sort_by_key(|(untold, _, obstacles)| {
        let closest = obstacles.first().map(Obstacle::order);
        (undecided && !untold, closest.is_none(), closest)
    });
    causes.into_iter().map(|(_, question, obstacles)| (question, obstacles)).collect()
}

/// A failure of which nothing is known but that it is one.
fn denied(requirement: String) -> Failure {
    Failure {
        requirement,
        undecided: false,
        generous: None,
        code: "not-shown",
        message: "nothing in the evidence shows it".to_owned(),
        hint: None,
        causes: Vec::new(),
    }
}

fn failure(requirement: String, undecided: bool, causes: Vec<(Question, Vec<Obstacle>)>) -> Failure {
    let mut failure = Failure { undecided, causes, ..denied(requirement) };
    if let Some(obstacle) = failure.closest() {
        let (code, message, hint) = (obstacle.code(), obstacle.to_string(), obstacle.remedy().text);
        (failure.code, failure.message, failure.hint) = (code, message, Some(hint));
    }
    failure
}

fn grant_refused(what: &str, grants: &GrantRules) -> Failure {
    Failure {
        code: "grant-refused",
        message: format!("the policy does not allow the program the {what}; it grants {}", grants.granted()),
        hint: Some("ask for less, or have the principal add it to `grants`".to_owned()),
        ..denied("grants".to_owned())
    }
}

/// Why what the policy asked is so.
fn reasons(questions: &BTreeSet<Question>, answers: Option<&Answers>) -> Vec<Reason> {
    let shown = questions.iter().filter_map(|question| match answer(answers, question) {
        Some(Answer::Shown(proof)) => Some(Reason { question: question.clone(), proof: proof.clone() }),
        Some(Answer::NotShown(_) | Answer::CouldNotTell(_)) | None => None,
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogues::Catalogues;
    use crate::grants::{Access, RequestedDirectory};
    use cdi_types::ArtifactDigest;

    /// A policy that asks for a place and allows the directory `data` to be read.
    fn policy(require: &str) -> Policy {
        let catalogues = Catalogues::builtin().unwrap();
        let text = format!(
            "apiVersion: code-deployment-integrity.io/v1\nkind: Policy\nmetadata: {{name: p}}\nspec:\n  principal: p\n  \
             rule: default-deny\n  catalogue: \"{}\"\n  {require}\n  grants: {{directories: [{{name: data, access: read}}]}}\n",
            catalogues.base().digest()
        );
        Policy::load(text.as_bytes(), &catalogues).unwrap()
    }

    fn asking(directory: &str) -> Request {
        let mut request = Request::bare(ArtifactDigest::of(b"artifact"));
        let name = Name::parse(directory).unwrap();
        request.directories.push(RequestedDirectory { name, access: Access::Read });
        request
    }

    fn decided(request: Request, cases: &[Case<'_>]) -> Result<(), &'static str> {
        match decide(request, cases, Timestamp::from_unix(0)) {
            Decision::Allow(_) => Ok(()),
            Decision::Deny(denial) | Decision::Unknown(denial) => Err(denial.code()),
        }
    }

    #[test]
    fn a_grant_that_a_policy_lacks_is_denied() {
        let policy = InForce::unsigned(policy("require: VM_ISOLATION"));
        let case = Case::of(&policy, None);
        assert_eq!(decided(asking("data"), &[case]), Ok(()));
        assert_eq!(decided(asking("else"), &[case]), Err("grant-refused"));
    }

    #[test]
    fn nobody_allows_nothing() {
        assert_eq!(decided(asking("data"), &[]), Err("no-principal"));
    }
}
