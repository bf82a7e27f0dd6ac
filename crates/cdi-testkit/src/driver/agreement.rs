//! The model's answers beside production's.

use super::findings::truth;
use super::{Core, Fault, Findings, Names, PrincipalFindings, Sealed, Words};
use crate::model::decide::{Facts, Host, Outcome, Verdict, decide_by, known};
use crate::model::obstacle::Reason;
use crate::model::policy::refusal;
use crate::model::reasons::{Asked, reasons};
use crate::model::world::{Principal, World};
use crate::model::{Bound, Tri, View, failures};
use cdi_types::{PropertyName, Role};
use cdi_verify::{Answer, Obstacle, Question};
use std::collections::{BTreeMap, BTreeSet};

/// A point on which model and production differ.
#[derive(Debug)]
pub enum Disagreement {
    /// Production does not look at the world at all.
    Fault(Fault),
    /// A policy is refused, or is not, or for another reason.
    Policy {
        /// Whose policy.
        principal: String,
        /// The code with which it should be refused.
        model: Option<&'static str>,
        /// The code with which it is refused.
        production: Option<&'static str>,
    },
    /// An answer about the artifact.
    Answer {
        /// For whom.
        principal: String,
        /// What was asked, in the world's words.
        question: String,
        /// The model's answer.
        model: Tri,
        /// Production's answer.
        production: Tri,
        /// Production's reasons: obstacles, or the proof.
        because: Vec<String>,
    },
    /// Whether a principal is satisfied.
    Satisfied {
        /// Who.
        principal: String,
        /// The model's answer.
        model: Tri,
        /// Production's answer.
        production: Tri,
    },
    /// By what an answer is said to be missed.
    Reasons {
        /// For whom.
        principal: String,
        /// What was asked, in the world's words.
        question: String,
        /// The model's reasons.
        model: Vec<Reason>,
        /// Production's obstacles.
        production: Vec<String>,
    },
    /// By which codes the failed requirements of a principal are named.
    Failures {
        /// Of whom.
        principal: String,
        /// The model's codes.
        model: Vec<&'static str>,
        /// Production's codes.
        production: Vec<&'static str>,
    },
    /// What is decided where nobody has said where the code is to run.
    Nowhere {
        /// The model's answer.
        model: Outcome,
        /// Production's answer.
        production: Outcome,
    },
    /// What is decided.
    Verdict {
        /// The model's answer.
        model: Outcome,
        /// Production's answer.
        production: Outcome,
    },
}

/// A world on which both were asked.
#[derive(Debug)]
pub struct Agreement {
    /// The model's verdict; a principal whose policy cannot be loaded never agrees.
    pub verdict: Outcome,
    /// What production found, if it came so far.
    pub findings: Option<Findings>,
    /// Where they differ.
    pub disagreements: Vec<Disagreement>,
}

/// Asks model and production about an [`expressible`](super::expressible()) world, once its lines are arranged.
pub fn compare(world: &World, names: Names, arrange: impl FnOnce(&mut Sealed)) -> Agreement {
    let facts = known(world);
    let model = Expected::of(world, &facts);
    let findings = match production(world, names, arrange) {
        Ok(findings) => findings,
        Err(fault) => {
            let disagreements = vec![Disagreement::Fault(fault)];
            return Agreement { verdict: model.verdict, findings: None, disagreements };
        }
    };
    let mut disagreements = Vec::new();
    for ((principal, found), facts) in world.principals.iter().zip(&findings.principals).zip(&facts) {
        let (name, expected) = (principal.name.clone(), refusal(principal, &world.catalogue));
        if expected != found.refused {
            let (model, production) = (expected, found.refused);
            disagreements.push(Disagreement::Policy { principal: name, model, production });
        }
        if let Some(facts) = facts {
            disagreements.extend(answers(world, principal, facts, &found.answers));
            disagreements.extend(named(world, principal, facts, found));
        }
    }
    let each = world.principals.iter().zip(&findings.principals).zip(&model.satisfied);
    disagreements.extend(each.filter(|((_, found), model)| found.satisfied != **model).map(
        |((principal, found), model)| {
            let (principal, production) = (principal.name.clone(), found.satisfied);
            Disagreement::Satisfied { principal, model: *model, production }
        },
    ));
    if model.verdict != findings.verdict {
        let (model, production) = (model.verdict, findings.verdict);
        disagreements.push(Disagreement::Verdict { model, production });
    }
    if model.nowhere != findings.nowhere {
        let (model, production) = (model.nowhere, findings.nowhere);
        disagreements.push(Disagreement::Nowhere { model, production });
    }
    Agreement { verdict: model.verdict, findings: Some(findings), disagreements }
}

fn production(world: &World, names: Names, arrange: impl FnOnce(&mut Sealed)) -> Result<Findings, Fault> {
    let core = Core::of(world, names)?;
    let mut sealed = Sealed::world(world, names)?;
    arrange(&mut sealed);
    core.find(&core.verify(&sealed)?)
}

/// What the model says, where a principal whose policy cannot be loaded never agrees.
struct Expected {
    satisfied: Vec<Tri>,
    verdict: Outcome,
    nowhere: Outcome,
}

