//! Certifying a tool (paper 4.1, C).

use cdi_condition::Condition;
use cdi_keys::{Sealed, Signer, seal};
use cdi_types::{
    Annotations, CatalogueDigest, CertificationRequest, Custody, KeyId, PropertyPattern, RevokedId,
    Statement, StatementId, ToolCertification, ToolIdentity, Vetting,
};

use crate::journal::Signed;
use crate::records::named;
use crate::{AuthorityError, CERTIFICATION_LIFETIME, Claims, Records, VerifiedRequest, Window};

/// What the authority decides about a tool; everything else comes from the request.
#[derive(Debug, Clone)]
pub struct CertificationTerms {
    /// When the certification is current.
    pub window: Window,
    /// What is claimed, and for which invocations.
    pub claims: Claims,
    /// How safely the report key is held, as far as the authority has convinced itself.
    pub custody: Custody,
    /// The catalogue whose words the claims use.
    pub catalogue: CatalogueDigest,
    /// How the authority came to its claims.
    pub vetting: Vetting,
    /// The earlier certification that this one renews, if it does.
    pub renews: Option<StatementId>,
}

/// Certifies the tool of a request. On `Ok` the sealed statement has the next serial of the journal, into which it must
/// be written before anybody gets it.
///
/// Signing it asserts that the report key signs only true records of this tool's runs. So the key is refused if it is
/// known for another tool (another name or supplier; a new version is the same tool), as an authority's, or as revoked.
/// Each named property must be in the authority's own scope; `*` reaches as far as that scope and no further.
///
/// # Errors
/// [`AuthorityError`] names the rule that forbids it.
pub fn certify(
    request: &VerifiedRequest<CertificationRequest>,
    terms: CertificationTerms,
    records: &Records,
    issuer: &dyn Signer,
) -> Result<Sealed, AuthorityError> {
    let asked = request.statement().predicate();
    let window = terms.window.within(CERTIFICATION_LIFETIME, "a certification")?;
    records.belong_to(issuer)?;
    one_key_one_tool(&asked.tool, asked.report_key.key_id(), records)?;
    if terms.custody > asked.custody {
        return Err(AuthorityError::CustodyAboveRequest { requested: asked.custody, granted: terms.custody });
    }
    within_own_scope(&terms.claims, records, window)?;
    readable_conditions(&terms.claims)?;
    let renews = terms.renews;
    let certification = ToolCertification {
        issuer: records.key().key_id(),
        serial: records.journal().next_serial(),
        not_before: window.not_before(),
        not_after: window.not_after(),
        tool: asked.tool.clone(),
        report_key: asked.report_key.clone(),
        custody: terms.custody,
        recorder: asked.recorder,
        closure: asked.closure.clone(),
        linkage: asked.linkage,
        claims: terms.claims.claims,
        invocations: terms.claims.invocations,
        catalogue: terms.catalogue,
        vetting: terms.vetting,
        chain: records.chain(window.not_before()),
        renews,
        annotations: Annotations::default(),
    };
    let statement = Statement::new(request.statement().subject().to_vec(), certification)?;
    renews.map_or(Ok(()), |older| renewable(older, &statement, records))?;
    Ok(seal(&statement, issuer)?)
}

/// A renewal says no more than what it renews, which nobody here has revoked: else no verifier would take it for one.
fn renewable(
    id: StatementId,
    newer: &Statement<ToolCertification>,
    records: &Records,
) -> Result<(), AuthorityError> {
    let older = records.journal().find(id).and_then(|entry| match &entry.signed {
        Signed::Certification(statement) => Some(statement),
        Signed::Endorsement(_) => None,
    });
    let Some(older) = older else { return Err(AuthorityError::RenewsUnknown { id }) };
    if let Some(entry) = records.lists().entry(RevokedId::Certification(id)) {
        return Err(AuthorityError::RenewsRevoked { id, date: entry.date });
    }
    let entry = |one: &Statement<ToolCertification>| one.subject().first().map(|entry| entry.digest);
    if entry(older) == entry(newer) && newer.predicate().says_no_more_than(older.predicate()) {
        return Ok(());
    }
    Err(AuthorityError::RenewsMore { id })
}

/// One report key serves one tool.
pub(crate) fn one_key_one_tool(
    asked: &ToolIdentity,
    key: KeyId,
    records: &Records,
) -> Result<(), AuthorityError> {
    if let Some(authority) = records.authority_with(key) {
        return Err(AuthorityError::ReportKeyOfAnAuthority { key, authority });
    }
    records.not_revoked(key)?;
    let same = |known: &&ToolIdentity| known.name == asked.name && known.supplier == asked.supplier;
    match records.tools_with(key).find(|known| !same(known)) {
        None => Ok(()),
        Some(known) => {
            Err(AuthorityError::ReportKeyOfAnotherTool { key, known: named(known), asked: named(asked) })
        }
    }
}

pub(crate) fn within_own_scope(
    claims: &Claims,
    records: &Records,
    window: Window,
) -> Result<(), AuthorityError> {
    claims.claims.iter().filter_map(|claim| claim.property.name()).try_for_each(|name| {
        records.may_speak_about(&PropertyPattern::Exact(name.clone()), window.not_before())
    })
}

pub(crate) fn readable_conditions(claims: &Claims) -> Result<(), AuthorityError> {
    for claim in &claims.claims {
        if let Some(Err(error)) = claim.condition.as_deref().map(Condition::parse) {
            return Err(AuthorityError::Condition { property: claim.property.clone(), error });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
