//! From what came of a decision to what is told of it, principal by principal.

use std::collections::BTreeMap;

use cdi_placement::Environment;
use cdi_policy::{Denial, Failure as Unmet, PrincipalAdmission, Reason};
use cdi_types::Name;
use cdi_verify::{Ground, Obstacle, ProofStep, Question, Vote};

use crate::decision::{Outcome, Verdict, Walk};
use crate::names::{self, Names};
use crate::verdict::{Cause, Failed, Principal, Shown, Shows, Speaks, Step, Word};

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
            Verdict::Placed(placement) => {
                (Word::Allow, None, placement.admitted().principals().iter().map(admitted).collect())
            }
            Verdict::Misplaced(misplaced) => {
                let word = if misplaced.is_undecided() { Word::Unknown } else { Word::Deny };
                let mut principals: Vec<Principal> =
                    misplaced.admitted.principals().iter().map(admitted).collect();
                self.left_to_the_place(&mut principals, &misplaced.unmet);
                (word, None, principals)
            }
            Verdict::Denied(denial, unmet) => {
                let mut principals = self.denied(denial);
                self.left_to_the_place(&mut principals, unmet);
                (Word::Deny, nobody(denial), principals)
            }
            Verdict::Undecided(denial, unmet) => {
                let mut principals = self.denied(denial);
                self.left_to_the_place(&mut principals, unmet);
                (Word::Unknown, None, principals)
            }
            Verdict::Unusable { code, message } => (
                Word::Deny,
                Some(Shown { code, message: message.clone(), hint: None, authority: None }),
                Vec::new(),
            ),
        }
    }

    /// Principals whose requirement the place leaves open do not allow.
    fn left_to_the_place(&self, principals: &mut [Principal], unmet: &[cdi_placement::Unmet]) {
        for unmet in unmet {
            for principal in
                principals.iter_mut().filter(|principal| principal.name == unmet.principal.as_str())
            {
                principal.verdict = if unmet.undecided { Word::Unknown } else { Word::Deny };
                principal.failures.push(self.unplaced(unmet));
            }
        }
    }

    fn denied(&self, denial: &Denial) -> Vec<Principal> {
        let of = |outcome: &cdi_policy::PrincipalDenial| Principal {
            name: outcome.principal.to_string(),
            policy: outcome.policy,
            verdict: match (outcome.failures.is_empty(), outcome.undecided) {
                (true, _) => Word::Allow,
                (false, true) => Word::Unknown,
                (false, false) => Word::Deny,
            },
            residual: outcome.residual.as_ref().map(ToString::to_string),
            reasons: Vec::new(),
            failures: outcome.failures.iter().map(|unmet| self.failed(unmet, &outcome.principal)).collect(),
        };
        denial.principals.iter().map(of).collect()
    }

    fn unplaced(&self, unmet: &cdi_placement::Unmet) -> Failed {
        let left = format!("the code leaves `{}` to the place", unmet.residual);
        let message = match self.place {
            None => format!("{left}, and no environment is named"),
            Some(place) if !unmet.residual.hears(&place.asserted_by) => format!(
                "{left}, and this policy does not take the word of `{}` for `{}`",
                place.asserted_by, place.name
            ),
            Some(place) => format!("{left}, and `{}` does not provide it", place.name),
        };
        let hint = "name an environment that provides it with `--environment`, or build code that needs less of the place";
        let of_principal = self.outcome.unshown.iter().filter(|(principal, _)| *principal == unmet.principal);
        let causes = || of_principal.clone().flat_map(|(_, unshown)| unshown);
        let obstacles = causes().flat_map(|(_, obstacles)| obstacles.as_slice());
        let hint = self.of_policy(obstacles, &unmet.principal).unwrap_or_else(|| hint.to_owned());
        let shown = Shown { code: cdi_placement::Unmet::CODE, message, hint: Some(hint), authority: None };
        let causes =
            causes().map(|(question, found)| self.cause(question, found.as_slice(), &unmet.principal));
        Failed { requirement: unmet.residual.to_string(), shown, causes: causes.collect() }
    }

    fn failed(&self, failure: &Unmet, principal: &Name) -> Failed {
        let mut shown = match failure.closest() {
            Some(obstacle) => self.obstacle(obstacle, principal),
            None => Shown {
                code: failure.code,
                message: failure.message.clone(),
                hint: failure.hint.map(str::to_owned),
                authority: None,
            },
        };
        let obstacles = failure.causes.iter().flat_map(|(_, obstacles)| obstacles);
        shown.hint = self.of_policy(obstacles, principal).or(shown.hint);
        let causes = failure.causes.iter();
        let causes = causes.map(|(question, obstacles)| self.cause(question, obstacles, principal));
        Failed { requirement: failure.requirement.clone(), shown, causes: causes.collect() }
    }

    fn cause(&self, question: &Question, obstacles: &[Obstacle], principal: &Name) -> Cause {
        let obstacles = obstacles.iter().map(|obstacle| self.obstacle(obstacle, principal));
        Cause { question: question.to_string(), obstacles: obstacles.collect() }
    }

    fn obstacle(&self, obstacle: &Obstacle, principal: &Name) -> Shown {
        let names = self.names.get(principal);
        let message = names.map_or_else(|| obstacle.to_string(), |names| names.message(obstacle));
        let hint = names.and_then(|names| names.hint(obstacle));
        let hint = hint.unwrap_or_else(|| obstacle.hint().to_owned());
        Shown { code: obstacle.code(), message, hint: Some(hint), authority: names::authority(obstacle) }
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

fn nobody(denial: &Denial) -> Option<Shown> {
    let message = "no principal was required to agree".to_owned();
    denial.principals.is_empty().then_some(Shown {
        code: denial.code(),
        message,
        hint: None,
        authority: None,
    })
}

fn admitted(outcome: &PrincipalAdmission) -> Principal {
    Principal {
        name: outcome.principal.to_string(),
        policy: outcome.policy,
        verdict: Word::Allow,
        residual: outcome.residual.as_ref().map(ToString::to_string),
        reasons: outcome.reasons.iter().map(shows).collect(),
        failures: Vec::new(),
    }
}

fn shows(reason: &Reason) -> Shows {
    Shows { question: reason.question.to_string(), proof: reason.proof.iter().map(step).collect() }
}

fn step(step: &ProofStep) -> Step {
    let (ground, statement, quorum, votes) = match &step.ground {
        Ground::Report { report, quorum, votes } => {
            ("report", Some(*report), Some(*quorum), votes.iter().map(speaks).collect())
        }
        Ground::Assumed { statement } => ("assumed", statement.map(|(id, ..)| id), None, Vec::new()),
        Ground::Origin { statement } => ("origin", statement.map(|(id, ..)| id), None, Vec::new()),
    };
    Step { artifact: step.artifact, name: step.name.clone(), ground, statement, quorum, votes }
}

fn speaks(vote: &Vote) -> Speaks {
    Speaks {
        tool: vote.tool.clone(),
        effect: vote.effect.as_str(),
        certification: vote.certification,
        authorities: vote.authorities.iter().map(ToString::to_string).collect(),
        endorsements: vote.endorsements.clone(),
    }
}
