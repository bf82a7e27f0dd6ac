//! What a principal excuses for a time (rule P-WAIVER), and what becomes of a failure that is excused.

use cdi_types::{ArtifactDigest, Dated as _, Mode, StatementId, Timestamp, Waiver};
use cdi_verify::{Provenance, Signed};

use crate::edition::{Hearing, InForce};

/// Why a failure does not refuse. It is shown with every verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Excuse {
    /// The principal's edition is not enforced.
    Mode(Mode),
    /// The principal has signed a waiver.
    Waiver {
        /// The waiver.
        id: StatementId,
        /// The end of its window.
        until: Timestamp,
        /// Why, in the principal's words.
        reason: String,
    },
}

/// The waivers of one policy that hold for one artifact at one time. Only [`InForce::waivers`] makes one that is not empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waivers(Vec<(Vec<String>, Excuse)>);

impl Waivers {
    /// Nothing is excused.
    pub const NONE: &'static Self = &Self(Vec::new());

    /// The excuse for a requirement, in the words of the policy.
    pub(crate) fn excuse(&self, requirement: &str) -> Option<&Excuse> {
        let mut all = self.0.iter();
        let found = all.find(|(requirements, _)| requirements.iter().any(|excused| excused == requirement));
        found.map(|(_, excuse)| excuse)
    }
}

impl InForce {
    /// The waivers that excuse parts of this policy for `artifact`: signed by the key that signed the policy, about its very
    /// document, for this decider and time. A document that is not signed has none.
    #[must_use]
    pub fn waivers<'p>(
        &self,
        provenance: impl IntoIterator<Item = &'p Provenance>,
        artifact: ArtifactDigest,
        hearing: Hearing<'_>,
    ) -> Waivers {
        let Some(edition) = self.edition() else { return Waivers::default() };
        let holds = |signed: &&Signed<Waiver>| {
            let waiver = signed.predicate();
            let about = signed.statement().subject().iter().map(|subject| subject.digest);
            signed.issuer() == edition.key
                && about.eq([ArtifactDigest::File(self.policy().digest().sha256())])
                && waiver.principal == *self.policy().principal()
                && waiver.audience.contains(hearing.decider)
                && waiver.artifacts.contains(&artifact)
                && hearing.clock.has_started(waiver.not_before())
                && !hearing.clock.has_ended(waiver.not_after())
        };
        let excuse = |signed: &Signed<Waiver>| {
            let waiver = signed.predicate();
            let (id, until, reason) = (signed.id(), waiver.not_after, waiver.reason.to_string());
            (waiver.requirements.clone(), Excuse::Waiver { id, until, reason })
        };
        Waivers(provenance.into_iter().flat_map(Provenance::waivers).filter(holds).map(excuse).collect())
    }
}
