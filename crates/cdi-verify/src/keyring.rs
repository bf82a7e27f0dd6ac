//! The keys with which lines are verified, whoever brought them (rule V-KEYRING).

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;

use cdi_envelope::{Budget, CheckId, EnvelopeError, KeyError, PublicKey};
use cdi_types::{AnyStatement, KeyId, PublicKeyInfo, VerifierId};

use crate::help::CheckedBefore;
use crate::provenance::Discarded;
use crate::statements::{brought, issuer, kind};
use crate::verify::{KnownKey, Signs};
use crate::walk::Parsed;

/// Why a line is not verified.
pub(crate) enum Refusal {
    Limit,
    Discard(Discarded),
}

pub(crate) fn issuer_unknown(line: usize, issuer: KeyId, what: &str) -> Discarded {
    let article = if what.starts_with(['e', 'o']) { "an" } else { "a" };
    let reason = format!("{article} {what}; nobody brought the key {issuer} that is to have signed it");
    Discarded { line, code: "issuer-key-unknown", reason }
}

/// Every key that anybody brought, by the digest of the key itself; read at its first use, and once only.
#[derive(Default)]
pub(crate) struct Keys {
    known: BTreeMap<KeyId, Box<Held>>,
    /// The keys that policies name for verifiers.
    pub(crate) of_verifiers: BTreeMap<VerifierId, BTreeMap<KeyId, PublicKey>>,
    /// The keys that policies name for the types of others' predicates.
    pub(crate) of_evidence: BTreeMap<String, BTreeMap<KeyId, PublicKey>>,
}

struct Held {
    info: PublicKeyInfo,
    read: OnceCell<Result<PublicKey, KeyError>>,
}

/// A key that can be handed to whoever works.
#[derive(Clone)]
pub(crate) enum Key<'k> {
    /// One that was read.
    Read(&'k PublicKey),
    /// One that was not, and may not be sound.
    Unread(Cow<'k, PublicKeyInfo>),
}

impl Key<'_> {
    pub(crate) fn info(&self) -> &PublicKeyInfo {
        match self {
            Self::Read(key) => key.info(),
            Self::Unread(info) => info,
        }
    }
}

impl Keys {
    /// Takes a key that is known to be sound.
    pub(crate) fn add(&mut self, known: &KnownKey) {
        let key = &known.key;
        let signs = match &known.signs {
            None => None,
            Some(Signs::Summaries(verifier)) => Some(self.of_verifiers.entry(verifier.clone()).or_default()),
            Some(Signs::Evidence(of_type)) => Some(self.of_evidence.entry(of_type.clone()).or_default()),
        };
        if let Some(keys) = signs {
            keys.insert(key.key_id(), key.clone());
        }
        let read = || Held { info: key.info().clone(), read: OnceCell::from(Ok(key.clone())) };
        self.known.entry(key.key_id()).or_insert_with(|| Box::new(read()));
    }

    /// Takes the keys that a statement brings.
    pub(crate) fn learn(&mut self, statement: &AnyStatement) {
        brought(statement).for_each(|key| self.take(key));
    }

    /// Takes a key that may not be sound.
    pub(crate) fn take(&mut self, key: &PublicKeyInfo) {
        let unread = || Box::new(Held { info: key.clone(), read: OnceCell::new() });
        self.known.entry(key.key_id()).or_insert_with(unread);
    }

    pub(crate) fn knows(&self, id: KeyId) -> bool {
        self.known.contains_key(&id)
    }

    /// The key with this id, if anybody brought it.
    pub(crate) fn at_hand(&self, id: KeyId) -> Option<Key<'_>> {
        let key = self.known.get(&id)?;
        let read = key.read.get().and_then(|read| read.as_ref().ok());
        Some(read.map_or_else(|| Key::Unread(Cow::Borrowed(&key.info)), Key::Read))
    }

    /// The key with this id, if anybody brought it and it can be read.
    pub(crate) fn read(&self, id: KeyId) -> Option<&PublicKey> {
        let key = self.known.get(&id)?;
        key.read.get_or_init(|| PublicKey::from_info(&key.info)).as_ref().ok()
    }

    /// The signature by the one whom the statement credits. What is known of it already is not found out again; the budget has to
    /// pay for it all the same, so that what comes of a bundle does not depend on what is known.
    pub(crate) fn verify<'i>(
        &self,
        item: &'i Parsed<'_>,
        before: Option<&dyn CheckedBefore>,
        budget: &mut Budget,
    ) -> Result<Credit<'i>, Refusal> {
        let discard =
            |code, reason: String| Refusal::Discard(Discarded { line: item.line.number, code, reason });
        let issuer = issuer(&item.statement);
        let Some(key) = self.known.get(&issuer) else {
            return Err(Refusal::Discard(issuer_unknown(item.line.number, issuer, kind(&item.statement))));
        };
        let refused = |error| match error {
            EnvelopeError::VerificationBudget { .. } => Refusal::Limit,
            other => discard(other.code(), other.to_string()),
        };
        if let Some(foreseen) = &item.foreseen {
            (0..foreseen.tried).try_for_each(|_| budget.take()).map_err(|_| Refusal::Limit)?;
            let signature = foreseen.signature.as_deref().map_err(|error| refused(error.clone()))?;
            return Ok(Credit { signature, check: foreseen.check });
        }
        if let Some((check, signature)) = checked_before(item, &key.info, before) {
            budget.take().map_err(|_| Refusal::Limit)?;
            return Ok(Credit { signature, check: Some(check) });
        }
        let read = key.read.get_or_init(|| PublicKey::from_info(&key.info));
        let read = read.as_ref().map_err(|error| discard(error.code(), error.to_string()))?;
        let spent = budget.spent();
        let signature = item.envelope.signature_by(read, budget).map_err(refused)?;
        let is_first = before.is_some() && budget.spent() == spent.saturating_add(1);
        let check = if is_first { CheckId::of(&key.info, item.id, signature) } else { None };
        Ok(Credit { signature, check })
    }
}

/// A signature that verifies.
pub(crate) struct Credit<'i> {
    pub(crate) signature: &'i [u8],
    /// The name of the check, if it was the first signature that was tried, and somebody keeps such names.
    pub(crate) check: Option<CheckId>,
}

/// The first signature that would be tried with a key, if it is known to verify.
pub(crate) fn checked_before<'i>(
    item: &'i Parsed<'_>,
    key: &PublicKeyInfo,
    before: Option<&dyn CheckedBefore>,
) -> Option<(CheckId, &'i [u8])> {
    let before = before?;
    let signature = item.envelope.first_tried(key.key_id())?;
    let check = CheckId::of(key, item.id, signature)?;
    before.verified(&check).then_some((check, signature))
}
