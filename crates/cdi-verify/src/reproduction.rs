//! Runs in independent custody that made the same from the same (rule M-REPRODUCED).

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{ArtifactDigest, FileDigest, KeyId, Name, PropertyName, ReportKind};

use crate::appraisal::Appraisal;
use crate::search::{Ends, StepsExhausted};

/// Somebody in whose custody tools run, as the policy knows them: by the report keys that they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custodian {
    /// The policy's name for them.
    pub name: Name,
    /// Their report keys; all count as one custodian.
    pub report_keys: BTreeSet<KeyId>,
}

/// How many independent custodians must have made the artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reproduced {
    /// How many.
    pub count: u8,
    /// Of whom. That they are independent is the policy's word.
    pub custodians: Vec<Custodian>,
}

/// Custodians that are not independent, or could never be enough.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CustodianError {
    /// Two have one name.
    #[error("two custodians are named `{name}`")]
    NameTwice {
        /// The name.
        name: Name,
    },
    /// One has no key.
    #[error("the custodian `{name}` has no report key")]
    NoKey {
        /// The name.
        name: Name,
    },
    /// Two have one key: they would count twice.
    #[error("the report key {key} is of two custodians")]
    KeyTwice {
        /// The key.
        key: KeyId,
    },
    /// More than there are, or fewer than two.
    #[error(
        "{count} runs in independent custody, of {custodians} custodians: expected 2 to as many as there are"
    )]
    Count {
        /// How many runs are asked for.
        count: u8,
        /// How many custodians there are.
        custodians: usize,
    },
}

impl CustodianError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NameTwice { .. } => "custodian-name-twice",
            Self::NoKey { .. } => "custodian-without-key",
            Self::KeyTwice { .. } => "custodian-key-twice",
            Self::Count { .. } => "reproduced-out-of-range",
        }
    }
}

impl Reproduced {
    /// Holds the custodians to their rules.
    pub(crate) fn admit(&self) -> Result<(), CustodianError> {
        let (mut names, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for Custodian { name, report_keys } in &self.custodians {
            if !names.insert(name) {
                return Err(CustodianError::NameTwice { name: name.clone() });
            }
            if report_keys.is_empty() {
                return Err(CustodianError::NoKey { name: name.clone() });
            }
            if let Some(key) = report_keys.iter().copied().find(|key| !keys.insert(*key)) {
                return Err(CustodianError::KeyTwice { key });
            }
        }
        let (count, custodians) = (self.count, self.custodians.len());
        let possible = count >= 2 && usize::from(count) <= custodians;
        if possible { Ok(()) } else { Err(CustodianError::Count { count, custodians }) }
    }

    /// The place of the custodian who holds this report key.
    fn custodian(&self, key: KeyId) -> Option<usize> {
        self.custodians.iter().position(|custodian| custodian.report_keys.contains(&key))
    }
}

/// What two runs must have in common to be the same step: the executable, and the code that they read.
type Recipe = (FileDigest, BTreeSet<ArtifactDigest>);

/// A run by a custodian, and where the votes end that call it a step.
#[derive(Debug, Clone)]
pub(crate) struct Making {
    /// The report's position in the graph.
    pub(crate) report: usize,
    pub(crate) ends: Ends,
}

/// How far the deployed artifact was reproduced.
#[derive(Debug, Default)]
pub(crate) struct Reproduction {
    /// How many custodians are asked for; more than can ever be found where the policy asks nothing.
    pub(crate) expected: u8,
    /// One run of each custodian who made it by the recipe that most did.
    pub(crate) makings: Vec<Making>,
}

impl Reproduction {
    /// Whether enough custodians made it.
    pub(crate) fn is_enough(&self) -> bool {
        self.expected > 0 && self.makings.len() >= usize::from(self.expected)
    }
}

/// What a run costs that is held against the recipes.
const RUN: usize = 4;

impl Appraisal<'_, '_> {
    /// The most custodians who made the deployed artifact by one recipe, each by a run that a quorum calls a step.
    pub(crate) fn reproduction(&mut self) -> Result<Reproduction, StepsExhausted> {
        let authorities = self.quorums.authorities;
        let Some(asked) = &authorities.trust.terms().reproduced else {
            return Ok(Reproduction::default());
        };
        let mut recipes: BTreeMap<Recipe, BTreeMap<usize, Vec<Making>>> = BTreeMap::new();
        let (mut taken, left) = (0, self.steps.left());
        let step = self.sought(PropertyName::the_step());
        for pair in self.graph.pairs_of(self.graph.artifact) {
            let run = pair.report.predicate();
            let Some(custodian) = asked.custodian(pair.report.issuer()) else { continue };
            let Some(entry) = run.tool.executables.first().map(|file| file.sha256) else { continue };
            if run.kind != ReportKind::Transform || !run.capture.is_complete() {
                continue;
            }
            let mut by_code: BTreeMap<BTreeSet<ArtifactDigest>, Ends> = BTreeMap::new();
            for candidate in self.candidates(pair.position).iter().filter(|one| one.obstacle.is_none()) {
                for covering in self.steps_called(candidate, &step, pair) {
                    taken += RUN + run.inputs.len();
                    if left < taken {
                        return Err(StepsExhausted);
                    }
                    let places = covering.code_inputs();
                    let code = places.filter_map(|place| Some(run.inputs.get(place)?.digest)).collect();
                    by_code.entry(code).or_default().insert(candidate.end.clone());
                }
            }
            for (code, ends) in by_code {
                let of_recipe = recipes.entry((entry, code)).or_default();
                of_recipe.entry(custodian).or_default().push(Making { report: pair.position, ends });
            }
        }
        self.steps.take(taken)?;
        let mut best = Reproduction { expected: asked.count, makings: Vec::new() };
        for by_custodian in recipes.into_values() {
            let mut makings = Vec::new();
            for tried in by_custodian.into_values() {
                makings.extend(self.first_step(tried)?);
            }
            if makings.len() > best.makings.len() {
                best.makings = makings;
            }
        }
        Ok(best)
    }

    /// The first of these runs that a quorum calls a step.
    fn first_step(&mut self, tried: Vec<Making>) -> Result<Option<Making>, StepsExhausted> {
        for making in tried {
            if self.shows(PropertyName::the_step(), making.report, &making.ends)? {
                return Ok(Some(making));
            }
        }
        Ok(None)
    }
}
