//! From what came of a decision to what is told of it, principal by principal.

use std::collections::BTreeMap;

use cdi_decider::Seat;
use cdi_placement::{Environment, Refusal, Settled, Unmet, Why, provided};
use cdi_policy::{Causes, Denial, Failure, Policy, PrincipalFindings, Reason};
use cdi_types::PolicyDigest;
use cdi_verify::{Answer, Obstacle, Question};

use crate::decision::{Outcome, Verdict};
use crate::names::Names;
use crate::proof::Step;
use crate::shown::Shown;
use crate::verdict::{Cause, Edition, Excuse, Excused, Failed, Principal, Provided, Shows, Word};
use crate::verdict_text;

/// An outcome, with the names by which each principal knows the authorities.
pub(crate) struct Judging<'a> {
    outcome: &'a Outcome,
    place: Option<&'a Environment>,
    names: BTreeMap<PolicyDigest, Names<'a>>,
}

impl<'a> Judging<'a> {
    pub(crate) fn of(outcome: &'a Outcome) -> Self {
        let provenance = outcome.provenance.as_ref().map(cdi_verify::Verified::get);
        let policies = outcome.seats.iter().filter_map(Seat::policy);
        let names = policies.filter_map(|policy| {
            provenance.map(|provenance| (policy.digest(), Names::of(policy, provenance)))
        });
        Self { outcome, place: outcome.environment.as_ref(), names: names.collect() }
    }

    /// The verdict, why nobody was asked if so it was, and what each principal says.
    pub(crate) fn judged(&self) -> (Word, Option<Shown>, Vec<Principal>) {
        let settled = match &self.outcome.verdict {
            Verdict::Settled(settled) => settled.as_ref(),
            Verdict::Unusable { code, message } => {
                return (Word::Deny, Some(Shown::plainly(code, message)), Vec::new());
            }
        };
        match settled {
            Settled::Allow(placement) => {
                let principals = placement.admitted().principals().iter();
                let place = AtThePlace { unmet: &[], excused: placement.excused() };
                (Word::Allow, None, principals.map(|findings| self.principal(findings, place)).collect())
            }
            Settled::Deny(refusal) => self.refused(Word::Deny, refusal),
            Settled::Unknown(refusal) => self.refused(Word::Unknown, refusal),
        }
    }

    fn refused(&self, word: Word, refusal: &Refusal) -> (Word, Option<Shown>, Vec<Principal>) {
        let nobody = || Shown::plainly(Denial::NOBODY, "no principal was required to agree");
        let nobody = refusal.principals.is_empty().then(nobody);
        let place = AtThePlace { unmet: &refusal.unmet, excused: &refusal.excused };
        let principals = refusal.principals.iter().map(|findings| self.principal(findings, place));
        (word, nobody, principals.collect())
    }

    /// One principal; what fails at the place comes after what fails at the code.
    fn principal(&self, findings: &PrincipalFindings, place: AtThePlace<'_>) -> Principal {
        let own = |unmet: &Unmet| unmet.principal == findings.principal && unmet.policy == findings.policy;
        let unmet: Vec<&Unmet> = place.unmet.iter().filter(|unmet| own(unmet)).collect();
        let at_the_code = findings.failures.iter().map(|failure| failure.undecided);
        let undecided: Vec<bool> = at_the_code.chain(unmet.iter().map(|unmet| unmet.undecided)).collect();
        let verdict = match undecided.as_slice() {
            [] => Word::Allow,
            all if all.contains(&false) => Word::Deny,
            _ => Word::Unknown,
        };
        let failed = findings.failures.iter().map(|failure| self.failed(failure, findings.policy));
        let unplaced = unmet.iter().map(|unmet| self.unplaced(unmet));
        let excused = findings.excused.iter().map(|excused| Excused {
            failed: self.failed(&excused.failure, findings.policy),
            excuse: excuse(&excused.excuse),
        });
        let excused_there = place.excused.iter().filter(|(unmet, _)| own(unmet));
        let excused_there =
            excused_there.map(|(unmet, why)| Excused { failed: self.unplaced(unmet), excuse: excuse(why) });
        Principal {
            name: findings.principal.to_string(),
            policy: findings.policy,
            edition: findings.edition.as_ref().map(Edition::of),
            asks: self.asks(findings),
            verdict,
            residual: findings.residual.as_ref().map(ToString::to_string),
            provided: provided(findings, self.place).iter().map(Provided::of).collect(),
            reasons: findings.reasons.iter().map(shows).chain(supplied(findings, self.place)).collect(),
            failures: failed.chain(unplaced).collect(),
            excused: excused.chain(excused_there).collect(),
        }
    }

    /// What a signed policy asks for: it was not known before the evidence was.
    fn asks(&self, findings: &PrincipalFindings) -> Option<String> {
        let of = |policy: &&Policy| Some(policy.digest()) == findings.policy;
        let policy = self.outcome.seats.iter().filter_map(Seat::policy).find(of)?;
        findings.edition.as_ref().map(|_| verdict_text::asked(policy))
    }

