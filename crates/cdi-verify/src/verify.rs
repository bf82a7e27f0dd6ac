//! Bytes of a bundle to verified provenance: crypto, once, for all principals (rules V-LINE, V-ISSUER, V-MERGE).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::{Budget, Envelope, EnvelopeError, KeyError, PublicKey};
use cdi_types::{
    AnyStatement, Bundle, KeyId, Line, PolicyEdition, PublicKeyInfo, StatementId, Unverified, VerifierId,
    limits, parse_statement,
};

use crate::provenance::{Discarded, Provenance, Signed, SignedSummary, Verified};
use crate::statements::{brought, issuer, kind, no_evidence};

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

/// A key that a decider brings, and the verifier whose summaries it signs, if its policy says so (rule V-SUMMARY).
#[derive(Debug, Clone)]
pub struct KnownKey {
    key: PublicKey,
    verifier: Option<VerifierId>,
}

impl KnownKey {
    /// The key of a verifier, by the word of a policy.
    #[must_use]
    pub const fn of_verifier(key: PublicKey, verifier: VerifierId) -> Self {
        Self { key, verifier: Some(verifier) }
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }
}

impl From<PublicKey> for KnownKey {
    fn from(key: PublicKey) -> Self {
        Self { key, verifier: None }
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
    keyring: impl IntoIterator<Item = &'k KnownKey>,
) -> Result<Verified<Provenance>, VerifyError> {
    verify_editions(bundle, keyring, &mut |_| Vec::new())
}

/// As [`verify`], for bundles that carry policies: `names` gives the keys that an edition's document names, and what they
/// signed in the same bundle is verified as if the keyring had them. It is asked of verified editions only.
///
/// # Errors
/// As [`verify`].
pub fn verify_editions<'k>(
    bundle: &Unverified<Bundle>,
    keyring: impl IntoIterator<Item = &'k KnownKey>,
    names: &mut dyn FnMut(&PolicyEdition) -> Vec<KnownKey>,
) -> Result<Verified<Provenance>, VerifyError> {
    let mut walk = Walk::new(keyring, names);
    for line in bundle.as_untrusted().lines() {
        walk.visit(line)?;
    }
    walk.return_to_parked()?;
    walk.count_countersignatures()?;
    walk.settle_summaries()?;
    let mut provenance = Provenance { verifications: walk.budget.spent(), ..walk.provenance };
    provenance.sort();
    hold_to_limits(&provenance)?;
    Ok(Verified::mint(provenance))
}

/// How many payload bytes of lines whose key is not known yet are kept parsed. Of the others only the place is kept: what
/// nobody signed must not cost memory.
const PARKED_BYTES: usize = 16 << 20;

/// One walk over the lines, in their order. A line whose key comes after it is parked, and visited again at the end.
struct Walk<'b, 'n> {
    keys: Keys,
    names: &'n mut dyn FnMut(&PolicyEdition) -> Vec<KnownKey>,
    budget: Budget,
    parked: Vec<Parked<'b>>,
    parked_bytes: usize,
    verified: BTreeSet<StatementId>,
    /// Verified reports that others may have signed too. Their keys can come on later lines.
    countersigned: Vec<(StatementId, KeyId, Line<'b>)>,
    /// Verification summaries, by their verifiers. Policies say whose keys sign for them, those on later lines too.
    summaries: Vec<(Line<'b>, VerifierId)>,
    provenance: Provenance,
}

struct Parked<'b> {
    line: Line<'b>,
    issuer: KeyId,
    kind: &'static str,
    parsed: Option<Parsed<'b>>,
}

impl<'b, 'n> Walk<'b, 'n> {
    fn new<'k>(
        keyring: impl IntoIterator<Item = &'k KnownKey>,
        names: &'n mut dyn FnMut(&PolicyEdition) -> Vec<KnownKey>,
    ) -> Self {
        let mut keys = Keys::default();
        keyring.into_iter().for_each(|known| keys.add(known));
        Self {
            keys,
            names,
            budget: Budget::new(limits::SIGNATURE_VERIFICATIONS),
            parked: Vec::new(),
            parked_bytes: 0,
            verified: BTreeSet::new(),
            countersigned: Vec::new(),
            summaries: Vec::new(),
            provenance: Provenance::default(),
        }
    }

    fn visit(&mut self, line: Line<'b>) -> Result<(), VerifyError> {
        let parsed = match parse(line) {
            Ok(parsed) => parsed,
            Err(discarded) => {
                self.provenance.discarded.push(discarded);
                return Ok(());
            }
        };
        if let AnyStatement::Summary(summary) = &parsed.statement {
            self.summaries.push((line, summary.verifier.clone()));
            return Ok(());
        }
        self.keys.learn(&parsed.statement);
        let issuer = issuer(&parsed.statement);
        if self.keys.knows(issuer) {
            return self.settle(parsed);
        }
        let kind = kind(&parsed.statement);
        self.parked_bytes = self.parked_bytes.saturating_add(parsed.envelope.payload().len());
        let parsed = (self.parked_bytes <= PARKED_BYTES).then_some(parsed);
        self.parked.push(Parked { line, issuer, kind, parsed });
        Ok(())
    }

