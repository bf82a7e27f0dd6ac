//! Bytes of a bundle to verified provenance: crypto, once, for all principals (rules V-LINE, V-ISSUER, V-MERGE).

use std::collections::BTreeMap;

use cdi_envelope::{Budget, Envelope, EnvelopeError, PublicKey};
use cdi_types::{
    AnyStatement, Bundle, KeyId, Line, Predicate, PublicKeyInfo, Statement, StatementId, Unverified, limits,
    parse_statement,
};

use crate::provenance::{Discarded, Provenance, Signed, Verified};

/// A bundle that is over a limit: everything else only discards a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// More signature verifications than [`limits::SIGNATURE_VERIFICATIONS`] would be needed.
    #[error("the bundle needs more than {} signature verifications", limits::SIGNATURE_VERIFICATIONS)]
    TooManyVerifications,
    /// More reports than [`limits::REPORTS`].
    #[error("the bundle has {found} reports, at most {} are considered", limits::REPORTS)]
    TooManyReports {
        /// How many reports were found.
        found: usize,
    },
    /// More inputs of all reports together than [`limits::EDGES`].
    #[error("the bundle's reports have {found} inputs, at most {} are considered", limits::EDGES)]
    TooManyEdges {
        /// How many inputs were found.
        found: usize,
    },
}

impl VerifyError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooManyVerifications => "limit-signature-verifications",
            Self::TooManyReports { .. } => "limit-reports",
            Self::TooManyEdges { .. } => "limit-edges",
        }
    }
}

/// Verifies every envelope of `bundle`: on `Ok` each statement in the result was signed by the key that it names as
/// its issuer. Keys come from `keyring` and from the endorsements and certifications of the bundle itself: a key's id
/// is the digest of the key, so it does not matter who brought it. That a key has signed gives no trust.
///
/// A line that cannot be used is listed as discarded and proves nothing; the rest still counts.
///
/// # Errors
/// [`VerifyError`] for the limit that is exceeded.
pub fn verify<'k>(
    bundle: &Unverified<Bundle>,
    keyring: impl IntoIterator<Item = &'k PublicKey>,
) -> Result<Verified<Provenance>, VerifyError> {
    let mut provenance = Provenance::default();
    let parsed: Vec<Parsed> = bundle
        .as_untrusted()
        .lines()
        .filter_map(|line| parse(line).map_err(|discarded| provenance.discarded.push(discarded)).ok())
        .collect();
    hold_to_limits(&parsed)?;
    let mut keys = Keys::new(keyring, &parsed);
    let mut budget = Budget::new(limits::SIGNATURE_VERIFICATIONS);
    let mut verified = BTreeMap::new();
    for item in parsed {
        match keys.verify(&item, &mut budget) {
            Ok(()) => drop(verified.insert(item.id, item.statement)),
            Err(Refusal::Limit) => return Err(VerifyError::TooManyVerifications),
            Err(Refusal::Discard(discarded)) => provenance.discarded.push(discarded),
        }
    }
    provenance.verifications = budget.spent();
    provenance.discarded.sort_by_key(|discarded| discarded.line);
    verified.into_iter().for_each(|(id, statement)| provenance.take(id, statement));
    Ok(Verified::mint(provenance))
}

/// A line whose form is right.
struct Parsed {
    line: usize,
    envelope: Envelope,
    id: StatementId,
    statement: AnyStatement,
}

fn parse(line: Line<'_>) -> Result<Parsed, Discarded> {
    let discard = |code, reason| Discarded { line: line.number, code, reason };
    let envelope = Envelope::parse(line.bytes).map_err(|error| discard(error.code(), error.to_string()))?;
    let envelope = envelope.into_untrusted();
    let (id, statement) =
        parse_statement(envelope.payload()).map_err(|error| discard(error.code(), error.to_string()))?;
    if let Some(what) = no_evidence(&statement) {
        return Err(discard("statement-no-evidence", format!("{what} is no evidence for a decision")));
    }
    Ok(Parsed { line: line.number, envelope, id, statement })
}

/// What a statement is, if no decision reads it.
fn no_evidence(statement: &AnyStatement) -> Option<String> {
    match statement {
        AnyStatement::Foreign { predicate_type } => Some(format!("a predicate of type `{predicate_type}`")),
        AnyStatement::CertificationRequest(_) => Some("a certification request".to_owned()),
        AnyStatement::EndorsementRequest(_) => Some("an endorsement request".to_owned()),
        AnyStatement::Endorsement(_)
        | AnyStatement::Certification(_)
        | AnyStatement::Report(_)
        | AnyStatement::Origin(_)
        | AnyStatement::Revocations(_) => None,
    }
}

