//! The walk over the lines of a bundle: what can be verified with which keys (rules V-KEYRING, V-ISSUER, V-MERGE).

use std::collections::{BTreeMap, BTreeSet};

use cdi_envelope::{Budget, CheckId, Envelope, EnvelopeError, PublicKey, write_line};
use cdi_types::{
    AnyStatement, KeyId, Line, PolicyEdition, PublicKeyInfo, StatementId, VerifierId, limits, parse_statement,
};

use crate::ahead::{Foreseen, InVain, Read, is_for_many, next_lines, read_all, signatures, verify_ahead};
use crate::help::{CheckedBefore, Help};
use crate::index::Index;
use crate::keyring::{Credit, Keys, Refusal, issuer_unknown};
use crate::provenance::{Discarded, Provenance, Signed, SignedEvidence, SignedSummary};
use crate::statements::{brought, issuer, kind, no_evidence};
use crate::verify::{KnownKey, Patience, VerifyError};

/// How many payload bytes of lines whose key is not known yet are kept parsed. Of the others only the place is kept: what
/// nobody signed must not cost memory.
const PARKED_BYTES: usize = 16 << 20;

/// One walk over the lines, in their order. A line is verified as soon as its issuer's key is known: from a policy, or from
/// what was verified before. One whose key comes after it is parked until then. What is parked at the end is strangers'.
pub(crate) struct Walk<'b, 'n> {
    keys: Keys,
    names: &'n mut dyn FnMut(&PolicyEdition) -> Vec<KnownKey>,
    budget: Budget,
    in_vain: Vain,
    parked: BTreeMap<KeyId, Vec<Parked<'b>>>,
    parked_bytes: usize,
    /// How many signatures were parked so far.
    parked_signatures: usize,
    /// Keys that statements name which did not verify: strangers' lines may be told of by them. Those with the first ids.
    doubtful: BTreeMap<KeyId, PublicKeyInfo>,
    verified: BTreeSet<StatementId>,
    /// Verified reports that others may have signed too. Their keys can come on later lines.
    countersigned: Vec<(StatementId, KeyId, Line<'b>)>,
    /// Verification summaries, by their verifiers. Policies say whose keys sign for them, those on later lines too.
    summaries: Vec<(Line<'b>, VerifierId)>,
    /// Statements of others' types. Policies say whose keys sign for which, those on later lines too.
    foreign: Vec<(Line<'b>, String)>,
    provenance: Provenance,
    /// What was verified before this.
    before: Option<&'n dyn CheckedBefore>,
    /// The checks that verified what counts, one a statement.
    checks: Vec<CheckId>,
}

/// Verifications that have shown nothing new: of what nobody has signed, and of what was verified already.
struct Vain {
    most: usize,
    spent: usize,
}

impl Vain {
    const fn left(&self) -> usize {
        self.most.saturating_sub(self.spent)
    }

    const fn spend(&mut self, verifications: usize) -> Result<(), VerifyError> {
        self.spent = self.spent.saturating_add(verifications);
        if self.spent > self.most { Err(VerifyError::TooManyInVain { most: self.most }) } else { Ok(()) }
    }
}

struct Parked<'b> {
    id: StatementId,
    line: Line<'b>,
    kind: &'static str,
    bytes: usize,
    parsed: Option<Parsed<'b>>,
    /// What is known of its signature, where the rest was not kept.
    foreseen: Option<Foreseen>,
}

impl<'b> Parked<'b> {
    /// The line, read once more if it was not kept.
    fn parsed(self) -> Result<Parsed<'b>, Discarded> {
        let foreseen = self.foreseen;
        self.parsed.map_or_else(|| parse(self.line).map(|parsed| Parsed { foreseen, ..parsed }), Ok)
    }
}

impl<'b, 'n> Walk<'b, 'n> {
    pub(crate) fn new<'k>(
        keyring: impl IntoIterator<Item = &'k KnownKey>,
        names: &'n mut dyn FnMut(&PolicyEdition) -> Vec<KnownKey>,
        patience: Patience,
        before: Option<&'n dyn CheckedBefore>,
    ) -> Self {
        let mut keys = Keys::default();
        keyring.into_iter().for_each(|known| keys.add(known));
        Self {
            keys,
            names,
            budget: Budget::new(limits::SIGNATURE_VERIFICATIONS),
            in_vain: Vain { most: patience.most(), spent: 0 },
            parked: BTreeMap::new(),
            parked_bytes: 0,
            parked_signatures: 0,
            doubtful: BTreeMap::new(),
            verified: BTreeSet::new(),
            countersigned: Vec::new(),
            summaries: Vec::new(),
            foreign: Vec::new(),
            provenance: Provenance::default(),
            before,
            checks: Vec::new(),
        }
    }

