//! What the production core says of a world.

use crate::model::Tri;
use crate::model::decide::Outcome;
use cdi_policy::Reason;
use cdi_verify::{Answer, Question};
use std::collections::BTreeMap;

/// What the core says of one principal.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalFindings {
    /// The code with which its policy was refused, if it was.
    pub refused: Option<&'static str>,
    /// The answers about the artifact, for each word of code and the history; none for a principal without trust.
    pub answers: BTreeMap<Question, Answer>,
    /// Whether it is satisfied, if it is asked alone.
    pub satisfied: Tri,
    /// Why, if it is.
    pub reasons: Vec<Reason>,
    /// The codes of its failed requirements at the code and at the place, if it is asked alone; in the order of the alphabet.
    pub failures: Vec<&'static str>,
}

impl PrincipalFindings {
    /// The answers, as the model gives them.
    pub fn truths(&self) -> BTreeMap<Question, Tri> {
        self.answers.iter().map(|(question, answer)| (question.clone(), truth(answer))).collect()
    }
}

/// What the core says of a world.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// In the order of the world's principals.
    pub principals: Vec<PrincipalFindings>,
    /// What is decided, with all principals asked at once.
    pub verdict: Outcome,
    /// What is decided where nobody has said where the code is to run.
    pub nowhere: Outcome,
}

/// An answer as the model gives it.
pub(super) const fn truth(answer: &Answer) -> Tri {
    match answer {
        Answer::Shown(_) => Tri::True,
        Answer::NotShown(_) => Tri::False,
        Answer::CouldNotTell(_) => Tri::Unknown,
    }
}
