//! Answers under a supposition, and answers as such, are no facts.

use cdi_verify::{Answers, Facts, Supposed};

fn from_answers(answers: Answers) -> Facts {
    Facts(answers)
}

fn from_supposed(supposed: &Supposed) -> Facts {
    Facts(supposed.answers().clone())
}

fn main() {
    let _ = (from_answers, from_supposed);
}
