//! The keys with which lines are verified, whoever brought them (rule V-KEYRING).

use std::cell::OnceCell;
use std::collections::BTreeMap;

use cdi_envelope::{Budget, EnvelopeError, KeyError, PublicKey};
use cdi_types::{AnyStatement, KeyId, PublicKeyInfo, VerifierId};

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
    known: BTreeMap<KeyId, Box<Key>>,
    /// The keys that policies name for verifiers.
    pub(crate) of_verifiers: BTreeMap<VerifierId, BTreeMap<KeyId, PublicKey>>,
    /// The keys that policies name for the types of others' predicates.
    pub(crate) of_evidence: BTreeMap<String, BTreeMap<KeyId, PublicKey>>,
}

struct Key {
    info: PublicKeyInfo,
    read: OnceCell<Result<PublicKey, KeyError>>,
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
        let read = || Key { info: key.info().clone(), read: OnceCell::from(Ok(key.clone())) };
        self.known.entry(key.key_id()).or_insert_with(|| Box::new(read()));
    }

    /// Takes the keys that a statement brings.
    pub(crate) fn learn(&mut self, statement: &AnyStatement) {
        brought(statement).for_each(|key| self.take(key));
    }

    /// Takes a key that may not be sound.
    pub(crate) fn take(&mut self, key: &PublicKeyInfo) {
        let unread = || Box::new(Key { info: key.clone(), read: OnceCell::new() });
        self.known.entry(key.key_id()).or_insert_with(unread);
    }

    pub(crate) fn knows(&self, id: KeyId) -> bool {
        self.known.contains_key(&id)
    }

    /// The key with this id, if anybody brought it and it can be read.
    pub(crate) fn read(&self, id: KeyId) -> Option<&PublicKey> {
        let key = self.known.get(&id)?;
        key.read.get_or_init(|| PublicKey::from_info(&key.info)).as_ref().ok()
    }

    /// The signature by the one whom the statement credits.
    pub(crate) fn verify<'i>(&self, item: &'i Parsed<'_>, budget: &mut Budget) -> Result<&'i [u8], Refusal> {
        let discard =
            |code, reason: String| Err(Refusal::Discard(Discarded { line: item.line.number, code, reason }));
        let issuer = issuer(&item.statement);
        let Some(key) = self.known.get(&issuer) else {
            return Err(Refusal::Discard(issuer_unknown(item.line.number, issuer, kind(&item.statement))));
        };
        match key.read.get_or_init(|| PublicKey::from_info(&key.info)) {
            Err(error) => discard(error.code(), error.to_string()),
            Ok(key) => item.envelope.signature_by(key, budget).or_else(|error| match error {
                EnvelopeError::VerificationBudget { .. } => Err(Refusal::Limit),
                other => discard(other.code(), other.to_string()),
            }),
        }
    }
}