    /// Looks at all lines, in their order.
    pub(crate) fn visit_all(
        &mut self,
        mut lines: impl Iterator<Item = Line<'b>>,
        help: Help<'_>,
    ) -> Result<(), VerifyError> {
        loop {
            let next = next_lines(&mut lines);
            if next.is_empty() {
                return Ok(());
            }
            if !is_for_many(&next, help) {
                next.into_iter().try_for_each(|line| self.visit(parse(line)))?;
                continue;
            }
            let mut read = read_all(&next, help);
            // What is parked may come first. Then nothing that is verified ahead was verified for nothing.
            if self.parked_signatures.saturating_add(signatures(&read)) <= self.budget.left() {
                verify_ahead(&mut read, &self.keys, &InVain::of(self.in_vain.left()), help);
            }
            read.into_iter().try_for_each(|read| self.visit(read))?;
        }
    }

    /// Looks at the next line.
    fn visit(&mut self, read: Read<'b>) -> Result<(), VerifyError> {
        let mut parsed = match read {
            Ok(parsed) => parsed,
            Err(discarded) => {
                self.provenance.discarded.push(discarded);
                return Ok(());
            }
        };
        let line = parsed.line;
        if let AnyStatement::Summary(summary) = &parsed.statement {
            self.summaries.push((line, summary.verifier.clone()));
            return Ok(());
        }
        if let AnyStatement::Foreign(foreign) = parsed.statement {
            self.foreign.push((line, foreign.predicate_type));
            return Ok(());
        }
        let issuer = issuer(&parsed.statement);
        if self.keys.knows(issuer) {
            return self.settle(parsed);
        }
        let (id, kind) = (parsed.id, kind(&parsed.statement));
        let bytes = parsed.envelope.payload().len();
        self.parked_signatures = self.parked_signatures.saturating_add(parsed.envelope.signatures().len());
        let fits = self.parked_bytes.checked_add(bytes).filter(|all| *all <= PARKED_BYTES);
        let foreseen = if fits.is_none() { parsed.foreseen.take() } else { None };
        let parsed = fits.map(|all| {
            self.parked_bytes = all;
            parsed
        });
        self.parked.entry(issuer).or_default().push(Parked { id, line, kind, bytes, parsed, foreseen });
        Ok(())
    }

    /// What was found, once all lines were looked at.
    pub(crate) fn end(mut self) -> Result<(Provenance, Vec<CheckId>), VerifyError> {
        // What strangers sign besides is bounded by itself, and never the reason why a bundle is refused.
        hold_to_limits(&self.provenance)?;
        let checks = std::mem::take(&mut self.checks);
        let strangers = self.hear_strangers();
        self.count_countersignatures()?;
        self.settle_summaries()?;
        self.settle_evidence()?;
        let verifications = self.budget.spent().saturating_add(strangers);
        let mut provenance = Provenance { verifications, ..self.provenance };
        provenance.sort();
        Ok((provenance, checks))
    }

    /// Verifies a statement whose issuer's key is known, and what has waited for the keys that it brings.
    fn settle(&mut self, item: Parsed<'b>) -> Result<(), VerifyError> {
        let mut brought = self.settle_one(item)?;
        let mut due: Vec<Parked<'b>> = Vec::new();
        loop {
            // They wait as they were parked: all of them parsed at once would cost memory.
            due.extend(brought.iter().flat_map(|key| self.parked.remove(key).unwrap_or_default()));
            let Some(waiting) = due.pop() else { return Ok(()) };
            if waiting.parsed.is_some() {
                self.parked_bytes = self.parked_bytes.saturating_sub(waiting.bytes);
            }
            brought = match waiting.parsed() {
                Ok(parsed) => self.settle_one(parsed)?,
                Err(discarded) => {
                    self.provenance.discarded.push(discarded);
                    Vec::new()
                }
            };
        }
    }