    fn return_to_parked(&mut self) -> Result<(), VerifyError> {
        for Parked { line, issuer, kind, parsed } in std::mem::take(&mut self.parked) {
            if !self.keys.knows(issuer) {
                self.provenance.discarded.push(issuer_unknown(line.number, issuer, kind));
                continue;
            }
            match parsed.map_or_else(|| parse(line), Ok) {
                Ok(parsed) => self.settle(parsed)?,
                Err(discarded) => self.provenance.discarded.push(discarded),
            }
        }
        Ok(())
    }

    /// Verifies a statement whose issuer's key is known. Its envelope is not needed after that.
    fn settle(&mut self, item: Parsed<'b>) -> Result<(), VerifyError> {
        match self.keys.verify(&item, &mut self.budget) {
            Ok(()) => {
                if matches!(item.statement, AnyStatement::Report(_)) && item.envelope.signatures().len() > 1 {
                    self.countersigned.push((item.id, issuer(&item.statement), item.line));
                }
                if self.verified.insert(item.id) {
                    if let AnyStatement::Policy(edition) = &item.statement {
                        (self.names)(edition.predicate()).iter().for_each(|key| self.keys.add(key));
                    }
                    self.provenance.take(item.line.number, item.id, item.statement);
                }
            }
            Err(Refusal::Limit) => return Err(VerifyError::TooManyVerifications),
            Err(Refusal::Discard(discarded)) => self.provenance.discarded.push(discarded),
        }
        Ok(())
    }
}

/// Who signed reports besides their issuers (rule V-COUNTERSIGNED). What does not verify is not there: it says nothing about the
/// report.
impl Walk<'_, '_> {
    fn count_countersignatures(&mut self) -> Result<(), VerifyError> {
        for (id, issuer, line) in std::mem::take(&mut self.countersigned) {
            let Ok(envelope) = Envelope::parse(line.bytes) else { continue };
            let envelope = envelope.into_untrusted();
            let known = self.provenance.countersigners.entry(id).or_default();
            let hints = envelope.signatures().filter_map(|(hint, _)| KeyId::parse(hint?).ok());
            let hints: BTreeSet<KeyId> = hints.filter(|key| *key != issuer && !known.contains(key)).collect();
            for key in hints {
                let Some(read) = self.keys.read(key) else { continue };
                match envelope.is_countersigned_by(read, &mut self.budget) {
                    Ok(true) => drop(known.insert(key)),
                    Ok(false) => {}
                    Err(_) => return Err(VerifyError::TooManyVerifications),
                }
            }
        }
        self.provenance.countersigners.retain(|_, keys| !keys.is_empty());
        Ok(())
    }
}

/// Summaries are credited to the keys that policies name for their verifiers (rule V-SUMMARY). One of a verifier that none
/// names has cost no more than to be read: anybody can write them.
impl Walk<'_, '_> {
    fn settle_summaries(&mut self) -> Result<(), VerifyError> {
        let mut settled: BTreeMap<StatementId, SignedSummary> = BTreeMap::new();
        for (line, verifier) in std::mem::take(&mut self.summaries) {
            let discard = |code, reason| Discarded { line: line.number, code, reason };
            let Some(keys) = self.keys.of_verifiers.get(&verifier) else {
                let reason = format!("a verification summary by `{verifier}`, whom no policy names");
                self.provenance.discarded.push(discard("statement-no-evidence", reason));
                continue;
            };
            let Ok(Parsed { envelope, id, statement: AnyStatement::Summary(summary), .. }) = parse(line)
            else {
                continue;
            };
            let mut signers = BTreeSet::new();
            for key in keys.values() {
                match envelope.verify_by(key, &mut self.budget) {
                    Ok(()) => drop(signers.insert(key.key_id())),
                    Err(EnvelopeError::VerificationBudget { .. }) => {
                        return Err(VerifyError::TooManyVerifications);
                    }
                    Err(_) => {}
                }
            }
            if signers.is_empty() {
                let reason =
                    format!("no signature is by a key that a policy names for the verifier `{verifier}`");
                self.provenance.discarded.push(discard("signature-invalid", reason));
                continue;
            }
            let one = settled.entry(id).or_insert_with(|| SignedSummary::mint(id, *summary));
            one.add(signers);
        }
        self.provenance.summaries = settled.into_values().collect();
        Ok(())
    }
}

/// A line whose form is right.
struct Parsed<'b> {
    line: Line<'b>,
    envelope: Envelope,
    id: StatementId,
    statement: AnyStatement,
}

