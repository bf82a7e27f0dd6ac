//! Endorsing another authority (paper 4.1, SIG_VA).

use cdi_keys::{Sealed, Signer, seal};
use cdi_types::{Annotations, Endorsement, EndorsementRequest, KeyId, Scope, Statement, Timestamp};

use crate::records::named;
use crate::{AuthorityError, ENDORSEMENT_LIFETIME, Records, VerifiedRequest, Window};

/// What the authority decides about a child.
#[derive(Debug, Clone)]
pub struct EndorsementTerms {
    /// When the endorsement is current.
    pub window: Window,
    /// What the child may speak about. The scope that the request asks for is a wish.
    pub scope: Scope,
}

/// Endorses the key of a request. On `Ok` the sealed statement has the next serial of the journal, into which it must be
/// written before anybody gets it.
///
/// The scope must be inside the authority's own, and its depth below what the authority's own endorsement leaves. A
/// verifier narrows a chain's scope in any case; refusing here keeps the child from finding out late.
///
/// # Errors
/// [`AuthorityError`] names the rule that forbids it.
pub fn endorse(
    request: &VerifiedRequest<EndorsementRequest>,
    terms: EndorsementTerms,
    records: &Records,
    issuer: &dyn Signer,
) -> Result<Sealed, AuthorityError> {
    let asked = request.statement().predicate();
    let window = terms.window.within(ENDORSEMENT_LIFETIME, "an endorsement")?;
    records.belong_to(issuer)?;
    fit_for_an_authority(asked.public_key.key_id(), records)?;
    within_own_scope(&terms.scope, records, window.not_before())?;
    let endorsement = Endorsement {
        issuer: records.key().key_id(),
        serial: records.journal().next_serial(),
        not_before: window.not_before(),
        not_after: window.not_after(),
        name: asked.name.clone(),
        public_key: asked.public_key.clone(),
        scope: terms.scope,
        parent: records.chain(window.not_before()).first().copied(),
        annotations: Annotations::default(),
    };
    Ok(seal(&Statement::new(request.statement().subject().to_vec(), endorsement)?, issuer)?)
}

pub(crate) fn fit_for_an_authority(key: KeyId, records: &Records) -> Result<(), AuthorityError> {
    if key == records.key().key_id() {
        return Err(AuthorityError::EndorsesItself { key });
    }
    if let Some(tool) = records.tools_with(key).next() {
        return Err(AuthorityError::AuthorityKeyOfATool { key, tool: named(tool) });
    }
    records.not_revoked(key)
}

pub(crate) fn within_own_scope(
    scope: &Scope,
    records: &Records,
    at: Timestamp,
) -> Result<(), AuthorityError> {
    let (own, further) = (records.key().key_id(), 1 + usize::from(scope.depth));
    scope.properties.iter().try_for_each(|pattern| {
        records.may_speak_about(pattern, at)?;
        if records.lineage().allows(own, pattern, further, at) {
            return Ok(());
        }
        Err(AuthorityError::DepthExhausted { asked: scope.depth, pattern: pattern.clone() })
    })
}

#[cfg(test)]
mod tests;
