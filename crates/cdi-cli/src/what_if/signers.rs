//! Whose signatures stand beneath a line: known by verification, whatever the envelope suggests.

use std::collections::{BTreeMap, BTreeSet};

use cdi_decider::Seat;
use cdi_envelope::{Budget, BudgetExhausted, Envelope, PublicKey};
use cdi_types::{KeyId, StatementId, limits};
use cdi_verify::Provenance;

use crate::decision::Outcome;

/// Signature verifications that tell who signed what: a quarter of what one decision may take, and above any honest need, since
/// only what the decision has credited to an authority besides its issuer is looked at.
const VERIFICATIONS: usize = limits::SIGNATURE_VERIFICATIONS / 4;

/// The keys of authorities, and what the decision has credited to them besides what they issued: others' reports that they
/// countersigned, summaries, and statements of others' types. What it has not credited to a key does not change without it.
#[derive(Default)]
pub(crate) struct Signers {
    keys: BTreeMap<KeyId, PublicKey>,
    credited: BTreeMap<StatementId, BTreeSet<KeyId>>,
}

impl Signers {
    /// Those whom principals of a decision know as authorities, or somebody has endorsed as one.
    pub(crate) fn of_outcome(outcome: &Outcome) -> Self {
        let Some(provenance) = outcome.provenance.as_ref().map(cdi_verify::Verified::get) else {
            return Self::default();
        };
        let policies = outcome.seats.iter().filter_map(Seat::policy).filter_map(cdi_policy::Policy::trust);
        let anchors = policies.flat_map(|trust| &trust.terms().anchors).flat_map(|anchor| &anchor.keys);
        let mut keys: BTreeMap<KeyId, PublicKey> = anchors.map(|key| (key.key_id(), key.clone())).collect();
        for endorsement in provenance.endorsements() {
            let info = &endorsement.predicate().public_key;
            if !keys.contains_key(&info.key_id()) {
                keys.extend(PublicKey::from_info(info).ok().map(|key| (key.key_id(), key)));
            }
        }
        let credited = credited(provenance, &keys);
        Self { keys, credited }
    }

    pub(crate) const fn budget(&self) -> Budget {
        Budget::new(VERIFICATIONS)
    }

    /// The places of the signatures that each key has made, of those that the decision credits.
    pub(super) fn of(
        &self,
        id: StatementId,
        envelope: &Envelope,
        budget: &mut Budget,
    ) -> Result<BTreeMap<KeyId, BTreeSet<usize>>, BudgetExhausted> {
        let mut made: BTreeMap<KeyId, BTreeSet<usize>> = BTreeMap::new();
        let keys = self.credited.get(&id).into_iter().flatten();
        for (id, key) in keys.filter_map(|id| Some((id, self.keys.get(id)?))) {
            for (place, (_, signature)) in envelope.signatures().enumerate() {
                budget.take()?;
                if key.verify(envelope.message(), signature).is_ok() {
                    made.entry(*id).or_default().insert(place);
                }
            }
        }
        Ok(made)
    }
}

fn credited(
    provenance: &Provenance,
    keys: &BTreeMap<KeyId, PublicKey>,
) -> BTreeMap<StatementId, BTreeSet<KeyId>> {
    let by = |signed: &dyn Fn(KeyId) -> bool| -> BTreeSet<KeyId> {
        keys.keys().copied().filter(|key| signed(*key)).collect()
    };
    let reports = provenance.reports().iter().map(|report| {
        let all: BTreeSet<KeyId> = provenance.countersigners(report.id()).collect();
        (report.id(), all.into_iter().filter(|key| keys.contains_key(key)).collect())
    });
    let summaries = provenance.summaries().iter();
    let summaries = summaries.map(|summary| (summary.id(), by(&|key| summary.is_signed_by(key))));
    let evidence = provenance.evidence().iter();
    let evidence = evidence.map(|evidence| (evidence.id(), by(&|key| evidence.is_signed_by(key))));
    reports.chain(summaries).chain(evidence).filter(|(_, by): &(_, BTreeSet<KeyId>)| !by.is_empty()).collect()
}
