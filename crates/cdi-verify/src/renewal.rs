//! Which certifications a report names, by way of what renews them (rule M-NAMED).

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{Invocation, Report, StatementId, ToolCertification, limits};

use crate::provenance::{Provenance, Signed};
use crate::revocation::Revocations;
use crate::search::{Steps, StepsExhausted};
use crate::trust::Certifications;

/// How many comparisons of claims cost one step.
const COMPARISONS: usize = 8;

/// What each certification renews, of those that renew one rightly.
pub(crate) enum Renewals {
    /// Nobody asks: every certification of a report's key may vote.
    Any,
    /// What a certification renews, by its id.
    Named(BTreeMap<StatementId, StatementId>),
}

/// Between a certification and one that the report names: the ids of what was renewed, the named one last. Empty for one
/// that is named itself, or need not be.
pub(crate) type Line = Vec<StatementId>;

impl Renewals {
    /// Compares each certification with the one that it says it renews. Only those by authorities are looked at.
    pub(crate) fn new(
        which: Certifications,
        provenance: &Provenance,
        revocations: &Revocations<'_>,
        steps: &mut Steps,
    ) -> Result<Self, StepsExhausted> {
        if which == Certifications::Any {
            return Ok(Self::Any);
        }
        let by_authorities =
            || provenance.certifications.iter().filter(|one| revocations.standing.contains(&one.issuer()));
        let known: BTreeMap<StatementId, &Signed<ToolCertification>> =
            by_authorities().map(|one| (one.id(), one)).collect();
        let mut renews = BTreeMap::new();
        for newer in by_authorities() {
            let older = newer.predicate().renews.and_then(|id| known.get(&id));
            if let Some(older) = older
                && renewed(older, newer, steps)?
            {
                renews.insert(newer.id(), older.id());
            }
        }
        Ok(Self::Named(renews))
    }

    /// The certifications that a report names, if somebody asks.
    pub(crate) fn named(&self, report: &Report) -> BTreeSet<StatementId> {
        match self {
            Self::Any => BTreeSet::new(),
            Self::Named(_) => report.certifications.iter().copied().collect(),
        }
    }

    /// The line from a certification to one of those that the report names; `None` if there is none.
    pub(crate) fn line(&self, certification: StatementId, named: &BTreeSet<StatementId>) -> Option<Line> {
        let Self::Named(renews) = self else { return Some(Line::new()) };
        let mut line = Line::new();
        let mut at = certification;
        while !named.contains(&at) {
            if line.len() >= limits::RENEWALS {
                return None;
            }
            at = *renews.get(&at)?;
            line.push(at);
        }
        Some(line)
    }
}

/// Whether `newer` is by the same issuer, of the same executable, and says no more than `older` did.
fn renewed(
    older: &Signed<ToolCertification>,
    newer: &Signed<ToolCertification>,
    steps: &mut Steps,
) -> Result<bool, StepsExhausted> {
    let (old, new) = (older.predicate(), newer.predicate());
    let claims = old.claims.len().saturating_mul(new.claims.len());
    // Each claim compares its invocation.
    let described: usize = new.invocations.values().map(Invocation::size).sum();
    let described = described.saturating_mul(new.claims.len());
    let files = old.closure.len().saturating_add(new.closure.len());
    steps.take(1 + files.saturating_add(claims).saturating_add(described) / COMPARISONS)?;
    let entry = |one: &Signed<ToolCertification>| one.statement().subject().first().map(|entry| entry.digest);
    let same = older.issuer() == newer.issuer() && entry(older) == entry(newer);
    Ok(same && new.says_no_more_than(old))
}