    /// Verifies one statement; the keys that it brings. Its envelope is not needed after that.
    fn settle_one(&mut self, item: Parsed<'b>) -> Result<Vec<KeyId>, VerifyError> {
        let before = self.budget.spent();
        let Credit { signature, check } = match self.keys.verify(&item, self.before, &mut self.budget) {
            Ok(credit) => credit,
            Err(Refusal::Limit) => return Err(VerifyError::TooManyVerifications),
            Err(Refusal::Discard(discarded)) => {
                self.provenance.discarded.push(discarded);
                self.doubt(&item.statement);
                self.in_vain.spend(self.budget.spent().saturating_sub(before))?;
                return Ok(Vec::new());
            }
        };
        // Whether a repetition has shown anything is told by who else has signed it.
        let may_be_countersigned =
            matches!(item.statement, AnyStatement::Report(_)) && item.envelope.signatures().len() > 1;
        if may_be_countersigned {
            self.countersigned.push((item.id, issuer(&item.statement), item.line));
        }
        if !self.verified.insert(item.id) {
            if !may_be_countersigned {
                self.in_vain.spend(self.budget.spent().saturating_sub(before))?;
            }
            return Ok(Vec::new());
        }
        self.checks.extend(check);
        if let AnyStatement::Revocations(list) = &item.statement {
            // What others have put beside it is nobody's.
            let line = write_line(item.envelope.payload(), &[(list.predicate().issuer, signature.to_vec())]);
            self.provenance.list_envelopes.insert(item.id, line);
        }
        self.keys.learn(&item.statement);
        let mut brought: Vec<KeyId> = brought(&item.statement).map(PublicKeyInfo::key_id).collect();
        if let AnyStatement::Policy(edition) = &item.statement {
            for key in (self.names)(edition.predicate()) {
                self.keys.add(&key);
                brought.push(key.key().key_id());
            }
        }
        self.provenance.take(item.line.number, item.id, item.statement);
        Ok(brought)
    }

    fn doubt(&mut self, statement: &AnyStatement) {
        self.doubtful.extend(brought(statement).map(|key| (key.key_id(), key.clone())));
        while self.doubtful.len() > limits::STRANGERS {
            self.doubtful.pop_last();
        }
    }

