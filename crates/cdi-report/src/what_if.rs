//! Outcomes of decisions about less evidence, all computed before the page is written.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::StatementId;
use serde::Serialize;

use crate::markup::visible;
use crate::page::Verdict;

/// What can be supposed to be absent, and what would come of it.
#[derive(Debug, Clone, Default)]
pub struct WhatIf {
    /// What can be switched off.
    pub switches: Vec<Switch>,
    /// What came of the decisions, each outcome once.
    pub outcomes: Vec<Supposed>,
    /// The outcome of each combination that was computed, by the positions of what is off.
    pub combinations: BTreeMap<BTreeSet<usize>, usize>,
    /// Which combinations these are.
    pub extent: Extent,
    /// How many more things could have a switch.
    pub further: usize,
    /// The command that computes another choice of switches, without these.
    pub command: String,
    /// The most signature verifications that all combinations together may take.
    pub budget: usize,
    /// The most seconds that they may take, whatever the evidence is.
    pub seconds: u64,
}

/// Which combinations were computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// Every one.
    All,
    /// Every single switch and every two.
    Pairs,
    /// Every single switch.
    Singles,
    /// Some of these: time ran out.
    Stopped,
    /// None: the evidence is too large.
    #[default]
    Nothing,
}

/// Something that can be supposed to be absent.
#[derive(Debug, Clone)]
pub struct Switch {
    /// What `--what-if` takes for it: an id.
    pub id: String,
    /// What it is.
    pub kind: SwitchKind,
    /// What it is called.
    pub label: String,
    /// How many lines of the evidence are absent with it.
    pub lines: usize,
    /// The certification itself, if it is one.
    pub statement: Option<StatementId>,
}

/// What a switch takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SwitchKind {
    /// A tool's certification.
    Certification,
    /// Everything that an authority has signed, and who endorsed it.
    Authority,
}

/// What would come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supposed {
    /// The verdict.
    pub verdict: Verdict,
    /// What each principal would say, in the order of the page.
    pub principals: Vec<SupposedPrincipal>,
}

/// What a principal would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupposedPrincipal {
    /// The principal.
    pub name: String,
    /// What it would say.
    pub verdict: Verdict,
    /// What would be refused, each requirement with its code.
    pub failures: Vec<(String, &'static str)>,
}

/// What the page's script reads: words, and outcomes to look up by what is off.
#[derive(Serialize)]
pub(crate) struct ForScript {
    outcomes: Vec<OutcomeForScript>,
    /// By the positions of what is off, rising, with commas between.
    combinations: BTreeMap<String, usize>,
    ids: Vec<String>,
    command: String,
}

#[derive(Serialize)]
struct OutcomeForScript {
    verdict: &'static str,
    principals: Vec<PrincipalForScript>,
}

#[derive(Serialize)]
struct PrincipalForScript {
    name: String,
    verdict: &'static str,
    failures: Vec<(String, &'static str)>,
}

impl WhatIf {
    /// The outcome with these switches off, if it was computed.
    #[must_use]
    pub fn outcome(&self, off: &BTreeSet<usize>) -> Option<&Supposed> {
        self.outcomes.get(*self.combinations.get(off)?)
    }

    pub(crate) fn for_script(&self) -> ForScript {
        let key = |off: &BTreeSet<usize>| off.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let combinations = self.combinations.iter().map(|(off, outcome)| (key(off), *outcome));
        ForScript {
            outcomes: self.outcomes.iter().map(Supposed::for_script).collect(),
            combinations: combinations.collect(),
            ids: self.switches.iter().map(|switch| visible(&switch.id)).collect(),
            command: visible(&self.command),
        }
    }
}

impl Supposed {
    fn for_script(&self) -> OutcomeForScript {
        let failure = |(requirement, code): &(String, &'static str)| (visible(requirement), *code);
        let principal = |principal: &SupposedPrincipal| PrincipalForScript {
            name: visible(&principal.name),
            verdict: principal.verdict.word(),
            failures: principal.failures.iter().map(failure).collect(),
        };
        OutcomeForScript {
            verdict: self.verdict.word(),
            principals: self.principals.iter().map(principal).collect(),
        }
    }
}