    fn unplaced(&self, unmet: &Unmet) -> Failed {
        let (part, policy) = (&unmet.part, unmet.policy);
        let left = part.open.to_string();
        // A part that asks for nothing of the code is the place's alone.
        let asked = if part.unshown.is_empty() { "it is for" } else { "the code leaves" };
        let message = match (self.place, &unmet.why) {
            (None, _) => format!("{asked} `{left}` to the place, and no environment is named"),
            (Some(place), Why::NodeNotAccepted) => {
                format!("this policy does not accept the node of `{}`", place.name)
            }
            (Some(place), Why::NodeRevoked) => {
                format!("an authority that this policy trusts has revoked the node of `{}`", place.name)
            }
            (Some(place), Why::NodeUntold) => {
                format!(
                    "it cannot be told whether an authority that this policy trusts has revoked the node of `{}`",
                    place.name
                )
            }
            (Some(_), Why::Unattested(wanted)) => {
                let wanted: Vec<String> = wanted.iter().map(|property| format!("`{property}`")).collect();
                let wanted = wanted.join(", ");
                format!("{asked} `{left}` to the place, and of {wanted} no evidence can be verified yet")
            }
            (Some(place), Why::NotProvided) if unmet.said => format!(
                "{asked} `{left}` to the place, and this policy does not take the word of `{}` for `{}`",
                place.asserted_by, place.name
            ),
            (Some(place), Why::NotProvided) => {
                format!("{asked} `{left}` to the place, and `{}` does not provide it", place.name)
            }
        };
        let hint = match (self.place, &unmet.why) {
            (Some(_), Why::NodeNotAccepted) => {
                "name the node's key in `places.nodes` of the policy, or choose a node that it accepts".to_owned()
            }
            (Some(_), Why::NodeRevoked) => "choose another node".to_owned(),
            (Some(_), Why::NodeUntold) => {
                "bring the newest revocation list of every authority that the policy names as an anchor".to_owned()
            }
            (Some(_), Why::Unattested(_)) => {
                "ask for `level: certified` or `asserted` in `places` of the policy, or build code that needs less of the place".to_owned()
            }
            (Some(place), Why::NotProvided) if unmet.said => format!(
                "take that word with `acceptAsserted: [{}]` in the policy, or use a place whose runtime is certified to supply it",
                place.asserted_by
            ),
            (None, _) => "name an environment that provides it with `--environment`, or build code that needs less of the place".to_owned(),
            (Some(_), Why::NotProvided) => "name another environment, that provides it, with `--environment`, or build code that needs less of the place".to_owned(),
        };
        let unshown: Causes = part.unshown.iter().chain(&unmet.unsupplied).cloned().collect();
        let obstacles = unshown.iter().flat_map(|(_, obstacles)| obstacles);
        let hint = self.of_policy(obstacles, policy).unwrap_or(hint);
        let shown = Shown { hint: Some(hint), ..Shown::plainly(unmet.code(), &message) };
        Failed { requirement: part.requirement.clone(), shown, causes: self.causes(&unshown, policy) }
    }

    fn failed(&self, failure: &Failure, policy: Option<PolicyDigest>) -> Failed {
        let mut shown = match failure.closest() {
            Some(obstacle) => self.obstacle(obstacle, policy),
            None => Shown { hint: failure.hint.clone(), ..Shown::plainly(failure.code, &failure.message) },
        };
        let obstacles = failure.causes.iter().flat_map(|(_, obstacles)| obstacles);
        shown.hint = self.of_policy(obstacles, policy).or(shown.hint);
        let causes = self.causes(&failure.causes, policy);
        Failed { requirement: failure.requirement.clone(), shown, causes }
    }

    fn causes(&self, causes: &[(Question, Vec<Obstacle>)], policy: Option<PolicyDigest>) -> Vec<Cause> {
        let cause = |(question, obstacles): &(Question, Vec<Obstacle>)| {
            let obstacles = obstacles.iter().map(|obstacle| self.obstacle(obstacle, policy));
            Cause { question: question.to_string(), obstacles: obstacles.collect() }
        };
        causes.iter().map(cause).collect()
    }

    fn obstacle(&self, obstacle: &Obstacle, policy: Option<PolicyDigest>) -> Shown {
        Shown::obstacle(obstacle, policy.and_then(|policy| self.names.get(&policy)))
    }

    /// What would mend the policy, if any of the causes is its fault.
    fn of_policy<'o>(
        &self,
        mut obstacles: impl Iterator<Item = &'o Obstacle>,
        policy: Option<PolicyDigest>,
    ) -> Option<String> {
        let names = self.names.get(&policy?)?;
        obstacles.find_map(|obstacle| names.hint(obstacle))
    }
}

/// What an environment leaves open.
#[derive(Clone, Copy)]
struct AtThePlace<'a> {
    unmet: &'a [Unmet],
    excused: &'a [(Unmet, cdi_policy::Excuse)],
}

fn excuse(excuse: &cdi_policy::Excuse) -> Excuse {
    match excuse {
        cdi_policy::Excuse::Mode(mode) => Excuse::Mode { mode: mode.as_str() },
        cdi_policy::Excuse::Waiver { id, until, reason } => {
            Excuse::Waiver { statement: *id, until: *until, reason: reason.clone() }
        }
    }
}

fn shows(reason: &Reason) -> Shows {
    Shows { question: reason.question.to_string(), proof: reason.proof.iter().map(Step::of).collect() }
}

/// What the runtime of the place is shown to supply, of what the policy would have of a place.
fn supplied<'f>(
    findings: &'f PrincipalFindings,
    place: Option<&'f Environment>,
) -> impl Iterator<Item = Shows> + 'f {
    let runtime = place.and_then(|place| place.runtime.as_ref());
    findings.supplies.iter().filter_map(move |(question, answer)| match (question, answer) {
        (Question::Supplied(of, _), Answer::Shown(proof)) if Some(of) == runtime => {
            Some(Shows { question: question.to_string(), proof: proof.iter().map(Step::of).collect() })
        }
        _ => None,
    })
}
