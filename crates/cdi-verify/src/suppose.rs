//! What a principal would know if something were revoked, or had not been (rule M-SUPPOSE).
//!
//! In go verified provenance, a principal's trust and a [`Supposition`]; out come [`Supposed`] answers. They are no
//! facts: nothing is ever admitted by them. Proofs and obstacles are left out: who asks so, asks thousands of times.

use std::collections::BTreeSet;

use cdi_types::{ArtifactDigest, FileDigest, KeyId, Origin, Revocation, RevokedId, StatementId, limits};

use crate::appraise::{AppraiseError, Asked, answers};
use crate::facts::{Answer, Answers, Question};
use crate::provenance::{Provenance, Signed, Verified};
use crate::provenance_chain::ProvenanceChain;
use crate::trust::Trust;
use crate::vantage::Vantage;

/// What may be revoked, or found unfit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    /// What a revocation list can name.
    Listed(RevokedId),
    /// An executable, a library or a recorder. No list names one: an authority revokes what it certified of it.
    Tool(FileDigest),
    /// An origin statement. No list names one: each principal forbids it for itself.
    Origin(StatementId),
    /// The key of a developer or supplier, with all origin statements that it signed. No list names one either.
    OriginKey(KeyId),
}

/// What is supposed of revocations, beside what the lists say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supposition {
    /// Everybody who could has revoked these things, every run is gone in which one of them was measured, and every origin
    /// statement that is one of them or signed by one.
    Revoked(BTreeSet<Thing>),
    /// Nobody has revoked these things, whatever the lists say. Of tools and origins it says nothing.
    NotRevoked(BTreeSet<Thing>),
    /// The next list of this authority has all that its newest has, and this entry.
    Listed {
        /// The authority.
        by: KeyId,
        /// The entry.
        entry: Revocation,
    },
}

impl Supposition {
    /// That everything is as it is.
    #[must_use]
    pub const fn nothing() -> Self {
        Self::Revoked(BTreeSet::new())
    }

    /// The tools whose runs are gone.
    pub(crate) fn tools(&self) -> impl Iterator<Item = FileDigest> + '_ {
        self.revoked().into_iter().flatten().filter_map(|thing| match thing {
            Thing::Tool(tool) => Some(*tool),
            Thing::Listed(_) | Thing::Origin(_) | Thing::OriginKey(_) => None,
        })
    }

    /// Whether an origin statement is gone.
    pub(crate) fn is_without(&self, origin: &Signed<Origin>) -> bool {
        let gone = [Thing::Origin(origin.id()), Thing::OriginKey(origin.issuer())];
        self.revoked().is_some_and(|things| gone.iter().any(|thing| things.contains(thing)))
    }

    const fn revoked(&self) -> Option<&BTreeSet<Thing>> {
        match self {
            Self::Revoked(things) => Some(things),
            Self::NotRevoked(_) | Self::Listed { .. } => None,
        }
    }
}

/// The answers for one principal about one artifact under a supposition. They are nobody's facts.
#[derive(Debug, Clone)]
#[must_use]
pub struct Supposed(Answers);

impl Supposed {
    /// The artifact.
    #[must_use]
    pub const fn artifact(&self) -> ArtifactDigest {
        self.0.artifact()
    }

    /// The answer to a question, without proof or obstacles; `None` if it was not asked.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Option<&Answer> {
        self.0.answer(question)
    }

    /// All answers.
    #[must_use]
    pub const fn answers(&self) -> &Answers {
        &self.0
    }
}

/// Answers `questions` about `artifact` as [`crate::appraise`] would, if the supposition were so.
///
/// Guarantee: under [`Supposition::Revoked`] and [`Supposition::Listed`] nothing is shown that is not shown without. Whose
/// lists are fresh stays as it is, although a list that revokes something would be fresh itself.
///
/// # Errors
/// [`AppraiseError`] for the limit that is exceeded.
pub fn suppose<'p>(
    provenance: &Verified<Provenance>,
    trust: &Trust,
    artifact: ArtifactDigest,
    questions: &BTreeSet<Question>,
    vantage: impl Into<Vantage<'p>>,
    supposition: &Supposition,
) -> Result<Supposed, AppraiseError> {
    let (chain, vantage) = (ProvenanceChain::of(provenance, artifact), vantage.into());
    let asked = Asked { chain: &chain, trust, questions, vantage };
    answers(&asked, Some(supposition), limits::CHAIN_SEARCH_STEPS).map(Supposed)
}

/// Everything in the evidence that could be revoked or found unfit: what the report keys and authorities of the bundle
/// are, what they signed, and what was measured.
#[must_use]
pub fn things(provenance: &Verified<Provenance>) -> BTreeSet<Thing> {
    let provenance = provenance.get();
    let mut things = BTreeSet::new();
    let mut listed = |id| things.insert(Thing::Listed(id));
    for endorsement in &provenance.endorsements {
        listed(RevokedId::Endorsement(endorsement.id()));
        listed(RevokedId::Key(endorsement.issuer()));
        listed(RevokedId::Key(endorsement.predicate().public_key.key_id()));
    }
    for certification in &provenance.certifications {
        listed(RevokedId::Certification(certification.id()));
        listed(RevokedId::Key(certification.issuer()));
        listed(RevokedId::Key(certification.predicate().report_key.key_id()));
    }
    for report in &provenance.reports {
        listed(RevokedId::Report(report.id()));
        listed(RevokedId::Key(report.issuer()));
        for countersigner in provenance.countersigners(report.id()) {
            listed(RevokedId::Key(countersigner));
        }
    }
    for report in &provenance.reports {
        things.extend(crate::removal::measured(report).map(Thing::Tool));
    }
    for origin in &provenance.origins {
        things.extend([Thing::Origin(origin.id()), Thing::OriginKey(origin.issuer())]);
    }
    for runtime in provenance.certifications.iter().filter(|one| one.predicate().is_of_a_runtime()) {
        let entry = runtime.statement().subject().iter().filter_map(|subject| subject.digest.file());
        things.extend(entry.map(|digest| Thing::Tool(FileDigest::new(digest))));
    }
    things
}