    /// Verifies what is left, with keys that strangers bring. Nothing is ever admitted by it: it is there so that a refusal can say
    /// whose word was not taken. So a few such lines will do, and anybody can write many. How many signatures were verified for
    /// it, out of a budget of its own.
    fn hear_strangers(&mut self) -> usize {
        let budget = std::mem::replace(&mut self.budget, Budget::new(limits::STRANGERS));
        let in_vain = std::mem::replace(&mut self.in_vain, Vain { most: usize::MAX, spent: 0 });
        let parked = std::mem::take(&mut self.parked).into_iter();
        let mut parked: Vec<(KeyId, Parked<'b>)> =
            parked.flat_map(|(issuer, all)| all.into_iter().map(move |one| (issuer, one))).collect();
        // Whatever their order: which are heard depends on what they say.
        parked.sort_by(|(_, one), (_, other)| (one.id, one.line.bytes).cmp(&(other.id, other.line.bytes)));
        std::mem::take(&mut self.doubtful).values().for_each(|key| self.keys.take(key));
        let (mut bytes, mut heard) = (0_usize, Vec::new());
        for (place, (issuer, one)) in parked.into_iter().enumerate() {
            bytes = bytes.saturating_add(one.bytes);
            let (line, kind) = (one.line.number, one.kind);
            if place >= limits::STRANGERS || bytes > limits::STRANGERS_BYTES {
                self.provenance.discarded.push(not_heard(line, kind));
                continue;
            }
            match one.parsed() {
                Ok(parsed) => {
                    self.keys.learn(&parsed.statement);
                    heard.push((issuer, kind, parsed));
                }
                Err(discarded) => self.provenance.discarded.push(discarded),
            }
        }
        for (issuer, kind, parsed) in heard {
            let line = parsed.line.number;
            if !self.keys.knows(issuer) {
                self.provenance.discarded.push(issuer_unknown(line, issuer, kind));
            } else if self.settle_one(parsed).is_err() {
                self.provenance.discarded.push(not_heard(line, kind));
            }
        }
        self.in_vain = in_vain;
        std::mem::replace(&mut self.budget, budget).spent()
    }
}

fn not_heard(line: usize, what: &str) -> Discarded {
    let article = if what.starts_with(['e', 'o']) { "an" } else { "a" };
    let most = limits::STRANGERS;
    let reason =
        format!("{article} {what}; of strangers only {most} lines and as many signatures are looked at");
    Discarded { line, code: "limit-strangers", reason }
}

fn hold_to_limits(provenance: &Provenance) -> Result<(), VerifyError> {
    let reports = provenance.reports.len();
    if reports > limits::REPORTS {
        return Err(VerifyError::TooManyReports { found: reports });
    }
    let edges = provenance.reports.iter().map(|report| report.predicate().inputs.len()).sum();
    if edges > limits::EDGES { Err(VerifyError::TooManyEdges { found: edges }) } else { Ok(()) }
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
            // That the issuer has signed it was verified before.
            let (before, already) = (self.budget.spent(), known.len());
            for key in hints {
                let Some(read) = self.keys.read(key) else { continue };
                match envelope.is_countersigned_by(read, &mut self.budget) {
                    Ok(true) => drop(known.insert(key)),
                    Ok(false) => {}
                    Err(_) => return Err(VerifyError::TooManyVerifications),
                }
            }
            if known.len() == already {
                self.in_vain.spend(self.budget.spent().saturating_sub(before).saturating_add(1))?;
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
            let before = self.budget.spent();
            let signers = signers(&envelope, keys, &mut self.budget)?;
            if signers.is_empty() || settled.contains_key(&id) {
                self.in_vain.spend(self.budget.spent().saturating_sub(before))?;
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

/// Which of these keys have signed an envelope, whatever key ids are hinted at.
fn signers(
    envelope: &Envelope,
    keys: &BTreeMap<KeyId, PublicKey>,
    budget: &mut Budget,
) -> Result<BTreeSet<KeyId>, VerifyError> {
    let mut signers = BTreeSet::new();
    for key in keys.values() {
        match envelope.verify_by(key, budget) {
            Ok(()) => drop(signers.insert(key.key_id())),
            Err(EnvelopeError::VerificationBudget { .. }) => return Err(VerifyError::TooManyVerifications),
            Err(_) => {}
        }
    }
    Ok(signers)
}

/// Statements of others' types are credited to the keys that policies name for the type (rule V-EVIDENCE). One of a type that
/// none names has cost no more than to be read: anybody can write them.
impl Walk<'_, '_> {
    fn settle_evidence(&mut self) -> Result<(), VerifyError> {
        let mut settled: BTreeMap<StatementId, SignedEvidence> = BTreeMap::new();
        for (line, predicate_type) in std::mem::take(&mut self.foreign) {
            let discard = |code, reason| Discarded { line: line.number, code, reason };
            let shown: String = predicate_type.chars().take(300).flat_map(char::escape_debug).collect();
            let Some(keys) = self.keys.of_evidence.get(&predicate_type) else {
                let reason = format!("a predicate of type `{shown}` is no evidence for a decision");
                self.provenance.discarded.push(discard("statement-no-evidence", reason));
                continue;
            };
            let Ok(Parsed { envelope, id, statement: AnyStatement::Foreign(statement), .. }) = parse(line)
            else {
                continue;
            };
            let before = self.budget.spent();
            let signers = signers(&envelope, keys, &mut self.budget)?;
            if signers.is_empty() || settled.contains_key(&id) {
                self.in_vain.spend(self.budget.spent().saturating_sub(before))?;
            }
            if signers.is_empty() {
                let reason = format!("no signature is by a key that a policy names for the type `{shown}`");
                self.provenance.discarded.push(discard("signature-invalid", reason));
                continue;
            }
            settled.entry(id).or_insert_with(|| SignedEvidence::mint(id, *statement)).add(signers);
        }
        self.provenance.evidence = settled.into_values().collect();
        Ok(())
    }
}

/// A line whose form is right.
pub(crate) struct Parsed<'b> {
    pub(crate) line: Line<'b>,
    pub(crate) envelope: Envelope,
    pub(crate) id: StatementId,
    pub(crate) statement: AnyStatement,
    /// What is known already of its issuer's signature.
    pub(crate) foreseen: Option<Foreseen>,
}

/// Reads a line, and holds it to its form.
pub(crate) fn parse(line: Line<'_>) -> Result<Parsed<'_>, Discarded> {
    let discard = |code, reason| Discarded { line: line.number, code, reason };
    let envelope = Envelope::parse(line.bytes).map_err(|error| discard(error.code(), error.to_string()))?;
    let envelope = envelope.into_untrusted();
    let (id, statement) =
        parse_statement(envelope.payload()).map_err(|error| discard(error.code(), error.to_string()))?;
    if let Some(what) = no_evidence(&statement) {
        return Err(discard("statement-no-evidence", format!("{what} is no evidence for a decision")));
    }
    Ok(Parsed { line, envelope, id, statement, foreseen: None })
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
            AnyStatement::Node(found) => self.nodes.push(Signed::mint(id, *found)),
            AnyStatement::CertificationRequest(_)
            | AnyStatement::EndorsementRequest(_)
            | AnyStatement::Summary(_)
            | AnyStatement::Foreign(_) => {}
        }
    }

    /// Nothing that follows depends on the order of lines, and what refers to what is looked up once.
    fn sort(&mut self) {
        self.endorsements.sort_by_cached_key(Signed::id);
        self.certifications.sort_by_cached_key(Signed::id);
        self.reports.sort_by_cached_key(Signed::id);
        self.origins.sort_by_cached_key(Signed::id);
        self.revocations.sort_by_cached_key(Signed::id);
        self.editions.sort_by_cached_key(Signed::id);
        self.waivers.sort_by_cached_key(Signed::id);
        self.nodes.sort_by_cached_key(Signed::id);
        self.discarded.sort_by_key(|discarded| discarded.line);
        self.index = Index::of(self);
    }
}
