//! From what came of a decision to what is told of it, principal by principal.

use std::collections::BTreeMap;

use cdi_placement::{Environment, Refusal, Settled, Unmet};
use cdi_policy::{Denial, Failure, PrincipalFindings, Reason};
use cdi_types::Name;
use cdi_verify::{Obstacle, Question};

use crate::decision::{Outcome, Verdict, Walk};
use crate::names::Names;
use crate::proof::Step;
use crate::shown::Shown;
use crate::verdict::{Cause, Failed, Principal, Shows, Word};

/// An outcome, with the names by which each principal knows the authorities.
pub(crate) struct Judging<'a> {
    outcome: &'a Outcome,
    place: Option<&'a Environment>,
    names: BTreeMap<&'a Name, Names<'a>>,
}

impl<'a> Judging<'a> {
    pub(crate) fn of(walk: &'a Walk, outcome: &'a Outcome) -> Self {
        let provenance = outcome.provenance.as_ref().map(cdi_verify::Verified::get);
        let names = walk.policies.iter().filter_map(|(principal, policy)| {
            provenance.map(|provenance| (&principal.name, Names::of(policy, provenance)))
        });
        Self { outcome, place: walk.environment.as_ref(), names: names.collect() }
    }

    /// The verdict, why nobody was asked if so it was, and what each principal says.
    pub(crate) fn judged(&self) -> (Word, Option<Shown>, Vec<Principal>) {
        match &self.outcome.verdict {
            Verdict::Settled(Settled::Allow(placement)) => {
                let principals = placement.admitted().principals().iter();
                (Word::Allow, None, principals.map(|findings| self.principal(findings, &[])).collect())
            }
            Verdict::Settled(Settled::Deny(refusal)) => self.refused(Word::Deny, refusal),
            Verdict::Settled(Settled::Unknown(refusal)) => self.refused(Word::Unknown, refusal),
            Verdict::Unusable { code, message } => {
                (Word::Deny, Some(Shown::plainly(code, message)), Vec::new())
            }
        }
    }

    fn refused(&self, word: Word, refusal: &Refusal) -> (Word, Option<Shown>, Vec<Principal>) {
        let nobody = || Shown::plainly(Denial::NOBODY, "no principal was required to agree");
        let nobody = refusal.principals.is_empty().then(nobody);
        let principals = refusal.principals.iter().map(|findings| self.principal(findings, &refusal.unmet));
        (word, nobody, principals.collect())
    }

    /// One principal; what fails at the place comes after what fails at the code.
    fn principal(&self, findings: &PrincipalFindings, unmet: &[Unmet]) -> Principal {
        let unmet: Vec<&Unmet> = unmet.iter().filter(|unmet| unmet.principal == findings.principal).collect();
        let at_the_code = findings.failures.iter().map(|failure| failure.undecided);
        let undecided: Vec<bool> = at_the_code.chain(unmet.iter().map(|unmet| unmet.undecided)).collect();
        let verdict = match undecided.as_slice() {
            [] => Word::Allow,
            all if all.contains(&false) => Word::Deny,
            _ => Word::Unknown,
        };
        let failed = findings.failures.iter().map(|failure| self.failed(failure, &findings.principal));
        let unplaced = unmet.iter().map(|unmet| self.unplaced(unmet));
        Principal {
            name: findings.principal.to_string(),
            policy: findings.policy,
            verdict,
            residual: findings.residual.as_ref().map(ToString::to_string),
            reasons: findings.reasons.iter().map(shows).collect(),
            failures: failed.chain(unplaced).collect(),
        }
    }

    fn unplaced(&self, unmet: &Unmet) -> Failed {
        let (part, principal) = (&unmet.part, &unmet.principal);
        let left = part.open.to_string();
        // A part that asks for nothing of the code is the place's alone.
        let asked = if part.unshown.is_empty() { "it is for" } else { "the code leaves" };
        let message = match self.place {
            None => format!("{asked} `{left}` to the place, and no environment is named"),
            Some(place) if !unmet.heard => format!(
                "{asked} `{left}` to the place, and this policy does not take the word of `{}` for `{}`",
                place.asserted_by, place.name
            ),
            Some(place) => format!("{asked} `{left}` to the place, and `{}` does not provide it", place.name),
        };
        let hint = "name an environment that provides it with `--environment`, or build code that needs less of the place";
        let obstacles = part.unshown.iter().flat_map(|(_, obstacles)| obstacles);
        let hint = self.of_policy(obstacles, principal).unwrap_or_else(|| hint.to_owned());
        let shown = Shown { code: Unmet::CODE, message, hint: Some(hint), authority: None };
        Failed { requirement: part.requirement.clone(), shown, causes: self.causes(&part.unshown, principal) }
    }

    fn failed(&self, failure: &Failure, principal: &Name) -> Failed {
        let mut shown = match failure.closest() {
            Some(obstacle) => self.obstacle(obstacle, principal),
            None => Shown {
                code: failure.code,
                message: failure.message.clone(),
                hint: failure.hint.clone(),
                authority: None,
            },
        };
        let obstacles = failure.causes.iter().flat_map(|(_, obstacles)| obstacles);
        shown.hint = self.of_policy(obstacles, principal).or(shown.hint);
        let causes = self.causes(&failure.causes, principal);
        Failed { requirement: failure.requirement.clone(), shown, causes }
    }

    fn causes(&self, causes: &[(Question, Vec<Obstacle>)], principal: &Name) -> Vec<Cause> {
        let cause = |(question, obstacles): &(Question, Vec<Obstacle>)| {
            let obstacles = obstacles.iter().map(|obstacle| self.obstacle(obstacle, principal));
            Cause { question: question.to_string(), obstacles: obstacles.collect() }
        };
        causes.iter().map(cause).collect()
    }

    fn obstacle(&self, obstacle: &Obstacle, principal: &Name) -> Shown {
        Shown::obstacle(obstacle, self.names.get(principal))
    }

    /// What would mend the policy, if any of the causes is its fault.
    fn of_policy<'o>(
        &self,
        mut obstacles: impl Iterator<Item = &'o Obstacle>,
        principal: &Name,
    ) -> Option<String> {
        obstacles.find_map(|obstacle| self.names.get(principal)?.hint(obstacle))
    }
}

fn shows(reason: &Reason) -> Shows {
    Shows { question: reason.question.to_string(), proof: reason.proof.iter().map(Step::of).collect() }
}