fn parse(line: Line<'_>) -> Result<Parsed<'_>, Discarded> {
    let discard = |code, reason| Discarded { line: line.number, code, reason };
    let envelope = Envelope::parse(line.bytes).map_err(|error| discard(error.code(), error.to_string()))?;
    let envelope = envelope.into_untrusted();
    let (id, statement) =
        parse_statement(envelope.payload()).map_err(|error| discard(error.code(), error.to_string()))?;
    if let Some(what) = no_evidence(&statement) {
        return Err(discard("statement-no-evidence", format!("{what} is no evidence for a decision")));
    }
    Ok(Parsed { line, envelope, id, statement })
}

fn hold_to_limits(provenance: &Provenance) -> Result<(), VerifyError> {
    let reports = provenance.reports.len();
    if reports > limits::REPORTS {
        return Err(VerifyError::TooManyReports { found: reports });
    }
    let edges = provenance.reports.iter().map(|report| report.predicate().inputs.len()).sum();
    if edges > limits::EDGES { Err(VerifyError::TooManyEdges { found: edges }) } else { Ok(()) }
}

enum Refusal {
    Limit,
    Discard(Discarded),
}

fn issuer_unknown(line: usize, issuer: KeyId, what: &str) -> Discarded {
    let article = if what.starts_with(['e', 'o']) { "an" } else { "a" };
    let reason = format!("{article} {what}; nobody brought the key {issuer} that is to have signed it");
    Discarded { line, code: "issuer-key-unknown", reason }
}

/// Every key that anybody brought, by the digest of the key itself; read at its first use, and once only.
#[derive(Default)]
struct Keys {
    known: BTreeMap<KeyId, Box<Key>>,
    /// The keys that policies name for verifiers.
    of_verifiers: BTreeMap<VerifierId, BTreeMap<KeyId, PublicKey>>,
}

struct Key {
    info: PublicKeyInfo,
    read: OnceCell<Result<PublicKey, KeyError>>,
}

impl Keys {
    /// Takes a key that is known to be sound.
    fn add(&mut self, known: &KnownKey) {
        let key = &known.key;
        if let Some(verifier) = &known.verifier {
            self.of_verifiers.entry(verifier.clone()).or_default().insert(key.key_id(), key.clone());
        }
        let read = || Key { info: key.info().clone(), read: OnceCell::from(Ok(key.clone())) };
        self.known.entry(key.key_id()).or_insert_with(|| Box::new(read()));
    }

    /// Takes the keys that a statement brings.
    fn learn(&mut self, statement: &AnyStatement) {
        for brought in brought(statement) {
            let unread = || Box::new(Key { info: brought.clone(), read: OnceCell::new() });
            self.known.entry(brought.key_id()).or_insert_with(unread);
        }
    }

    fn knows(&self, id: KeyId) -> bool {
        self.known.contains_key(&id)
    }

    /// The key with this id, if anybody brought it and it can be read.
    fn read(&self, id: KeyId) -> Option<&PublicKey> {
        let key = self.known.get(&id)?;
        key.read.get_or_init(|| PublicKey::from_info(&key.info)).as_ref().ok()
    }

    fn verify(&self, item: &Parsed<'_>, budget: &mut Budget) -> Result<(), Refusal> {
        let discard =
            |code, reason: String| Err(Refusal::Discard(Discarded { line: item.line.number, code, reason }));
        let issuer = issuer(&item.statement);
        let Some(key) = self.known.get(&issuer) else {
            return Err(Refusal::Discard(issuer_unknown(item.line.number, issuer, kind(&item.statement))));
        };
        match key.read.get_or_init(|| PublicKey::from_info(&key.info)) {
            Err(error) => discard(error.code(), error.to_string()),
            Ok(key) => item.envelope.verify_by(key, budget).or_else(|error| match error {
                EnvelopeError::VerificationBudget { .. } => Err(Refusal::Limit),
                other => discard(other.code(), other.to_string()),
            }),
        }
    }
}

impl Provenance {
    fn take(&mut self, line: usize, id: StatementId, statement: AnyStatement) {
        match statement {
            AnyStatement::Endorsement(found) => self.endorsements.push(Signed::mint(id, found)),
            AnyStatement::Certification(found) => self.certifications.push(Signed::mint(id, *found)),
            AnyStatement::Report(found) => self.reports.push(Signed::mint(id, *found)),
            AnyStatement::Origin(found) => self.origins.push(Signed::mint(id, found)),
            AnyStatement::Revocations(found) => {
                self.list_lines.insert(id, line);
                self.revocations.push(Signed::mint(id, found));
            }
            AnyStatement::Policy(found) => self.editions.push(Signed::mint(id, *found)),
            AnyStatement::Waiver(found) => self.waivers.push(Signed::mint(id, found)),
            AnyStatement::CertificationRequest(_)
            | AnyStatement::EndorsementRequest(_)
            | AnyStatement::Summary(_)
            | AnyStatement::Foreign { .. } => {}
        }
    }

    /// Nothing that follows depends on the order of lines.
    fn sort(&mut self) {
        self.endorsements.sort_by_cached_key(Signed::id);
        self.certifications.sort_by_cached_key(Signed::id);
        self.reports.sort_by_cached_key(Signed::id);
        self.origins.sort_by_cached_key(Signed::id);
        self.revocations.sort_by_cached_key(Signed::id);
        self.editions.sort_by_cached_key(Signed::id);
        self.waivers.sort_by_cached_key(Signed::id);
        self.discarded.sort_by_key(|discarded| discarded.line);
    }
}
