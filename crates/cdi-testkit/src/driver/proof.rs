//! The evidence that an explanation names.

use super::{Findings, Sealed};
use cdi_types::{KeyId, StatementId};
use cdi_verify::{Ground, Provenance};
use std::collections::BTreeSet;

/// The statements that the reasons of an allow name, and the authorities that stand behind them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Reports, certifications, endorsements and origins.
    pub statements: BTreeSet<StatementId>,
    /// The signers of the certifications and endorsements.
    pub authorities: BTreeSet<KeyId>,
}

/// What the reasons of all principals name.
pub fn named_evidence(findings: &Findings, provenance: &Provenance) -> Named {
    let mut named = Named::default();
    let reasons = findings.principals.iter().flat_map(|principal| &principal.reasons);
    for step in reasons.flat_map(|reason| &reason.proof) {
        match &step.ground {
            Ground::Assumed { statement } | Ground::Origin { statement } => {
                named.statements.extend(statement.map(|(id, ..)| id))
            }
            Ground::Linked { report, certification } => {
                named.statements.extend([*report].into_iter().chain(*certification));
            }
            Ground::Report { report, votes, countersignatures, .. } => {
                named.statements.insert(*report);
                for signature in countersignatures {
                    named.statements.extend(signature.endorsements.iter().copied());
                    named.authorities.insert(signature.authority);
                }
                for vote in votes {
                    named.statements.insert(vote.certification);
                    named.statements.extend(vote.endorsements.iter().chain(&vote.renews).copied());
                    named.authorities.insert(vote.certifier);
                }
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
