//! The evidence that an explanation names.

use super::{Findings, Sealed};
use cdi_types::{KeyId, StatementId};
use cdi_verify::{Ground, Provenance, Vote};
use std::collections::BTreeSet;

/// The statements that the reasons of an allow name, and the authorities that stand behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Reports, certifications, endorsements and origins.
    pub statements: BTreeSet<StatementId>,
    /// The signers of the certifications and endorsements.
    pub authorities: BTreeSet<KeyId>,
}

impl Named {
    fn add(&mut self, votes: &[Vote]) {
        for vote in votes {
            self.statements.insert(vote.certification);
            self.statements.extend(vote.endorsements.iter().chain(&vote.renews).copied());
            self.statements.extend(vote.manifests.iter().map(|manifest| manifest.statement));
            self.authorities.insert(vote.certifier);
        }
    }
}

/// What the reasons of all principals name.
pub fn named_evidence(findings: &Findings, provenance: &Provenance) -> Named {
    let mut named = Named::default();
    let reasons = findings.principals.iter().flat_map(|principal| &principal.reasons);
    for step in reasons.flat_map(|reason| &reason.proof) {
        match &step.ground {
            Ground::Assumed { statement } | Ground::Origin { statement } => {
                named.statements.extend(statement.map(|listing| listing.statement))
            }
            Ground::NotAsked { .. } => {}
            Ground::Summary { statement, .. } | Ground::Evidence { statement, .. } => {
                named.statements.insert(*statement);
            }
            Ground::Linked { report, certification, .. } => {
                named.statements.extend([*report].into_iter().chain(*certification));
            }
            Ground::Supplied { votes, .. } => named.add(votes),
            Ground::Report { report, votes, countersignatures, .. } => {
                named.statements.insert(*report);
                for signature in countersignatures {
                    named.statements.extend(signature.endorsements.iter().copied());
                    named.authorities.insert(signature.authority);
                }
                named.add(votes);
            }
        }
    }
    let endorsements = provenance.endorsements().iter();
    let on_chains = endorsements.filter(|endorsement| named.statements.contains(&endorsement.id()));
    let issuers: Vec<KeyId> = on_chains.map(|endorsement| endorsement.issuer()).collect();
    named.authorities.extend(issuers);
    named
}

impl Sealed {
    /// Only what is named, and the revocation lists of the authorities.
    #[must_use]
    pub fn only(&self, named: &Named) -> Self {
        let kept = self.0.iter().filter(|line| {
            named.statements.contains(&line.id) || (line.is_list && named.authorities.contains(&line.issuer))
        });
        Self(kept.cloned().collect())
    }
}
