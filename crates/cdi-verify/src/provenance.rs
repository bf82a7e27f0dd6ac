//! Statements whose signatures were verified: the second rung of the ladder.

use std::collections::{BTreeMap, BTreeSet};

use cdi_types::{
    Endorsement, ForeignStatement, KeyId, NodeReport, Origin, PolicyEdition, Predicate, Report,
    RevocationList, Statement, StatementId, ToolCertification, VerificationSummary, Waiver,
};

use crate::claimed::AllClaimed;
use crate::index::Index;

/// Something that this crate has verified. There is no other way to make one.
#[derive(Debug, Clone)]
#[must_use]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) const fn mint(value: T) -> Self {
        Self(value)
    }

    /// The verified value.
    pub const fn get(&self) -> &T {
        &self.0
    }
}

/// A statement that the key named as its issuer has signed.
#[derive(Debug, Clone)]
pub struct Signed<P> {
    id: StatementId,
    statement: Statement<P>,
}

impl<P: Predicate> Signed<P> {
    pub(crate) const fn mint(id: StatementId, statement: Statement<P>) -> Self {
        Self { id, statement }
    }

    /// The statement's id.
    #[must_use]
    pub const fn id(&self) -> StatementId {
        self.id
    }

    /// The key that signed.
    #[must_use]
    pub fn issuer(&self) -> KeyId {
        self.statement.predicate().issuer()
    }

    /// The statement.
    #[must_use]
    pub const fn statement(&self) -> &Statement<P> {
        &self.statement
    }

    /// The statement's predicate.
    #[must_use]
    pub const fn predicate(&self) -> &P {
        self.statement.predicate()
    }
}

/// A statement that does not say itself whose word it is: it is credited to the keys that have signed it, out of those that
/// policies name for what it is.
#[derive(Debug, Clone)]
pub struct Credited<S> {
    id: StatementId,
    said: S,
    signers: BTreeSet<KeyId>,
}

/// A verification summary, by keys that policies name for its verifier.
pub type SignedSummary = Credited<VerificationSummary>;

/// A statement of somebody else's type, by keys that policies name for the type.
pub type SignedEvidence = Credited<ForeignStatement>;

impl<S> Credited<S> {
    pub(crate) const fn mint(id: StatementId, said: S) -> Self {
        Self { id, said, signers: BTreeSet::new() }
    }

    pub(crate) fn add(&mut self, signers: BTreeSet<KeyId>) {
        self.signers.extend(signers);
    }

    /// The statement's id.
    #[must_use]
    pub const fn id(&self) -> StatementId {
        self.id
    }

    /// What it says.
    #[must_use]
    pub const fn said(&self) -> &S {
        &self.said
    }

    /// Whether this key has signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: KeyId) -> bool {
        self.signers.contains(&key)
    }
}

/// A line of a bundle that proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    /// The line's number in the bundle, from 1.
    pub line: usize,
    /// The stable code of what is wrong.
    pub code: &'static str,
    /// The same in words.
    pub reason: String,
}

/// What a bundle says and who signed it, each statement once, in the order of their ids. Whether the signers are
/// trusted is not known here.
#[derive(Debug, Clone, Default)]
pub struct Provenance {
    pub(crate) endorsements: Vec<Signed<Endorsement>>,
    pub(crate) certifications: Vec<Signed<ToolCertification>>,
    pub(crate) reports: Vec<Signed<Report>>,
    pub(crate) origins: Vec<Signed<Origin>>,
    pub(crate) revocations: Vec<Signed<RevocationList>>,
    pub(crate) editions: Vec<Signed<PolicyEdition>>,
    pub(crate) waivers: Vec<Signed<Waiver>>,
    pub(crate) nodes: Vec<Signed<NodeReport>>,
    pub(crate) summaries: Vec<SignedSummary>,
    pub(crate) evidence: Vec<SignedEvidence>,
    pub(crate) list_lines: BTreeMap<StatementId, usize>,
    pub(crate) list_envelopes: BTreeMap<StatementId, Vec<u8>>,
    pub(crate) countersigners: BTreeMap<StatementId, BTreeSet<KeyId>>,
    pub(crate) discarded: Vec<Discarded>,
    pub(crate) verifications: usize,
    pub(crate) index: Index,
}

impl Provenance {
    /// The endorsements of authorities.
    #[must_use]
    pub fn endorsements(&self) -> &[Signed<Endorsement>] {
        &self.endorsements
    }

    /// The certifications of tools.
    #[must_use]
    pub fn certifications(&self) -> &[Signed<ToolCertification>] {
        &self.certifications
    }

    /// The reports of runs.
    #[must_use]
    pub fn reports(&self) -> &[Signed<Report>] {
        &self.reports
    }

    /// The origins.
    #[must_use]
    pub fn origins(&self) -> &[Signed<Origin>] {
        &self.origins
    }

    /// The authorities' revocation lists.
    #[must_use]
    pub fn revocations(&self) -> &[Signed<RevocationList>] {
        &self.revocations
    }

    /// The keys that signed a report besides its issuer's, in the order of their ids. Whose they are is not known here.
    pub fn countersigners(&self, report: StatementId) -> impl Iterator<Item = KeyId> {
        self.countersigners.get(&report).into_iter().flatten().copied()
    }

    /// The editions of policies.
    #[must_use]
    pub fn editions(&self) -> &[Signed<PolicyEdition>] {
        &self.editions
    }

    /// The waivers.
    #[must_use]
    pub fn waivers(&self) -> &[Signed<Waiver>] {
        &self.waivers
    }

    /// What nodes say of themselves, all of it: what of that counts, [`crate::nodes_in_force`] tells.
    #[must_use]
    pub fn nodes(&self) -> &[Signed<NodeReport>] {
        &self.nodes
    }

    /// The summaries of verifiers that policies name.
    #[must_use]
    pub fn summaries(&self) -> &[SignedSummary] {
        &self.summaries
    }

    /// The statements of others' types that policies name.
    #[must_use]
    pub fn evidence(&self) -> &[SignedEvidence] {
        &self.evidence
    }

    /// The line of the bundle, from 1, that a revocation list stands on; of several the first that was verified.
    #[must_use]
    pub fn line_of_list(&self, list: StatementId) -> Option<usize> {
        self.list_lines.get(&list).copied()
    }

    /// A revocation list as a line of its own: its bytes under its authority's signature, and nothing else that stood beside.
    #[must_use]
    pub fn envelope_of_list(&self, list: StatementId) -> Option<&[u8]> {
        self.list_envelopes.get(&list).map(Vec::as_slice)
    }

    /// What the certifications claim.
    pub(crate) fn claimed(&self) -> &AllClaimed {
        self.index.claimed(&self.certifications)
    }

    /// The lines that prove nothing, in the order of the bundle.
    #[must_use]
    pub fn discarded(&self) -> &[Discarded] {
        &self.discarded
    }

    /// How many signatures were verified, in vain or not.
    #[must_use]
    pub const fn verifications(&self) -> usize {
        self.verifications
    }
}