fn hold_to_limits(parsed: &[Parsed]) -> Result<(), VerifyError> {
    let mut reports = std::collections::BTreeSet::new();
    let mut edges = 0_usize;
    for item in parsed {
        if let AnyStatement::Report(report) = &item.statement
            && reports.insert(item.id)
        {
            edges += report.predicate().inputs.len();
        }
    }
    if reports.len() > limits::REPORTS {
        return Err(VerifyError::TooManyReports { found: reports.len() });
    }
    if edges > limits::EDGES { Err(VerifyError::TooManyEdges { found: edges }) } else { Ok(()) }
}

enum Refusal {
    Limit,
    Discard(Discarded),
}

/// Every key that anybody brought, by the digest of the key itself.
struct Keys {
    infos: BTreeMap<KeyId, PublicKeyInfo>,
    usable: BTreeMap<KeyId, Result<PublicKey, (&'static str, String)>>,
}

impl Keys {
    fn new<'k>(keyring: impl IntoIterator<Item = &'k PublicKey>, parsed: &[Parsed]) -> Self {
        let usable = keyring.into_iter().map(|key| (key.key_id(), Ok(key.clone()))).collect();
        let brought = parsed.iter().filter_map(|item| match &item.statement {
            AnyStatement::Endorsement(statement) => Some(&statement.predicate().public_key),
            AnyStatement::Certification(statement) => Some(&statement.predicate().report_key),
            _ => None,
        });
        Self { infos: brought.map(|info| (info.key_id(), info.clone())).collect(), usable }
    }

    fn verify(&mut self, item: &Parsed, budget: &mut Budget) -> Result<(), Refusal> {
        let discard = |code, reason| Refusal::Discard(Discarded { line: item.line, code, reason });
        let issuer = issuer(&item.statement);
        match self.key(issuer) {
            None => Err(discard("issuer-key-unknown", format!("nobody brought the issuer's key {issuer}"))),
            Some(Err((code, reason))) => Err(discard(code, reason.clone())),
            Some(Ok(key)) => item.envelope.verify_by(key, budget).map_err(|error| match error {
                EnvelopeError::VerificationBudget { .. } => Refusal::Limit,
                other => discard(other.code(), other.to_string()),
            }),
        }
    }

    /// The key with this id, parsed at its first use and once only.
    fn key(&mut self, id: KeyId) -> Option<&Result<PublicKey, (&'static str, String)>> {
        if !self.usable.contains_key(&id) {
            let parsed =
                PublicKey::from_info(self.infos.get(&id)?).map_err(|error| (error.code(), error.to_string()));
            self.usable.insert(id, parsed);
        }
        self.usable.get(&id)
    }
}

/// The one signer that a statement credits. What is no evidence never comes here.
fn issuer(statement: &AnyStatement) -> KeyId {
    fn of<P: Predicate>(statement: &Statement<P>) -> KeyId {
        statement.predicate().issuer()
    }
    match statement {
        AnyStatement::Endorsement(statement) => of(statement),
        AnyStatement::Certification(statement) => of(statement),
        AnyStatement::Report(statement) => of(statement),
        AnyStatement::Origin(statement) => of(statement),
        AnyStatement::Revocations(statement) => of(statement),
        AnyStatement::CertificationRequest(statement) => of(statement),
        AnyStatement::EndorsementRequest(statement) => of(statement),
        AnyStatement::Foreign { .. } => KeyId::of(b""),
    }
}

impl Provenance {
    fn take(&mut self, id: StatementId, statement: AnyStatement) {
        match statement {
            AnyStatement::Endorsement(statement) => self.endorsements.push(Signed::mint(id, statement)),
            AnyStatement::Certification(statement) => self.certifications.push(Signed::mint(id, *statement)),
            AnyStatement::Report(statement) => self.reports.push(Signed::mint(id, *statement)),
            AnyStatement::Origin(statement) => self.origins.push(Signed::mint(id, statement)),
            AnyStatement::Revocations(statement) => self.revocations.push(Signed::mint(id, statement)),
            AnyStatement::CertificationRequest(_)
            | AnyStatement::EndorsementRequest(_)
            | AnyStatement::Foreign { .. } => {}
        }
    }
}
