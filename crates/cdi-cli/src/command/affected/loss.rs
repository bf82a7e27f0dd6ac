//! What a principal loses of an artifact between two readings of what is revoked.

use cdi_verify::{Answer, Question};
use serde::{Deserialize, Serialize};

use crate::verdict::Word;

/// How one principal stands to an artifact: its verdict, and what is known of each question that its policy asks.
#[derive(Debug, Clone)]
pub(crate) struct Stand {
    pub(crate) verdict: Word,
    pub(crate) known: Vec<(Question, Known)>,
}

impl Stand {
    /// How a principal stands by two policies: both must agree.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.verdict = self.verdict.and(other.verdict);
        self.known.extend(other.known);
        self
    }
}

/// What is known of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Known {
    Shown,
    CouldNotTell,
    NotShown,
}

impl Known {
    pub(crate) const fn of(answer: Option<&Answer>) -> Self {
        match answer {
            Some(Answer::Shown(_)) => Self::Shown,
            Some(Answer::CouldNotTell(_)) => Self::CouldNotTell,
            Some(Answer::NotShown(_)) | None => Self::NotShown,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::CouldNotTell => "could not be told",
            Self::NotShown => "not shown",
        }
    }
}

/// What one principal loses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Loss {
    /// The principal, by its place in the configuration.
    pub(crate) principal: usize,
    pub(crate) before: Word,
    pub(crate) after: Word,
    pub(crate) answers: Vec<Lost>,
}

/// A question of which less is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Lost {
    pub(crate) question: String,
    pub(crate) before: Known,
    pub(crate) after: Known,
}

/// What each principal loses on the way from one stand to the other; those who lose nothing are left out.
pub(crate) fn losses(before: &[Stand], after: &[Stand]) -> Vec<Loss> {
    let pairs = before.iter().zip(after).enumerate();
    let of = |(principal, (before, after)): (usize, (&Stand, &Stand))| {
        let pairs = before.known.iter().zip(&after.known);
        let fell = pairs.filter(|((_, before), (_, after))| after > before);
        let answers: Vec<Lost> = fell
            .map(|((question, before), (_, after))| Lost {
                question: question.to_string(),
                before: *before,
                after: *after,
            })
            .collect();
        let lost = !answers.is_empty() || before.verdict != after.verdict;
        lost.then_some(Loss { principal, before: before.verdict, after: after.verdict, answers })
    };
    pairs.filter_map(of).collect()
}
