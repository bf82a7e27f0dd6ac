//! Reports that are as if they were not there for a principal: before anything is derived, so that nothing ever speaks of
//! what is absent (rules M-COMPROMISE, M-FORBID, M-STEPS).

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{FileDigest, KeyId, Libraries, Report, StatementId};

use crate::condition::{ConditionFailure, Conditions};
use crate::graph::Graph;
use crate::provenance::{Provenance, Signed};
use crate::revocation::Revocations;
use crate::search::{Steps, StepsExhausted};
use crate::trust::{Forbidden, TrustTerms};

/// Why a report is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Removal {
    /// This authority certified the report's key and says now that it was compromised, and perhaps what takes its place.
    Compromised { by: KeyId, successor: Option<KeyId> },
    /// The policy forbids something that was measured in the run.
    ForbiddenTool(FileDigest),
    /// The policy forbids the key that signed the report.
    ForbiddenKey,
    /// The run does not meet the step condition at this place of the policy.
    StepCondition(usize, ConditionFailure),
}

/// The connected reports that are removed, each with one reason. Looked at are those whose key somebody with standing has
/// certified, and those that such a report names for an input.
pub(crate) fn removals(
    graph: &Graph<'_>,
    provenance: &Provenance,
    revocations: &Revocations<'_>,
    terms: &TrustTerms,
    steps: &mut Steps,
) -> Result<BTreeMap<StatementId, Removal>, StepsExhausted> {
    let mut removals = compromised(graph, revocations);
    let by_authorities = provenance.index.certified_by(|key| revocations.standing.contains(key));
    let is_certified =
        |at: usize| graph.number(at).is_some_and(|number| by_authorities.has_certified(number));
    let (certified, others): (Vec<usize>, Vec<usize>) =
        (0..graph.reports.len()).partition(|at| is_certified(*at));
    let reports =
        |places: &[usize]| places.iter().filter_map(|at| graph.reports.get(*at).copied()).collect::<Vec<_>>();
    let (certified, mut others) = (reports(&certified), reports(&others));
    // Nothing comes of what strangers report, so that they cannot use up the steps with it.
    if !others.is_empty() {
        let inputs = certified.iter().flat_map(|report| &report.predicate().inputs);
        let named: BTreeSet<StatementId> = inputs.flat_map(|input| &input.reports).copied().collect();
        others.retain(|report| named.contains(&report.id()));
    }
    let mut conditions = Conditions::default();
    let mut tools = revocations.unfit_tools();
    tools.extend(&terms.forbidden.tools);
    for report in certified.into_iter().chain(others) {
        let removal = match forbids(&terms.forbidden, &tools, report) {
            None => unmet(&terms.step_conditions, report, &mut conditions, steps)?,
            forbidden => forbidden,
        };
        if let Some(removal) = removal {
            removals.insert(report.id(), removal);
        }
    }
    Ok(removals)
}

/// The first of the conditions that the run does not meet.
fn unmet<'t>(
    texts: &'t [String],
    report: &Signed<Report>,
    conditions: &mut Conditions<'t>,
    steps: &mut Steps,
) -> Result<Option<Removal>, StepsExhausted> {
    for (place, text) in texts.iter().enumerate() {
        if let Err(failure) = conditions.hold(text, &report.predicate().operation, steps)? {
            return Ok(Some(Removal::StepCondition(place, failure)));
        }
    }
    Ok(None)
}

fn forbids(forbidden: &Forbidden, tools: &BTreeSet<FileDigest>, report: &Signed<Report>) -> Option<Removal> {
    if forbidden.report_keys.contains(&report.issuer()) {
        return Some(Removal::ForbiddenKey);
    }
    if tools.is_empty() {
        return None;
    }
    measured(report).find(|digest| tools.contains(digest)).map(Removal::ForbiddenTool)
}

/// The executables, libraries and the recorder of a run.
pub(crate) fn measured(report: &Signed<Report>) -> impl Iterator<Item = FileDigest> {
    let run = report.predicate();
    let libraries = match &run.tool.libraries {
        Libraries::Measured(files) => files.as_slice(),
        Libraries::Unmeasured => &[],
    };
    run.tool.executables.iter().chain(libraries).map(|file| file.sha256).chain([run.recorder.sha256])
}

/// The reports whose key an authority of this principal certified, and says now was compromised.
fn compromised(graph: &Graph<'_>, revocations: &Revocations<'_>) -> BTreeMap<StatementId, Removal> {
    let lost = graph.reports.iter().filter_map(|report| {
        let by = revocations.fate(report).err()?;
        let successor = revocations.successor(by, report.issuer());
        Some((report.id(), Removal::Compromised { by, successor }))
    });
    lost.collect()
}