impl Expected {
    fn of(world: &World, facts: &[Option<Facts<'_>>]) -> Self {
        let [here, nowhere] = decide_by(world, facts, [Host::of(world), Host::NOWHERE]).map(|verdict| {
            let each = world.principals.iter().zip(verdict.per_principal);
            Verdict::of(
                each.map(|(p, tri)| if refusal(p, &world.catalogue).is_none() { tri } else { Tri::False })
                    .collect(),
            )
        });
        Self { satisfied: here.per_principal, verdict: here.verdict, nowhere: nowhere.verdict }
    }
}

/// What can be asked, in production's words and in the world's, with the model's answers.
fn questions(
    world: &World,
    facts: &Facts<'_>,
    found: &BTreeMap<Question, Answer>,
) -> Vec<(Question, Option<Asked>, Tri)> {
    let words = Words::of(&world.catalogue);
    let mut asked = vec![
        (Question::Complete, Some(Asked::Complete), facts.complete),
        (Question::Reproduced, Some(Asked::Reproduced), facts.reproduced),
    ];
    // Of what runtimes supply the model says whether it is so, and not why not.
    for question in found.keys() {
        let Question::Supplied(_, property) = question else { continue };
        let word = world.catalogue.platform.iter().find(|word| words.platform(word) == property.to_string());
        asked.push((question.clone(), None, word.map_or(Tri::False, |word| facts.supplies(word))));
    }
    for rule in world.principals.iter().flat_map(|principal| &principal.evidence) {
        let Ok(name) = Role::parse(&rule.name) else { continue };
        let one =
            (Question::Evidence(name), Some(Asked::Evidence(rule.name.clone())), facts.says(&rule.name));
        asked.extend((!asked.contains(&one)).then_some(one));
    }
    for (word, stand_in) in words.code() {
        let stand_in = PropertyName::parse(stand_in).unwrap_or_else(|_| PropertyName::step());
        asked.push((Question::Property(stand_in), Some(Asked::Property(word.clone())), facts.has(word)));
    }
    asked
}

/// The answers on which the two differ. Nothing is compared for a principal of whom production knows no trust.
fn answers(
    world: &World,
    principal: &Principal,
    facts: &Facts<'_>,
    found: &BTreeMap<Question, Answer>,
) -> Vec<Disagreement> {
    if found.is_empty() {
        return Vec::new();
    }
    let differ = questions(world, facts, found).into_iter().filter_map(|(question, _, model)| {
        let answer = found.get(&question);
        let production = answer.map(truth);
        (production != Some(model)).then(|| Disagreement::Answer {
            principal: principal.name.clone(),
            question: question.to_string(),
            model,
            production: production.unwrap_or(Tri::False),
            because: answer.map(because).unwrap_or_default(),
        })
    });
    differ.collect()
}

/// So many obstacles of an answer are listed; where there are as many, there can be more.
const LISTED: usize = 16;

/// The codes on which the two differ. Of each answer that is not shown: the first code is the model's closest; every code is
/// one of the model's; and every one of the model's is there, where production's list is not full.
fn named(
    world: &World,
    principal: &Principal,
    facts: &Facts<'_>,
    found: &PrincipalFindings,
) -> Vec<Disagreement> {
    let view = View { world, principal, bound: Bound::Lower };
    let reasons = |asked: &Asked| reasons(view, asked);
    let mut differ = Vec::new();
    for (question, asked, truth) in questions(world, facts, &found.answers) {
        let Some(asked) = asked else { continue };
        let obstacles = match found.answers.get(&question) {
            Some(Answer::NotShown(obstacles) | Answer::CouldNotTell(obstacles)) => obstacles,
            Some(Answer::Shown(_)) | None => continue,
        };
        let mut model = reasons(&asked);
        // Whose lists are missing is always told then, be they of authorities that stand on no way of the strict reading.
        model.extend((truth == Tri::Unknown).then_some(Reason::of(failures::UNTOLD)));
        let closest = match truth {
            Tri::Unknown => Some(failures::UNTOLD),
            Tri::False | Tri::True => Reason::closest(&model).map(|reason| reason.code),
        };
        let listed: Vec<&str> = obstacles.iter().map(Obstacle::code).collect();
        let in_model: BTreeSet<&str> = model.iter().map(|reason| reason.code).collect();
        let in_list: BTreeSet<&str> = listed.iter().copied().collect();
        let same = if listed.len() < LISTED { in_list == in_model } else { in_list.is_subset(&in_model) };
        if !same || listed.first().copied() != closest {
            differ.push(Disagreement::Reasons {
                principal: principal.name.clone(),
                question: format!("{asked:?}"),
                model: model.into_iter().collect(),
                production: obstacles.iter().map(|one| format!("{}: {one}", one.code())).collect(),
            });
        }
    }
    let model = failures::failures(principal, facts, Host::of(world), &reasons);
    if found.refused.is_none() && model != found.failures {
        let production = found.failures.clone();
        differ.push(Disagreement::Failures { principal: principal.name.clone(), model, production });
    }
    differ
}

fn because(answer: &Answer) -> Vec<String> {
    match answer {
        Answer::Shown(proof) => proof.iter().map(|step| format!("{step:?}")).collect(),
        Answer::NotShown(obstacles) | Answer::CouldNotTell(obstacles) => {
            obstacles.iter().map(|obstacle| format!("{}: {obstacle}", obstacle.code())).collect()
        }
    }
}
